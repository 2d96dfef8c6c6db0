/**
 * A boolean on which one side wins where both are written concurrently.
 *
 * Keeps the dots of the writes to the winning side; a write to the other side takes away those it saw. Enable-wins starts
 * false, disable-wins starts true. Source: Shapiro et al., Riak's flags.
 */
import { type Dot, noDots } from './dot.ts'
import {
  type DotStore,
  diffStore,
  eachEntry,
  isEmptyStore,
  joinStores,
  newInStore,
  readStore,
  writeStore
} from './dot-store.ts'
import type { Change, Draw, Type } from './type.ts'

export type FlagState = DotStore<Dot>

/** Writes the winning side. */
export function raise(state: FlagState, draw: Draw): Change<FlagState> {
  const fresh = draw()
  return { state: fresh, fragment: fresh, removed: state }
}

/** Writes the other side. */
export function lower(state: FlagState, draw: Draw): Change<FlagState> | undefined {
  if (isEmptyStore(state)) return undefined
  draw()
  return { state: noDots, fragment: noDots, removed: state }
}

export function isRaised(state: FlagState): boolean {
  return !isEmptyStore(state)
}

function flagType(tag: number, name: string): Type<FlagState> {
  return {
    tag,
    name,
    empty: noDots,
    isEmpty: isEmptyStore,
    isVisible: isRaised,
    join: joinStores,
    news: (_a, b, sides) => newInStore(b, sides),
    diff: diffStore,
    eachDot: eachEntry,
    cleared: () => noDots,
    write: (state, sink) => writeStore(sink, state),
    read: reader => readStore(reader, 2, dot => dot)
  }
}

export const enableWinsType = flagType(5, 'enableWinsFlag')
export const disableWinsType = flagType(6, 'disableWinsFlag')
