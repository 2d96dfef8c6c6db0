/**
 * Looks through everything that a disk has of a shard, and says whether it is what was written: every value with its checksum, every
 * state with its digest, all records with the shard's tally and set-hash, and the index with the records.
 *
 * Read from one snapshot, so that what changes meanwhile does not matter. Whatever was lost, kept of old or brought back shows in a
 * sum that no longer fits; which of the values it was, not always.
 */
import type { DiskReader } from '../ports/disk.ts'
import { eachPosition } from './index-positions.ts'
import { digestOf, replaceDigest } from './set-hash.ts'
import { pagesOf } from './shard-keys.ts'
import { noShard, readShard, type ShardRecord, type StoredShard } from './shard-record.ts'
import {
  type ActorRecord,
  actorOfStateKey,
  checksumOf,
  decodeActorRecord,
  decodeIndexEntry,
  encodeIndexEntry,
  indexKey,
  stateRange,
  wholeIndexRange
} from './storage-layout.ts'
import { isSameTally, noTally, type Tally, tallyWith } from './tally.ts'

export interface ShardScan {
  readonly shard: number
  readonly actors: number
  /** What is wrong, in words; none where all is as it was written. */
  readonly faults: readonly string[]
  /** Nothing is lost: the index can be made from the records. */
  readonly isOnlyIndex: boolean
  /** Actors whose records cannot be read, the first few of them. */
  readonly broken: readonly string[]
}

const maxNamed = 20

/** What a process that runs knows of a shard on its disk. */
export interface Expectation {
  /** What it wrote or found last. */
  readonly record: ShardRecord
  /** A record that can be read, by its checksum. */
  saw?(name: string, checksum: number): void
}

/** `pace` is called after each page, with the number of entries in it. */
export async function scanShard(
  reader: DiskReader,
  shard: number,
  pace: (entries: number) => Promise<void>,
  expected?: Expectation
): Promise<ShardScan> {
  const faults: string[] = []
  const broken: string[] = []
  const told = readShardRecord(reader, shard)
  const setHash = new Uint8Array(noShard.setHash.length)
  let tally = noTally
  let named = noTally
  let brokenCount = 0
  for await (const page of pagesOf(reader, stateRange(shard))) {
    for (const { key, value } of page) {
      const name = nameOf(key)
      const record = name === undefined ? undefined : readRecord(value, shard, name)
      if (name === undefined || record === undefined) {
        brokenCount++
        if (broken.length < maxNamed) broken.push(name ?? 'a record without a name')
        continue
      }
      const checksum = checksumOf(value)
      expected?.saw?.(name, checksum)
      tally = tallyWith(tally, checksum)
      replaceDigest(setHash, '', record.digest)
      named = withIndexOf(named, shard, name, record)
    }
    await pace(page.length)
  }
  if (brokenCount > 0) faults.push(`${brokenCount} of its records cannot be read`)
  if (told === undefined) faults.push('its own record cannot be read')
  else {
    // An older record may fit older records under it: what this process knows tells.
    if (expected !== undefined && !isSameRecord(told, expected.record)) faults.push('its own record is not the newest')
    if (!isSameTally(tally, told.tally))
      faults.push(`it has ${tally.count} of ${told.tally.count} records, or not the newest of them`)
    if (tally.count === told.tally.count && !isSameBytes(setHash, told.setHash)) faults.push('its set-hash is another')
  }
  const lossless = faults.length === 0
  if (!isSameTally(await tallyOfIndex(reader, shard, pace), named)) faults.push('its index is not that of its records')
  return { shard, actors: tally.count + brokenCount, faults, isOnlyIndex: lossless && faults.length > 0, broken }
}

/** `undefined` where it cannot be read. */
export function readShardRecord(reader: DiskReader, shard: number): StoredShard | undefined {
  try {
    return readShard(reader, shard)
  } catch {
    return undefined
  }
}

/** `undefined` where it cannot be read, is another shard's, or its digest is not that of its state. */
export function readRecord(value: Uint8Array, shard: number, name: string): ActorRecord | undefined {
  try {
    const record = decodeActorRecord(value, name)
    if (record.shard !== shard) return undefined
    return digestOf(name, record.state, record.stateBytes) === record.digest ? record : undefined
  } catch {
    return undefined
  }
}

/** `undefined` where the key is no actor's. */
export function nameOf(key: Uint8Array): string | undefined {
  try {
    return actorOfStateKey(key)
  } catch {
    return undefined
  }
}

/** The tally of the index entries that there must be. */
function withIndexOf(tally: Tally, shard: number, name: string, record: ActorRecord): Tally {
  let sum = tally
  for (const { origin, seq } of eachPosition(record.index))
    sum = tallyWith(sum, checksumOf(encodeIndexEntry(indexKey(shard, origin, seq), name)))
  return sum
}

async function tallyOfIndex(
  reader: DiskReader,
  shard: number,
  pace: (entries: number) => Promise<void>
): Promise<Tally> {
  let tally = noTally
  for await (const page of pagesOf(reader, wholeIndexRange(shard))) {
    for (const { key, value } of page) {
      // One that cannot be read adds nothing, so that the sum does not fit.
      tally = tallyWith(tally, isReadable(key, value) ? checksumOf(value) : 0)
    }
    await pace(page.length)
  }
  return tally
}

function isReadable(key: Uint8Array, value: Uint8Array): boolean {
  try {
    decodeIndexEntry(key, value)
    return true
  } catch {
    return false
  }
}

function isSameRecord(a: ShardRecord, b: ShardRecord): boolean {
  return isSameTally(a.tally, b.tally) && isSameBytes(a.setHash, b.setHash)
}

function isSameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
