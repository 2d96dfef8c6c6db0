/**
 * Many deltas of one origin as one message: what a node pushes.
 *
 * What the deltas share is said once: the table of origins, the fields they touch, the beginning of each other's names. An
 * update names the seqs whose whole effect it is; they are the greater part of its delta's context, so only the dots that it takes
 * away are written beside them. Dots of the batch's own origin are given by their distance from the update's newest seq. Equal
 * batches give equal bytes, and decoding is total and bounded.
 */
import { ShoalError } from '../ports/errors.ts'
import { encodeWithOrigins, readWithOrigins, type Sink, startDecoding } from './codec.ts'
import { CausalContext } from './context.ts'
import { compareText, type Origin } from './dot.ts'
import { readDotSpans, writeDotSpans } from './dot-spans.ts'
import { NameReader, NameWriter } from './front-coding.ts'
import { RelativeReader, RelativeSink } from './relative-dots.ts'
import { readScalar, writeScalar } from './scalar.ts'
import { SortedMap } from './sorted-map.ts'
import type { Spans } from './spans.ts'
import type { ActorState, Delta } from './state.ts'
import type { Type } from './type.ts'
import { typeWithTag } from './types.ts'

export interface BatchUpdate {
  /** Whose count of seqs: 0 to 2^16 - 1. An origin counts in each shard for itself. */
  readonly shard: number
  /** Of the state that the delta is for. At most 4,096 bytes of UTF-8. */
  readonly name: string
  /** Seqs of the batch's origin, and no others, whose whole effect the delta is. None where it repeats what others wrote. */
  readonly seqs: CausalContext
  /** Of updates between this seq and the newest of `seqs`, the origin has made no others to the state. 0: from the first on. */
  readonly after: number
  /** Its context covers `seqs`. */
  readonly delta: Delta
}

export interface Batch {
  readonly origin: Origin
  /** Sorted by shard, then those that are no repeats, then by name; at most `maxBatchUpdates`. `encodeBatch` sorts them. */
  readonly updates: readonly BatchUpdate[]
}

export const maxBatchUpdates = 1024
const maxShard = 0xffff
/** Of seqs in a row: it is written with two flags. */
const maxSpan = 2 ** 50
/** Of a repeat that says nothing: the shard, the head, a name of two bytes, the flags, the state. */
const minGroupBytes = 6

/** Throws `SHOAL_BAD_ARGUMENT` where the batch breaks what its type says, or names one state twice. */
export function encodeBatch(batch: Batch): Uint8Array {
  const updates = batch.updates.toSorted(compareUpdates)
  checkUpdates(batch.origin, updates)
  const fields = fieldsOf(updates)
  const groups = groupsOf(updates)
  return encodeWithOrigins(sink => {
    const out = new RelativeSink(sink, batch.origin)
    sink.origin(batch.origin)
    sink.varint(fields.size)
    for (const field of fields.keys()) {
      sink.byte(field.charCodeAt(0))
      writeScalar(sink, field.slice(1))
    }
    sink.varint(groups.length)
    const names = new NameWriter()
    let shard = 0
    for (const group of groups) {
      const isRepeat = group.updates[0]?.seqs.isEmpty() === true
      sink.varint(group.shard - shard)
      sink.varint(group.updates.length * 2 + Number(isRepeat))
      shard = group.shard
      for (const update of group.updates) {
        names.write(sink, update.name)
        writeContext(out, update, batch.origin)
        writeState(out, update.delta.state, fields)
      }
    }
  })
}

/** Throws `SHOAL_MALFORMED`. */
export function decodeBatch(bytes: Uint8Array): Batch {
  return readWithOrigins(new RelativeReader(bytes), reader => {
    const origin = reader.origin()
    reader.own = origin
    const fields = new FieldTable(reader)
    const updates: BatchUpdate[] = []
    const names = new NameReader()
    let shard = 0
    let before: BatchUpdate | undefined
    for (let left = reader.count(minGroupBytes); left > 0; left--) {
      shard += reader.varint()
      if (shard > maxShard) throw reader.malformed('a shard beyond 2^16')
      const head = reader.varint()
      const isRepeat = head % 2 === 1
      const size = Math.floor(head / 2)
      if (size === 0) throw reader.malformed('a shard without updates')
      if (before?.shard === shard && before.seqs.isEmpty() === isRepeat) throw reader.malformed('a shard in pieces')
      if (updates.length + size > maxBatchUpdates) throw reader.malformed(`more than ${maxBatchUpdates} updates`)
      for (let i = 0; i < size; i++) {
        const name = names.read(reader)
        const { seqs, after, context } = readContext(reader, isRepeat)
        const update = { shard, name, seqs, after, delta: { state: fields.readState(reader), context } }
        if (before !== undefined && compareUpdates(before, update) >= 0) throw reader.malformed('updates out of order')
        updates.push(update)
        before = update
      }
    }
    fields.end(reader)
    return { origin, updates }
  })
}

