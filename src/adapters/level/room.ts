/**
 * Whether a disk has room for what LevelDB writes before it gives anything back. A compaction puts new tables beside the old ones and
 * takes these away only then: at most all of the store, and in one step seldom more than the tables that wait in its first level (four
 * of 4 MB), those of the second (10 MB), and as many again where writes come fast. Where that ends in a full disk, a compaction that
 * was to make room has taken the last of it.
 */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'

const mebibyte = 1024 * 1024
/** What LevelDB writes when it opens: its write buffer as a table, and a new log and manifest. */
export const reserveBytes = 8 * mebibyte
const largestStepBytes = 32 * mebibyte

export interface Room {
  readonly freeBytes: number
  readonly neededBytes: number
}

export async function roomIn(directory: string): Promise<Room> {
  const { bavail, blocks, bsize } = await statfs(directory)
  const step = Math.min(await bytesOfTables(directory), largestStepBytes)
  // Some file systems do not tell: what is full there shows by writes that fail.
  return { freeBytes: blocks === 0 ? Number.POSITIVE_INFINITY : bavail * bsize, neededBytes: reserveBytes + step }
}

async function bytesOfTables(directory: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(directory).catch(() => [])) {
    if (!/\.(ldb|sst)$/.test(name)) continue
    const file = await stat(join(directory, name)).catch(() => undefined)
    bytes += file?.size ?? 0
    if (bytes >= largestStepBytes) break
  }
  return bytes
}
