/** One verdict of both judges. */
import type { Operation } from './history.ts'
import { check, explain, type Verdict } from './linearizability.ts'
import type { Porcupine } from './porcupine.ts'

export interface Judgement {
  readonly verdict: Verdict['verdict']
  /** Why it is refused, for people. */
  readonly why: readonly string[]
}

/** Throws where they differ. Where there is no Porcupine, or where one of them does not know, the other decides. */
export async function judge(porcupine: Porcupine, history: readonly Operation[]): Promise<Judgement> {
  const said = check(history)
  const [other = 'unknown'] = porcupine.missing === undefined ? await porcupine.judge([history]) : []
  const why = explain(history, said)
  if (said.verdict !== other && said.verdict !== 'unknown' && other !== 'unknown')
    throw new Error(`here ${said.verdict}, by Porcupine ${other}: ${JSON.stringify(history)}\n${why.join('\n')}`)
  return { verdict: said.verdict === 'unknown' ? other : said.verdict, why }
}
