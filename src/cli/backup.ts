/**
 * `shoal backup --out FILE`: all that a running node has on its disk, as of now, streamed to this side of its door.
 *
 * The file is checked while it is written, and has its name only when it is whole and synced.
 */
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readBackup } from '../cluster/backup.ts'
import { download } from './door-client.ts'
import { syncDirectory } from './sync-directory.ts'
import { UsageError } from './usage-error.ts'

export interface BackupFlags {
  readonly http: URL
  readonly out: string
  readonly withIdentity?: boolean
}

export async function backup({ http, out, withIdentity = false }: BackupFlags): Promise<void> {
  const partial = `${out}.partial`
  const place = await open(out, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new UsageError(`${out} exists: give a new name`) : error
  })
  await place.close()
  try {
    // What a backup that was cut short has left may be somebody else's to read.
    await rm(partial, { force: true })
    const file = await open(partial, 'wx', 0o600)
    let [bytes, records] = [0, 0]
    try {
      const answer = await download(http, `/v1/backup${withIdentity ? '?identity=true' : ''}`)
      const kept = async function* () {
        for await (const chunk of answer as AsyncIterable<Uint8Array>) {
          // All of it: `write` may write less.
          await file.writeFile(chunk)
          bytes += chunk.length
          yield chunk
        }
      }
      await readBackup(kept(), {
        start() {},
        entries(entries) {
          records += entries.length
        }
      })
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, out)
    await syncDirectory(dirname(out))
    process.stdout.write(`${out}: ${records} records, ${bytes} bytes\n`)
  } catch (error) {
    await Promise.all([rm(partial, { force: true }), rm(out, { force: true })])
    throw error
  }
}
