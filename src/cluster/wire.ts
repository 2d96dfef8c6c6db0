/**
 * Records on the wire: protobuf messages (proto/peer.proto), read totally and within limits.
 *
 * A decoder here answers a message or throws `SHOAL_MALFORMED`; its time and memory are bounded by the input's size, because
 * fields are counted before they become objects. Members of one cluster speak one protocol version, so an unknown body is
 * malformed too.
 */
import './plain-integers.ts'
import { shoal } from '#proto/generated/peer.js'
import { originOfBatch } from '../crdt/batch.ts'
import { type BatchUpdate, CausalContext, type Delta, decodeBatch, isEmptyState, type Origin } from '../crdt/index.ts'
import { decodeShort, type ShortContext, shortened } from '../crdt/short-context.ts'
import { ShoalError } from '../ports/errors.ts'
import { maxRecordBytes } from '../ports/network.ts'
import { checkOrigins } from './origin-limits.ts'

/** Version of everything that nodes say to each other. Nodes of one cluster have the same. */
export const protocolVersion = 3

export type Control = shoal.peer.IControl
export type Bulk = shoal.peer.IBulk
export type Calls = shoal.peer.ICalls
export type Push = shoal.peer.IPush

/** A shard's number is R times the number of slices, and its slice: R is 0 for "on every node", else how many replicas it has. */
export const replicaCounts = 16

/** Embedded messages and strings that any record may have; a few thousand actors of a chunk come to more. */
const freeParts = 1024
/** Bytes that each further part must bring along, on average: an object takes many times as much as an empty part. */
const bytesPerPart = 4
/** A part has a tag and a length: shorter records cannot have too many, and most records are short. */
const leastPartBytes = 2

export function encodeControl(message: Control): Uint8Array {
  return shoal.peer.Control.encode(message).finish()
}

export function encodeBulk(message: Bulk): Uint8Array {
  return shoal.peer.Bulk.encode(message).finish()
}

export function encodeCalls(message: Calls): Uint8Array {
  return shoal.peer.Calls.encode(message).finish()
}

export function encodePush(message: Push): Uint8Array {
  return shoal.peer.Push.encode(message).finish()
}

export function decodeControl(bytes: Uint8Array): shoal.peer.Control {
  return decode(bytes, 'control record', controlShape, b => shoal.peer.Control.decode(b))
}

export function decodeBulk(bytes: Uint8Array): shoal.peer.Bulk {
  return decode(bytes, 'bulk record', bulkShape, b => shoal.peer.Bulk.decode(b))
}

export function decodeCalls(bytes: Uint8Array): shoal.peer.Calls {
  return decode(bytes, 'calls record', callsShape, b => shoal.peer.Calls.decode(b))
}

export function decodePush(bytes: Uint8Array): shoal.peer.Push {
  return decode(bytes, 'push', pushShape, b => shoal.peer.Push.decode(b))
}

/** Which fields of a message are messages, by number: what `countParts` walks. All others are leaves. */
interface Shape {
  readonly [field: number]: Shape
}
const leaf: Shape = {}
const members: Shape = leaf
const pushShape: Shape = leaf
const voterRegister: Shape = { 2: leaf }
const controlShape: Shape = {
  1: { 1: members },
  2: { 2: members },
  3: { 2: members },
  4: { 3: members },
  12: leaf,
  20: { 4: leaf, 5: leaf, 6: { 1: voterRegister }, 7: leaf },
  21: { 3: leaf, 5: voterRegister }
}
const bulkShape: Shape = {
  1: { 2: leaf, 4: members },
  2: { 6: members },
  4: { 3: members },
  6: { 3: leaf },
  7: { 4: leaf },
  8: { 2: leaf }
}
const callsShape: Shape = {
  1: { 10: members, 12: leaf },
  2: { 4: { 1: members } },
  6: { 3: members },
  7: leaf,
  8: { 6: leaf },
  12: { 2: leaf },
  20: { 3: leaf, 4: { 1: leaf }, 5: { 2: leaf }, 6: leaf, 7: leaf, 8: { 2: leaf, 6: leaf }, 9: leaf }
}

