/**
 * Rewrites a disk of storage format 2 as one of format 3, where it lies: shard by shard, actor by actor, then the notes.
 *
 * Records of both formats are under the same keys, so each batch carries a note of how far it went; a later start goes on from there
 * and takes nothing for old that is new. The last batch rewrites the notes, the format among them.
 *
 * Nothing is invented. What cannot be read stays as it is, and set-hashes are copied and not computed, so that the verification that
 * follows finds what the old disk had lost. A shard whose records are not those that its set-hash speaks of is no evidence for
 * what its actors have seen.
 */
import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js'
import { CausalContext, liveDots } from '../../crdt/index.ts'
import { after, type Disk, type DiskEntry, type DiskWrite } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import { eachPosition, type IndexPositions } from '../index-positions.ts'
import { readMeta, writesOfNote } from '../meta.ts'
import { gapsWith, type OpenSpan } from '../seen-dots.ts'
import { digestBytes, digestOf, noDigest, replaceDigest } from '../set-hash.ts'
import { pagesBySize, pagesOf, readShardRecords, shardsWithActors } from '../shard-keys.ts'
import { noShard, writesOfShard } from '../shard-record.ts'
import { nameOf } from '../shard-scan.ts'
import {
  checksumOf,
  encodeActorRecord,
  encodeIndexEntry,
  everyMeta,
  indexKey,
  metaKeys,
  nameOfMetaKey,
  shardRecordKey,
  stateRange
} from '../storage-layout.ts'
import { noTally, type Tally, tallyWith } from '../tally.ts'
import { utf8Of } from '../utf8.ts'
import { type OldShard, readOldActor, readOldNote, readOldShard } from './format-2.ts'

/** Name of the note of how far it went; it is there exactly while a disk is half the one and half the other. */
export const progressNote = 'migration'
const batchBytes = 1024 * 1024

interface Progress {
  /** Those before it are done. */
  readonly shard: number
  /** Of that shard: the last key that is done, in hexadecimal, and what was found before and on the way. */
  readonly last?: string
  readonly isWhole?: boolean
  readonly tally: Tally
  readonly actors: number
  readonly unreadable: number
}

export async function migrateFrom2To3(disk: Disk, diskNote: string, logger: Logger): Promise<void> {
  const begun = begunProgress(disk)
  const shards = new Set([...(await readShardRecords(disk)).keys(), ...(await shardsWithActors(disk))])
  logger.info('the data directory is of storage format 2, and is rewritten as format 3', {
    shards: shards.size,
    actorsDone: begun?.actors ?? 0
  })
  const rewriting = new Rewriting(disk, begun)
  for (const shard of [...shards].sort((a, b) => a - b)) await rewriting.shard(shard)
  const { actors, unreadable } = rewriting.progress
  await disk.write([...rewriting.rest(), ...(await notes(disk)), ...end(disk, diskNote)])
  if (unreadable > 0) logger.error('records could not be read, and were left as they are', { records: unreadable })
  logger.info('the data directory is of storage format 3 now', { shards: shards.size, actors })
}

class Rewriting {
  readonly #disk: Disk
  #batch: DiskWrite[] = []
  #bytes = 0
  progress: Progress

  constructor(disk: Disk, begun: Progress | undefined) {
    this.#disk = disk
    this.progress = begun ?? { shard: 0, tally: noTally, actors: 0, unreadable: 0 }
  }

