/**
 * Grow-only and up-down counters.
 *
 * Each origin has a tally of all it added since its run began. Where a map removes the counter, the tally that the remover saw
 * becomes the base: the value is what came after it. An origin that sees its tally removed begins a new run, and the base goes
 * with the old one. Tallies of an origin are ordered by (run, seq), so they join without a context.
 *
 * Source: Baquero, Almeida, Lerche, "The problem with embedded CRDT counters and a solution", 2016; docs/data-types.md.
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'
import { type Covers, type Dot, noDots } from './dot.ts'
import { SortedMap, SortedMapBuilder } from './sorted-map.ts'
import { joinMaps, mapValues } from './sorted-map-join.ts'
import type { Change, Draw, Type } from './type.ts'

export interface Tally {
  /** The seq at which the run began. */
  readonly run: number
  /** The seq of the newest addition. */
  readonly seq: number
  readonly up: number
  readonly down: number
}

/** The live tally, and of the same run and no newer the one that was removed: the share itself where that is all of it. */
export interface Share extends Tally {
  readonly base: Tally | undefined
}

/** By origin. */
export type CounterState = SortedMap<Share>

function isNewer(a: Tally, b: Tally): boolean {
  return a.run > b.run || (a.run === b.run && a.seq > b.seq)
}

function isVisible({ seq, base }: Share): boolean {
  return base === undefined || base.seq < seq
}

function shareOf({ run, seq, up, down }: Tally, base: Tally | undefined): Share {
  return base === undefined || base.seq < seq ? { run, seq, up, down, base } : removedShare(run, seq, up, down)
}

function removedShare(run: number, seq: number, up: number, down: number): Share {
  const share: { run: number; seq: number; up: number; down: number; base: Tally | undefined } = {
    run,
    seq,
    up,
    down,
    base: undefined
  }
  share.base = share
  return share
}

function joinShares(a: Share, b: Share): Share {
  const live = isNewer(b, a) ? b : a
  const [baseA, baseB] = [baseIn(a, live.run), baseIn(b, live.run)]
  const base = baseA === undefined || (baseB !== undefined && baseB.seq > baseA.seq) ? baseB : baseA
  if (live === a && base?.seq === baseA?.seq) return a
  return live === b && base?.seq === baseB?.seq ? b : shareOf(live, base)
}

/** The base of a share, where it is of this run. */
function baseIn({ base }: Share, run: number): Tally | undefined {
  return base?.run === run ? base : undefined
}

function joinCounters(a: CounterState, b: CounterState): CounterState {
  return joinMaps(a, b, true, (left, right) =>
    left === undefined ? right : right === undefined ? left : joinShares(left, right)
  )
}

function news(a: CounterState, b: CounterState): CounterState {
  return mapValues(b, (right, origin) => {
    const left = a.get(origin)
    return left === undefined || joinShares(left, right) !== left ? right : undefined
  })
}

function diff(state: CounterState, known: Covers): CounterState {
  // A base has no dot of its own that could tell whether the other side has it, so it always goes along.
  return mapValues(state, (share, origin) =>
    share.base === undefined && known.has(origin, share.seq) ? undefined : share
  )
}

function cleared(state: CounterState): CounterState {
  return mapValues(state, share => (isVisible(share) ? shareOf(share, share) : undefined))
}

function amountOf({ up, down, base }: Share): number {
  return base === undefined ? up - down : up - base.up - (down - base.down)
}

/** The sum, held at the ends of the safe integers. */
export function counterValue(state: CounterState): number {
  let sum = 0
  let isExact = true
  state.each(share => {
    sum += amountOf(share)
    isExact &&= Number.isSafeInteger(sum)
  })
  if (isExact) return sum
  let exact = 0n
  state.each(share => {
    exact += BigInt(amountOf(share))
  })
  return Math.max(Math.min(Number(exact), Number.MAX_SAFE_INTEGER), -Number.MAX_SAFE_INTEGER)
}