/** Whose batch it is, without reading the rest. Throws `SHOAL_MALFORMED`. */
export function originOfBatch(bytes: Uint8Array): Origin {
  return startDecoding(bytes).origin()
}

function compareUpdates(a: BatchUpdate, b: BatchUpdate): number {
  return a.shard - b.shard || Number(a.seqs.isEmpty()) - Number(b.seqs.isEmpty()) || compareText(a.name, b.name)
}

function checkUpdates(origin: Origin, updates: readonly BatchUpdate[]): void {
  if (updates.length > maxBatchUpdates) throw wrong(`a batch of more than ${maxBatchUpdates} updates`)
  let before: BatchUpdate | undefined
  for (const update of updates) {
    const { shard, name, seqs, after, delta } = update
    if (!Number.isInteger(shard) || shard < 0 || shard > maxShard) throw wrong(`not a shard: ${shard}`)
    const spans = seqs.intervals(origin)
    if (seqs.origins().length !== (spans.length === 0 ? 0 : 1)) throw wrong(`${name}: seqs of other origins`)
    if ((spans.at(-1) ?? 0) - (spans.at(-2) ?? 0) > maxSpan) throw wrong(`${name}: too many seqs`)
    if (!Number.isSafeInteger(after) || after < 0 || after > Math.max(0, seqs.next(origin) - 2))
      throw wrong(`${name}: after ${after}`)
    if (!delta.context.covers(seqs)) throw wrong(`${name}: a delta that does not cover its seqs`)
    if (before !== undefined && compareUpdates(before, update) === 0) throw wrong(`two updates of ${name}`)
    before = update
  }
}

function wrong(what: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', `batch: ${what}`)
}

interface Group {
  readonly shard: number
  readonly updates: BatchUpdate[]
}

/** What stands together: updates of one shard, and the repeats in it. */
function groupsOf(updates: readonly BatchUpdate[]): Group[] {
  const groups: Group[] = []
  let wasRepeat = false
  for (const update of updates) {
    const last = groups.at(-1)
    const isRepeat = update.seqs.isEmpty()
    if (last?.shard === update.shard && isRepeat === wasRepeat) last.updates.push(update)
    else groups.push({ shard: update.shard, updates: [update] })
    wasRepeat = isRepeat
  }
  return groups
}

// ---- seqs and contexts -----------------------------------------------------------------------------------------------------

const hasRemoved = 1
const hasMoreSpans = 2

/**
 * The newest seq as its distance from the last update's, then how many seqs lead up to it and whether there is more: other
 * spans of seqs, downwards, and the dots that the delta takes away. Then how far before the newest seq the update is that it comes
 * after, 0 for none. A repeat has only the dots that it takes away.
 */
function writeContext(out: RelativeSink, { seqs, after, delta }: BatchUpdate, origin: Origin): void {
  const removed = delta.context.minus(seqs)
  const flags = removed.isEmpty() ? 0 : hasRemoved
  const spans = seqs.intervals(origin)
  if (spans.length === 0) out.varint(flags)
  else {
    const from = spans.at(-2) ?? 0
    const to = spans.at(-1) ?? 0
    out.signed(to - out.newest)
    out.newest = to
    out.varint((to - from) * 4 + (spans.length > 2 ? hasMoreSpans : 0) + flags)
    if (spans.length > 2) writeOlderSpans(out, spans)
    out.varint(after === 0 ? 0 : to - after)
  }
  if (flags !== 0) writeDotSpans(out, removed)
}

function writeOlderSpans(out: Sink, spans: readonly number[]): void {
  out.varint(spans.length / 2 - 1)
  for (let i = spans.length - 4; i >= 0; i -= 2) {
    const [from = 0, to = 0, next = 0] = spans.slice(i, i + 3)
    out.varint(next - to - 2)
    out.varint(to - from)
  }
}

