/** One verdict of both judges. */
import { type Answered, isAnswered, type Operation } from './history.ts'
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

/**
 * The same for `merge` mode, where a query may show a command before it is on a majority of disks, and the owner may die with both: where
 * a history is refused, it is judged again without the reads that show a command of unknown outcome, and began before its failure was
 * told: after that the owner that may have shown it is known to be lost.
 */
export async function judgeButForEarlyReads(
  porcupine: Porcupine,
  history: readonly Operation[]
): Promise<Judgement & { readonly earlyReads: number }> {
  const judgement = await judge(porcupine, history)
  if (judgement.verdict !== 'refused') return { ...judgement, earlyReads: 0 }
  const lost = history.filter(operation => !isAnswered(operation))
  const isEarly = (operation: Operation) =>
    operation.input.op === 'read' && isAnswered(operation) && lost.some(command => mayShow(operation, command))
  const others = history.filter(operation => !isEarly(operation))
  return { ...(await judge(porcupine, others)), earlyReads: history.length - others.length }
}

/** What clients write they write once, so a value tells whose it is; a sum does not. */
function mayShow(read: Answered, { key, input, call, lostAt = Number.POSITIVE_INFINITY }: Operation): boolean {
  if (key !== read.key || read.answer.at < call || read.call > lostAt) return false
  switch (input.op) {
    case 'write':
      return read.answer.output === input.value
    case 'cas':
      return read.answer.output === input.to
    case 'add':
      return true
    case 'read':
      return false
  }
}
