/** Which entries of a shard's index a peer lacks: where each origin is read from, and which actors that names. */
import type { CausalContext, Dot, Origin } from '../crdt/index.ts'
import { eachPosition, type IndexPositions, seqAt } from './index-positions.ts'

/** Where the index of each origin is read from, in the order in which the origins are read. */
export function startsOf(context: CausalContext, known: CausalContext, cursor: Dot | undefined): Map<Origin, number> {
  const starts = new Map<Origin, number>()
  for (const origin of context.origins()) {
    const first = context.firstMissing(origin, known)
    if (first === undefined || (cursor !== undefined && origin < cursor.origin)) continue
    starts.set(origin, origin === cursor?.origin ? Math.max(first, cursor.seq + 1) : first)
  }
  return starts
}

/** Whether the index, read from there, names the actor. */
export function isMissing(positions: IndexPositions, starts: ReadonlyMap<Origin, number>): boolean {
  for (const [origin, seq] of positions) if (seq >= (starts.get(origin) ?? Number.POSITIVE_INFINITY)) return true
  return false
}

/**
 * Whether the scan has met this actor already, under an origin before this one. Only entries that this very scan reads count: one
 * before the cursor may be newer than the stream that got as far as there.
 */
export function isEarlier(positions: IndexPositions, starts: ReadonlyMap<Origin, number>, origin: Origin): boolean {
  for (const { origin: other } of eachPosition(positions)) {
    if (other >= origin) return false
    const start = starts.get(other)
    if (start !== undefined && seqAt(positions, other) >= start) return true
  }
  return false
}
