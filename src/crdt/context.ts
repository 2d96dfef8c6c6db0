/**
 * A causal context: the set of dots that a replica has seen, per origin as intervals of seqs.
 *
 * An immutable value. It is exact, gaps included, so that absence tells something: a dot in the context but not in the state
 * was removed. Source: Almeida et al., "Scalable and accurate causality tracking for eventually consistent stores", 2014.
 */
import { decodeWithOrigins, encodeWithOrigins, type Reader, type Sink } from './codec.ts'
import { type Covers, compareText, type Dot } from './dot.ts'
import { type DotStore, isEmptyStore, isSingle } from './dot-store.ts'
import { isSameNode, isSameRow, OriginRow, rowOf } from './origin-row.ts'
import {
  areDisjoint,
  areEqual,
  contains,
  containsRange,
  includes,
  noSpans,
  type Spans,
  spansOf,
  subtract,
  unite
} from './spans.ts'

/** Not a static field: the initialiser that TypeScript 7.0.2 emits for one can use its class before it exists. */
let none: CausalContext | undefined

export class CausalContext implements Covers {
  readonly #row: OriginRow
  /** Of each origin in the row; never empty. */
  readonly #spans: readonly Spans[]
  #ended: CausalContext | undefined

  private constructor(row: OriginRow, spans: readonly Spans[], ended?: CausalContext) {
    this.#row = row
    this.#spans = spans
    this.#ended = ended
  }

  static get empty(): CausalContext {
    none ??= new CausalContext(new OriginRow([]), [])
    return none
  }

  static of(dots: Iterable<Dot>): CausalContext {
    const seqs = new Map<string, number[]>()
    let last = ''
    let list: number[] = []
    for (const { origin, seq } of dots) {
      if (origin !== last || list.length === 0) {
        list = seqs.get(origin) ?? []
        if (list.length === 0) seqs.set(origin, list)
        last = origin
      }
      list.push(seq)
    }
    return CausalContext.#sorted([...seqs].map(([origin, list]) => [origin, spansOf(list)] as const))
  }

  /** The dots of one mutation: the one it drew, and those that it takes away. */
  static ofChange(drawn: Dot, removed: DotStore<Dot>): CausalContext {
    if (isEmptyStore(removed)) return new CausalContext(rowOf([drawn.origin]), [[drawn.seq, drawn.seq]])
    if (isSingle(removed) && removed.origin === drawn.origin) {
      const [low, high] = removed.seq < drawn.seq ? [removed.seq, drawn.seq] : [drawn.seq, removed.seq]
      return new CausalContext(rowOf([drawn.origin]), [high <= low + 1 ? [low, high] : [low, low, high, high]])
    }
    return CausalContext.of(isSingle(removed) ? [drawn, removed] : [drawn, ...removed])
  }

  /** From non-empty spans, each origin once. */
  static fromSpans(spans: Iterable<readonly [origin: string, spans: Spans]>): CausalContext {
    return CausalContext.#sorted([...spans])
  }