function decode<T>(bytes: Uint8Array, what: string, shape: Shape, read: (bytes: Uint8Array) => T): T {
  if (bytes.length > maxRecordBytes) throw malformed(`${what} of ${bytes.length} bytes`)
  if (bytes.length >= freeParts * leastPartBytes) {
    const maxParts = freeParts + Math.floor(bytes.length / bytesPerPart)
    if (countParts(bytes, 0, bytes.length, shape, maxParts) > maxParts)
      throw malformed(`${what} with more than ${maxParts} parts in ${bytes.length} bytes`)
  }
  try {
    return read(bytes)
  } catch (error) {
    throw malformed(what, error)
  }
}

/** The embedded messages, strings and bytes that decoding would make objects of, counted without decoding. */
function countParts(bytes: Uint8Array, from: number, to: number, shape: Shape, maxParts: number): number {
  let count = 0
  let at = from
  while (at < to && count <= maxParts) {
    const tag = varint(bytes, at, to)
    if (tag === undefined) return count
    at = tag.end
    const wire = tag.low & 7
    if (wire === 0) {
      const value = varint(bytes, at, to)
      if (value === undefined) return count
      at = value.end
    } else if (wire === 2) {
      const length = varint(bytes, at, to)
      if (length === undefined || length.low > to - length.end) return count
      count++
      const inner = shape[tag.low >>> 3]
      if (inner !== undefined) count += countParts(bytes, length.end, length.end + length.low, inner, maxParts)
      at = length.end + length.low
    } else if (wire === 1) at += 8
    else if (wire === 5) at += 4
    else return count
  }
  return count
}

function varint(bytes: Uint8Array, from: number, to: number): { low: number; end: number } | undefined {
  let low = 0
  for (let i = 0; i < 10 && from + i < to; i++) {
    const byte = bytes[from + i] ?? 0
    if (i < 4) low |= (byte & 0x7f) << (7 * i)
    else if (i === 4) low += (byte & 0x0f) * 2 ** 28
    if (byte < 0x80) return { low, end: from + i + 1 }
  }
  return undefined
}

export function malformed(what: string, cause?: unknown): ShoalError {
  return new ShoalError('SHOAL_MALFORMED', `malformed ${what}`, cause === undefined ? {} : { cause })
}

// ---- pushes ----------------------------------------------------------------------------------------------------------------

/** What another node's update does to an actor. */
export interface ArrivedDelta {
  readonly actor: string
  /** Of the update; 0 where it repeats what others wrote. */
  readonly seq: number
  /** The update of the same origin before it that changed the actor, but for those that the batch brings; 0 for none. */
  readonly after: number
  readonly delta: Delta
}

export interface ShardBatch {
  readonly shard: number
  readonly seqs: CausalContext
  readonly deltas: readonly ArrivedDelta[]
}

/** A writer has seen these dots of an actor, and asks who has them, too. */
export interface SeenActor {
  readonly shard: number
  readonly actor: string
  readonly seen: CausalContext
}

