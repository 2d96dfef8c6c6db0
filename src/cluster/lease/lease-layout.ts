/**
 * How a node lays its replicas of lease shards out on its disk, beside the replicated ones of storage-layout.ts:
 *
 *   l h | shard                  the replica: its promise and its lineage, and whether they are what it said last
 *   l r | shard | actor          one actor: its stamp and its state, opaque
 *   l i | shard | epoch | n      the actor that this entry left so; only the newest entry of each
 *   l a | shard | epoch | n      an actor's name and state that a cut has excluded
 *
 * Integers are big-endian, of 2 and 8 bytes. Values are sealed as everywhere: see sealed-record.ts.
 */
import { checkOf, corrupt, part, sealed, setUint32, uint32At, unsealed } from '../sealed-record.ts'
import { shortLivedBytes } from '../short-lived-bytes.ts'
import type { KeyRange } from '../storage-layout.ts'
import { utf8Of } from '../utf8.ts'
import { isLineage, type Lineage, type Stamp } from './lineage.ts'

export interface Head {
  readonly promise: number
  readonly lineage: Lineage
  /** This replica may have promised more, on a disk that has forgotten it: it asks the store before it promises again. */
  readonly isPromiseOld?: boolean
  /** It may have had more, or may lack some of it: it counts for nothing until an owner has given it everything. */
  readonly isLineageOld?: boolean
}

/** An actor's state, as the entry of this stamp has left it. */
export interface Entry extends Stamp {
  readonly state: Uint8Array
}

export interface NamedEntry extends Entry {
  readonly actor: string
}

const LEASE = 0x6c
const HEAD = 0x68
const RECORD = 0x72
const INDEX = 0x69
const ASIDE = 0x61
const shardBytes = 4
/** Flags, and the promise. */
const headBytes = 9
const promiseOld = 1
const lineageOld = 2
const text = new TextDecoder('utf-8', { fatal: true })

export const everyHead: KeyRange = { gte: Uint8Array.of(LEASE, HEAD), lt: Uint8Array.of(LEASE, HEAD + 1) }
export const everyIndex: KeyRange = { gte: Uint8Array.of(LEASE, INDEX), lt: Uint8Array.of(LEASE, INDEX + 1) }
export const everyRecord: KeyRange = { gte: Uint8Array.of(LEASE, RECORD), lt: Uint8Array.of(LEASE, RECORD + 1) }
export const everyAside: KeyRange = { gte: Uint8Array.of(LEASE, ASIDE), lt: Uint8Array.of(LEASE, ASIDE + 1) }

export function headKey(shard: number): Uint8Array {
  return keyOf(HEAD, shard, 0)
}

export function isHeadKey(key: Uint8Array): boolean {
  return key[0] === LEASE && key[1] === HEAD && key.length === shardBytes
}

export function recordKey(shard: number, actor: string): Uint8Array {
  const name = utf8Of(actor)
  const key = keyOf(RECORD, shard, name.length)
  key.set(name, shardBytes)
  return key
}

export function recordRange(shard: number): KeyRange {
  return { gte: keyOf(RECORD, shard, 0), lt: keyEnd(RECORD, shard) }
}

export function indexKey(shard: number, stamp: Stamp): Uint8Array {
  return stampedKey(INDEX, shard, stamp)
}

/** Bounds of the index above an entry. */
export function indexAbove(shard: number, { epoch, n }: Stamp): KeyRange {
  return { gte: indexKey(shard, { epoch, n: n + 1 }), lt: keyEnd(INDEX, shard) }
}

export function indexRange(shard: number): KeyRange {
  return { gte: keyOf(INDEX, shard, 0), lt: keyEnd(INDEX, shard) }
}

export function indexEnd(shard: number): Uint8Array {
  return keyEnd(INDEX, shard)
}

export function actorOfRecordKey(key: Uint8Array): string {
  return text.decode(key.subarray(shardBytes))
}

export function asideKey(shard: number, stamp: Stamp): Uint8Array {
  return stampedKey(ASIDE, shard, stamp)
}

export function shardOfLeaseKey(key: Uint8Array): number {
  return ((key[2] ?? 0) << 8) | (key[3] ?? 0)
}