/** Throws `SHOAL_BAD_ARGUMENT` where the amount is not a safe integer, `SHOAL_LIMIT` where the counter would leave their range. */
export function addToCounter(state: CounterState, draw: Draw, amount: number): Change<CounterState> {
  if (!Number.isSafeInteger(amount)) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `a counter adds safe integers, not ${String(amount)}`)
  }
  if (!Number.isSafeInteger(counterValue(state) + amount)) throw overflow()
  // A tally can only overflow after 2^53 of ups and downs, so a check before the dot is drawn may look at all of them.
  state.each(share => {
    if (!Number.isSafeInteger((amount < 0 ? share.down : share.up) + Math.abs(amount))) throw overflow()
  })
  const { origin, seq } = draw()
  const before = state.get(origin)
  const isFirst = before === undefined || !isVisible(before)
  const run = isFirst ? seq : before.run
  const up = (isFirst ? 0 : before.up) + Math.max(amount, 0)
  const down = (isFirst ? 0 : before.down) + Math.max(-amount, 0)
  const fresh: Share = { run, seq, up, down, base: undefined }
  const next = isFirst || before.base === undefined ? fresh : { run, seq, up, down, base: before.base }
  return { state: state.set(origin, next), fragment: SortedMap.of(origin, fresh), removed: noDots }
}

function overflow(): ShoalError {
  return new ShoalError('SHOAL_LIMIT', 'the counter would leave the range of safe integers')
}

const liveOnly = 0
const liveAndBase = 1
const liveIsBase = 2

function write(state: CounterState, sink: Sink): void {
  sink.varint(state.size)
  state.each((share, origin) => {
    const { base, run } = share
    const form = base === undefined ? liveOnly : base.seq < share.seq ? liveAndBase : liveIsBase
    sink.origin(origin)
    sink.byte(form)
    sink.varint(run)
    writeTally(sink, share)
    if (base !== undefined && form === liveAndBase) writeTally(sink, base)
  })
}

function writeTally(sink: Sink, tally: Tally): void {
  sink.varint(tally.seq - tally.run)
  sink.varint(tally.up)
  sink.varint(tally.down)
}

function readTally(reader: Reader, run: number): Tally {
  const seq = run + reader.varint()
  if (!Number.isSafeInteger(seq)) throw reader.malformed('a seq beyond 2^53')
  return { run, seq, up: reader.varint(), down: reader.varint() }
}

function readShare(reader: Reader): Share {
  const form = reader.byte()
  const run = reader.seq()
  const { seq, up, down } = readTally(reader, run)
  if (form === liveOnly) return { run, seq, up, down, base: undefined }
  if (form === liveIsBase) return removedShare(run, seq, up, down)
  if (form !== liveAndBase) throw reader.malformed(`a counter entry of form ${form}`)
  const base = readTally(reader, run)
  if (base.seq >= seq || base.up > up || base.down > down) throw reader.malformed('a base above its entry')
  return { run, seq, up, down, base }
}

function read(reader: Reader, growOnly: boolean): CounterState {
  const count = reader.count(6)
  const builder = new SortedMapBuilder<Share>(count)
  for (let left = count; left > 0; left--) {
    const origin = reader.origin()
    const share = readShare(reader)
    if (growOnly && share.down > 0) throw reader.malformed('a grow-only counter that went down')
    if (!builder.push(origin, share)) throw reader.malformed('origins out of order')
  }
  return builder.finish()
}

function counterType(tag: number, name: string, growOnly: boolean): Type<CounterState> {
  return {
    tag,
    name,
    empty: SortedMap.empty(),
    isEmpty: state => state.size === 0,
    isVisible(state) {
      return state.some(isVisible)
    },
    join: joinCounters,
    news,
    diff,
    eachDot(_state: CounterState, _visit: (dot: Dot) => void) {},
    eachMark: (state, visit) => state.each(({ seq }, origin) => visit(origin, seq)),
    cleared,
    write,
    read: reader => read(reader, growOnly)
  }
}

export const gCounterType = counterType(1, 'gCounter', true)
export const pnCounterType = counterType(2, 'pnCounter', false)
