/**
 * Where the change index names an actor: per origin the newest seq that changed it.
 *
 * Nearly always of one origin or two, and ten thousand and more of them are held at once; but a peer may name as many as a record
 * holds, so a position more costs the logarithm of what is there.
 */
import { CausalContext, type Origin } from '../crdt/index.ts'
import { SortedMap } from '../crdt/sorted-map.ts'

export interface IndexPosition {
  readonly origin: Origin
  readonly seq: number
}

/** By origin. */
export type IndexPositions = SortedMap<number>

export const noPositions: IndexPositions = SortedMap.empty()

export function* eachPosition(positions: IndexPositions): Generator<IndexPosition> {
  for (const [origin, seq] of positions) yield { origin, seq }
}

/** 0 where the origin is not in the list. */
export function seqAt(positions: IndexPositions, origin: Origin): number {
  return positions.get(origin) ?? 0
}

export function withSeq(positions: IndexPositions, origin: Origin, seq: number): IndexPositions {
  // One position is held in its shortest form.
  return positions.size === 0 ? SortedMap.of(origin, seq) : positions.set(origin, seq)
}

export function encodePositions(positions: IndexPositions): Uint8Array {
  return CausalContext.of(eachPosition(positions)).encode()
}

/** Throws `SHOAL_MALFORMED`. */
export function decodePositions(bytes: Uint8Array): IndexPositions {
  const context = CausalContext.decode(bytes)
  const origins = [...context.origins()]
  if (origins.length === 1) return SortedMap.of(origins[0] ?? '', context.next(origins[0] ?? '') - 1)
  return SortedMap.fromSorted(
    origins,
    origins.map(origin => context.next(origin) - 1)
  )
}
