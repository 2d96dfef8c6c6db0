/**
 * What a replica lacks of many states, as one message: a chunk of a repair stream.
 *
 * A row of entries, each begun by a byte that says what it is, so that a sender adds one after the other and knows at each moment
 * how long the message is. What they share is said once: origins, the fields they touch, the beginnings of names. Dots are given
 * by their distance from the newest update of the same origin to the same state, which is where most of them are. Decoding is
 * total and bounded.
 */
import { ShoalError } from '../ports/errors.ts'
import { Reader, readWithOrigins, type Sink, startEncoding } from './codec.ts'
import { CausalContext } from './context.ts'
import type { Dot, Origin } from './dot.ts'
import { readDotSpans, writeDotSpans } from './dot-spans.ts'
import { ForwardingSink } from './forwarding-sink.ts'
import { NameReader, NameWriter } from './front-coding.ts'
import { readScalar, writeScalar } from './scalar.ts'
import { readShort, type ShortContext, writeShort } from './short-context.ts'
import { SortedMap } from './sorted-map.ts'
import type { ActorState } from './state.ts'
import type { Type } from './type.ts'
import { typeWithTag } from './types.ts'
import type { Writer } from './writer.ts'

/** A part of one state. */
export interface Fragment {
  /** At most 4,096 bytes of UTF-8. */
  readonly name: string
  /** What the receiver lacks. */
  readonly state: ActorState
  /** Of each origin that changed the state, its newest update of it; sorted by origin. */
  readonly positions: readonly Dot[]
  /** Live dots that the receiver has, too: they are not removed, though they are not in the fragment. */
  readonly held: CausalContext
  /** Dots that the sender has seen for this state beyond its context. */
  readonly extra: CausalContext
}

export type FragmentEntry =
  /** What follows is of this shard. */
  | { readonly is: 'shard'; readonly shard: number }
  /** The sender's context of the shard. */
  | { readonly is: 'context'; readonly context: CausalContext }
  | { readonly is: 'short'; readonly short: ShortContext }
  | { readonly is: 'fragment'; readonly fragment: Fragment }
  /** The sender knows no state of that name. */
  | { readonly is: 'absent'; readonly name: string }
  /** The sender's floor: it no longer names the actors of these dots one by one. */
  | { readonly is: 'floor'; readonly floor: CausalContext }
  /** What was sent of the shard reaches up to this entry of the index, */
  | { readonly is: 'cursor'; readonly cursor: Dot }
  /** or up to this name. */
  | { readonly is: 'reached'; readonly name: string }
  /** XOR over the states that the sender has: who then has the same context has the same states, or one of the two has lost some. */
  | { readonly is: 'set-hash'; readonly setHash: Uint8Array }
  /** Nothing of the shard follows. */
  | { readonly is: 'complete' }

/** Entries of one message. */
export const maxFragmentEntries = 8192
const maxShard = 0xffff
const setHashBytes = 16

const SHARD = 1
const CONTEXT = 2
const ABSENT = 3
const CURSOR = 4
const COMPLETE = 5
const FLOOR = 6
const REACHED = 7
/** And what else it has. */
const FRAGMENT = 8
const SHORT = 12
const SET_HASH = 13
const hasHeld = 1
const hasExtra = 2

export class FragmentWriter {
  readonly #writer: Writer = startEncoding()
  #out = new DistanceSink(this.#writer)
  #names = new NameWriter()
  #fields = new Map<string, number>()
  #newest = new Map<Origin, number>()
  #entries = 0

  /** Of the message so far. */
  get bytes(): number {
    return this.#writer.length
  }

  get entries(): number {
    return this.#entries
  }

  shard(shard: number): void {
    if (!Number.isInteger(shard) || shard < 0 || shard > maxShard) throw wrong(`not a shard: ${shard}`)
    this.#begin(SHARD).varint(shard)
  }

