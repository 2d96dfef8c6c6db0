/**
 * One actor in the memory of its node, kept small: ten thousand and more of them are held at once.
 *
 * What most actors have none of costs nothing, what only unsaved ones have is kept elsewhere, and the digest is a string of one-byte
 * characters, which takes a third of what a typed array does.
 */
import { type ActorState, CausalContext, emptyState } from '../crdt/index.ts'
import { type IndexPositions, noPositions } from './index-positions.ts'
import { type Digest, digestOf, noDigest } from './set-hash.ts'
import type { ActorRecord } from './storage-layout.ts'

/** Only the store changes it. */
export interface Actor {
  readonly name: string
  readonly shard: number
  state: ActorState
  /** Dots seen for this actor that its shard's context does not cover. */
  extra: CausalContext
  /** Where the index names it. */
  index: IndexPositions
  /** This state's part in the set-hash of the shard on disk. */
  digest: Digest
  /** Length of its encoded state; while changes are unsaved, that and theirs. */
  storedBytes: number
  /** Handlers that hold this object now. */
  pins: number
  /** On the clock's `elapsed`, in whole milliseconds. */
  lastUsedMs: number
}

/** The actor as its record says, or a new one. */
export function openActor(
  name: string,
  shard: number,
  record: ActorRecord | undefined,
  known: CausalContext,
  nowMs: number
): Actor {
  return {
    name,
    shard,
    state: record?.state ?? emptyState,
    extra: record === undefined ? CausalContext.empty : record.extra.minus(known),
    index: record?.index ?? noPositions,
    digest: record === undefined ? noDigest : digestOf(name, record.state, record.stateBytes),
    storedBytes: record?.stateBytes.length ?? 0,
    pins: 0,
    lastUsedMs: Math.floor(nowMs)
  }
}