/** Reads a push whole: every delta in it is well-formed, or it is refused as one. */
export function readPush(
  push: shoal.peer.IPush,
  shards: number
): {
  origin: Origin
  number: number
  /** 0 where it came over a link only. */
  publication: number
  wantsStored: boolean
  deltas: number
  batches: ShardBatch[]
  vouched: SeenActor[]
} {
  const { origin, updates } = decodeBatch(viewed(push.batch))
  const isVouched = ({ seqs }: BatchUpdate) => seqs.isEmpty()
  const vouched = updates.filter(isVouched).map(({ shard, name, delta }) => {
    if (!isEmptyState(delta.state)) throw malformed('push: a state without seqs')
    return { shard: shardNumber(shard, shards), actor: actorName(name), seen: delta.context }
  })
  const groups = Map.groupBy(
    updates.filter(update => !isVouched(update)),
    ({ shard }) => shard
  )
  const batches = [...groups].map(([shard, group]) => ({
    shard: shardNumber(shard, shards),
    seqs: unionOf(group.map(update => update.seqs)),
    deltas: group.map(({ name, seqs, after, delta }: BatchUpdate) => ({
      actor: actorName(name),
      seq: seqs.next(origin) - 1,
      after,
      delta
    }))
  }))
  return {
    origin,
    number: safe(push.number),
    publication: safe(push.publication),
    wantsStored: push.wantsStored ?? false,
    deltas: updates.length,
    batches,
    vouched
  }
}

export function originOfPush(push: shoal.peer.IPush): Origin {
  return originOfBatch(viewed(push.batch))
}

/** By halves: one after the other, many spans would be copied as often as there are contexts. */
function unionOf(contexts: readonly CausalContext[]): CausalContext {
  const [first = CausalContext.empty, second] = contexts
  if (second === undefined) return first
  const half = contexts.length >>> 1
  return unionOf(contexts.slice(0, half)).union(unionOf(contexts.slice(half)))
}

// ---- parts -------------------------------------------------------------------------------------------------------------------

/** `shards` slices for each number of replicas: see placement.ts. */
export function shardNumber(shard: number | null | undefined, shards: number): number {
  const value = shard ?? 0
  if (!Number.isInteger(value) || value < 0 || value >= shards * replicaCounts)
    throw malformed(`shard ${value}, with ${shards} slices`)
  return value
}

export function seqNumber(seq: number | null | undefined): number {
  const value = safe(seq)
  if (value < 1) throw malformed('seq')
  return value
}

export function safe(value: number | null | undefined): number {
  const number = value ?? 0
  if (!Number.isSafeInteger(number) || number < 0) throw malformed('integer')
  return number
}

export function name(value: string | null | undefined, maxLength: number, what: string): string {
  if (value === null || value === undefined || value.length === 0 || value.length > maxLength) throw malformed(what)
  return value
}

const maxActorName = 64 + 1024
const kindAndId = /^[a-z][a-z0-9-]{0,62}\//

export function actorName(value: string | null | undefined): string {
  const actor = name(value, maxActorName, 'actor name')
  if (!isActorName(actor)) throw malformed('actor name')
  return actor
}

/** What peers take for the name of an actor. */
export function isActorName(actor: string): boolean {
  if (actor.length > maxActorName || !kindAndId.test(actor) || !actor.isWellFormed()) return false
  return !actor.endsWith('/') || actor.indexOf('/') < actor.length - 1
}

export function contextFrom(bytes: Uint8Array | null | undefined): CausalContext {
  return bytes === null || bytes === undefined || bytes.length === 0
    ? CausalContext.empty
    : checkOrigins(CausalContext.decode(copied(bytes)))
}

/** A context that is whole only together with what this node has seen. */
export function shortContextFrom(bytes: Uint8Array | null | undefined): ShortContext {
  if (bytes === null || bytes === undefined || bytes.length === 0) return shortened(CausalContext.empty)
  const short = decodeShort(copied(bytes))
  checkOrigins(short.last)
  return short
}

/** As plain bytes, whose `slice` copies: protobufjs gives Buffers on Node. */
function viewed(bytes: Uint8Array | null | undefined): Uint8Array {
  return bytes === null || bytes === undefined
    ? new Uint8Array(0)
    : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
}

/** Decoded bytes are views of a record; what is kept is copied, so that it doesn't keep the record. */
export function copied(bytes: Uint8Array | null | undefined): Uint8Array {
  return bytes === null || bytes === undefined ? new Uint8Array(0) : Uint8Array.from(bytes)
}
