/**
 * How a node lays its replicas out on its disk: keys, and the records under them.
 *
 *   s | shard | actor              one actor: its state, what it has seen, where the index names it
 *   i | shard | origin | seq       the actor that this update changed; only the newest seq per origin and actor
 *   v | shard                      the shard: its causal context and floor, its set-hash, the tally of its actors' records
 *   e | shard                      of that context and floor the lives of nodes that have ended: shard-record.ts
 *   m | name                       the node's own: format, facts, key, incarnation, members
 *   n | name                       the same again: of these there is nobody else to ask
 *
 * Integers are big-endian, so that ranges scan in order. Every value starts with four bytes of checksum, taken over what its key
 * names, too: LevelDB opens silently with holes and flipped bits, so what it returns is believed only after a check.
 */
import { encodeWithOrigins, Reader, readWithOrigins } from '../crdt/codec.ts'
import { type ActorState, CausalContext, decodeState, type Origin } from '../crdt/index.ts'
import { crc32c } from './checksum.ts'
import { type IndexPositions, readPositions, writePositions } from './index-positions.ts'
import { checkBytes, checkOf, corrupt, part, sealed, setUint32, uint32At, unsealed } from './sealed-record.ts'
import { bytesOfDigest, type Digest, digestFrom } from './set-hash.ts'
import { shortLivedBytes } from './short-lived-bytes.ts'
import { utf8Of } from './utf8.ts'

export { checksumOf } from './sealed-record.ts'

const text = new TextDecoder('utf-8', { fatal: true })
const lenientText = new TextDecoder()

const STATE = 0x73
const INDEX = 0x69
const SHARD = 0x76
const ENDED = 0x65
const META = 0x6d
const META_COPY = 0x6e
/** Keys of a shard start with its prefix and its number. */
const shardKeyBytes = 3

export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

export function stateKey(shard: number, actor: string): Uint8Array {
  return keyOf(STATE, shard, utf8Of(actor))
}

/** Bounds of all actors of a shard. */
export function stateRange(shard: number): KeyRange {
  return shardRange(STATE, shard)
}

/** Bounds of all actors of one kind in a shard. */
export function stateRangeOf(shard: number, kind: string): KeyRange {
  // '0' comes after '/', which ends the kind.
  return { gte: stateKey(shard, `${kind}/`), lt: stateKey(shard, `${kind}0`) }
}

/** Bounds of all actors of all shards. */
export const everyState: KeyRange = { gte: Uint8Array.of(STATE), lt: Uint8Array.of(STATE + 1) }

export function actorOfStateKey(key: Uint8Array): string {
  return text.decode(key.subarray(shardKeyBytes))
}

/** A node hears of few origins, again and again. */
const originBytes = new Map<Origin, Uint8Array>()
const maxOriginBytes = 1024

function bytesOfOrigin(origin: Origin): Uint8Array {
  const known = originBytes.get(origin)
  if (known !== undefined) return known
  if (originBytes.size >= maxOriginBytes) originBytes.clear()
  const bytes = utf8Of(origin)
  originBytes.set(origin, bytes)
  return bytes
}

export function indexKey(shard: number, origin: Origin, seq: number): Uint8Array {
  const name = bytesOfOrigin(origin)
  const key = shortLivedBytes(shardKeyBytes + 1 + name.length + 8)
  startKey(key, INDEX, shard)
  key[shardKeyBytes] = name.length
  key.set(name, shardKeyBytes + 1)
  setUint32(key, key.length - 8, Math.floor(seq / 2 ** 32))
  setUint32(key, key.length - 4, seq)
  return key
}

export function seqOfIndexKey(key: Uint8Array): number {
  const at = key.length - 8
  return uint32At(key, at) * 2 ** 32 + uint32At(key, at + 4)
}

export function positionOfIndexKey(key: Uint8Array): { readonly origin: Origin; readonly seq: number } {
  return { origin: text.decode(key.subarray(shardKeyBytes + 1, key.length - 8)), seq: seqOfIndexKey(key) }
}

/** Bounds of the index entries of one origin from `seq` to the end. */
export function indexRange(shard: number, origin: Origin, seq: number): KeyRange {
  const last = indexKey(shard, origin, 0)
  last.fill(0xff, last.length - 8)
  return { gte: indexKey(shard, origin, seq), lt: last }
}

/** Bounds of the whole index of a shard. */
export function wholeIndexRange(shard: number): KeyRange {
  return shardRange(INDEX, shard)
}

export function shardRecordKey(shard: number): Uint8Array {
  return keyOf(SHARD, shard)
}

/** Where what has ended of its context is. */
export function endedRecordKey(shard: number): Uint8Array {
  return keyOf(ENDED, shard)
}

/** Bounds of the records of all shards. */
export const everyShardRecord: KeyRange = { gte: Uint8Array.of(SHARD), lt: Uint8Array.of(SHARD + 1) }

/** Of a key of a shard, of whatever kind; `undefined` where it is none. */
export function shardOfKey(key: Uint8Array): number | undefined {
  return key.length >= shardKeyBytes ? ((key[1] ?? 0) << 8) | (key[2] ?? 0) : undefined
}

/** Where a note of the node is kept, twice. */
export function metaKeys(name: string): readonly Uint8Array[] {
  const bytes = utf8Of(name)
  return [META, META_COPY].map(prefix => {
    const key = new Uint8Array(1 + bytes.length)
    key[0] = prefix
    key.set(bytes, 1)
    return key
  })
}

