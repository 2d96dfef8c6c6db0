/**
 * A history: what concurrent clients asked of actors, when, and what they were answered. The only evidence that a checker gets.
 *
 * Times are whole numbers on one clock that all clients share, and intervals are closed: calls that touch are concurrent.
 */

/** What a client asked of one cell, an actor that holds a whole number. */
export type Input =
  | { readonly op: 'read' }
  | { readonly op: 'write'; readonly value: number }
  | { readonly op: 'add'; readonly amount: number }
  | { readonly op: 'cas'; readonly from: number; readonly to: number }

/** The value read, the value after an addition, whether a compare-and-set took place; nothing for a write. */
export type Output = number | boolean | null

export interface Operation {
  /** A client has one operation under way at a time. */
  readonly client: number
  /** The cell. Cells are checked apart: a history is linearizable if each cell's is. */
  readonly key: string
  readonly input: Input
  readonly call: number
  /** Nobody knows the outcome where it is missing: it took effect at some time after the call, or never. */
  readonly answer?: { readonly at: number; readonly output: Output }
  /** When its failure was told, which says that its outcome is not known. */
  readonly lostAt?: number
}

export type Answered = Operation & Required<Pick<Operation, 'answer'>>

export function isAnswered(operation: Operation): operation is Answered {
  return operation.answer !== undefined
}

export function byKey(history: readonly Operation[]): Map<string, Operation[]> {
  return Map.groupBy(history, operation => operation.key)
}

/** One line for people: `client 3: add 2 -> 7 [120, 180]`. */
export function describe({ client, input, call, answer }: Operation): string {
  const { op, ...rest } = input
  const asked = [op, ...Object.values(rest)].join(' ')
  const output = answer === undefined ? '?' : answer.output === null ? 'done' : answer.output
  return `client ${client}: ${asked} -> ${output} [${call}, ${answer?.at ?? '…'}]`
}
