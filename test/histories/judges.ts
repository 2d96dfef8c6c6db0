/** One verdict of both judges. */
import { isAnswered, type Operation } from './history.ts'
import { check, explain, type Verdict } from './linearizability.ts'
import type { Porcupine } from './porcupine.ts'

/** After that an owner that was asked has answered or is known to be dead, in microseconds. */
const longestCallUs = 5_000_000

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

/**
 * The same for `merge` mode, where a query may show a command before it is on a majority of disks, and the owner may die with both: where
 * a history is refused, it is judged again without the reads that ended while a command to the same cell was never to be answered.
 */
export async function judgeButForEarlyReads(
  porcupine: Porcupine,
  history: readonly Operation[]
): Promise<Judgement & { readonly earlyReads: number }> {
  const judgement = await judge(porcupine, history)
  if (judgement.verdict !== 'refused') return { ...judgement, earlyReads: 0 }
  const lost = history.filter(operation => !isAnswered(operation))
  const isEarly = (operation: Operation) =>
    operation.input.op === 'read' &&
    isAnswered(operation) &&
    lost.some(({ key, call }) => {
      const sinceUs = operation.answer.at - call
      return key === operation.key && sinceUs >= 0 && sinceUs <= longestCallUs
    })
  const others = history.filter(operation => !isEarly(operation))
  return { ...(await judge(porcupine, others)), earlyReads: history.length - others.length }
}
