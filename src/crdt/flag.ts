/**
 * A boolean on which one side wins where both are written concurrently.
 *
 * Keeps the dots of the writes to the winning side; a write to the other side takes away those it saw. Enable-wins starts
 * false, disable-wins starts true. Source: Shapiro et al., Riak's flags.
 */
import { readEntries, writeEntries } from './codec.ts'
import { type Dot, diffEntries, joinEntries, newEntries, noDots } from './dot.ts'
import type { Change, Draw, Type } from './type.ts'

export type FlagState = readonly Dot[]

/** Writes the winning side. */
export function raise(state: FlagState, draw: Draw): Change<FlagState> {
  const fresh = [draw()]
  return { state: fresh, fragment: fresh, removed: state }
}

/** Writes the other side. */
export function lower(state: FlagState, draw: Draw): Change<FlagState> | undefined {
  if (state.length === 0) return undefined
  draw()
  return { state: noDots, fragment: noDots, removed: state }
}

function flagType(tag: number, name: string): Type<FlagState> {
  return {
    tag,
    name,
    empty: noDots,
    isEmpty: state => state.length === 0,
    isVisible: state => state.length > 0,
    join: joinEntries,
    news: (_a, b, sides) => newEntries(b, sides),
    diff: diffEntries,
    eachDot: (state, visit) => state.forEach(visit),
    cleared: () => noDots,
    write: (state, sink) => writeEntries(sink, state),
    read: reader => readEntries(reader, 2, dot => dot)
  }
}

export const enableWinsType = flagType(5, 'enableWinsFlag')
export const disableWinsType = flagType(6, 'disableWinsFlag')
