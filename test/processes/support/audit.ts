/**
 * What calls that each have a number of their own came to, held against the books that they were noted in: an answered one is there once, one that
 * was refused without effect is not there, one of which nobody knows is there once or not.
 */
import { leaseWithoutEffect } from '../../histories/leased-cells.ts'

export interface NumberedCall {
  readonly number: number
  /** Where it was to be noted. */
  readonly book: string
  /** The code of the failure; none: it was answered. */
  readonly failure: string | undefined
}

/** How often each call took effect, by its number, as its book says. */
export type Book = Readonly<Record<string, number>>

export interface Audit {
  readonly answered: number
  /** By code, how often. */
  readonly failed: ReadonlyMap<string, number>
  /** Calls that were answered and are in no book. */
  readonly lost: readonly number[]
  /** Calls that took effect more than once. */
  readonly doubled: readonly number[]
  /** Calls that failed as if they had no effect, and had one. */
  readonly untold: readonly number[]
  /** What is in a book and was never called there. */
  readonly strange: readonly string[]
}

const withoutEffect = new Set(leaseWithoutEffect)

export function audit(calls: readonly NumberedCall[], books: ReadonlyMap<string, Book>): Audit {
  const failed = new Map<string, number>()
  const [lost, doubled, untold]: [number[], number[], number[]] = [[], [], []]
  const known = new Set<string>()
  let answered = 0
  for (const { number, book, failure } of calls) {
    const times = books.get(book)?.[String(number)] ?? 0
    known.add(`${book}/${number}`)
    if (failure === undefined) answered++
    else failed.set(failure, (failed.get(failure) ?? 0) + 1)
    if (times > 1) doubled.push(number)
    else if (times === 0 && failure === undefined) lost.push(number)
    else if (times === 1 && failure !== undefined && withoutEffect.has(failure)) untold.push(number)
  }
  const noted = [...books].flatMap(([book, entries]) => Object.keys(entries).map(number => `${book}/${number}`))
  return { answered, failed, lost, doubled, untold, strange: noted.filter(entry => !known.has(entry)) }
}

/** Every call was answered and took effect once. */
export function isSpotless({ failed, lost, doubled, untold, strange }: Audit): boolean {
  return failed.size + lost.length + doubled.length + untold.length + strange.length === 0
}
