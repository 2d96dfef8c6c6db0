/**
 * Registers of JSON values: last-writer-wins and multi-value.
 *
 * Both keep every write that no other write has seen, under its dot. The multi-value register shows them all. The
 * last-writer-wins register shows the one with the largest (stamp, origin, seq); it keeps the others too, because dropping them
 * by stamp would make replicas differ when a map removes the winner that only some have seen.
 *
 * A stamp is a hybrid clock in microseconds: at least one more than every stamp that the writer saw.
 * Source: Kulkarni et al., "Logical physical clocks", 2014.
 */
import { ShoalError } from '../ports/errors.ts'
import { type Reader, readEntries, type Sink, writeEntries } from './codec.ts'
import { type Dot, diffEntries, joinEntries, newEntries, noDots } from './dot.ts'
import { canonicalJson, readJson } from './json-value.ts'
import type { Change, Draw, Type } from './type.ts'

export interface Write extends Dot {
  readonly stamp: number
  /** Canonical JSON. */
  readonly json: string
}

export type RegisterState = readonly Write[]

/** The stamp of a write at `nowMs` that saw these. Never past the safe integers, whatever a peer's clock said. */
function stampAfter(state: RegisterState, nowMs: number): number {
  if (!Number.isFinite(nowMs)) throw new ShoalError('SHOAL_BAD_ARGUMENT', `not a time in milliseconds: ${nowMs}`)
  let stamp = Math.max(0, Math.floor(nowMs * 1000))
  for (const write of state) stamp = Math.max(stamp, write.stamp + 1)
  return Math.min(stamp, Number.MAX_SAFE_INTEGER)
}

function replace(state: RegisterState, draw: Draw, stamp: number, json: string): Change<RegisterState> {
  const { origin, seq } = draw()
  const fresh = [{ origin, seq, stamp, json }]
  return { state: fresh, fragment: fresh, removed: state }
}

export function setLastWriter(state: RegisterState, draw: Draw, value: unknown, nowMs: number): Change<RegisterState> {
  return replace(state, draw, stampAfter(state, nowMs), canonicalJson(value))
}

export function setMultiValue(state: RegisterState, draw: Draw, value: unknown): Change<RegisterState> {
  return replace(state, draw, 0, canonicalJson(value))
}

/** The canonical JSON of the last write, if there is one. */
export function lastWriter(state: RegisterState): string | undefined {
  let last: Write | undefined
  // Writes are sorted by (origin, seq), so of those with equal stamps the later in the list wins.
  for (const write of state) if (last === undefined || write.stamp >= last.stamp) last = write
  return last?.json
}

/** The canonical JSON of the concurrent writes, equal ones once, in the order of their dots. */
export function multiValues(state: RegisterState): string[] {
  return [...new Set(state.map(write => write.json))]
}

function readWrite(reader: Reader, { origin, seq }: Dot, isStamped: boolean): Write {
  return { origin, seq, stamp: isStamped ? reader.signed() : 0, json: readJson(reader) }
}

function registerType(tag: number, name: string, isStamped: boolean): Type<RegisterState> {
  const writeRest = (sink: Sink, write: Write): void => {
    if (isStamped) sink.signed(write.stamp)
    sink.text(write.json)
  }
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
    write: (state, sink) => writeEntries(sink, state, write => writeRest(sink, write)),
    read: reader => readEntries(reader, isStamped ? 5 : 4, dot => readWrite(reader, dot, isStamped))
  }
}

export const lwwRegisterType = registerType(7, 'lwwRegister', true)
export const mvRegisterType = registerType(8, 'mvRegister', false)
