/**
 * `shoal repair --data DIR`: looks through the store of a node that does not run, records and files, and says what is wrong with it.
 *
 * Damage of a node with other members mends itself: it is found after the start, and filled from them. Where no other node has what
 * is lost, the node refuses to start; `--accept-loss` says that it may go on with what is intact. `--accept-lease-loss` says the same of
 * lease shards, where most of a shard's replicas have forgotten what they promised, or the lease store itself was lost.
 */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../adapters/level/disk.ts'
import { acceptLostMemory, settleLostMemory, shardsWithLostMemory } from '../cluster/lease/lost-memory.ts'
import { forgetStore } from '../cluster/lease/store-identity.ts'
import { voterNote } from '../cluster/lease/voters-disk.ts'
import { acceptLoss, readMeta } from '../cluster/meta.ts'
import { readShardRecords, shardsWithActors } from '../cluster/shard-keys.ts'
import { type ShardScan, scanShard } from '../cluster/shard-scan.ts'
import { assertMigrated } from '../cluster/storage-migration/migrate.ts'
import type { Disk } from '../ports/disk.ts'
import { silentLogger } from '../ports/logger.ts'
import { UsageError } from './usage-error.ts'

export interface RepairFlags {
  readonly data: string
  readonly acceptLoss?: boolean
  readonly acceptLeaseLoss?: boolean
}

/** Answers the exit code: 0 where nothing is wrong, or the loss is accepted. */
export async function repair(flags: RepairFlags): Promise<number> {
  const { data, acceptLoss: accepts = false, acceptLeaseLoss: acceptsLeases = false } = flags
  const place = join(data, 'store')
  await access(place).catch(() => {
    throw new UsageError(`${place} does not exist`)
  })
  const disk = new LevelDisk(place)
  await disk.open()
  try {
    await assertMigrated(disk)
    const isSound = await lookThrough(disk, say)
    if (acceptsLeases) {
      await settleLostMemory(disk, silentLogger)
      const count = await acceptLostMemory(disk, silentLogger)
      const wasVoter = readMeta(disk, voterNote) !== undefined
      await forgetStore(disk)
      say(
        `The loss is accepted: ${count} replicas of lease shards count again as they are, in whatever lease store the node finds.`
      )
      if (wasVoter)
        say('As a voter of the lease store it has another name from now on: shoal voter --data DIR prints it.')
    }
    if (isSound) return 0
    if (!accepts) {
      say('A node with other members mends this by itself, from them. Alone, it starts again after --accept-loss.')
      return 1
    }
    await acceptLoss(disk)
    say('The loss is accepted: the node goes on with what is intact. Start it.')
    return 0
  } finally {
    await disk.close()
  }
}

/** Answers whether nothing is wrong; `say` is told what is, and what was before the files were put in order. */
export async function lookThrough(disk: Disk, say: (line: string) => void): Promise<boolean> {
  if (disk.damage !== undefined)
    say(`files of the store were damaged, and are in order as far as they go: ${disk.damage}`)
  const shards = new Set([...(await readShardRecords(disk)).keys(), ...(await shardsWithActors(disk))])
  let actors = 0
  let damaged = 0
  for (const shard of [...shards].sort((a, b) => a - b)) {
    const scan = await scanShard(disk, shard, async () => {})
    actors += scan.actors
    if (scan.faults.length === 0) continue
    damaged++
    say(told(scan))
  }
  const forgotten = await shardsWithLostMemory(disk)
  if (forgotten.length > 0)
    say(
      `${forgotten.length} replicas of lease shards may have forgotten what they promised or had: owners fill them again, as long as most replicas of each shard have not forgotten`
    )
  // Bent bytes may hide records together with what tells of them: what is left fits together.
  const bent = await disk.check?.(async () => {})
  if (bent !== undefined) say(`files of the store are damaged; the next start puts them in order: ${bent.about}`)
  const noted = readMeta(disk, 'damage')
  if (noted !== undefined) say(`found by the node when it ran last: ${noted}`)
  say(`${shards.size} shards, ${actors} actors: ${damaged === 0 ? 'all as they were written' : `${damaged} damaged`}`)
  return damaged === 0 && bent === undefined && noted === undefined
}

function told({ shard, faults, isOnlyIndex, broken }: ShardScan): string {
  const unreadable = broken.length === 0 ? '' : `; unreadable: ${broken.join(', ')}`
  const lost = isOnlyIndex ? ' (nothing is lost by that)' : ''
  return `shard ${shard}: ${faults.join(', ')}${lost}${unreadable}`
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
