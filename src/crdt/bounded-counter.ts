/**
 * A counter that never shows less than its bound, on any replica, without coordination.
 *
 * What the counter stands above its bound is divided among the origins as rights. An origin subtracts only from its own rights;
 * additions give it new ones, and it may give some to another. So no sum of concurrent subtractions can go below the bound.
 *
 * Each origin has one row, which only it writes; the newest replaces the others, so rows join without a context. A row that went
 * further down than up rests on what others gave it, so it travels together with their rows: what a replica has seen always
 * adds up, whatever came first.
 *
 * Sources: O'Neil, "The escrow transactional method", 1986; Balegas et al., "Extending eventually consistent cloud databases for
 * enforcing numeric invariants", 2015.
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'
import { type Covers, type Dot, isOrigin, type Origin } from './dot.ts'
import { isEarlierLife } from './origin-parts.ts'
import { SortedMap } from './sorted-map.ts'
import { joinMaps, mapValues } from './sorted-map-join.ts'
import type { Change, Draw, Type } from './type.ts'

/** Amounts are sums since the origin began, so that a newer row says all that an older one said. */
export interface Row {
  /** The seq of its newest change. */
  readonly seq: number
  readonly up: number
  readonly down: number
  /** Rights given away, by who got them. */
  readonly given: SortedMap<number>
  /** Rights taken over from earlier lives of the same node, by life. */
  readonly absorbed: SortedMap<number>
}

/** By origin. */
export type BoundedCounterState = SortedMap<Row>

const nothing: Row = { seq: 0, up: 0, down: 0, given: SortedMap.empty(), absorbed: SortedMap.empty() }

/** Where the rights of this replica do not reach. `SHOAL_INSUFFICIENT_RIGHTS`, retryable: others may give some. */
export class InsufficientRights extends ShoalError {
  /** The key of the counter in the map that holds it. */
  readonly entry: string
  /** Rights that would have been enough, less those that there were. */
  readonly lacking: number

  constructor(entry: string, amount: number, rights: number, total: number) {
    super(
      'SHOAL_INSUFFICIENT_RIGHTS',
      `${amount} are to go, this replica has the right to ${rights}, and all replicas together, as seen here, to ${total}`,
      { retryable: true }
    )
    this.entry = entry
    this.lacking = amount - rights
  }
}

// ---- reading -----------------------------------------------------------------------------------------------------------------

/** Adds up exactly; the result is held at the ends of the safe integers. */
function sumOf(visitAll: (add: (amount: number) => void) => void): number {
  let sum = 0
  let isExact = true
  visitAll(amount => {
    sum += amount
    isExact &&= Number.isSafeInteger(sum)
  })
  if (isExact) return sum
  let exact = 0n
  visitAll(amount => {
    exact += BigInt(amount)
  })
  return Math.max(Math.min(Number(exact), Number.MAX_SAFE_INTEGER), -Number.MAX_SAFE_INTEGER)
}

function total(amounts: SortedMap<number>): number {
  let sum = 0
  amounts.each(amount => {
    sum += amount
  })
  return sum
}

/** What the counter stands above its bound. */
export function heightOf(state: BoundedCounterState): number {
  return sumOf(add =>
    state.each(({ up, down }) => {
      add(up)
      add(-down)
    })
  )
}

/** How much this origin may subtract, as far as this replica has seen. */
export function rightsOf(state: BoundedCounterState, origin: Origin): number {
  const own = state.get(origin) ?? nothing
  return sumOf(add => {
    add(own.up)
    add(-own.down)
    own.given.each(amount => add(-amount))
    own.absorbed.each(add)
    state.each(row => {
      if (row.given.size > 0) add(row.given.get(origin) ?? 0)
      if (row.absorbed.size > 0) add(-(row.absorbed.get(origin) ?? 0))
    })
  })
}

/** Every origin that has rights, and how many. */
export function rightsByOrigin(state: BoundedCounterState): Map<Origin, number> {
  const sums = new Map<Origin, number | bigint>()
  const add = (origin: Origin, amount: number): void => {
    const before = sums.get(origin) ?? 0
    const sum = typeof before === 'number' ? before + amount : before + BigInt(amount)
    sums.set(origin, typeof sum === 'bigint' || Number.isSafeInteger(sum) ? sum : BigInt(before) + BigInt(amount))
  }
  state.each(({ up, down, given, absorbed }, origin) => {
    add(origin, up)
    add(origin, -down)
    given.each((amount, to) => {
      add(origin, -amount)
      add(to, amount)
    })
    absorbed.each((amount, ended) => {
      add(origin, amount)
      add(ended, -amount)
    })
  })
  const rights = new Map<Origin, number>()
  for (const [origin, sum] of sums) if (sum > 0) rights.set(origin, Math.min(Number(sum), Number.MAX_SAFE_INTEGER))
  return rights
}

