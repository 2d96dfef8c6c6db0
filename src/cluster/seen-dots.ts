/**
 * What an actor's record proves by itself: which dots of the actor its state holds whole.
 *
 * They are the dots kept with it (`extra`), and those up to its position of each origin, but for its `gaps`. No other dot below a
 * position is wanting: a shard's context is exact, and an actor's dots are among its shard's. So the proof holds for a record
 * that is older than the disk's newest, and where the shard's own record is lost: a shard that cannot be believed is rebuilt from it
 * (distrust.ts). What was removed stays removed only as long as it is known to be seen, and that is why live dots would not do.
 */
import { CausalContext, type Origin } from '../crdt/index.ts'
import type { Spans } from '../crdt/spans.ts'
import { type IndexPositions, seqAt } from './index-positions.ts'

export interface Seen {
  /** Dots seen for the actor that its shard's context does not cover. */
  readonly extra: CausalContext
  /** Where the index names it. */
  readonly index: IndexPositions
  /** Dots up to the positions that may be the actor's and are not in its state. */
  readonly gaps: CausalContext
}

/** All dots of the actor, as far as its state holds them; dots of other actors may be among them. */
export function seenDots(seen: Seen): CausalContext {
  return everyDotUpTo(seen.index).minus(seen.gaps).union(seen.extra)
}

/** What the actor has seen that `context` does not cover: nothing more than `extra`, unless the context was cut down. */
export function seenBeyond(seen: Seen, context: CausalContext): CausalContext {
  return (coversPositions(context, seen) ? seen.extra : seenDots(seen)).minus(context)
}

/** The gaps of an actor after its positions rose, each from where it was before (0: there was none): what is not in `evidence`. */
export function gapsBelow(
  { index, gaps }: Pick<Seen, 'index' | 'gaps'>,
  risen: ReadonlyMap<Origin, number>,
  evidence: readonly CausalContext[]
): CausalContext {
  const open: [Origin, Spans][] = []
  for (const [origin, before] of risen) {
    const seq = seqAt(index, origin)
    if (!evidence.some(context => context.hasRange(origin, before + 1, seq))) open.push([origin, [before + 1, seq]])
  }
  if (open.length === 0) return gaps
  let rest = CausalContext.fromSpans(open)
  for (const context of evidence) rest = rest.minus(context)
  return gaps.union(rest)
}

function coversPositions(context: CausalContext, { index, gaps }: Seen): boolean {
  if (!gaps.isEmpty()) return false
  for (const [origin, seq] of index) if (!context.hasRange(origin, 1, seq)) return false
  return true
}

function everyDotUpTo(index: IndexPositions): CausalContext {
  const spans: [Origin, Spans][] = []
  for (const [origin, seq] of index) spans.push([origin, [1, seq]])
  return CausalContext.fromSpans(spans)
}
