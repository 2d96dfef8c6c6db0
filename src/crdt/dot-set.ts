/**
 * Dot sets: dot stores whose entries are the dots themselves, of a flag or of an element of a set.
 *
 * Nothing (`noDots`), the one dot, or several as `[origin, seq, origin, seq, …]`, sorted: a stranger's bytes can hold many dots in a
 * few bytes each, and an object for each of them would take twenty times as much.
 */
import type { Reader, Sink } from './codec.ts'
import { type Covers, compareDots, type Dot, diffEntries, joinEntries, newEntries, noDots, type Sides } from './dot.ts'
import { type DotStore, joinSingles, keepUnseen } from './dot-store.ts'

export type DotSet = Dot | readonly (string | number)[]

function isSingle(set: DotSet): set is Dot {
  return !Array.isArray(set)
}

export function isEmptyDotSet(set: DotSet): boolean {
  return !isSingle(set) && set.length === 0
}

/** As a change tells which dots it takes away. */
export function dotsIn(set: DotSet): DotStore<Dot> {
  return isSingle(set) ? set : listOf(set)
}

function listOf(set: DotSet): readonly Dot[] {
  if (isSingle(set)) return [set]
  const dots: Dot[] = []
  for (let i = 0; i < set.length; i += 2) dots.push({ origin: set[i] as string, seq: set[i + 1] as number })
  return dots
}

function setOf(dots: DotStore<Dot>): DotSet {
  if (!Array.isArray(dots)) return dots as Dot
  const [first] = dots as readonly Dot[]
  if (dots.length === 1 && first !== undefined) return first
  return dots.length === 0 ? noDots : dots.flatMap(({ origin, seq }: Dot) => [origin, seq])
}

export function eachDot(set: DotSet, visit: (dot: Dot) => void): void {
  if (isSingle(set)) visit(set)
  else listOf(set).forEach(visit)
}

/** Answers `a` itself where `b` brings nothing new, and `b` itself where all is. */
export function joinDotSets(a: DotSet, b: DotSet, sides: Sides): DotSet {
  if (isSingle(a)) {
    if (isSingle(b)) return setOf(joinSingles(a, b, sides))
    if (b.length === 0) return keepUnseen(a, sides)
  } else if (a.length === 0 && isSingle(b)) return newInDotSet(b, sides)
  const lefts = listOf(a)
  const rights = listOf(b)
  const joined = joinEntries(lefts, rights, sides)
  return joined === lefts ? a : joined === rights ? b : setOf(joined)
}

/** The dots that are news to the left side. Answers `set` itself where that is all. */
export function newInDotSet(set: DotSet, sides: Sides): DotSet {
  if (isSingle(set)) return sides.left.has(set.origin, set.seq) ? noDots : set
  const dots = listOf(set)
  const fresh = newEntries(dots, sides)
  return fresh === dots ? set : setOf(fresh)
}

/** The dots that `known` has not seen; those that it has are added to `held`. Answers `set` itself where that is all. */
export function diffDotSet(set: DotSet, known: Covers, held: Dot[]): DotSet {
  if (isSingle(set)) {
    if (!known.has(set.origin, set.seq)) return set
    held.push(set)
    return noDots
  }
  const dots = listOf(set)
  const lacking = diffEntries(dots, known, held)
  return lacking === dots ? set : setOf(lacking)
}

export function writeDotSet(sink: Sink, set: DotSet): void {
  if (isSingle(set)) {
    sink.varint(1)
    sink.dot(set)
  } else {
    sink.varint(set.length / 2)
    for (const dot of listOf(set)) sink.dot(dot)
  }
}

/** Never answers an empty set. */
export function readDotSet(reader: Reader): DotSet {
  const count = reader.count(2)
  if (count === 0) throw reader.malformed('an entry without dots')
  let dot = reader.dot()
  if (count === 1) return dot
  const flat: (string | number)[] = [dot.origin, dot.seq]
  for (let left = count - 1; left > 0; left--) {
    const before = dot
    dot = reader.dot()
    if (compareDots(before, dot) >= 0) throw reader.malformed('dots out of order')
    flat.push(dot.origin, dot.seq)
  }
  // A copy is as long as its dots; a list that grew has room for more.
  return flat.slice()
}
