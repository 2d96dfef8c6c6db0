/**
 * How a node lays its replicas out on its disk: keys, and the records under them.
 *
 *   s | shard | actor              state, extra dots and index positions of one actor
 *   i | shard | origin | seq       the actor that this update changed; only the newest seq per origin and actor
 *   v | shard                      the shard's causal context and set-hash
 *   m | name                       the node's own: format, facts, key, incarnation, members
 *
 * Integers are big-endian, so that ranges scan in order. Records start with four bytes of their checksum: LevelDB opens silently
 * with holes and flipped bits, so what it returns is believed only after a check. An index entry is checked by what it names:
 * an actor that must be there.
 */
import { type ActorState, CausalContext, decodeState, type Origin } from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'
import { crc32c } from './checksum.ts'
import { decodePositions, encodePositions, type IndexPositions } from './index-positions.ts'
import { utf8Of } from './utf8.ts'

const text = new TextDecoder('utf-8', { fatal: true })

const STATE = 0x73
const INDEX = 0x69
const SHARD = 0x76
const META = 0x6d

export function stateKey(shard: number, actor: string): Uint8Array {
  return shardKey(STATE, shard, utf8Of(actor))
}

/** Bounds of all actors of a shard. */
export function stateRange(shard: number): { gte: Uint8Array; lt: Uint8Array } {
  return { gte: shardKey(STATE, shard), lt: shardKey(STATE, shard + 1) }
}

/** Bounds of all actors of one kind in a shard. */
export function stateRangeOf(shard: number, kind: string): { gte: Uint8Array; lt: Uint8Array } {
  // '0' comes after '/', which ends the kind.
  return { gte: stateKey(shard, `${kind}/`), lt: stateKey(shard, `${kind}0`) }
}

export function actorOfStateKey(key: Uint8Array): string {
  return text.decode(key.subarray(3))
}

export function indexKey(shard: number, origin: Origin, seq: number): Uint8Array {
  const name = utf8Of(origin)
  const rest = new Uint8Array(1 + name.length + 8)
  rest[0] = name.length
  rest.set(name, 1)
  const view = new DataView(rest.buffer)
  view.setUint32(1 + name.length, Math.floor(seq / 2 ** 32))
  view.setUint32(5 + name.length, seq % 2 ** 32)
  return shardKey(INDEX, shard, rest)
}

/** Bounds of the index entries of one origin from `seq` to the end. */
export function indexRange(shard: number, origin: Origin, seq: number): { gte: Uint8Array; lt: Uint8Array } {
  const last = indexKey(shard, origin, 0)
  last.fill(0xff, last.length - 8)
  return { gte: indexKey(shard, origin, seq), lt: last }
}

export function shardRecordKey(shard: number): Uint8Array {
  return shardKey(SHARD, shard)
}

export function metaKey(name: string): Uint8Array {
  const bytes = utf8Of(name)
  const key = new Uint8Array(1 + bytes.length)
  key[0] = META
  key.set(bytes, 1)
  return key
}

function shardKey(prefix: number, shard: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const key = new Uint8Array(3 + rest.length)
  key[0] = prefix
  key[1] = shard >> 8
  key[2] = shard & 0xff
  key.set(rest, 3)
  return key
}

// ---- records -----------------------------------------------------------------------------------------------------------------

const CHECK_BYTES = 4
export const digestBytes = 16

export interface ActorRecord {
  readonly state: ActorState
  /** Dots this replica has seen for this actor that its shard's context does not cover. */
  readonly extra: CausalContext
  /** Where the index names this actor. */
  readonly index: IndexPositions
  /** The state's own bytes, as stored. */
  readonly stateBytes: Uint8Array
}

export function encodeActorRecord(
  record: Omit<ActorRecord, 'stateBytes' | 'state'>,
  stateBytes: Uint8Array
): Uint8Array {
  const extra = record.extra.isEmpty() ? new Uint8Array(0) : record.extra.encode()
  return sealed([extra, encodePositions(record.index), stateBytes])
}

export function decodeActorRecord(bytes: Uint8Array, what: string): ActorRecord {
  const [extra, index, state] = unsealed(bytes, 3, what)
  const stateBytes = part(state)
  return {
    extra: part(extra).length === 0 ? CausalContext.empty : CausalContext.decode(part(extra)),
    index: decodePositions(part(index)),
    state: decodeState(stateBytes),
    stateBytes
  }
}

export interface ShardRecord {
  readonly context: CausalContext
  /** XOR of the digests of the shard's non-empty actors. */
  readonly setHash: Uint8Array
}

export function encodeShardRecord(record: ShardRecord): Uint8Array {
  return sealed([record.setHash, record.context.encode()])
}

export function decodeShardRecord(bytes: Uint8Array, what: string): ShardRecord {
  const [setHash, context] = unsealed(bytes, 2, what)
  if (part(setHash).length !== digestBytes) throw corrupt(what)
  return { setHash: part(setHash), context: CausalContext.decode(part(context)) }
}

export const noShard: ShardRecord = { context: CausalContext.empty, setHash: new Uint8Array(digestBytes) }

export function encodeText(value: string): Uint8Array {
  return sealed([utf8Of(value)])
}

export function decodeText(bytes: Uint8Array, what: string): string {
  const [utf8Bytes] = unsealed(bytes, 1, what)
  try {
    return text.decode(part(utf8Bytes))
  } catch {
    throw corrupt(what)
  }
}

/** checksum, then per part its length in 4 bytes and its bytes. */
function sealed(parts: readonly Uint8Array[]): Uint8Array {
  let length = CHECK_BYTES
  for (const p of parts) length += 4 + p.length
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  let at = CHECK_BYTES
  for (const p of parts) {
    view.setUint32(at, p.length)
    bytes.set(p, at + 4)
    at += 4 + p.length
  }
  view.setUint32(0, crc32c(bytes, CHECK_BYTES))
  return bytes
}

function unsealed(bytes: Uint8Array, count: number, what: string): Uint8Array[] {
  if (bytes.length < CHECK_BYTES) throw corrupt(what)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) !== crc32c(bytes, CHECK_BYTES)) throw corrupt(what)
  const parts: Uint8Array[] = []
  let at = CHECK_BYTES
  while (at + 4 <= bytes.length && parts.length < count) {
    const length = view.getUint32(at)
    parts.push(bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length
  }
  if (at !== bytes.length || parts.length !== count) throw corrupt(what)
  return parts
}

function part(bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) throw corrupt('a record')
  return bytes
}

function corrupt(what: string): ShoalError {
  return new ShoalError(
    'SHOAL_CORRUPT',
    `${what}: the stored bytes fail their checksum; restore this node's data from its peers`
  )
}
