/**
 * Registers of JSON values: last-writer-wins and multi-value.
 *
 * Both keep every write that no other write has seen, under its dot. The multi-value register shows them all. The
 * last-writer-wins register shows the one with the largest (stamp, origin, seq); it keeps the others too, because dropping them
 * by stamp would make replicas differ when a map removes the winner that only some have seen.
 *
 * A stamp of the default clock is a hybrid clock in microseconds: at least one more than every stamp that the writer saw, so a
 * clock that is far ahead freezes nothing. The reverse clock negates it: the first write wins. Custom clocks are the caller's.
 * A write that would lose against one that its replica sees changes nothing.
 * Source: Kulkarni et al., "Logical physical clocks", 2014; the four clocks are those of Cloudstate's LWWRegister.
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'
import { type Dot, noDots, type Origin } from './dot.ts'
import {
  type DotStore,
  diffStore,
  eachEntry,
  isEmptyStore,
  isSingle,
  joinStores,
  newInStore,
  readStore,
  writeStore
} from './dot-store.ts'
import { canonicalJson, readJson } from './json-value.ts'
import type { Change, Draw, Type } from './type.ts'

export interface Write extends Dot {
  /** Canonical JSON. */
  readonly json: string
}

export interface StampedWrite extends Write {
  /** A safe integer. */
  readonly stamp: number
}

/** Of a multi-value register. */
export type ValuesState = DotStore<Write>
/** Of a last-writer-wins register. */
export type RegisterState = DotStore<StampedWrite>

export const registerClocks = ['default', 'reverse', 'custom', 'custom-auto-increment'] as const

/**
 * How concurrent writes are ordered: `default`, the later in time wins; `reverse`, the first; `custom`, the one with the larger
 * stamp, which the caller gives; `custom-auto-increment`, the same, and a write is given one more than it saw where that is larger.
 */
export type RegisterClock = (typeof registerClocks)[number]

/** What a write is stamped from: wall-clock time in milliseconds, or the caller's stamp where the clock is a custom one. */
export interface StampSource {
  readonly clock: RegisterClock
  readonly origin: Origin
  readonly given: number
}

/** The write that wins among those in the register. */
function winner(state: RegisterState): StampedWrite | undefined {
  if (isSingle(state)) return state
  let last: StampedWrite | undefined
  // Writes are sorted by (origin, seq), so of those with equal stamps the later in the list wins.
  for (const write of state) if (last === undefined || write.stamp >= last.stamp) last = write
  return last
}

function stampOf({ clock, given }: StampSource, seen: StampedWrite | undefined): number {
  const isCustom = clock === 'custom' || clock === 'custom-auto-increment'
  if (isCustom ? !Number.isSafeInteger(given) : !Number.isFinite(given)) {
    const what = isCustom ? 'a stamp, which is a safe integer' : 'a time in milliseconds'
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `not ${what}: ${String(given)}`)
  }
  if (clock === 'custom') return given
  const stamp = isCustom ? given : Math.max(0, Math.floor(given * 1000))
  if (clock === 'reverse') return -Math.min(stamp, Number.MAX_SAFE_INTEGER)
  const next = seen === undefined ? stamp : Math.max(stamp, seen.stamp + 1)
  return Math.min(next, Number.MAX_SAFE_INTEGER)
}

/** Nothing changes where the write loses against one that is here. Throws `SHOAL_BAD_ARGUMENT`. */
export function setLastWriter(
  state: RegisterState,
  draw: Draw,
  value: unknown,
  source: StampSource
): Change<RegisterState> | undefined {
  const seen = winner(state)
  const stamp = stampOf(source, seen)
  const json = canonicalJson(value)
  if (seen !== undefined && !isAbove(stamp, source, seen)) return undefined
  const { origin, seq } = draw()
  const fresh: StampedWrite = { origin, seq, stamp, json }
  return { state: fresh, fragment: fresh, removed: state }
}

/**
 * Nothing comes before what a reverse clock has seen, also where time goes back. A write at the largest stamp there is goes on
 * top of its like, whoever wrote that: a default clock never gets stuck.
 */
function isAbove(stamp: number, { clock, origin }: StampSource, seen: StampedWrite): boolean {
  if (clock === 'reverse') return false
  if (stamp !== seen.stamp) return stamp > seen.stamp
  return clock === 'default' || clock === 'custom-auto-increment' || origin >= seen.origin
}

export function setMultiValue(state: ValuesState, draw: Draw, value: unknown): Change<ValuesState> {
  const json = canonicalJson(value)
  const { origin, seq } = draw()
  const fresh: Write = { origin, seq, json }
  return { state: fresh, fragment: fresh, removed: state }
}

/** The canonical JSON of the last write, if there is one. */
export function lastWriter(state: RegisterState): string | undefined {
  return winner(state)?.json
}

/** The canonical JSON of the concurrent writes, equal ones once, in the order of their dots. */
export function multiValues(state: ValuesState): string[] {
  return isSingle(state) ? [state.json] : [...new Set(state.map(write => write.json))]
}

interface Codec<W extends Write> {
  readonly minBytes: number
  write(sink: Sink, write: W): void
  read(reader: Reader, dot: Dot): W
}

function registerType<W extends Write>(tag: number, name: string, codec: Codec<W>): Type<DotStore<W>> {
  return {
    tag,
    name,
    empty: noDots,
    isEmpty: isEmptyStore,
    isVisible: state => !isEmptyStore(state),
    join: joinStores,
    news: (_a, b, sides) => newInStore(b, sides),
    diff: diffStore,
    eachDot: eachEntry,
    cleared: () => noDots,
    write: (state, sink) => writeStore(sink, state, write => codec.write(sink, write)),
    read: reader => readStore(reader, codec.minBytes, dot => codec.read(reader, dot))
  }
}

export const lwwRegisterType = registerType<StampedWrite>(7, 'lwwRegister', {
  minBytes: 5,
  write(sink, { stamp, json }) {
    sink.signed(stamp)
    sink.text(json)
  },
  read: (reader, { origin, seq }) => ({ origin, seq, stamp: reader.signed(), json: readJson(reader) })
})

export const mvRegisterType = registerType<Write>(8, 'mvRegister', {
  minBytes: 4,
  write: (sink, { json }) => sink.text(json),
  read: (reader, { origin, seq }) => ({ origin, seq, json: readJson(reader) })
})
