/**
 * What a disk says of a shard as a whole, under two keys, so that a commit writes only what is as long as the last lives of its nodes:
 *
 *   v | shard   context and floor of the last lives, set-hash, tally, and the checksum of what is under `e`
 *   e | shard   context and floor of the lives before those: written in the same batch when something of them is new
 *
 * Without the very `e` that `v` speaks of nothing of the shard is believed: it is half of the context.
 */
import { encodeWithOrigins, Reader, readWithOrigins } from '../crdt/codec.ts'
import { CausalContext } from '../crdt/index.ts'
import type { DiskReader, DiskWrite } from '../ports/disk.ts'
import { checkOf, checksumOf, corrupt, part, sealed, setUint32, uint32At, unsealed } from './sealed-record.ts'
import { digestBytes } from './set-hash.ts'
import { endedRecordKey, shardRecordKey } from './storage-layout.ts'
import { noTally, readTally, type Tally, tallyBytes, writeTally } from './tally.ts'

export interface ShardRecord {
  readonly context: CausalContext
  /** Of removed actors up to these dots nothing need be here any more. */
  readonly floor: CausalContext
  /** XOR of the digests of the shard's non-empty actors. */
  readonly setHash: Uint8Array
  /** Of the records of all its actors. */
  readonly tally: Tally
}

/** The ended lives of a context and a floor: what is under `e`. */
export interface EndedLives {
  readonly context: CausalContext
  readonly floor: CausalContext
}

/** What is under `e`, and of which floor. */
export interface StoredEnded extends EndedLives {
  /** Checksum of the record; 0 where there is none, because there are no ended lives. */
  readonly check: number
  readonly wholeFloor: CausalContext
  readonly lastFloor: CausalContext
}

export interface StoredShard extends ShardRecord {
  readonly ended: StoredEnded
}

/** What is under `v`. */
export interface ShardHead {
  readonly setHash: Uint8Array
  readonly tally: Tally
  readonly endedCheck: number
  /** Of the last lives. */
  readonly context: CausalContext
  readonly floor: CausalContext
}

const { empty } = CausalContext
const noEnded: StoredEnded = { context: empty, floor: empty, check: 0, wholeFloor: empty, lastFloor: empty }

export const noShard: StoredShard = {
  context: empty,
  floor: empty,
  setHash: new Uint8Array(digestBytes),
  tally: noTally,
  ended: noEnded
}

/**
 * What a batch has to do so that the disk has this record; `stored` is what it has under `e`, as far as that is known. Answers what it
 * has there then.
 */
export function writesOfShard(
  record: ShardRecord,
  shard: number,
  stored: StoredEnded | undefined
): { readonly writes: readonly DiskWrite[]; readonly ended: StoredEnded } {
  const writes: DiskWrite[] = []
  const parts = endedOf(record, stored)
  let check = stored?.check ?? 0
  if (stored === undefined || !isSame(parts, stored)) {
    const key = endedRecordKey(shard)
    const isNone = parts.context.isEmpty() && parts.floor.isEmpty()
    const value = isNone ? undefined : encodeEnded(parts, shard)
    writes.push(value === undefined ? { type: 'del', key } : { type: 'put', key, value })
    check = value === undefined ? 0 : checksumOf(value)
  }
  const { setHash, tally } = record
  const head = { setHash, tally, endedCheck: check, context: record.context.last(), floor: parts.lastFloor }
  writes.push({ type: 'put', key: shardRecordKey(shard), value: encodeShardHead(head, shard) })
  return { writes, ended: { ...parts, check } }
}

/** Costs next to nothing where it is what it was. */
function endedOf({ context, floor }: ShardRecord, stored: StoredEnded | undefined): Omit<StoredEnded, 'check'> {
  const ended = context.ended()
  if (stored !== undefined && ended === stored.context && floor === stored.wholeFloor) return stored
  const endedFloor = floor.endedBefore(context.last())
  return { context: ended, floor: endedFloor, wholeFloor: floor, lastFloor: floor.minus(endedFloor) }
}

function isSame(a: EndedLives, b: EndedLives): boolean {
  return a.context.equals(b.context) && a.floor.equals(b.floor)
}

/** Throws `SHOAL_CORRUPT`, and `SHOAL_MALFORMED` where what is wrong was written so. */
export function readShard(reader: Pick<DiskReader, 'get'>, shard: number): StoredShard {
  const bytes = reader.get(shardRecordKey(shard))
  if (bytes === undefined) return noShard
  const { setHash, tally, endedCheck, context, floor } = decodeShardHead(bytes, shard)
  const ended = endedCheck === 0 ? noEnded : readEnded(reader, shard, endedCheck)
  const wholeFloor = floor.union(ended.floor)
  return {
    context: context.union(ended.context),
    floor: wholeFloor,
    setHash,
    tally,
    ended: { context: ended.context, floor: ended.floor, check: endedCheck, wholeFloor, lastFloor: floor }
  }
}

function readEnded(reader: Pick<DiskReader, 'get'>, shard: number, check: number): EndedLives {
  const bytes = reader.get(endedRecordKey(shard))
  if (bytes === undefined || checksumOf(bytes) !== check) throw corrupt(nameOfEnded(shard))
  return decodeEnded(bytes, shard)
}

// ---- bytes -------------------------------------------------------------------------------------------------------------------

const endedCheckBytes = 4

export function encodeShardHead({ setHash, tally, endedCheck, context, floor }: ShardHead, shard: number): Uint8Array {
  const check = new Uint8Array(endedCheckBytes)
  setUint32(check, 0, endedCheck)
  return sealed(checkOf(`shard ${shard}`), [setHash, writeTally(tally), check, encodeTwo(context, floor)])
}

/** Throws `SHOAL_CORRUPT`, and `SHOAL_MALFORMED` where what is wrong was written so. */
export function decodeShardHead(bytes: Uint8Array, shard: number): ShardHead {
  const what = `shard ${shard}`
  const [setHash, tally, check, body] = unsealed(checkOf(what), bytes, 4, what).map(part)
  if (setHash?.length !== digestBytes || tally?.length !== tallyBytes || check?.length !== endedCheckBytes)
    throw corrupt(what)
  return { setHash, tally: readTally(tally), endedCheck: uint32At(check, 0), ...decodeTwo(part(body)) }
}

export function encodeEnded({ context, floor }: EndedLives, shard: number): Uint8Array {
  return sealed(checkOf(nameOfEnded(shard)), [encodeTwo(context, floor)])
}

/** Throws as `decodeShardHead` does. */
export function decodeEnded(bytes: Uint8Array, shard: number): EndedLives {
  const what = nameOfEnded(shard)
  const [body] = unsealed(checkOf(what), bytes, 1, what)
  return decodeTwo(part(body))
}

function nameOfEnded(shard: number): string {
  return `the ended lives of shard ${shard}`
}

/** The floor is mostly of origins that the context has named. */
function encodeTwo(context: CausalContext, floor: CausalContext): Uint8Array {
  return encodeWithOrigins(sink => {
    context.write(sink)
    floor.write(sink)
  })
}

function decodeTwo(bytes: Uint8Array): EndedLives {
  return readWithOrigins(new Reader(bytes), reader => {
    const context = CausalContext.read(reader)
    return { context, floor: CausalContext.read(reader) }
  })
}
