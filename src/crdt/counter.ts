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
import type { Covers, Dot } from './dot.ts'
import { joinMaps, mapValues, SortedMap } from './sorted-map.ts'
import type { Change, Draw, Type } from './type.ts'

export interface Tally {
  /** The seq at which the run began. */
  readonly run: number
  /** The seq of the newest addition. */
  readonly seq: number
  readonly up: number
  readonly down: number
}

interface Share {
  readonly live: Tally
  /** Of the same run, and no newer than `live`. */
  readonly base: Tally | undefined
}

/** By origin. */
export type CounterState = SortedMap<Share>

function isNewer(a: Tally, b: Tally): boolean {
  return a.run > b.run || (a.run === b.run && a.seq > b.seq)
}

function isVisible({ live, base }: Share): boolean {
  return base === undefined || base.seq < live.seq
}

function joinShares(a: Share, b: Share): Share {
  const live = isNewer(b.live, a.live) ? b.live : a.live
  let base = a.base === undefined || (b.base !== undefined && isNewer(b.base, a.base)) ? b.base : a.base
  if (base !== undefined && base.run < live.run) base = undefined
  return live === a.live && base === a.base ? a : live === b.live && base === b.base ? b : { live, base }
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
    share.base === undefined && known.has(origin, share.live.seq) ? undefined : share
  )
}

function cleared(state: CounterState): CounterState {
  return mapValues(state, share => (isVisible(share) ? { live: share.live, base: share.live } : undefined))
}

function amountOf({ live, base }: Share): number {
  return live.up - (base?.up ?? 0) - (live.down - (base?.down ?? 0))
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
  state.each(({ live }) => {
    if (!Number.isSafeInteger((amount < 0 ? live.down : live.up) + Math.abs(amount))) throw overflow()
  })
  const { origin, seq } = draw()
  const share = state.get(origin)
  const isFirst = share === undefined || !isVisible(share)
  const before = isFirst ? { run: seq, up: 0, down: 0 } : share.live
  const live: Tally = {
    run: before.run,
    seq,
    up: before.up + Math.max(amount, 0),
    down: before.down + Math.max(-amount, 0)
  }
  const next: Share = { live, base: isFirst ? undefined : share.base }
  return { state: state.set(origin, next), fragment: SortedMap.of(origin, { live, base: undefined }), removed: [] }
}

function overflow(): ShoalError {
  return new ShoalError('SHOAL_LIMIT', 'the counter would leave the range of safe integers')
}

const liveOnly = 0
const liveAndBase = 1
const liveIsBase = 2

function write(state: CounterState, sink: Sink): void {
  sink.varint(state.size)
  state.each(({ live, base }, origin) => {
    const form = base === undefined ? liveOnly : base.seq < live.seq ? liveAndBase : liveIsBase
    sink.origin(origin)
    sink.byte(form)
    sink.varint(live.run)
    writeTally(sink, live)
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
  const live = readTally(reader, run)
  if (form === liveOnly) return { live, base: undefined }
  if (form === liveIsBase) return { live, base: live }
  if (form !== liveAndBase) throw reader.malformed(`a counter entry of form ${form}`)
  const base = readTally(reader, run)
  if (base.seq >= live.seq || base.up > live.up || base.down > live.down)
    throw reader.malformed('a base above its entry')
  return { live, base }
}

function read(reader: Reader, growOnly: boolean): CounterState {
  const origins: string[] = []
  const shares: Share[] = []
  for (let left = reader.count(6); left > 0; left--) {
    const origin = reader.origin()
    if (origin <= (origins[origins.length - 1] ?? '')) throw reader.malformed('origins out of order')
    const share = readShare(reader)
    if (growOnly && share.live.down > 0) throw reader.malformed('a grow-only counter that went down')
    origins.push(origin)
    shares.push(share)
  }
  return SortedMap.fromSorted(origins, shares)
}

function counterType(tag: number, name: string, growOnly: boolean): Type<CounterState> {
  return {
    tag,
    name,
    empty: SortedMap.empty(),
    isEmpty: state => state.size === 0,
    isVisible(state) {
      for (const [, share] of state) if (isVisible(share)) return true
      return false
    },
    join: joinCounters,
    news,
    diff,
    eachDot(_state: CounterState, _visit: (dot: Dot) => void) {},
    cleared,
    write,
    read: reader => read(reader, growOnly)
  }
}

export const gCounterType = counterType(1, 'gCounter', true)
export const pnCounterType = counterType(2, 'pnCounter', false)
