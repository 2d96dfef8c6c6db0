/**
 * What an actor's record proves by itself: which dots of the actor its state holds whole.
 *
 * They are the dots kept with it (`extra`), and those up to its position of each origin, but for its `gaps`. Each update says which
 * one of its origin changed the actor before it, and each fragment what its sender's record proves; so nothing rests on what the
 * context of a shard claims, which says more than its states where a stream has passed over an actor. (test/models/actor-proofs.) The
 * proof holds for a record that is older than the disk's newest, and where the shard's own record is lost: a shard that cannot be
 * believed is rebuilt from it (distrust.ts). What was removed stays removed only as long as it is known to be seen, and that is why
 * live dots would not do.
 *
 * Source of the chain of updates: Petersen et al., "Flexible update propagation for weakly consistent replication", 1997 (prefixes of
 * each writer's log), here per actor.
 */
import type { Fragment } from '../crdt/fragments.ts'
import { CausalContext, type Covers, type Origin } from '../crdt/index.ts'
import type { Spans } from '../crdt/spans.ts'
import { type IndexPositions, seqAt } from './index-positions.ts'

export interface Seen {
  /** Dots seen for the actor that its positions do not tell of: of removals that came before what they remove. */
  readonly extra: CausalContext
  /** Where the index names it. */
  readonly index: IndexPositions
  /** Dots up to the positions that may be the actor's and are not in its state. */
  readonly gaps: CausalContext
}

/** Spans of gaps that one actor may have of one origin by pushes: past them it comes whole, by catch-up. */
const maxGapSpans = 256

/** All dots of the actor, as far as its state holds them; dots of other actors may be among them. */
export function seenDots(seen: Seen): CausalContext {
  return upTo(seen.index).minus(seen.gaps).union(seen.extra)
}

/** What a fragment's sender proves to have seen of its actor, but for what it holds back. */
export function seenByFragment(fragment: Pick<Fragment, 'positions' | 'held' | 'extra'>): CausalContext {
  const spans = fragment.positions.map(({ origin, seq }): [Origin, Spans] => [origin, [1, seq]])
  const seen = CausalContext.fromSpans(spans).union(fragment.extra)
  return fragment.held.isEmpty() ? seen : seen.minus(fragment.held)
}

/** Whether the record of a fragment's sender, who holds nothing back, tells the same of its actor as this one. */
export function provesTheSame(
  { index, gaps, extra }: Seen,
  fragment: Pick<Fragment, 'positions' | 'held' | 'extra'>
): boolean {
  const { positions, held } = fragment
  return (
    positions.length === index.size &&
    positions.every(({ origin, seq }) => seqAt(index, origin) === seq) &&
    held.equals(gaps) &&
    fragment.extra.equals(extra)
  )
}

/** What the actor has seen, without a copy of it. Nothing of what a shard's `floor` covers is to come back. */
export function coversOf(seen: Seen, floor: CausalContext): Covers {
  return new SeenCovers(seen, floor)
}

class SeenCovers implements Covers {
  readonly #seen: Seen
  readonly #floor: CausalContext

  constructor(seen: Seen, floor: CausalContext) {
    this.#seen = seen
    this.#floor = floor
  }

  has(origin: Origin, seq: number): boolean {
    const { index, gaps, extra } = this.#seen
    if (seq <= seqAt(index, origin) && !gaps.has(origin, seq)) return true
    return extra.has(origin, seq) || this.#floor.has(origin, seq)
  }

  hasRange(origin: Origin, from: number, to: number): boolean {
    const { index, gaps, extra } = this.#seen
    if (to <= seqAt(index, origin) && gaps.isEmpty()) return true
    return extra.hasRange(origin, from, to) || this.#floor.hasRange(origin, from, to)
  }
}

/** What the actor has seen that `context` does not cover: nothing more than `extra`, unless the context was cut down. */
export function seenBeyond(seen: Seen, context: CausalContext): CausalContext {
  return (coversPositions(context, seen) ? seen.extra : seenDots(seen)).minus(context)
}

/** Of the dots, those that neither a position nor its absence of gaps proves to be in the actor's state. */
export function unproven({ index, gaps }: Omit<Seen, 'extra'>, dots: CausalContext): CausalContext {
  let rest = dots
  for (const origin of dots.origins()) {
    const seq = seqAt(index, origin)
    if (seq > 0) rest = rest.minus(CausalContext.empty.with(origin, 1, seq).minus(gaps))
  }
  return rest
}

/** An update that comes after one which is missing would be a gap too many. */
export function hasTooManyOpen({ index, gaps }: Omit<Seen, 'extra'>, origin: Origin, after: number): boolean {
  return after > seqAt(index, origin) && gaps.intervals(origin).length >= 2 * maxGapSpans
}

/** Seqs of an origin, from one to another. */
export type OpenSpan = readonly [Origin, number, number]

/** These spans of dots are the actor's, perhaps, and not in its state, unless one of `evidence` has them. */
export function gapsWith(
  gaps: CausalContext,
  open: readonly OpenSpan[],
  evidence: readonly CausalContext[]
): CausalContext {
  const left = open.filter(([origin, from, to]) => !evidence.some(context => context.hasRange(origin, from, to)))
  if (left.length === 0) return gaps
  let rest = CausalContext.fromSpans(left.map(([origin, from, to]): [Origin, Spans] => [origin, [from, to]]))
  for (const context of evidence) rest = rest.minus(context)
  return gaps.union(rest)
}

function coversPositions(context: CausalContext, { index, gaps }: Seen): boolean {
  if (!gaps.isEmpty()) return false
  for (const [origin, seq] of index) if (!context.hasRange(origin, 1, seq)) return false
  return true
}

/** All dots up to the positions. */
export function upTo(index: IndexPositions): CausalContext {
  const spans: [Origin, Spans][] = []
  for (const [origin, seq] of index) spans.push([origin, [1, seq]])
  return CausalContext.fromSpans(spans)
}