// ---- changing ----------------------------------------------------------------------------------------------------------------

function checkAmount(amount: number): void {
  if (!Number.isSafeInteger(amount) || amount < 0) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `an amount is a safe integer, 0 or more, not ${String(amount)}`)
  }
}

function checkRoom(...sums: number[]): void {
  if (!sums.every(Number.isSafeInteger))
    throw new ShoalError('SHOAL_LIMIT', 'the counter would leave the range of safe integers')
}

/** Draws a dot, and writes the origin's row under it. */
function replaceRow(state: BoundedCounterState, draw: Draw, next: Omit<Row, 'seq'>): Change<BoundedCounterState> {
  const { origin, seq } = draw()
  const after = state.set(origin, { ...next, seq })
  return { state: after, fragment: supported(after, origin), removed: [] }
}

/** Throws `SHOAL_BAD_ARGUMENT` where the amount is no safe integer of 0 or more, `SHOAL_LIMIT` past the safe integers. */
export function addRights(
  state: BoundedCounterState,
  origin: Origin,
  draw: Draw,
  amount: number,
  min = 0
): Change<BoundedCounterState> | undefined {
  checkAmount(amount)
  if (amount === 0) return undefined
  const row = state.get(origin) ?? nothing
  const height = heightOf(state) + amount
  checkRoom(row.up + amount, height, min + height)
  return replaceRow(state, draw, { ...row, up: row.up + amount })
}

/** Throws `InsufficientRights`, and what `addRights` throws. */
export function spendRights(
  state: BoundedCounterState,
  origin: Origin,
  draw: Draw,
  amount: number,
  entry = ''
): Change<BoundedCounterState> | undefined {
  checkAmount(amount)
  if (amount === 0) return undefined
  checkRights(state, origin, amount, entry)
  const row = state.get(origin) ?? nothing
  checkRoom(row.down + amount)
  return replaceRow(state, draw, { ...row, down: row.down + amount })
}

/**
 * The same where nobody else writes: all that the counter stands above its bound may go. Throws `SHOAL_INSUFFICIENT_RIGHTS`, which no
 * replica could help, and what `addRights` throws.
 */
export function spendAlone(
  state: BoundedCounterState,
  origin: Origin,
  draw: Draw,
  amount: number
): Change<BoundedCounterState> | undefined {
  const height = heightOf(state)
  if (amount > height) {
    checkAmount(amount)
    const message = `${amount} are to go, and the counter stands ${height} above its bound`
    throw new ShoalError('SHOAL_INSUFFICIENT_RIGHTS', message)
  }
  return spendRights(state, origin, draw, amount)
}

/** Gives rights to another origin. Throws `InsufficientRights`, and what `addRights` throws. */
export function giveRights(
  state: BoundedCounterState,
  origin: Origin,
  draw: Draw,
  to: Origin,
  amount: number,
  entry = ''
): Change<BoundedCounterState> | undefined {
  checkAmount(amount)
  if (!isOrigin(to)) throw new ShoalError('SHOAL_BAD_ARGUMENT', `not an origin: ${JSON.stringify(to)}`)
  if (to === origin || amount === 0) return undefined
  checkRights(state, origin, amount, entry)
  const row = state.get(origin) ?? nothing
  checkRoom(total(row.given) + amount)
  return replaceRow(state, draw, { ...row, given: row.given.set(to, (row.given.get(to) ?? 0) + amount) })
}

/**
 * Takes over all rights of an earlier life of the same node. Only safe where no replica has, or ever will have, a newer row of any
 * earlier life of this node than this replica. `undefined` where that life has none left. Throws `SHOAL_BAD_ARGUMENT` where it is
 * no earlier life.
 */
