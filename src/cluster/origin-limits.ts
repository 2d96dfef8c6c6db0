/**
 * How many writers a shard may name: each life of a node that ever wrote to it is one, and none ever goes.
 *
 * A context that names more is not well-formed, whoever sends it. What would make a shard name more than that is not taken in by
 * anybody, and an alarm says so; a fresh life is refused its first write some way before that, so that honest nodes never come so
 * far. A context and a floor of so many origins fit into one record (docs/adr/0031-a-shard-has-a-limited-number-of-writers.md).
 */
import type { CausalContext, Origin } from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'

export const maxOrigins = 32_768
/** Members may each begin a life at the same moment, and none knows of the others yet: room for all that a cluster has. */
const roomForLives = 1024
/** Updates of one origin that came with a gap before each. Gaps are asked for within a moment, and close. */
const maxSpansOfOrigin = 16_384

/** Of what a peer has sent. Throws `SHOAL_MALFORMED`. */
export function checkOrigins(context: CausalContext): CausalContext {
  const { length } = context.origins()
  if (length > maxOrigins) throw new ShoalError('SHOAL_MALFORMED', `a context of ${length} origins`)
  return context
}

/** Of what a shard, or one of its actors, is about to become. */
export function hasTooManyOrigins(before: CausalContext, after: CausalContext): boolean {
  return after !== before && after.origins().length > maxOrigins && after.origins().length > before.origins().length
}

export function hasTooManyGaps(before: CausalContext, after: CausalContext, origin: Origin): boolean {
  const spans = after.intervals(origin).length / 2
  return after !== before && spans > maxSpansOfOrigin && spans > before.intervals(origin).length / 2
}

/** Whether a life that has not written to the shard may begin to. */
export function hasRoomForLife(context: CausalContext): boolean {
  return context.origins().length < maxOrigins - roomForLives
}
