/**
 * Dot stores: the entries of one register, flag or set element, each under the dot of the mutation that made it.
 *
 * A store is nothing (`noDots`), the one entry itself, or several entries sorted by dot. Most hold one, and so need no list.
 *
 * Source: Almeida, Shoker, Baquero, "Delta state replicated data types", 2018 (dot sets and dot functions).
 */
import type { Reader, Sink } from './codec.ts'
import {
  type Covers,
  compareDots,
  type Dot,
  diffEntries,
  joinEntries,
  newEntries,
  noDots,
  noteFound,
  type Sides
} from './dot.ts'

export type DotStore<E extends Dot> = E | readonly E[]

export function isSingle<E extends Dot>(store: DotStore<E>): store is E {
  return !Array.isArray(store)
}

export function isEmptyStore<E extends Dot>(store: DotStore<E>): boolean {
  return !isSingle(store) && store.length === 0
}

function listOf<E extends Dot>(store: DotStore<E>): readonly E[] {
  return isSingle(store) ? [store] : store
}

function storeOf<E extends Dot>(entries: readonly E[]): DotStore<E> {
  return entries.length === 1 ? (entries[0] as E) : entries
}

export function eachEntry<E extends Dot>(store: DotStore<E>, visit: (entry: E) => void): void {
  if (isSingle(store)) visit(store)
  else store.forEach(visit)
}

/** Answers `a` itself where `b` brings nothing new, and `b` itself where all is. */
export function joinStores<E extends Dot>(a: DotStore<E>, b: DotStore<E>, sides: Sides): DotStore<E> {
  if (a === b && sides.unfound === undefined) return a
  if (isSingle(a)) {
    if (isSingle(b)) return joinSingles(a, b, sides)
    if (b.length === 0) return keepUnseen(a, sides)
  } else if (a.length === 0 && isSingle(b)) return newInStore(b, sides)
  const lefts = listOf(a)
  const rights = listOf(b)
  const joined = joinEntries(lefts, rights, sides)
  return joined === lefts ? a : joined === rights ? b : storeOf(joined)
}

export function joinSingles<E extends Dot>(a: E, b: E, sides: Sides): DotStore<E> {
  if (a.seq === b.seq && a.origin === b.origin) {
    noteFound(sides)
    return a
  }
  const left = keepUnseen(a, sides)
  if (sides.left.has(b.origin, b.seq)) return left
  if (left !== a) return b
  return a.origin < b.origin || (a.origin === b.origin && a.seq < b.seq) ? [a, b] : [b, a]
}

/** What is left of an entry of the left that the right does not hold. */
export function keepUnseen<E extends Dot>(entry: E, sides: Sides): E | readonly never[] {
  if (sides.rightIsNews || !sides.right.has(entry.origin, entry.seq)) return entry
  sides.dropped?.push(entry)
  noteFound(sides)
  return noDots
}

/** The entries that are news to the left side. Answers `store` itself where that is all. */
export function newInStore<E extends Dot>(store: DotStore<E>, sides: Sides): DotStore<E> {
  if (isSingle(store)) return sides.left.has(store.origin, store.seq) ? noDots : store
  return storeOf(newEntries(store, sides))
}

/** The entries that `known` has not seen; those that it has are added to `held`. Answers `store` itself where that is all. */
export function diffStore<E extends Dot>(store: DotStore<E>, known: Covers, held: Dot[]): DotStore<E> {
  if (!isSingle(store)) return storeOf(diffEntries(store, known, held))
  if (!known.has(store.origin, store.seq)) return store
  held.push(store)
  return noDots
}

/** Each entry with its own fields after the dot. */
export function writeStore<E extends Dot>(sink: Sink, store: DotStore<E>, writeRest?: (entry: E) => void): void {
  if (isSingle(store)) {
    sink.varint(1)
    sink.dot(store)
    writeRest?.(store)
    return
  }
  sink.varint(store.length)
  for (const entry of store) {
    sink.dot(entry)
    writeRest?.(entry)
  }
}

/** Never answers an empty store. `minBytes` is what an entry takes at least, and `read` reads what follows its dot. */
export function readStore<E extends Dot>(reader: Reader, minBytes: number, read: (dot: Dot) => E): DotStore<E> {
  const count = reader.count(minBytes)
  if (count === 0) throw reader.malformed('an entry without dots')
  let dot = reader.dot()
  const first = read(dot)
  if (count === 1) return first
  const entries = [first]
  for (let left = count - 1; left > 0; left--) {
    const before = dot
    dot = reader.dot()
    if (compareDots(before, dot) >= 0) throw reader.malformed('dots out of order')
    entries.push(read(dot))
  }
  // A copy is as long as its entries; a list that grew has room for more.
  return entries.slice()
}