export function stampOfKey(key: Uint8Array): Stamp {
  return { epoch: integerAt(key, shardBytes), n: integerAt(key, shardBytes + 8) }
}

export function encodeHead(shard: number, { promise, lineage, isPromiseOld, isLineageOld }: Head): Uint8Array {
  const bytes = new Uint8Array(headBytes + 16 * lineage.length)
  bytes[0] = (isPromiseOld === true ? promiseOld : 0) | (isLineageOld === true ? lineageOld : 0)
  setInteger(bytes, 1, promise)
  lineage.forEach(({ epoch, n }, i) => {
    setInteger(bytes, headBytes + 16 * i, epoch)
    setInteger(bytes, headBytes + 16 * i + 8, n)
  })
  return sealed(checkOf(headName(shard)), [bytes])
}

/** Throws `SHOAL_CORRUPT`, as all that follow here. */
export function decodeHead(shard: number, value: Uint8Array): Head {
  const bytes = part(unsealed(checkOf(headName(shard)), value, 1, headName(shard))[0])
  const lineage: Stamp[] = []
  for (let at = headBytes; at < bytes.length; at += 16)
    lineage.push({ epoch: integerAt(bytes, at), n: integerAt(bytes, at + 8) })
  if (bytes.length !== headBytes + 16 * lineage.length || !isLineage(lineage)) throw corrupt(headName(shard))
  const flags = bytes[0] ?? 0
  const [isPromiseOld, isLineageOld] = [(flags & promiseOld) !== 0, (flags & lineageOld) !== 0]
  return { promise: integerAt(bytes, 1), lineage, isPromiseOld, isLineageOld }
}

export function encodeEntry(shard: number, actor: string, { epoch, n, state }: Entry): Uint8Array {
  const stamp = new Uint8Array(16)
  setInteger(stamp, 0, epoch)
  setInteger(stamp, 8, n)
  return sealed(checkOf(recordName(shard, actor)), [stamp, state])
}

export function decodeEntry(shard: number, actor: string, value: Uint8Array): Entry {
  const what = recordName(shard, actor)
  const [stamp, state] = unsealed(checkOf(what), value, 2, what)
  if (stamp?.length !== 16) throw corrupt(what)
  return { epoch: integerAt(stamp, 0), n: integerAt(stamp, 8), state: part(state) }
}

export function encodeAside(shard: number, { actor, state, ...stamp }: NamedEntry): Uint8Array {
  return sealed(checkOf(asideName(shard, stamp)), [utf8Of(actor), state])
}

export function decodeAside(shard: number, stamp: Stamp, value: Uint8Array): NamedEntry {
  const what = asideName(shard, stamp)
  const [actor, state] = unsealed(checkOf(what), value, 2, what)
  return { ...stamp, actor: text.decode(part(actor)), state: part(state) }
}

function headName(shard: number): string {
  return `lease shard ${shard}`
}

function recordName(shard: number, actor: string): string {
  return `${actor} of lease shard ${shard}`
}

function asideName(shard: number, { epoch, n }: Stamp): string {
  return `entry ${epoch}:${n} aside of lease shard ${shard}`
}

function keyOf(kind: number, shard: number, rest: number): Uint8Array {
  const key = shortLivedBytes(shardBytes + rest)
  key[0] = LEASE
  key[1] = kind
  key[2] = shard >> 8
  key[3] = shard & 0xff
  return key
}

function keyEnd(kind: number, shard: number): Uint8Array {
  return shard === 0xffff ? Uint8Array.of(LEASE, kind + 1) : keyOf(kind, shard + 1, 0)
}

function stampedKey(kind: number, shard: number, { epoch, n }: Stamp): Uint8Array {
  const key = keyOf(kind, shard, 16)
  setInteger(key, shardBytes, epoch)
  setInteger(key, shardBytes + 8, n)
  return key
}

function integerAt(bytes: Uint8Array, at: number): number {
  return uint32At(bytes, at) * 2 ** 32 + uint32At(bytes, at + 4)
}

function setInteger(bytes: Uint8Array, at: number, value: number): void {
  setUint32(bytes, at, Math.floor(value / 2 ** 32))
  setUint32(bytes, at + 4, value % 2 ** 32)
}
