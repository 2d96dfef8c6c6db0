/**
 * `shoal restore FILE --data DIR`: a data directory made from a backup, for a node that does not run.
 *
 * It is written under another name beside its place and moved there when the last byte is checked, so that a restore that was cut
 * short leaves nothing that looks like a store. By default the restored node is a new one, because two nodes with one identity are
 * an alarm for the whole cluster; `--same-node` makes it the node that was backed up, which must then be gone for good.
 */
import { createReadStream } from 'node:fs'
import { access, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { LevelDisk } from '../adapters/level/disk.ts'
import { type BackupHeader, isIdentity, readBackup } from '../cluster/backup.ts'
import { writesOfNote } from '../cluster/meta.ts'
import { keptOfRestored } from '../cluster/whole-shards.ts'
import { syncDirectory } from './sync-directory.ts'
import { UsageError } from './usage-error.ts'

export interface RestoreFlags {
  readonly data: string
  readonly sameNode?: boolean
}

export async function restore(file: string, { data, sameNode = false }: RestoreFlags): Promise<void> {
  const place = join(data, 'store')
  if (await exists(place))
    throw new UsageError(`${place} exists: restore into a directory without a store, or move that one aside`)
  const making = join(data, 'store.restoring')
  await mkdir(data, { recursive: true, mode: 0o700 })
  await rm(making, { recursive: true, force: true })
  let entries = 0
  try {
    const header = await fill(making, file, sameNode, count => {
      entries += count
    })
    await rename(making, place)
    await syncDirectory(data)
    const who = sameNode ? `as the node ${header.node}, which must not run elsewhere` : 'as a new node'
    const when = new Date(header.takenAtMs).toISOString()
    process.stdout.write(`${place} holds ${entries} records of a backup of ${when}; it starts ${who}\n`)
  } catch (error) {
    await rm(making, { recursive: true, force: true })
    throw error
  }
}

async function fill(
  directory: string,
  file: string,
  sameNode: boolean,
  written: (entries: number) => void
): Promise<BackupHeader> {
  const disk = new LevelDisk(directory)
  try {
    const header = await readBackup(createReadStream(file, { highWaterMark: 1024 * 1024 }), {
      async start({ hasIdentity }) {
        if (sameNode && !hasIdentity) {
          throw new UsageError(
            'this backup was made without the identity of its node ("shoal backup --with-identity"): restore it as a new node, without --same-node'
          )
        }
        await disk.open()
      },
      async entries(entries) {
        const kept = sameNode ? entries : entries.filter(({ key }) => !isIdentity(key))
        await disk.write(kept.map(({ key, value }) => ({ type: 'put', key, value })))
        written(kept.length)
      }
    })
    const { shards } = JSON.parse(header.disk) as { shards?: unknown }
    await disk.write(writesOfNote('holdings', keptOfRestored(Number(shards), sameNode)))
    return header
  } finally {
    await disk.close()
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
