/**
 * A dot names one mutation: the `seq`-th of one origin (one incarnation of one node).
 *
 * Dot-based types keep entries, each under the dot of the mutation that made it, sorted by dot. Joining two of them with the
 * contexts they come from keeps an entry that both have, or that one has and the other has not yet seen.
 *
 * Source: Almeida, Shoker, Baquero, "Delta state replicated data types", 2018.
 */
import { ShoalError } from '../ports/errors.ts'

/** Who wrote: the name of one incarnation of one node. Opaque text of at most `maxOriginLength` characters, without NUL. */
export type Origin = string

export interface Dot {
  readonly origin: Origin
  readonly seq: number
}

/** What a replica has seen. A `CausalContext` is one; `either` combines two. */
export interface Covers {
  has(origin: string, seq: number): boolean
  /** Whether it surely has all of `from` to `to`, both included. `false` may mean that it would cost too much to know. */
  hasRange(origin: string, from: number, to: number): boolean
}

export const maxOriginLength = 64

export function isOrigin(text: string): boolean {
  return text.length > 0 && text.length <= maxOriginLength && text.isWellFormed() && !text.includes('\0')
}

/** The origin that was found right last: a replica writes under one name. */
let lastChecked = ''

export function checkDot(dot: Dot): void {
  if (dot.origin !== lastChecked && isOrigin(dot.origin)) lastChecked = dot.origin
  if (dot.origin !== lastChecked || !Number.isSafeInteger(dot.seq) || dot.seq < 1) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `not a dot: ${JSON.stringify(dot)}`)
  }
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function compareDots(a: Dot, b: Dot): number {
  return compareText(a.origin, b.origin) || a.seq - b.seq
}

export const noDots: readonly never[] = Object.freeze([])

/** The two sides of a join, with what each has seen. */
export interface Sides {
  readonly left: Covers
  readonly right: Covers
  /** The left has seen no dot that the right has seen: so the right removes nothing, and only its own entries need a look. */
  readonly rightIsNews: boolean
  /** Where it is given, a join adds the dots of the left's entries that the right takes away. */
  readonly dropped?: Dot[]
  /**
   * How many dots that both have seen were not found yet among the left's entries. At 0 the rest of the left need not be searched
   * for what the right takes away, because a dot stands in one place of a state. Joins count it down; without it they search all.
   */
  unfound?: number
}

/** A join tells that it found an entry of the left whose dot the right has seen. */
export function noteFound(sides: Sides): void {
  if (sides.unfound !== undefined) sides.unfound--
}

/** Joins two lists of entries sorted by dot. Answers `a` itself where `b` brings nothing new, and `b` itself where all is. */
export function joinEntries<E extends Dot>(a: readonly E[], b: readonly E[], sides: Sides): readonly E[] {
  if (a === b || (b.length === 0 && (sides.rightIsNews || !a.some(({ origin, seq }) => sides.right.has(origin, seq)))))
    return a
  const joined: E[] = []
  let fromA = 0
  let fromB = 0
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    const left = a[i]
    const right = b[j]
    const order = left === undefined ? 1 : right === undefined ? -1 : compareDots(left, right)
    if (left !== undefined && order <= 0) {
      i++
      if (order === 0) j++
      if (order === 0 || !sides.right.has(left.origin, left.seq)) {
        joined.push(left)
        fromA++
        if (order === 0) {
          fromB++
          noteFound(sides)
        }
      } else {
        sides.dropped?.push(left)
        noteFound(sides)
      }
    } else if (right !== undefined) {
      j++
      if (!sides.left.has(right.origin, right.seq)) {
        joined.push(right)
        fromB++
      }
    }
  }
  if (fromA === a.length && joined.length === a.length) return a
  if (fromB === b.length && joined.length === b.length) return b
  return joined.length === 0 ? noDots : joined
}

/** The entries that are news to the left side. Answers `entries` itself where that is all. */
export function newEntries<E extends Dot>(entries: readonly E[], { left }: Sides): readonly E[] {
  const fresh = entries.filter(({ origin, seq }) => !left.has(origin, seq))
  return fresh.length === entries.length ? entries : fresh.length === 0 ? noDots : fresh
}

/** The entries that `known` has not seen; those that it has are added to `held`. Answers `entries` itself where that is all. */
export function diffEntries<E extends Dot>(entries: readonly E[], known: Covers, held: Dot[]): readonly E[] {
  const kept: E[] = []
  for (const entry of entries) {
    if (known.has(entry.origin, entry.seq)) held.push(entry)
    else kept.push(entry)
  }
  return kept.length === entries.length ? entries : kept.length === 0 ? noDots : kept
}
