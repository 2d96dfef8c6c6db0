/** What a node keeps on its disk about itself: format, cluster, key, incarnation, and the members it knew. */

import type { Disk, DiskReader, DiskWrite } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { ClusterFacts, PeerId } from '../ports/network.ts'
import type { RememberedMember } from './member-record.ts'
import { rememberedFrom, rememberedTo } from './member-wire.ts'
import { pagesOf } from './shard-keys.ts'
import type { Damage } from './shard-store.ts'
import { decodeText, encodeText, everyMeta, metaKeys, nameOfMetaKey } from './storage-layout.ts'

/** Version of the storage layout; docs/protocol.md lists them. */
export const storageFormat = 3

/** Throws `SHOAL_CORRUPT` where neither of its two copies can be read. */
export function readMeta(disk: DiskReader, name: string): string | undefined {
  let failure: unknown
  for (const key of metaKeys(name)) {
    const bytes = disk.get(key)
    if (bytes === undefined) continue
    try {
      return decodeText(bytes, name)
    } catch (error) {
      failure = error
    }
  }
  if (failure !== undefined) throw failure
  return undefined
}

export async function writeMeta(disk: Disk, entries: Readonly<Record<string, string>>): Promise<void> {
  await disk.write(Object.entries(entries).flatMap(([name, text]) => writesOfNote(name, text)))
}

export function writesOfNote(name: string, text: string): DiskWrite[] {
  const value = encodeText(text, name)
  return metaKeys(name).map(key => ({ type: 'put', key, value }))
}

/**
 * Makes both copies of each note what the sound one of them says. Notes without one are told of and taken away, so that they are
 * written anew; but not the node's key: without it this would be another node.
 */
export async function mendMeta(disk: Disk, logger: Logger): Promise<void> {
  const names = new Set<string>()
  for (const range of everyMeta) {
    for await (const page of pagesOf(disk, range)) for (const { key } of page) names.add(nameOfMetaKey(key))
  }
  const batch: DiskWrite[] = []
  for (const name of names) batch.push(...mendedNote(disk, name, logger))
  if (batch.length > 0) await disk.write(batch)
}

function mendedNote(disk: Disk, name: string, logger: Logger): DiskWrite[] {
  const copies = metaKeys(name).map(key => ({ key, value: disk.get(key) }))
  const intact = copies.flatMap(({ value }) => (value !== undefined && isSound(value, name) ? [value] : []))
  const [sound] = intact
  // Both are of one batch: where they differ, one is an older one that has come to light, and perhaps with it older votes.
  if (name === 'voter' && new Set(intact.map(value => decodeText(value, name))).size > 1) {
    logger.error('the note of this disk as a voter is damaged: it votes under this id no more', { note: name })
    return copies.map(({ key }) => ({ type: 'del', key }))
  }
  if (sound !== undefined) {
    const unlike = copies.filter(({ value }) => value === undefined || !isSound(value, name))
    return unlike.map(({ key }) => ({ type: 'put', key, value: sound }))
  }
  if (name === 'key') return []
  logger.error('a note of this node on its disk is damaged, and written anew', { note: name })
  return copies.map(({ key }) => ({ type: 'del', key }))
}

function isSound(value: Uint8Array, name: string): boolean {
  try {
    decodeText(value, name)
    return true
  } catch {
    return false
  }
}

/** What a disk says of itself. Every format keeps this note as it is: by it they are told apart. */
export function diskNoteOf({ cluster, shards, placement }: ClusterFacts, format = storageFormat): string {
  return JSON.stringify({ format, cluster, shards, placement })
}

/** Throws where the disk holds another format, or another cluster's data. */
export async function claimDisk(disk: Disk, facts: ClusterFacts): Promise<void> {
  const own = diskNoteOf(facts)
  const stored = readMeta(disk, 'disk')
  if (stored === undefined) await writeMeta(disk, { disk: own })
  else assertSameDisk(stored, own)
}

export function assertSameDisk(stored: string, own: string): void {
  if (stored === own) return
  throw new ShoalError(
    'SHOAL_CLUSTER_MISMATCH',
    `this data directory belongs to ${stored}, and the node was started as ${own}`
  )
}

/** What is lost for good, for the next start. */
export async function noteDamage(disk: Disk, { shard, faults, broken }: Damage): Promise<void> {
  const unreadable = broken.length > 0 ? ` (unreadable: ${broken.join(', ')})` : ''
  await writeMeta(disk, { damage: `shard ${shard}: ${faults.join(', ')}${unreadable}` })
}

/** Somebody has said that what this disk has lost may be lost. */
export async function acceptLoss(disk: Disk): Promise<void> {
  await writeMeta(disk, { acceptedLoss: 'yes' })
}

export function isLossAccepted(disk: Disk): boolean {
  return readMeta(disk, 'acceptedLoss') !== undefined
}

/** Everything on the disk was looked through, and what is not intact is claimed no more. */
export async function forgetDamage(disk: Disk): Promise<void> {
  const keys = ['acceptedLoss', 'damage'].flatMap(metaKeys).filter(key => disk.get(key) !== undefined)
  if (keys.length > 0) await disk.write(keys.map((key): DiskWrite => ({ type: 'del', key })))
}

/** Throws `SHOAL_CORRUPT` where the disk is known to have lost what no other member can have. */
export function assertUndamaged(disk: Disk, self: PeerId): void {
  const damage = readMeta(disk, 'damage')
  if (damage === undefined || isLossAccepted(disk)) return
  const hasOthers = readMembers(disk).some(({ id, status }) => id !== self && status !== 'left')
  if (hasOthers || hasForgottenMembers(disk)) return
  throw new ShoalError(
    'SHOAL_CORRUPT',
    `this disk has lost data that no other node has: ${damage}. Restore a backup, or accept the loss with: shoal repair --accept-loss`
  )
}

/** For the next start. That there ever were others is a note of its own, from another batch: damage seldom takes two. */
export async function rememberMembers(disk: Disk, records: readonly RememberedMember[]): Promise<void> {
  const isFirst = records.length > 0 && readMeta(disk, 'met') === undefined
  const met = isFirst ? writeMeta(disk, { met: 'yes' }) : undefined
  await Promise.all([met, writeMeta(disk, { members: JSON.stringify(records.map(rememberedTo)) })])
}

/** The name of this life. Says once more that there were others, where that note was lost. */
export async function keepIncarnation(disk: Disk, incarnation: string): Promise<void> {
  const hasMet = readMeta(disk, 'met') !== undefined || readMembers(disk).length > 0
  await writeMeta(disk, { incarnation, ...(hasMet ? { met: 'yes' } : {}) })
}

/** This node has met others, and the note that says who they are is lost: they may know this one still. */
export function hasForgottenMembers(disk: Disk): boolean {
  return readMeta(disk, 'members') === undefined && readMeta(disk, 'met') !== undefined
}

export function readMembers(disk: Disk): RememberedMember[] {
  const stored = readMeta(disk, 'members')
  if (stored === undefined) return []
  const list: unknown = JSON.parse(stored)
  if (!Array.isArray(list)) return []
  const records: RememberedMember[] = []
  for (const item of list) {
    if (typeof item === 'object' && item !== null) records.push(rememberedFrom(item))
  }
  return records
}
