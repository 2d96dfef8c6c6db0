/**
 * Grow-only and add-wins observed-remove sets (ORSWOT).
 *
 * Keeps, per element, the dots of the adds that are still visible. An add replaces those it saw, a removal takes them away, and
 * the context of the replica tells the rest, so no element leaves a tombstone.
 *
 * Source: Bieniusa et al., "An optimized conflict-free replicated set", 2012.
 */
import { readEntries, writeEntries } from './codec.ts'
import { type Dot, diffEntries, joinEntries, newEntries, noDots } from './dot.ts'
import { compareScalars, readScalar, type Scalar, scalarKey, scalarOf, writeScalar } from './scalar.ts'
import { joinMaps, mapValues, SortedMap } from './sorted-map.ts'
import type { Change, Draw, Type } from './type.ts'

type Dots = readonly Dot[]
/** By the key of the element. */
export type SetState = SortedMap<Dots>

export function addToSet(state: SetState, draw: Draw, element: unknown): Change<SetState> {
  const key = scalarKey(element)
  const fresh = [draw()]
  return { state: state.set(key, fresh), fragment: SortedMap.of(key, fresh), removed: state.get(key) ?? noDots }
}

export function removeFromSet(state: SetState, draw: Draw, element: unknown): Change<SetState> | undefined {
  const key = scalarKey(element)
  const removed = state.get(key)
  if (removed === undefined) return undefined
  draw()
  return { state: state.delete(key), fragment: SortedMap.empty(), removed }
}

export function setHas(state: SetState, element: unknown): boolean {
  return state.get(scalarKey(element)) !== undefined
}

/** Sorted. */
export function setElements(state: SetState): Scalar[] {
  const elements: Scalar[] = []
  state.each((_dots, key) => elements.push(scalarOf(key)))
  return elements.sort(compareScalars)
}

function orNothing(dots: Dots): Dots | undefined {
  return dots.length === 0 ? undefined : dots
}

function setType(tag: number, name: string): Type<SetState> {
  return {
    tag,
    name,
    empty: SortedMap.empty(),
    isEmpty: state => state.size === 0,
    isVisible: state => state.size > 0,
    join: (a, b, sides) =>
      joinMaps(a, b, sides.rightIsNews, (left = noDots, right = noDots) => orNothing(joinEntries(left, right, sides))),
    news: (_a, b, sides) => mapValues(b, dots => orNothing(newEntries(dots, sides))),
    diff: (state, known, held) => mapValues(state, dots => orNothing(diffEntries(dots, known, held))),
    eachDot: (state, visit) => state.each(dots => dots.forEach(visit)),
    cleared: () => SortedMap.empty(),
    write(state, sink) {
      sink.varint(state.size)
      state.each((dots, key) => {
        writeScalar(sink, key)
        writeEntries(sink, dots)
      })
    },
    read(reader) {
      const keys: string[] = []
      const values: Dots[] = []
      for (let left = reader.count(4); left > 0; left--) {
        const key = readScalar(reader)
        if (key <= (keys[keys.length - 1] ?? '')) throw reader.malformed('elements out of order')
        keys.push(key)
        values.push(readEntries(reader, 2, dot => dot))
      }
      return SortedMap.fromSorted(keys, values)
    }
  }
}

export const gSetType = setType(3, 'gSet')
export const orSetType = setType(4, 'orSet')