  static #sorted(spans: (readonly [origin: string, spans: Spans])[]): CausalContext {
    spans.sort(([a], [b]) => compareText(a, b))
    return CausalContext.#from(
      spans.map(([origin]) => origin),
      spans.map(([, list]) => list)
    )
  }

  static #from(origins: readonly string[], spans: readonly Spans[]): CausalContext {
    return origins.length === 0 ? CausalContext.empty : new CausalContext(rowOf(origins), spans)
  }

  has(origin: string, seq: number): boolean {
    const place = this.#row.placeOf(origin)
    return place >= 0 && contains(this.#spans[place] as Spans, seq)
  }

  hasRange(origin: string, from: number, to: number): boolean {
    return containsRange(this.intervals(origin), from, to)
  }

  /** This and the seqs `from` to `to`, both included. */
  with(origin: string, from: number, to: number = from): CausalContext {
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 1 <= from && from <= to)) {
      throw new RangeError(`not an interval of seqs: ${from} to ${to}`)
    }
    return this.#unite(origin, [from, to])
  }

  #unite(origin: string, added: Spans): CausalContext {
    const place = this.#row.placeOf(origin)
    if (place < 0) {
      const { origins } = this.#row
      const at = origins.findIndex(other => other > origin)
      const index = at < 0 ? origins.length : at
      return new CausalContext(rowOf(origins.toSpliced(index, 0, origin)), this.#spans.toSpliced(index, 0, added))
    }
    const before = this.#spans[place] as Spans
    const after = unite(before, added)
    if (after === before) return this
    if (this.#spans.length === 1) return new CausalContext(this.#row, [after])
    const { origins } = this.#row
    const isEnded = this.#ended !== undefined && isSameNode(origin, origins[place + 1])
    const ended = isEnded ? undefined : this.#ended
    return new CausalContext(this.#row, this.#spans.with(place, after), ended)
  }

  /** Answers this very context where `other` has nothing new. */
  union(other: CausalContext): CausalContext {
    if (other === this || other.#spans.length === 0) return this
    if (this.#spans.length === 0) return other
    const { origins } = other.#row
    if (origins.length === 1) return this.#unite(origins[0] as string, other.#spans[0] as Spans)
    return this.covers(other) ? this : this.#merge(other)
  }

  #merge(other: CausalContext): CausalContext {
    const [lefts, rights] = [this.#row.origins, other.#row.origins]
    const origins: string[] = []
    const spans: Spans[] = []
    let i = 0
    let j = 0
    while (i < lefts.length || j < rights.length) {
      const left = lefts[i]
      const right = rights[j]
      const isLeft = left !== undefined && (right === undefined || left <= right)
      const isRight = right !== undefined && (left === undefined || right <= left)
      origins.push((isLeft ? left : right) as string)
      const before = isLeft ? (this.#spans[i++] as Spans) : noSpans
      const added = isRight ? (other.#spans[j++] as Spans) : noSpans
      spans.push(isLeft && isRight ? unite(before, added) : isLeft ? before : added)
    }
    return new CausalContext(origins.length === lefts.length ? this.#row : rowOf(origins), spans)
  }

  /** The dots of this that `other` lacks. */
  minus(other: CausalContext): CausalContext {
    const origins: string[] = []
    const rest: Spans[] = []
    for (const [place, origin] of this.#row.origins.entries()) {
      const spans = this.#spans[place] as Spans
      const without = other.intervals(origin)
      const left = without.length === 0 ? spans : subtract(spans, without)
      if (left.length === 0) continue
      origins.push(origin)
      rest.push(left)
    }
    return CausalContext.#from(origins, rest)
  }

  /** Whether every dot of `other` is in this. */
  covers(other: CausalContext): boolean {
    return other.#every((origin, spans) => includes(this.intervals(origin), spans))
  }

  isDisjoint(other: CausalContext): boolean {
    return other.#every((origin, spans) => areDisjoint(this.intervals(origin), spans))
  }

  equals(other: CausalContext): boolean {
    if (this === other) return true
    if (this.#spans.length !== other.#spans.length) return false
    if (this.#row === other.#row) return this.#spans.every((spans, at) => areEqual(spans, other.#spans[at] as Spans))
    return this.#every((origin, spans) => areEqual(spans, other.intervals(origin)))
  }

  // ---- in two parts --------------------------------------------------------------------------------------------------------------

  /** Of each node the last of its lives that are in this. */
  last(): CausalContext {
    const { row, places } = this.#row.parts().last
    return row === this.#row ? this : this.#part(row, places)
  }

  /** The lives before those. The same object for as long as nothing is new of them. */
  ended(): CausalContext {
    const { row, places } = this.#row.parts().ended
    if (places.length === 0) return CausalContext.empty
    this.#ended ??= this.#part(row, places)
    return this.#ended
  }

  /** As `ended`, where another's last lives are these: of the nodes that `last` names, the lives before those that it names. */
  endedBefore(last: CausalContext): CausalContext {
    const { origins } = this.#row
    const lasts = last.#row.origins
    if (isSameRow(lasts, this.#row.parts().last.row.origins)) return this.ended()
    const places: number[] = []
    let next = 0
    for (const [place, origin] of origins.entries()) {
      while (next < lasts.length && (lasts[next] as string) < origin) next++
      if (lasts[next] !== origin && isSameNode(origin, lasts[next])) places.push(place)
    }
    if (places.length === 0) return CausalContext.empty
    return this.#part(rowOf(places.map(place => origins[place] as string)), places)
  }

  #part(row: OriginRow, places: readonly number[]): CausalContext {
    return new CausalContext(
      row,
      places.map(place => this.#spans[place] as Spans)
    )
  }

  #every(holds: (origin: string, spans: Spans) => boolean): boolean {
    const { origins } = this.#row
    for (let place = 0; place < origins.length; place++) {
      if (!holds(origins[place] as string, this.#spans[place] as Spans)) return false
    }
    return true
  }

  isEmpty(): boolean {
    return this.#spans.length === 0
  }

  /** How many dots there are. */
  size(): number {
    let size = 0
    for (const spans of this.#spans)
      for (let i = 0; i < spans.length; i += 2) size += (spans[i + 1] as number) - (spans[i] as number) + 1
    return size
  }

  /** Sorted. */
  origins(): readonly string[] {
    return this.#row.origins
  }

  /** `[from, to, from, to, …]`, inclusive, sorted, with a gap between any two. */
  intervals(origin: string): Spans {
    const place = this.#row.placeOf(origin)
    return place < 0 ? noSpans : (this.#spans[place] as Spans)
  }

  /** The largest seq seen of this origin, plus one. */
  next(origin: string): number {
    const spans = this.intervals(origin)
    return (spans[spans.length - 1] ?? 0) + 1
  }

  /** The smallest seq of this origin that this has and `other` lacks. */
  firstMissing(origin: string, other: CausalContext): number | undefined {
    return subtract(this.intervals(origin), other.intervals(origin))[0]
  }

  /** No less than the bytes of its encoding, where names are of ASCII; made without encoding it. */
  bytesAtMost(): number {
    let bytes = 8
    for (const [place, { length }] of this.#row.origins.entries())
      bytes += length + 8 + (this.#spans[place] as Spans).length * 8
    return bytes
  }

  encode(): Uint8Array {
    return encodeWithOrigins(sink => this.write(sink))
  }

  static decode(bytes: Uint8Array): CausalContext {
    return decodeWithOrigins(bytes, reader => CausalContext.read(reader))
  }

  write(sink: Sink): void {
    const { origins } = this.#row
    sink.varint(origins.length)
    for (let place = 0; place < origins.length; place++) {
      const spans = this.#spans[place] as Spans
      sink.origin(origins[place] as string)
      sink.varint(spans.length / 2)
      let last = -1
      for (let i = 0; i < spans.length; i += 2) {
        const from = spans[i] as number
        const to = spans[i + 1] as number
        sink.varint(from - last - 2)
        sink.varint(to - from)
        last = to
      }
    }
  }

  static read(reader: Reader): CausalContext {
    const origins: string[] = []
    const spans: Spans[] = []
    let before = ''
    for (let left = reader.count(4); left > 0; left--) {
      const origin = reader.origin()
      if (origin <= before) throw reader.malformed('origins out of order')
      before = origin
      origins.push(origin)
      spans.push(readSpans(reader))
    }
    return CausalContext.#from(origins, spans)
  }
}

function readSpans(reader: Reader): Spans {
  const count = reader.count(2)
  const spans: number[] = []
  let last = -1
  for (let left = count; left > 0; left--) {
    const from = last + 2 + reader.varint()
    last = from + reader.varint()
    if (!Number.isSafeInteger(last)) throw reader.malformed('a seq beyond 2^53')
    spans.push(from, last)
  }
  if (count === 0) throw reader.malformed('an origin without seqs')
  // A copy is as long as its bounds; a list that grew has room for more.
  return count === 1 ? oneInterval(spans[0] as number, last) : spans.slice()
}

/** Most lives are seen whole, and many have written as much as another: they share the interval. */
function oneInterval(from: number, to: number): Spans {
  if (from !== 1 || to > fromOne.length) return [from, to]
  fromOne[to - 1] ??= [from, to]
  return fromOne[to - 1] as Spans
}

const fromOne: (Spans | undefined)[] = new Array(4096).fill(undefined)