  async shard(shard: number): Promise<void> {
    if (shard < this.progress.shard) return
    const bytes = this.#disk.get(shardRecordKey(shard))
    const told = bytes === undefined ? undefined : readOldShard(bytes)
    const { last } = this.progress
    let range = stateRange(shard)
    let isWhole = this.progress.isWhole === true
    if (last === undefined || shard > this.progress.shard) {
      isWhole = told !== undefined && (await isAsWritten(this.#disk, shard, told))
      this.progress = { ...this.progress, shard, isWhole, tally: noTally }
    } else range = { ...range, gte: after(hexToBytes(last)) }
    const evidence = isWhole && told !== undefined ? told.context : CausalContext.empty
    for await (const page of pagesBySize(this.#disk, range)) {
      for (const entry of page) {
        this.#actor(shard, entry, evidence)
        if (this.#bytes >= batchBytes) await this.#write()
      }
    }
    if (told !== undefined) {
      const record = { ...told, floor: CausalContext.empty, tally: this.progress.tally }
      for (const write of writesOfShard(record, shard, noShard.ended).writes)
        if (write.type === 'put') this.#put(write.key, write.value)
    }
    const { actors, unreadable } = this.progress
    this.progress = { shard: shard + 1, tally: noTally, actors, unreadable }
    if (this.#bytes >= batchBytes) await this.#write()
  }

  #actor(shard: number, { key, value }: DiskEntry, evidence: CausalContext): void {
    const name = nameOf(key)
    const old = readOldActor(value)
    const { isWhole, tally, actors, unreadable } = this.progress
    const last = bytesToHex(key)
    if (name === undefined || old === undefined || (isWhole !== true && this.#isAnothers(shard, name, old.index))) {
      this.progress = { ...this.progress, last, unreadable: unreadable + 1 }
      return
    }
    const { extra, index, stateBytes } = old
    const gaps = gapsWith(CausalContext.empty, fromTheStart(index), [evidence, extra, liveDots(old.state)])
    const digest = digestOf(name, old.state, stateBytes)
    const record = encodeActorRecord({ name, shard, digest, extra, index, gaps }, stateBytes)
    this.#put(key, record)
    for (const { origin, seq } of eachPosition(index)) {
      const entryKey = indexKey(shard, origin, seq)
      this.#put(entryKey, encodeIndexEntry(entryKey, name))
    }
    this.progress = { ...this.progress, last, tally: tallyWith(tally, checksumOf(record)), actors: actors + 1 }
  }

  /** Old records do not say whose they are; the index does. */
  #isAnothers(shard: number, name: string, index: IndexPositions): boolean {
    for (const { origin, seq } of eachPosition(index)) {
      const named = this.#disk.get(indexKey(shard, origin, seq))
      if (named !== undefined && bytesToHex(named) !== bytesToHex(utf8Of(name))) return true
    }
    return false
  }

  #put(key: Uint8Array, value: Uint8Array): void {
    this.#batch.push({ type: 'put', key, value })
    this.#bytes += key.length + value.length
  }

  async #write(): Promise<void> {
    const batch = this.rest()
    await this.#disk.write([...batch, ...writesOfNote(progressNote, JSON.stringify(this.progress))])
  }

  /** What no batch has carried yet. */
  rest(): DiskWrite[] {
    const batch = this.#batch
    this.#batch = []
    this.#bytes = 0
    return batch
  }
}

/** Each origin's position rose from nothing. */
function fromTheStart(index: IndexPositions): OpenSpan[] {
  return Array.from(eachPosition(index), ({ origin, seq }): OpenSpan => [origin, 1, seq])
}

/** The shard's records are those that its set-hash was made of. */
async function isAsWritten(disk: Disk, shard: number, told: OldShard): Promise<boolean> {
  const setHash = new Uint8Array(digestBytes)
  for await (const page of pagesBySize(disk, stateRange(shard))) {
    for (const { key, value } of page) {
      const name = nameOf(key)
      const old = readOldActor(value)
      if (name === undefined || old === undefined) return false
      replaceDigest(setHash, noDigest, digestOf(name, old.state, old.stateBytes))
    }
  }
  return setHash.every((byte, i) => byte === told.setHash[i])
}

/** All notes but those of `end`, in one batch: they are few. There are no second copies yet, but of the progress. */
async function notes(disk: Disk): Promise<DiskWrite[]> {
  const writes: DiskWrite[] = []
  for (const range of everyMeta) {
    for await (const page of pagesOf(disk, range)) {
      for (const { key, value } of page) {
        const name = nameOfMetaKey(key)
        const note = name === progressNote || name === 'disk' ? undefined : readOldNote(value)
        if (note !== undefined) writes.push(...writesOfNote(name, note))
      }
    }
  }
  return writes
}

/** From here on it is a disk of the next format. */
function end(disk: Disk, diskNote: string): DiskWrite[] {
  const keys = metaKeys(progressNote).filter(key => disk.get(key) !== undefined)
  return [...writesOfNote('disk', diskNote), ...keys.map((key): DiskWrite => ({ type: 'del', key }))]
}

/** Throws `SHOAL_CORRUPT` where there is a note that cannot be read. */
function begunProgress(disk: Disk): Progress | undefined {
  const note = readMeta(disk, progressNote)
  if (note === undefined) return undefined
  const progress: Partial<Progress> = JSON.parse(note)
  const { shard, tally, actors, unreadable } = progress
  if (shard === undefined || tally === undefined || actors === undefined || unreadable === undefined)
    throw new ShoalError('SHOAL_CORRUPT', 'the note of how far this data directory was rewritten says nothing')
  return { ...progress, shard, tally, actors, unreadable }
}
