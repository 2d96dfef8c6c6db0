/**
 * Where the change index names an actor: per origin the newest seq that changed it.
 *
 * An immutable list, linked because it is nearly always of one origin or two, and ten thousand and more of them are held at once.
 */
import { CausalContext, type Origin } from '../crdt/index.ts'

export interface IndexPosition {
  readonly origin: Origin
  readonly seq: number
}

export type IndexPositions = ListedPosition | undefined

interface ListedPosition extends IndexPosition {
  readonly rest: IndexPositions
}

export function* eachPosition(positions: IndexPositions): Generator<IndexPosition> {
  for (let at = positions; at !== undefined; at = at.rest) yield at
}

/** 0 where the origin is not in the list. */
export function seqAt(positions: IndexPositions, origin: Origin): number {
  for (let at = positions; at !== undefined; at = at.rest) if (at.origin === origin) return at.seq
  return 0
}

export function withSeq(positions: IndexPositions, origin: Origin, seq: number): IndexPositions {
  let changed: IndexPositions = { origin, seq, rest: undefined }
  for (const position of eachPosition(positions))
    if (position.origin !== origin) changed = { origin: position.origin, seq: position.seq, rest: changed }
  return changed
}

export function encodePositions(positions: IndexPositions): Uint8Array {
  return CausalContext.of(eachPosition(positions)).encode()
}

/** Throws `SHOAL_MALFORMED`. */
export function decodePositions(bytes: Uint8Array): IndexPositions {
  const context = CausalContext.decode(bytes)
  let positions: IndexPositions
  for (const origin of context.origins()) positions = { origin, seq: context.next(origin) - 1, rest: positions }
  return positions
}
