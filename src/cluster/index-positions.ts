/**
 * Where the change index names an actor: per origin the newest seq that changed it.
 *
 * Nearly always of one origin or two, and ten thousand and more of them are held at once; but a peer may name as many as a record
 * holds, so a position more costs the logarithm of what is there.
 */
import type { Reader, Sink } from '../crdt/codec.ts'
import type { Origin } from '../crdt/index.ts'
import { SortedMap } from '../crdt/sorted-map.ts'

export interface IndexPosition {
  readonly origin: Origin
  readonly seq: number
}

/** A position that is said by an update, which says, too, what the one before it was. */
export interface ChainedPosition extends IndexPosition {
  /** The seq of the update before, of the same origin to the same actor, but for those that come with it; 0 for none. */
  readonly after: number
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

export function writePositions(sink: Sink, positions: IndexPositions): void {
  sink.varint(positions.size)
  for (const [origin, seq] of positions) {
    sink.origin(origin)
    sink.varint(seq)
  }
}

/** Throws `SHOAL_MALFORMED`. */
export function readPositions(reader: Reader): IndexPositions {
  const origins: string[] = []
  const seqs: number[] = []
  let before = ''
  for (let left = reader.count(2); left > 0; left--) {
    const origin = reader.origin()
    const seq = reader.varint()
    if (origin <= before) throw reader.malformed('origins out of order')
    if (seq === 0) throw reader.malformed('a position without a seq')
    before = origin
    origins.push(origin)
    seqs.push(seq)
  }
  return origins.length === 1 ? SortedMap.of(origins[0] ?? '', seqs[0] ?? 0) : SortedMap.fromSorted(origins, seqs)
}