function readContext(
  reader: RelativeReader,
  isRepeat: boolean
): { seqs: CausalContext; after: number; context: CausalContext } {
  const step = isRepeat ? 0 : reader.signed()
  const head = reader.varint()
  if (isRepeat) {
    if (head !== hasRemoved && head !== 0) throw reader.malformed('a repeat with seqs')
    return { seqs: CausalContext.empty, after: 0, context: head === 0 ? CausalContext.empty : readDotSpans(reader) }
  }
  const to = reader.newest + step
  const more = Math.floor(head / 4)
  if (more > maxSpan) throw reader.malformed('too many seqs')
  const from = to - more
  if (!Number.isSafeInteger(to) || from < 1) throw reader.malformed('a seq out of range')
  reader.newest = to
  const seqs =
    (head & hasMoreSpans) === 0
      ? CausalContext.empty.with(reader.own, from, to)
      : CausalContext.fromSpans([[reader.own, readOlderSpans(reader, from, to)]])
  const distance = reader.varint()
  if (distance >= to) throw reader.malformed('an update after none')
  const after = distance === 0 ? 0 : to - distance
  if ((head & hasRemoved) === 0) return { seqs, after, context: seqs }
  const removed = readDotSpans(reader)
  if (!removed.isDisjoint(seqs)) throw reader.malformed('dots named twice')
  return { seqs, after, context: seqs.union(removed) }
}

function readOlderSpans(reader: RelativeReader, newestFrom: number, newestTo: number): Spans {
  const count = reader.count(2)
  if (count === 0) throw reader.malformed('no more spans')
  const bounds = [newestTo, newestFrom]
  let from = newestFrom
  for (let left = count; left > 0; left--) {
    const to = from - reader.varint() - 2
    from = to - reader.varint()
    if (from < 1) throw reader.malformed('a seq out of range')
    bounds.push(to, from)
  }
  return bounds.reverse()
}

// ---- states ------------------------------------------------------------------------------------------------------------------

/** Each field (tag and key) that some state has, sorted, with its place. */
function fieldsOf(updates: readonly BatchUpdate[]): Map<string, number> {
  const fields = new Set<string>()
  for (const { delta } of updates) delta.state.each((_child, field) => fields.add(field))
  return new Map([...fields].sort(compareText).map((field, place) => [field, place]))
}

/** One field is the rule: its place and a 1. Otherwise their number and a 0, and the place before each. */
function writeState(out: Sink, state: ActorState, fields: ReadonlyMap<string, number>): void {
  const isOne = state.size === 1
  if (!isOne) out.varint(state.size * 2)
  state.each((child, field) => {
    const place = fields.get(field) ?? 0
    out.varint(isOne ? place * 2 + 1 : place)
    typeWithTag(field.charCodeAt(0))?.write(child, out)
  })
}

class FieldTable {
  readonly #fields: { readonly key: string; readonly type: Type<unknown> }[] = []
  readonly #unused = new Set<number>()

  constructor(reader: RelativeReader) {
    let before = ''
    for (let left = reader.count(2); left > 0; left--) {
      const tag = reader.byte()
      const type = typeWithTag(tag)
      if (type === undefined) throw reader.malformed(`no type with tag ${tag}`)
      const key = String.fromCharCode(tag) + readScalar(reader)
      if (key <= before) throw reader.malformed('fields out of order')
      before = key
      this.#unused.add(this.#fields.length)
      this.#fields.push({ key, type })
    }
  }

  readState(reader: RelativeReader): ActorState {
    const head = reader.varint()
    if (head % 2 === 1) {
      const { key, child } = this.#read(reader, (head - 1) / 2)
      return SortedMap.of(key, child)
    }
    const count = head / 2
    if (count === 1 || count * 2 > reader.remaining) throw reader.malformed(`a state of ${count} fields`)
    const keys: string[] = []
    const children: unknown[] = []
    for (let left = count; left > 0; left--) {
      const { key, child } = this.#read(reader, reader.varint())
      if (key <= (keys.at(-1) ?? '')) throw reader.malformed('fields out of order')
      keys.push(key)
      children.push(child)
    }
    return SortedMap.fromSorted(keys, children)
  }

  #read(reader: RelativeReader, place: number): { key: string; child: unknown } {
    const field = this.#fields[place]
    if (field === undefined) throw reader.malformed('a field that is not in the table')
    this.#unused.delete(place)
    const child = field.type.read(reader, 1)
    if (field.type.isEmpty(child)) throw reader.malformed('an empty field')
    return { key: field.key, child }
  }

  end(reader: RelativeReader): void {
    if (this.#unused.size > 0) throw reader.malformed('a field that nothing has')
  }
}
