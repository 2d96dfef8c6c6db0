/**
 * Grow-only and add-wins observed-remove sets (ORSWOT).
 *
 * Keeps, per element, the dots of the adds that are still visible. An add replaces those it saw, a removal takes them away, and
 * the context of the replica tells the rest, so no element leaves a tombstone.
 *
 * Source: Bieniusa et al., "An optimized conflict-free replicated set", 2012.
 */
import { noDots } from './dot.ts'
import {
  type DotSet,
  diffDotSet,
  dotsIn,
  eachDot,
  isEmptyDotSet,
  joinDotSets,
  newInDotSet,
  readDotSet,
  writeDotSet
} from './dot-set.ts'
import { compareScalarKeys, readScalar, scalarKey, writeScalar } from './scalar.ts'
import { SortedMap, SortedMapBuilder } from './sorted-map.ts'
import { joinMaps, mapValues } from './sorted-map-join.ts'
import type { Change, Draw, Type } from './type.ts'

/** By the key of the element. */
export type SetState = SortedMap<DotSet>

export function addToSet(state: SetState, draw: Draw, element: unknown): Change<SetState> {
  const key = scalarKey(element)
  const fresh = draw()
  return { state: state.set(key, fresh), fragment: SortedMap.of(key, fresh), removed: dotsIn(state.get(key) ?? noDots) }
}

export function removeFromSet(state: SetState, draw: Draw, element: unknown): Change<SetState> | undefined {
  const key = scalarKey(element)
  const removed = state.get(key)
  if (removed === undefined) return undefined
  draw()
  return { state: state.delete(key), fragment: SortedMap.empty(), removed: dotsIn(removed) }
}

export function setHas(state: SetState, element: unknown): boolean {
  return state.get(scalarKey(element)) !== undefined
}

/** The key strings of the elements, sorted. */
export function setElements(state: SetState): string[] {
  const keys: string[] = []
  state.each((_dots, key) => keys.push(key))
  return keys.sort(compareScalarKeys)
}

function orNothing(dots: DotSet): DotSet | undefined {
  return isEmptyDotSet(dots) ? undefined : dots
}

function setType(tag: number, name: string): Type<SetState> {
  return {
    tag,
    name,
    empty: SortedMap.empty(),
    isEmpty: state => state.size === 0,
    isVisible: state => state.size > 0,
    join: (a, b, sides) =>
      joinMaps(a, b, sides, (left = noDots, right = noDots) => orNothing(joinDotSets(left, right, sides))),
    news: (_a, b, sides) => mapValues(b, dots => orNothing(newInDotSet(dots, sides))),
    diff: (state, known, held) => mapValues(state, dots => orNothing(diffDotSet(dots, known, held))),
    eachDot: (state, visit) => state.each(dots => eachDot(dots, visit)),
    cleared: () => SortedMap.empty(),
    write(state, sink) {
      sink.varint(state.size)
      state.each((dots, key) => {
        writeScalar(sink, key)
        writeDotSet(sink, dots)
      })
    },
    read(reader) {
      const count = reader.count(4)
      const builder = new SortedMapBuilder<DotSet>(count)
      for (let left = count; left > 0; left--) {
        const key = readScalar(reader)
        if (!builder.push(key, readDotSet(reader))) throw reader.malformed('elements out of order')
      }
      return builder.finish()
    }
  }
}

export const gSetType = setType(3, 'gSet')
export const orSetType = setType(4, 'orSet')
