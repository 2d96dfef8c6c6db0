/**
 * A causal context: the set of dots that a replica has seen, per origin as intervals of seqs.
 *
 * An immutable value. It is exact, gaps included, so that absence tells something: a dot in the context but not in the state
 * was removed. Source: Almeida et al., "Scalable and accurate causality tracking for eventually consistent stores", 2014.
 */
import { decodeWithOrigins, encodeWithOrigins, type Reader, type Sink } from './codec.ts'
import { type Covers, compareText, type Dot } from './dot.ts'
import {
  add,
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

export class CausalContext implements Covers {
  static readonly empty = new CausalContext(new Map())

  readonly #spans: ReadonlyMap<string, Spans>

  private constructor(spans: ReadonlyMap<string, Spans>) {
    this.#spans = spans
  }

  static of(dots: Iterable<Dot>): CausalContext {
    const seqs = new Map<string, number[]>()
    for (const { origin, seq } of dots) {
      const known = seqs.get(origin)
      if (known === undefined) seqs.set(origin, [seq])
      else known.push(seq)
    }
    if (seqs.size === 0) return CausalContext.empty
    const spans = new Map<string, Spans>()
    for (const [origin, list] of seqs) spans.set(origin, spansOf(list))
    return new CausalContext(spans)
  }

  /** From non-empty spans, each origin once. */
  static fromSpans(spans: Iterable<readonly [origin: string, spans: Spans]>): CausalContext {
    const map = new Map(spans)
    return map.size === 0 ? CausalContext.empty : new CausalContext(map)
  }

  has(origin: string, seq: number): boolean {
    const spans = this.#spans.get(origin)
    return spans !== undefined && contains(spans, seq)
  }

  hasRange(origin: string, from: number, to: number): boolean {
    const spans = this.#spans.get(origin)
    return spans !== undefined && containsRange(spans, from, to)
  }

  /** This and the seqs `from` to `to`, both included. */
  with(origin: string, from: number, to: number = from): CausalContext {
    if (!(Number.isSafeInteger(from) && Number.isSafeInteger(to) && 1 <= from && from <= to)) {
      throw new RangeError(`not an interval of seqs: ${from} to ${to}`)
    }
    const before = this.#spans.get(origin) ?? noSpans
    const after = add(before, from, to)
    if (after === before) return this
    return new CausalContext(new Map(this.#spans).set(origin, after))
  }

  /** Answers this very context where `other` has nothing new. */
  union(other: CausalContext): CausalContext {
    if (other === this || other.#spans.size === 0) return this
    if (this.#spans.size === 0) return other
    let united: Map<string, Spans> | undefined
    for (const [origin, spans] of other.#spans) {
      const before = this.#spans.get(origin)
      const after = before === undefined ? spans : unite(before, spans)
      if (after === before) continue
      united ??= new Map(this.#spans)
      united.set(origin, after)
    }
    return united === undefined ? this : new CausalContext(united)
  }

  /** The dots of this that `other` lacks. */
  minus(other: CausalContext): CausalContext {
    const rest = new Map<string, Spans>()
    for (const [origin, spans] of this.#spans) {
      const without = other.#spans.get(origin)
      const left = without === undefined ? spans : subtract(spans, without)
      if (left.length > 0) rest.set(origin, left)
    }
    return rest.size === 0 ? CausalContext.empty : new CausalContext(rest)
  }

  /** Whether every dot of `other` is in this. */
  covers(other: CausalContext): boolean {
    for (const [origin, spans] of other.#spans) {
      if (!includes(this.#spans.get(origin) ?? noSpans, spans)) return false
    }
    return true
  }

  isDisjoint(other: CausalContext): boolean {
    for (const [origin, spans] of other.#spans) {
      if (!areDisjoint(this.#spans.get(origin) ?? noSpans, spans)) return false
    }
    return true
  }

  equals(other: CausalContext): boolean {
    if (this === other) return true
    if (this.#spans.size !== other.#spans.size) return false
    for (const [origin, spans] of this.#spans) {
      if (!areEqual(spans, other.#spans.get(origin) ?? noSpans)) return false
    }
    return true
  }

  isEmpty(): boolean {
    return this.#spans.size === 0
  }

  /** Sorted. */
  origins(): string[] {
    return [...this.#spans.keys()].sort(compareText)
  }

  /** `[from, to, from, to, …]`, inclusive, sorted, with a gap between any two. */
  intervals(origin: string): readonly number[] {
    return this.#spans.get(origin) ?? noSpans
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

  encode(): Uint8Array {
    return encodeWithOrigins(sink => this.write(sink))
  }

  static decode(bytes: Uint8Array): CausalContext {
    return decodeWithOrigins(bytes, reader => CausalContext.read(reader))
  }

  write(sink: Sink): void {
    sink.varint(this.#spans.size)
    for (const origin of this.origins()) {
      const spans = this.intervals(origin)
      sink.origin(origin)
      sink.varint(spans.length / 2)
      let last = -1
      for (let i = 0; i < spans.length; i += 2) {
        const from = spans[i] ?? 0
        const to = spans[i + 1] ?? 0
        sink.varint(from - last - 2)
        sink.varint(to - from)
        last = to
      }
    }
  }

  static read(reader: Reader): CausalContext {
    const spans = new Map<string, Spans>()
    let before = ''
    for (let left = reader.count(4); left > 0; left--) {
      const origin = reader.origin()
      if (origin <= before) throw reader.malformed('origins out of order')
      before = origin
      spans.set(origin, readSpans(reader))
    }
    return spans.size === 0 ? CausalContext.empty : new CausalContext(spans)
  }
}

function readSpans(reader: Reader): Spans {
  const spans: number[] = []
  let last = -1
  for (let left = reader.count(2); left > 0; left--) {
    const from = last + 2 + reader.varint()
    last = from + reader.varint()
    if (!Number.isSafeInteger(last)) throw reader.malformed('a seq beyond 2^53')
    spans.push(from, last)
  }
  if (spans.length === 0) throw reader.malformed('an origin without seqs')
  return spans
}

class Either implements Covers {
  readonly a: Covers
  readonly b: Covers

  constructor(a: Covers, b: Covers) {
    this.a = a
    this.b = b
  }

  has(origin: string, seq: number): boolean {
    return this.a.has(origin, seq) || this.b.has(origin, seq)
  }

  hasRange(origin: string, from: number, to: number): boolean {
    return this.a.hasRange(origin, from, to) || this.b.hasRange(origin, from, to)
  }
}

/** What one or the other covers. Costs nothing to make. */
export function either(a: Covers, b: Covers): Covers {
  return new Either(a, b)
}

/** The dots of `context` that `covers` lacks; more of them where it would cost too much to know. */
export function uncovered(context: CausalContext, covers: Covers): CausalContext {
  if (covers instanceof Either) return uncovered(uncovered(context, covers.a), covers.b)
  return covers instanceof CausalContext ? context.minus(covers) : context
}

/** Whether the two surely have no dot in common. `false` may mean that it would cost too much to know. */
export function surelyDisjoint(a: Covers, b: Covers): boolean {
  if (a instanceof Either) return surelyDisjoint(a.a, b) && surelyDisjoint(a.b, b)
  if (b instanceof Either) return surelyDisjoint(a, b.a) && surelyDisjoint(a, b.b)
  return a instanceof CausalContext && b instanceof CausalContext && a.isDisjoint(b)
}