export function absorbRights(
  state: BoundedCounterState,
  origin: Origin,
  draw: Draw,
  ended: Origin
): Change<BoundedCounterState> | undefined {
  if (!isEarlierLife(ended, origin))
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${ended} is no earlier life of ${origin}`)
  const amount = rightsOf(state, ended)
  if (amount <= 0) return undefined
  const row = state.get(origin) ?? nothing
  checkRoom(total(row.absorbed) + amount)
  return replaceRow(state, draw, { ...row, absorbed: row.absorbed.set(ended, (row.absorbed.get(ended) ?? 0) + amount) })
}

function checkRights(state: BoundedCounterState, origin: Origin, amount: number, entry: string): void {
  const rights = Math.max(0, rightsOf(state, origin))
  if (rights < amount) throw new InsufficientRights(entry, amount, rights, heightOf(state))
}

/** The row of an origin, with the rows that what it took away rests on, and theirs. */
function supported(state: BoundedCounterState, origin: Origin): BoundedCounterState {
  const own = state.get(origin)
  if (own !== undefined && own.absorbed.size === 0 && own.up - own.down >= total(own.given))
    return SortedMap.of(origin, own)
  const found = new Set<Origin>([origin])
  for (const next of found) {
    // A life may have been given rights, and have ended, without a row of its own.
    const row = state.get(next) ?? nothing
    row.absorbed.each((_, ended) => found.add(ended))
    if (restsOnOthers(state, next, row)) {
      state.each((other, giver) => {
        if (other.given.get(next) !== undefined) found.add(giver)
      })
    }
  }
  return mapValues(state, (row, name) => (found.has(name) ? row : undefined))
}

function restsOnOthers(state: BoundedCounterState, origin: Origin, row: Row): boolean {
  return (
    row.up <
    sumOf(add => {
      add(row.down)
      row.given.each(add)
      state.each(other => add(other.absorbed.get(origin) ?? 0))
    })
  )
}

// ---- bytes -------------------------------------------------------------------------------------------------------------------

const hasGiven = 1
const hasAbsorbed = 2

function write(state: BoundedCounterState, sink: Sink): void {
  sink.varint(state.size)
  state.each(({ seq, up, down, given, absorbed }, origin) => {
    sink.origin(origin)
    sink.varint(seq)
    sink.varint(up)
    sink.varint(down)
    sink.byte((given.size > 0 ? hasGiven : 0) | (absorbed.size > 0 ? hasAbsorbed : 0))
    if (given.size > 0) writeAmounts(sink, given)
    if (absorbed.size > 0) writeAmounts(sink, absorbed)
  })
}

function writeAmounts(sink: Sink, amounts: SortedMap<number>): void {
  sink.varint(amounts.size)
  amounts.each((amount, origin) => {
    sink.origin(origin)
    sink.varint(amount)
  })
}

function read(reader: Reader): BoundedCounterState {
  const origins: string[] = []
  const rows: Row[] = []
  for (let left = reader.count(5); left > 0; left--) {
    const origin = reader.origin()
    if (origin <= (origins[origins.length - 1] ?? '')) throw reader.malformed('origins out of order')
    origins.push(origin)
    rows.push(readRow(reader, origin))
  }
  return SortedMap.fromSorted(origins, rows)
}

function readRow(reader: Reader, origin: Origin): Row {
  const seq = reader.seq()
  const up = reader.varint()
  const down = reader.varint()
  const form = reader.byte()
  if (form > (hasGiven | hasAbsorbed)) throw reader.malformed(`a row of form ${form}`)
  if (form === 0 && up === 0 && down === 0) throw reader.malformed('a row that did nothing')
  const given = (form & hasGiven) === 0 ? nothing.given : readAmounts(reader)
  const absorbed = (form & hasAbsorbed) === 0 ? nothing.absorbed : readAmounts(reader)
  if (given.get(origin) !== undefined) throw reader.malformed('rights given to oneself')
  absorbed.each((_, ended) => {
    if (!isEarlierLife(ended, origin)) throw reader.malformed('rights taken over from another')
  })
  return { seq, up, down, given, absorbed }
}

function readAmounts(reader: Reader): SortedMap<number> {
  const origins: string[] = []
  const amounts: number[] = []
  let sum = 0
  for (let left = reader.count(2); left > 0; left--) {
    const origin = reader.origin()
    if (origin <= (origins[origins.length - 1] ?? '')) throw reader.malformed('origins out of order')
    const amount = reader.varint()
    sum += amount
    if (amount === 0 || !Number.isSafeInteger(sum)) throw reader.malformed('an amount out of range')
    origins.push(origin)
    amounts.push(amount)
  }
  if (origins.length === 0) throw reader.malformed('a list of nothing')
  return SortedMap.fromSorted(origins, amounts)
}

export const boundedCounterType: Type<BoundedCounterState> = {
  tag: 13,
  name: 'boundedCounter',
  empty: SortedMap.empty(),
  isEmpty: state => state.size === 0,
  isVisible: state => state.size > 0,
  join: (a, b) =>
    joinMaps(a, b, true, (left, right) =>
      left === undefined || (right !== undefined && right.seq > left.seq) ? right : left
    ),
  news: (a, b) => mapValues(b, (row, origin) => (row.seq > (a.get(origin)?.seq ?? 0) ? row : undefined)),
  diff: (state: BoundedCounterState, known: Covers) =>
    mapValues(state, (row, origin) => (known.has(origin, row.seq) ? undefined : row)),
  eachDot(_state: BoundedCounterState, _visit: (dot: Dot) => void) {},
  eachMark: (state, visit) => state.each(({ seq }, origin) => visit(origin, seq)),
  // No map may hold one, and what was spent is spent.
  cleared: () => SortedMap.empty(),
  write,
  read
}
