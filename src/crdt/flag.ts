/**
 * A boolean on which one side wins where both are written concurrently.
 *
 * Keeps the dots of the writes to the winning side; a write to the other side takes away those it saw. Enable-wins starts
 * false, disable-wins starts true. Source: Shapiro et al., Riak's flags.
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
import type { Change, Draw, Type } from './type.ts'

export type FlagState = DotSet

/** Writes the winning side. */
export function raise(state: FlagState, draw: Draw): Change<FlagState> {
  const fresh = draw()
  return { state: fresh, fragment: fresh, removed: dotsIn(state) }
}

/** Writes the other side. */
export function lower(state: FlagState, draw: Draw): Change<FlagState> | undefined {
  if (isEmptyDotSet(state)) return undefined
  draw()
  return { state: noDots, fragment: noDots, removed: dotsIn(state) }
}

export function isRaised(state: FlagState): boolean {
  return !isEmptyDotSet(state)
}

function flagType(tag: number, name: string): Type<FlagState> {
  return {
    tag,
    name,
    empty: noDots,
    isEmpty: isEmptyDotSet,
    isVisible: isRaised,
    join: joinDotSets,
    news: (_a, b, sides) => newInDotSet(b, sides),
    diff: diffDotSet,
    eachDot,
    cleared: () => noDots,
    write: (state, sink) => writeDotSet(sink, state),
    read: readDotSet
  }
}

export const enableWinsType = flagType(5, 'enableWinsFlag')
export const disableWinsType = flagType(6, 'disableWinsFlag')