/** Bounds of the notes, of either copy. */
export const everyMeta: readonly KeyRange[] = [META, META_COPY].map(prefix => ({
  gte: Uint8Array.of(prefix),
  lt: Uint8Array.of(prefix + 1)
}))

/** What it is called where the key was bent does not matter: then nothing of that name is sound. */
export function nameOfMetaKey(key: Uint8Array): string {
  return lenientText.decode(key.subarray(1))
}

function startKey(key: Uint8Array, prefix: number, shard: number): void {
  key[0] = prefix
  key[1] = shard >> 8
  key[2] = shard & 0xff
}

function keyOf(prefix: number, shard: number, rest: Uint8Array = new Uint8Array(0)): Uint8Array {
  const key = shortLivedBytes(shardKeyBytes + rest.length)
  startKey(key, prefix, shard)
  key.set(rest, shardKeyBytes)
  return key
}

function shardRange(prefix: number, shard: number): KeyRange {
  return { gte: keyOf(prefix, shard), lt: shard === 0xffff ? Uint8Array.of(prefix + 1) : keyOf(prefix, shard + 1) }
}

// ---- records -----------------------------------------------------------------------------------------------------------------

export interface ActorRecord {
  /** Said again: a key that a disk has bent may name another. */
  readonly shard: number
  /** The state's part in the shard's set-hash. */
  readonly digest: Digest
  readonly state: ActorState
  /** Dots this replica has seen for this actor that its shard's context does not cover. */
  readonly extra: CausalContext
  /** Where the index names this actor. */
  readonly index: IndexPositions
  /** Dots up to those positions that may be this actor's and are not in its state: see seen-dots.ts. */
  readonly gaps: CausalContext
  /** The state's own bytes, as stored. */
  readonly stateBytes: Uint8Array
}

export function encodeActorRecord(
  record: Omit<ActorRecord, 'stateBytes' | 'state'> & { readonly name: string },
  stateBytes: Uint8Array
): Uint8Array {
  const { extra, gaps } = record
  const seen = encodeWithOrigins(sink => {
    sink.varint(record.shard)
    writePositions(sink, record.index)
    sink.byte((extra.isEmpty() ? 0 : 1) + (gaps.isEmpty() ? 0 : 2))
    if (!extra.isEmpty()) extra.write(sink)
    if (!gaps.isEmpty()) gaps.write(sink)
  }, false)
  return sealed(checkOf(record.name), [bytesOfDigest(record.digest), seen, stateBytes])
}

/** Throws `SHOAL_CORRUPT`, and `SHOAL_MALFORMED` where what is wrong was written so. */
export function decodeActorRecord(bytes: Uint8Array, name: string): ActorRecord {
  const [digest, seen, state] = unsealed(checkOf(name), bytes, 3, name)
  const stateBytes = part(state)
  return { digest: digestFrom(part(digest)), ...decodeSeen(part(seen)), state: decodeState(stateBytes), stateBytes }
}

function decodeSeen(bytes: Uint8Array): Pick<ActorRecord, 'shard' | 'index' | 'extra' | 'gaps'> {
  return readWithOrigins(new Reader(bytes), reader => {
    const shard = reader.varint()
    const index = readPositions(reader)
    const flags = reader.byte()
    if (flags > 3) throw reader.malformed('flags')
    const extra = flags & 1 ? CausalContext.read(reader) : CausalContext.empty
    const gaps = flags & 2 ? CausalContext.read(reader) : CausalContext.empty
    return { shard, index, extra, gaps }
  })
}

/** The digest alone: the state is not decoded. Throws `SHOAL_CORRUPT`. */
export function readDigest(bytes: Uint8Array, name: string): Digest {
  return digestFrom(part(unsealed(checkOf(name), bytes, 3, name)[0]))
}

/** What a record says beside its state, which is not decoded. Throws `SHOAL_CORRUPT`, and `SHOAL_MALFORMED` as above. */
export function readSeen(bytes: Uint8Array, name: string): Pick<ActorRecord, 'digest' | 'index' | 'extra' | 'gaps'> {
  const [digest, seen] = unsealed(checkOf(name), bytes, 3, name)
  return { digest: digestFrom(part(digest)), ...decodeSeen(part(seen)) }
}

/** An index entry is the actor's name. */
export function encodeIndexEntry(key: Uint8Array, actor: string): Uint8Array {
  const name = utf8Of(actor)
  const bytes = shortLivedBytes(checkBytes + name.length)
  bytes.set(name, checkBytes)
  setUint32(bytes, 0, crc32c(bytes, checkBytes, crc32c(key)))
  return bytes
}

/** Throws `SHOAL_CORRUPT`. */
export function decodeIndexEntry(key: Uint8Array, bytes: Uint8Array): string {
  if (bytes.length <= checkBytes || uint32At(bytes, 0) !== crc32c(bytes, checkBytes, crc32c(key)))
    throw corrupt('an entry of the change index')
  return text.decode(bytes.subarray(checkBytes))
}

/** A note of the node about itself. */
export function encodeText(value: string, name: string): Uint8Array {
  return sealed(checkOf(`the record ${name}`), [utf8Of(value)])
}

/** Throws `SHOAL_CORRUPT`. */
export function decodeText(bytes: Uint8Array, name: string): string {
  const what = `the record ${name}`
  const [utf8Bytes] = unsealed(checkOf(what), bytes, 1, what)
  try {
    return text.decode(part(utf8Bytes))
  } catch {
    throw corrupt(what)
  }
}
