/**
 * A part of a document: bytes of its engine, and which updates of which origins are in them.
 *
 * Every origin numbers its updates of one document from 1 without gaps. So what a replica has of a document is a few intervals
 * of numbers per origin, and whether a part is still needed shows without a look into its bytes.
 */
import type { Reader, Sink } from '../codec.ts'
import { type Covers, compareText, type Dot } from '../dot.ts'
import type { EnginePart } from './engine.ts'

/** The updates `from` to `to` of one origin. The seqs of their dots are between `oldest` and `newest`. */
export interface Extent {
  readonly origin: string
  readonly from: number
  readonly to: number
  readonly oldest: number
  readonly newest: number
}

const noExtents: readonly Extent[] = Object.freeze([])

/** The most bytes of one part. */
export const maxPartBytes = 64 * 1024 * 1024

/** Itself the first of its extents, so that the many parts with one extent are one small object each. */
export class DocumentPart implements EnginePart, Extent {
  readonly kind: 'update' | 'snapshot'
  readonly origin: string
  readonly from: number
  readonly to: number
  readonly oldest: number
  readonly newest: number
  /** Sorted by origin and number, with a gap between any two of one origin; all after the first. */
  readonly more: readonly Extent[]
  #isTrusted: boolean
  readonly #source: Uint8Array
  readonly #start: number
  readonly #end: number

  constructor(
    kind: 'update' | 'snapshot',
    first: Extent,
    more: readonly Extent[],
    isTrusted: boolean,
    source: Uint8Array,
    start = 0,
    end = source.length
  ) {
    this.kind = kind
    this.origin = first.origin
    this.from = first.from
    this.to = first.to
    this.oldest = first.oldest
    this.newest = first.newest
    this.more = more
    this.#isTrusted = isTrusted
    this.#source = source
    this.#start = start
    this.#end = end
  }

  /** The `number`-th update of the dot's origin, made by this process. */
  static ofEdit(dot: Dot, number: number, update: Uint8Array): DocumentPart {
    const { origin, seq } = dot
    return new DocumentPart(
      'update',
      { origin, from: number, to: number, oldest: seq, newest: seq },
      noExtents,
      true,
      update
    )
  }

  /** Sorted extents, at least one. */
  static of(
    kind: 'update' | 'snapshot',
    extents: readonly Extent[],
    isTrusted: boolean,
    source: Uint8Array,
    start = 0,
    end = source.length
  ): DocumentPart {
    const [first, ...more] = extents
    if (first === undefined) throw new RangeError('a part without extents')
    return new DocumentPart(kind, first, more.length === 0 ? noExtents : more, isTrusted, source, start, end)
  }

  get bytes(): Uint8Array {
    const source = this.#source
    return this.#start === 0 && this.#end === source.length ? source : source.subarray(this.#start, this.#end)
  }

  get byteLength(): number {
    return this.#end - this.#start
  }

  /** Made in this process, by an edit or by folding what it trusts, or checked by it. Not a part of what the part says. */
  get isTrusted(): boolean {
    return this.#isTrusted
  }

  trust(): void {
    this.#isTrusted = true
  }

  get extents(): readonly Extent[] {
    return [this, ...this.more]
  }

  isKnownTo(known: Covers): boolean {
    if (!known.hasRange(this.origin, this.oldest, this.newest)) return false
    return this.more.every(({ origin, oldest, newest }) => known.hasRange(origin, oldest, newest))
  }

  writeHeader(sink: Sink): void {
    if (this.kind === 'update' && this.#isSingle()) {
      sink.byte(singleUpdate)
      sink.origin(this.origin)
      sink.varint(this.from)
      sink.varint(this.oldest)
      return
    }
    sink.byte(this.kind === 'update' ? update : snapshot)
    sink.varint(1 + this.more.length)
    writeExtent(sink, this)
    for (const extent of this.more) writeExtent(sink, extent)
  }

  #isSingle(): boolean {
    return this.from === this.to && this.oldest === this.newest && this.more.length === 0
  }
}

const singleUpdate = 0
const update = 1
const snapshot = 2

function writeExtent(sink: Sink, { origin, from, to, oldest, newest }: Extent): void {
  sink.origin(origin)
  sink.varint(from)
  sink.varint(to - from)
  sink.varint(oldest)
  sink.varint(newest - oldest)
}

export interface PartHeader {
  readonly kind: 'update' | 'snapshot'
  readonly first: Extent
  readonly more: readonly Extent[]
}

/** The fewest bytes of a part's header and payload. */
export const minPartBytes = 5
/** Neither engine writes a shorter one. */
export const minSnapshotBytes = 10

export function readHeader(reader: Reader): PartHeader {
  const form = reader.byte()
  if (form === singleUpdate) {
    const origin = reader.origin()
    const number = reader.seq()
    const seq = reader.seq()
    return { kind: 'update', first: { origin, from: number, to: number, oldest: seq, newest: seq }, more: noExtents }
  }
  if (form !== update && form !== snapshot) throw reader.malformed(`a part of form ${form}`)
  let left = reader.count(5)
  if (left === 0) throw reader.malformed('a part without extents')
  const first = readExtent(reader)
  const more: Extent[] = []
  let before = first
  while (--left > 0) {
    const extent = readExtent(reader)
    const order = compareText(before.origin, extent.origin)
    if (order > 0 || (order === 0 && extent.from <= before.to + 1)) throw reader.malformed('extents out of order')
    more.push(extent)
    before = extent
  }
  if (form === update && more.length === 0 && first.from === first.to && first.oldest === first.newest) {
    throw reader.malformed('a single update in the form of many')
  }
  return { kind: form === update ? 'update' : 'snapshot', first, more: more.length === 0 ? noExtents : more.slice() }
}

function readExtent(reader: Reader): Extent {
  const origin = reader.origin()
  const from = reader.seq()
  const to = from + reader.varint()
  const oldest = reader.seq()
  const newest = oldest + reader.varint()
  if (!Number.isSafeInteger(to) || !Number.isSafeInteger(newest)) throw reader.malformed('a number beyond 2^53')
  return { origin, from, to, oldest, newest }
}
