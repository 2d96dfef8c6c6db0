/**
 * What every data type gives: pure functions over immutable values.
 *
 * `join` and `diff` answer the very value they got where nothing changed. The laws are in test/crdt/laws.test.ts.
 */
import type { Reader, Sink } from './codec.ts'
import type { Covers, Dot, Origin, Sides } from './dot.ts'
import type { DotStore } from './dot-store.ts'

export interface Type<S> {
  /** On the wire and in the keys of maps: 1 to 127, never reused. */
  readonly tag: number
  readonly name: string
  readonly empty: S
  /** Nothing is stored: a map drops the entry. */
  isEmpty(state: S): boolean
  /** A map shows a key with this child. A removed counter keeps what it was, though it is not visible. */
  isVisible(state: S): boolean
  join(a: S, b: S, sides: Sides): S
  /**
   * The part of `b` that changes `a`: what was news to the left side. `join(a, news(a, b))` is `join(a, b)`, and it is empty exactly
   * where `b` brings nothing that `a` lacks. What `b` takes away goes by context. Source: Enes et al., "Efficient synchronization
   * of state-based CRDTs", 2019 (join decomposition).
   */
  news(a: S, b: S, sides: Sides): S
  /** What `known` has not seen. Dots that it has, and that are live here, are added to `held`. */
  diff(state: S, known: Covers, held: Dot[]): S
  /** The live dots, whose removal goes by context. Counters and documents have none. */
  eachDot(state: S, visit: (dot: Dot) => void): void
  /**
   * Where `eachDot` leaves out what joins without dots: of each origin that the state speaks of, the newest seq of what it has of it.
   * The same origin may come several times. @default the live dots
   */
  eachMark?(state: S, visit: (origin: Origin, seq: number) => void): void
  /** The fragment that, beside the live dots in its context, takes away all that is visible here. */
  cleared(state: S): S
  write(state: S, sink: Sink): void
  /** `depth` is how many maps are around it. */
  read(reader: Reader, depth: number): S
  /** Writes what is equal on replicas that saw the same, where `write` does not. */
  writeIdentity?(state: S, sink: Sink): void
}

/** What a mutator answers: the new state, and the delta to it. */
export interface Change<S> {
  readonly state: S
  readonly fragment: S
  /** The dots that the mutation takes away. */
  readonly removed: DotStore<Dot>
}

/** A mutator draws its dot when nothing can fail any more, and answers `undefined`, without drawing, where there is nothing to do. */
export type Draw = () => Dot
