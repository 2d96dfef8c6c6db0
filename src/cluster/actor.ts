/**
 * One actor in the memory of its node, kept small: ten thousand and more of them are held at once.
 *
 * What most actors have none of costs nothing, what only unsaved ones have is kept elsewhere, and the digest is a string of one-byte
 * characters, which takes a third of what a typed array does.
 */
import { type ActorState, CausalContext, emptyState } from '../crdt/index.ts'
import { type IndexPositions, noPositions } from './index-positions.ts'
import { type Digest, noDigest } from './set-hash.ts'
import type { ActorRecord } from './storage-layout.ts'

/** Only the store changes it. */
export interface Actor {
  readonly name: string
  readonly shard: number
  state: ActorState
  /** Dots seen for this actor that its positions do not tell of. */
  extra: CausalContext
  /** Where the index names it. */
  index: IndexPositions
  /** Dots up to there that may be this actor's and are not in its state: see seen-dots.ts. */
  gaps: CausalContext
  /** This state's part in the set-hash of the shard on disk. */
  digest: Digest
  /** Of its record on disk, as a signed integer, which takes no memory of its own; 0 where there is none. */
  checksum: number
  /** Length of its encoded state; while changes are unsaved, that and theirs. */
  storedBytes: number
  /** Handlers that hold this object now. */
  pins: number
  /** On the clock's `elapsed`, in whole milliseconds. */
  lastUsedMs: number
  /** Used once more since it came into memory, or since it was last to leave it. */
  isReused: boolean
}

/** The actor as its record says, or a new one. */
export function openActor(
  name: string,
  shard: number,
  record: { readonly content: ActorRecord; readonly checksum: number } | undefined,
  nowMs: number
): Actor {
  const content = record?.content
  return {
    name,
    shard,
    state: content?.state ?? emptyState,
    extra: content?.extra ?? CausalContext.empty,
    index: content?.index ?? noPositions,
    gaps: content?.gaps ?? CausalContext.empty,
    digest: content?.digest ?? noDigest,
    checksum: (record?.checksum ?? 0) | 0,
    storedBytes: content?.stateBytes.length ?? 0,
    pins: 0,
    lastUsedMs: Math.floor(nowMs),
    isReused: false
  }
}