  context(context: CausalContext): void {
    context.write(this.#begin(CONTEXT))
  }

  short(short: ShortContext): void {
    writeShort(this.#begin(SHORT), short)
  }

  floor(floor: CausalContext): void {
    floor.write(this.#begin(FLOOR))
  }

  absent(name: string): void {
    this.#names.write(this.#begin(ABSENT), name)
  }

  cursor({ origin, seq }: Dot): void {
    const out = this.#begin(CURSOR)
    out.origin(origin)
    out.varint(seq)
  }

  reached(name: string): void {
    this.#names.write(this.#begin(REACHED), name)
  }

  setHash(setHash: Uint8Array): void {
    if (setHash.length !== setHashBytes) throw wrong(`a set-hash of ${setHash.length} bytes`)
    this.#begin(SET_HASH).bytes(setHash)
  }

  complete(): void {
    this.#begin(COMPLETE)
  }

  fragment({ name, state, positions, held, extra }: Fragment): void {
    const flags = (held.isEmpty() ? 0 : hasHeld) + (extra.isEmpty() ? 0 : hasExtra)
    const out = this.#begin(FRAGMENT + flags)
    this.#names.write(out, name)
    out.varint(positions.length)
    for (const { origin, seq } of positions) {
      out.origin(origin)
      out.signed(seq - (this.#newest.get(origin) ?? 0))
      this.#newest.set(origin, seq)
    }
    this.#out.from(positions)
    if (!held.isEmpty()) writeDotSpans(this.#out, held)
    if (!extra.isEmpty()) writeDotSpans(this.#out, extra)
    this.#writeState(state)
  }

  /** The message. The writer begins the next. */
  finish(): Uint8Array {
    const bytes = this.#writer.finish(true)
    startEncoding(this.#writer)
    this.#out = new DistanceSink(this.#writer)
    this.#names = new NameWriter()
    this.#fields = new Map()
    this.#newest = new Map()
    this.#entries = 0
    return bytes
  }

  #begin(kind: number): Sink {
    this.#entries++
    this.#writer.byte(kind)
    return this.#writer
  }

  #writeState(state: ActorState): void {
    const isOne = state.size === 1
    if (!isOne) this.#out.varint(state.size * 2)
    state.each((child, field) => {
      const place = this.#fields.get(field) ?? this.#fields.size
      this.#out.varint(isOne ? place * 2 + 1 : place)
      if (place === this.#fields.size) {
        this.#fields.set(field, place)
        this.#out.byte(field.charCodeAt(0))
        writeScalar(this.#out, field.slice(1))
      }
      typeWithTag(field.charCodeAt(0))?.write(child, this.#out)
    })
  }
}

/** Throws `SHOAL_MALFORMED`. */
export function decodeFragments(bytes: Uint8Array): FragmentEntry[] {
  return readWithOrigins(new DistanceReader(bytes), reader => {
    const entries: FragmentEntry[] = []
    const names = new NameReader()
    const fields = new FieldRow(reader)
    while (reader.remaining > 0) {
      if (entries.length === maxFragmentEntries) throw reader.malformed(`more than ${maxFragmentEntries} entries`)
      entries.push(readEntry(reader, names, fields))
    }
    return entries
  })
}

function readEntry(reader: DistanceReader, names: NameReader, fields: FieldRow): FragmentEntry {
  const kind = reader.byte()
  if (kind >= FRAGMENT && kind <= FRAGMENT + hasHeld + hasExtra) {
    const name = names.read(reader)
    const positions = readPositions(reader)
    reader.from(positions)
    const held = (kind & hasHeld) === 0 ? CausalContext.empty : readDotSpans(reader)
    const extra = (kind & hasExtra) === 0 ? CausalContext.empty : readDotSpans(reader)
    return { is: 'fragment', fragment: { name, positions, held, extra, state: fields.readState() } }
  }
  switch (kind) {
    case SHARD: {
      const shard = reader.varint()
      if (shard > maxShard) throw reader.malformed('a shard beyond 2^16')
      return { is: 'shard', shard }
    }
    case CONTEXT:
      return { is: 'context', context: CausalContext.read(reader) }
    case SHORT:
      return { is: 'short', short: readShort(reader) }
    case FLOOR:
      return { is: 'floor', floor: CausalContext.read(reader) }
    case ABSENT:
      return { is: 'absent', name: names.read(reader) }
    case CURSOR: {
      const origin = reader.origin()
      return { is: 'cursor', cursor: { origin, seq: reader.seq() } }
    }
    case REACHED:
      return { is: 'reached', name: names.read(reader) }
    case SET_HASH: {
      const setHash = reader.bytes(setHashBytes)
      if (setHash.length !== setHashBytes) throw reader.malformed('a set-hash of another length')
      return { is: 'set-hash', setHash }
    }
    case COMPLETE:
      return { is: 'complete' }
    default:
      throw reader.malformed(`an entry of kind ${kind}`)
  }
}

function readPositions(reader: DistanceReader): Dot[] {
  const positions: Dot[] = []
  let before = ''
  for (let left = reader.count(2); left > 0; left--) {
    const origin = reader.origin()
    if (origin <= before) throw reader.malformed('origins out of order')
    before = origin
    const seq = (reader.newest.get(origin) ?? 0) + reader.signed()
    if (!Number.isSafeInteger(seq) || seq < 1) throw reader.malformed('a seq out of range')
    reader.newest.set(origin, seq)
    positions.push({ origin, seq })
  }
  return positions
}

/** The fields that were named so far, in the order of their first appearance. */
class FieldRow {
  readonly #reader: Reader
  readonly #fields: { readonly key: string; readonly type: Type<unknown> }[] = []
  readonly #known = new Set<string>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  readState(): ActorState {
    const reader = this.#reader
    const head = reader.varint()
    if (head % 2 === 1) {
      const { key, child } = this.#read((head - 1) / 2)
      return SortedMap.of(key, child)
    }
    const count = head / 2
    if (count === 1 || count * 2 > reader.remaining) throw reader.malformed(`a state of ${count} fields`)
    const keys: string[] = []
    const children: unknown[] = []
    for (let left = count; left > 0; left--) {
      const { key, child } = this.#read(reader.varint())
      if (key <= (keys.at(-1) ?? '')) throw reader.malformed('fields out of order')
      keys.push(key)
      children.push(child)
    }
    return SortedMap.fromSorted(keys, children)
  }

  #read(place: number): { key: string; child: unknown } {
    const { key, type } = this.#fields[place] ?? this.#name(place)
    const child = type.read(this.#reader, 1)
    if (type.isEmpty(child)) throw this.#reader.malformed('an empty field')
    return { key, child }
  }

  #name(place: number): { key: string; type: Type<unknown> } {
    const reader = this.#reader
    if (place !== this.#fields.length) throw reader.malformed('a field that was not named')
    const tag = reader.byte()
    const type = typeWithTag(tag)
    if (type === undefined) throw reader.malformed(`no type with tag ${tag}`)
    const key = String.fromCharCode(tag) + readScalar(reader)
    if (this.#known.has(key)) throw reader.malformed('a field named twice')
    this.#known.add(key)
    const field = { key, type }
    this.#fields.push(field)
    return field
  }
}

/** Writes a dot by its distance from what `from` says of its origin. */
class DistanceSink extends ForwardingSink {
  readonly #bases = new Bases()

  from(positions: readonly Dot[]): void {
    this.#bases.set(positions)
  }

  override dot({ origin, seq }: Dot): void {
    this.origin(origin)
    const base = this.#bases.of(origin)
    if (base === undefined) this.varint(seq)
    else this.signed(base - seq)
  }
}

class DistanceReader extends Reader {
  readonly #bases = new Bases()
  /** By origin, where it was last. */
  readonly newest = new Map<Origin, number>()

  from(positions: readonly Dot[]): void {
    this.#bases.set(positions)
  }

  override dot(): Dot {
    const origin = this.origin()
    const base = this.#bases.of(origin)
    if (base === undefined) return { origin, seq: this.seq() }
    const seq = base - this.signed()
    if (!Number.isSafeInteger(seq) || seq < 1) throw this.malformed('a seq out of range')
    return { origin, seq }
  }
}

/** The seq of each origin's position; of many, in a map. */
class Bases {
  #positions: readonly Dot[] = []
  #byOrigin: Map<Origin, number> | undefined

  set(positions: readonly Dot[]): void {
    this.#positions = positions
    this.#byOrigin = undefined
  }

  of(origin: Origin): number | undefined {
    const positions = this.#positions
    if (positions.length <= fewPositions) {
      for (const position of positions) if (position.origin === origin) return position.seq
      return undefined
    }
    this.#byOrigin ??= new Map(positions.map(position => [position.origin, position.seq]))
    return this.#byOrigin.get(origin)
  }
}

const fewPositions = 8

function wrong(what: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', `fragments: ${what}`)
}
