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
  /** A safe integer. */
  readonly stamp: number
  /** Canonical JSON. */
  readonly json: string
}

export type RegisterState = DotStore<Write>

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
function winner(state: RegisterState): Write | undefined {
  if (isSingle(state)) return state
  let last: Write | undefined
  // Writes are sorted by (origin, seq), so of those with equal stamps the later in the list wins.
  for (const write of state) if (last === undefined || write.stamp >= last.stamp) last = write
  return last
}

function stampOf({ clock, given }: StampSource, seen: Write | undefined): number {
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
  return replace(state, draw, stamp, json)
}

/** A write at the largest stamp there is goes on top of its like, whoever wrote that: a default clock never gets stuck. */
function isAbove(stamp: number, { clock, origin }: StampSource, seen: Write): boolean {
  if (stamp !== seen.stamp) return stamp > seen.stamp
  return clock === 'default' || clock === 'custom-auto-increment' || origin >= seen.origin
}

export function setMultiValue(state: RegisterState, draw: Draw, value: unknown): Change<RegisterState> {
  return replace(state, draw, 0, canonicalJson(value))
}

function replace(state: RegisterState, draw: Draw, stamp: number, json: string): Change<RegisterState> {
  const { origin, seq } = draw()
  const fresh: Write = { origin, seq, stamp, json }
  return { state: fresh, fragment: fresh, removed: state }
}

/** The canonical JSON of the last write, if there is one. */
export function lastWriter(state: RegisterState): string | undefined {
  return winner(state)?.json
}

/** The canonical JSON of the concurrent writes, equal ones once, in the order of their dots. */
export function multiValues(state: RegisterState): string[] {
  return isSingle(state) ? [state.json] : [...new Set(state.map(write => write.json))]
}

function registerType(tag: number, name: string, isStamped: boolean): Type<RegisterState> {
  const writeRest = (sink: Sink, write: Write): void => {
    if (isStamped) sink.signed(write.stamp)
    sink.text(write.json)
  }
  const readRest = (reader: Reader, { origin, seq }: Dot): Write => {
    return { origin, seq, stamp: isStamped ? reader.signed() : 0, json: readJson(reader) }
  }
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
    write: (state, sink) => writeStore(sink, state, write => writeRest(sink, write)),
    read: reader => readStore(reader, isStamped ? 5 : 4, dot => readRest(reader, dot))
  }
}

export const lwwRegisterType = registerType(7, 'lwwRegister', true)
export const mvRegisterType = registerType(8, 'mvRegister', false)
