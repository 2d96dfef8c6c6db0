/**
 * `shoal repair --data DIR`: looks through the store of a node that does not run, records and files, and says what is wrong with it.
 *
 * Damage of a node with other members mends itself: it is found after the start, and filled from them. Where no other node has what
 * is lost, the node refuses to start; `--accept-loss` says that it may go on with what is intact.
 */
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../adapters/level/disk.ts'
import { acceptLoss, readMeta } from '../cluster/meta.ts'
import { readShardRecords, shardsWithActors } from '../cluster/shard-keys.ts'
import { type ShardScan, scanShard } from '../cluster/shard-scan.ts'
import { assertMigrated } from '../cluster/storage-migration/migrate.ts'
import type { Disk } from '../ports/disk.ts'
import { UsageError } from './usage-error.ts'

export interface RepairFlags {
  readonly data: string
  readonly acceptLoss?: boolean
}

/** Answers the exit code: 0 where nothing is wrong, or the loss is accepted. */
export async function repair({ data, acceptLoss: accepts = false }: RepairFlags): Promise<number> {
  const place = join(data, 'store')
  await access(place).catch(() => {
    throw new UsageError(`${place} does not exist`)
  })
  const disk = new LevelDisk(place)
  await disk.open()
  try {
    await assertMigrated(disk)
    if (await lookThrough(disk, say)) return 0
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
  // Bent bytes may hide records together with what tells of them: what is left fits together.
  const bent = await disk.check?.(async () => {})
  if (bent !== undefined) say(`files of the store are damaged; the next start puts them in order: ${bent}`)
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
