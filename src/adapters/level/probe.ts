/**
 * Whether a directory takes synced writes: a file is written, synced and removed again. LevelDB itself cannot be asked: after a
 * failed write it refuses all others until it is opened anew, and to open it, it needs room for what is in its log. It also needs room
 * for its first compaction, or that fills the disk at once again.
 */
import { open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ShoalError } from '../../ports/errors.ts'
import { reserveBytes, roomIn } from './room.ts'

const chunkBytes = 1024 * 1024

/** Throws `SHOAL_DISK`, retryable, where the directory does not. */
export async function probeDirectory(directory: string): Promise<void> {
  const path = join(directory, 'probe')
  try {
    const { freeBytes, neededBytes } = await roomIn(directory)
    if (freeBytes < neededBytes)
      throw new Error(
        `it has ${megabytes(freeBytes)} MB free, and its first compaction may need ${megabytes(neededBytes)}`
      )
    // Random enough not to be stored in less space than it has.
    const chunk = crypto.getRandomValues(new Uint8Array(65_536))
    const file = await open(path, 'w', 0o600)
    try {
      for (let bytes = 0; bytes < reserveBytes; bytes += chunkBytes) {
        await file.writev(Array.from({ length: chunkBytes / chunk.length }, () => chunk))
      }
      await file.sync()
    } finally {
      await file.close()
      await unlink(path)
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ShoalError('SHOAL_DISK', `${directory} takes no writes: ${reason}`, { retryable: true, cause })
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1)
}
