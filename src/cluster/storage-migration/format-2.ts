/**
 * Storage format 2, as far as it is needed to read it; nothing writes it any more, and nothing here may change.
 *
 * It had the keys of format 3 but for the second copies of notes. Its checksums were over the values alone, an actor's record was
 * [extra, index positions, state], a shard's [set-hash, context], and an index entry the bare name.
 */
import { type ActorState, CausalContext, decodeState } from '../../crdt/index.ts'
import { SortedMap } from '../../crdt/sorted-map.ts'
import { crc32c } from '../checksum.ts'
import type { IndexPositions } from '../index-positions.ts'

const text = new TextDecoder('utf-8', { fatal: true })
const checkBytes = 4
const setHashBytes = 16

export interface OldActor {
  readonly state: ActorState
  readonly stateBytes: Uint8Array
  readonly extra: CausalContext
  readonly index: IndexPositions
}

export interface OldShard {
  readonly context: CausalContext
  readonly setHash: Uint8Array
}

/** `undefined` where it cannot be read. */
export function readOldActor(value: Uint8Array): OldActor | undefined {
  return reading(() => {
    const [extra, index, stateBytes] = partsOf(value, 3)
    if (extra === undefined || index === undefined || stateBytes === undefined) return undefined
    return {
      state: decodeState(stateBytes),
      stateBytes,
      extra: extra.length === 0 ? CausalContext.empty : CausalContext.decode(extra),
      index: positionsFrom(index)
    }
  })
}

/** `undefined` where it cannot be read. */
export function readOldShard(value: Uint8Array): OldShard | undefined {
  return reading(() => {
    const [setHash, context] = partsOf(value, 2)
    if (setHash?.length !== setHashBytes || context === undefined) return undefined
    return { setHash, context: CausalContext.decode(context) }
  })
}

/** A note of the node; `undefined` where it cannot be read. */
export function readOldNote(value: Uint8Array): string | undefined {
  return reading(() => {
    const [note] = partsOf(value, 1)
    return note === undefined ? undefined : text.decode(note)
  })
}

function reading<T>(read: () => T | undefined): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** A context's newest seqs. */
function positionsFrom(bytes: Uint8Array): IndexPositions {
  const context = CausalContext.decode(bytes)
  const origins = [...context.origins()]
  return SortedMap.fromSorted(
    origins,
    origins.map(origin => context.next(origin) - 1)
  )
}

/** Checksum, then per part its length in 4 bytes and its bytes. None where that is not so. */
function partsOf(bytes: Uint8Array, count: number): Uint8Array[] {
  if (bytes.length < checkBytes) return []
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== crc32c(bytes, checkBytes)) return []
  const parts: Uint8Array[] = []
  let at = checkBytes
  while (at + 4 <= bytes.length && parts.length < count) {
    const length = view.getUint32(at)
    parts.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  return at === bytes.length && parts.length === count ? parts : []
}
