/**
 * What becomes of promises on a disk that may have forgotten some: after damage to its files, in a backup, and where a head is lost.
 *
 * A replica that does not know what it has promised keeps what it knows, as the least that it was: it asks the store before it promises
 * again (claim-check.ts), and its prefix counts for nothing until an owner has given it everything (sealing.ts), or an operator has said that
 * what is there must do. The epochs of its records are kept in mind, too, since no new entry may be numbered below them.
 */
import type { Disk, DiskEntry, DiskReader, DiskWrite } from '../../ports/disk.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import { readMeta, writesOfNote } from '../meta.ts'
import { pagesBySize, pagesOf } from '../shard-keys.ts'
import { metaKeys } from '../storage-layout.ts'
import { keptOfRestored } from '../whole-shards.ts'
import {
  actorOfRecordKey,
  decodeEntry,
  decodeHead,
  encodeHead,
  everyHead,
  everyIndex,
  everyRecord,
  type Head,
  headKey,
  indexEnd,
  indexKey,
  shardOfLeaseKey,
  stampOfKey
} from './lease-layout.ts'
import { compareStamps, origin, type Stamp } from './lineage.ts'
import { voterNote } from './voters-disk.ts'

/** Where files of the disk were damaged and nobody has acted upon it: all heads are old, and this is none of the voters that it was. */
export async function settleLostMemory(disk: Disk, logger: Logger): Promise<void> {
  const damage = disk.settleDamage === undefined ? disk.damage : disk.unsettledDamage
  if (damage === undefined) return
  let shards = 0
  for await (const page of pagesOf(disk, everyHead)) {
    shards += page.length
    await disk.write(page.map(entry => ({ type: 'put', ...forgettingHead(entry.key, entry.value) })))
  }
  await disk.write(writesOfLoss(disk))
  const isVoter = readMeta(disk, voterNote) !== undefined
  if (isVoter) await disk.write(metaKeys(voterNote).map(key => ({ type: 'del', key })))
  if (shards > 0 || isVoter)
    logger.warn('replicas of lease shards on a damaged disk count for nothing until owners have filled them', {
      shards,
      isVoter,
      damage
    })
  await disk.settleDamage?.()
}

/** Replicated shards, too, may fit together as they were at an older time: whoever opens the disk next, and after however long, fetches them. */
function writesOfLoss(disk: Disk): DiskWrite[] {
  const note = readMeta(disk, 'disk')
  const shards: unknown = note === undefined ? undefined : JSON.parse(note).shards
  return Number.isSafeInteger(shards) ? writesOfNote('holdings', keptOfRestored(Number(shards), true)) : []
}

/** The same head, of a disk that may have said more since. What cannot be read is taken for nothing: `mendHeads` does the rest. */
export function forgettingHead(key: Uint8Array, value: Uint8Array): DiskEntry {
  const shard = shardOfLeaseKey(key)
  const { promise, lineage } = readHead(shard, value) ?? { promise: 0, lineage: [] }
  return { key, value: encodeHead(shard, { promise, lineage, isPromiseOld: true, isLineageOld: true }) }
}

/** Every shard with records has a head that can be read and names no epoch below theirs. Answers the shards of which it was not so. */
export async function mendHeads(disk: Disk, logger: Logger): Promise<number[]> {
  const mended: number[] = []
  for (const [shard, isSound] of await headsOf(disk)) {
    const head = readHead(shard, disk.get(headKey(shard)))
    const isOld = head === undefined || head.isPromiseOld === true
    if (isSound && !isOld) continue
    const newest = await newestOf(disk, shard)
    if (head !== undefined && newest.epoch <= head.promise) continue
    const old: Head = { promise: newest.epoch, lineage: head?.lineage ?? [], isPromiseOld: true, isLineageOld: true }
    await disk.write([{ type: 'put', key: headKey(shard), value: encodeHead(shard, old) }])
    if (head === undefined) {
      mended.push(shard)
      logger.error('a replica of a lease shard has lost what it had promised, and begins again', { shard, newest })
    }
  }
  return mended
}

/**
 * An operator's word that what this disk has must do: records that cannot be read are gone, and its prefixes count again as they are. What it has promised it asks the store all the
 * same. Answers how many shards had been waiting for it.
 */
export async function acceptLostMemory(disk: Disk, logger: Logger): Promise<number> {
  await mendHeads(disk, logger)
  for await (const page of pagesBySize(disk, everyRecord)) {
    const damaged = page.filter(({ key, value }) => !isEntry(key, value))
    if (damaged.length > 0) await disk.write(damaged.map(({ key }) => ({ type: 'del', key })))
  }
  let accepted = 0
  for await (const page of pagesOf(disk, everyHead)) {
    const batch: DiskWrite[] = []
    for (const { key, value } of page) {
      const shard = shardOfLeaseKey(key)
      const head = decodeHead(shard, value)
      if (head.isLineageOld !== true) continue
      const newest = head.lineage.length > 0 ? undefined : await newestOf(disk, shard)
      const lineage = newest === undefined || newest === origin ? head.lineage : [newest]
      batch.push({ type: 'put', key, value: encodeHead(shard, { ...head, lineage, isLineageOld: false }) })
    }
    accepted += batch.length
    if (batch.length > 0) await disk.write(batch)
  }
  return accepted
}

/** Shards whose replica here counts for nothing. */
export async function shardsWithLostMemory(disk: DiskReader): Promise<number[]> {
  const lost: number[] = []
  for (const [shard] of await headsOf(disk)) {
    const head = readHead(shard, disk.get(headKey(shard)))
    if (head === undefined || head.isLineageOld === true) lost.push(shard)
  }
  return lost.sort((a, b) => a - b)
}

/** Every shard with a head or records, and whether its head can be read. */
async function headsOf(disk: DiskReader): Promise<Map<number, boolean>> {
  const shards = new Map<number, boolean>()
  for await (const page of pagesOf(disk, everyHead))
    for (const { key, value } of page)
      shards.set(shardOfLeaseKey(key), readHead(shardOfLeaseKey(key), value) !== undefined)
  for (let gte: Uint8Array = everyIndex.gte; ; ) {
    const [entry] = await disk.range({ gte, lt: everyIndex.lt, limit: 1 })
    if (entry === undefined) return shards
    const shard = shardOfLeaseKey(entry.key)
    if (!shards.has(shard)) shards.set(shard, false)
    gte = indexEnd(shard)
  }
}

function readHead(shard: number, value: Uint8Array | undefined): Head | undefined {
  if (value === undefined) return undefined
  try {
    return decodeHead(shard, value)
  } catch (error) {
    if (isShoalError(error) && error.code === 'SHOAL_CORRUPT') return undefined
    throw error
  }
}

function isEntry(key: Uint8Array, value: Uint8Array): boolean {
  try {
    decodeEntry(shardOfLeaseKey(key), actorOfRecordKey(key), value)
    return true
  } catch {
    return false
  }
}

/** The highest stamp of the shard's index. */
async function newestOf(disk: DiskReader, shard: number): Promise<Stamp> {
  let newest = origin
  const bounds = { gte: indexKey(shard, origin), lt: indexEnd(shard) }
  for await (const page of pagesOf(disk, bounds))
    for (const { key } of page) if (compareStamps(stampOfKey(key), newest) > 0) newest = stampOfKey(key)
  return newest
}
