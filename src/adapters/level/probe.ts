/**
 * Whether a directory takes synced writes: a file is written, synced and removed again. LevelDB itself cannot be asked: after a
 * failed write it refuses all others until it is opened anew, and to open it, it needs room for what is in its log.
 */
import { open, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { ShoalError } from '../../ports/errors.ts'

/** What LevelDB may write when it opens: its write buffer as a table, and a new log and manifest. */
const probeBytes = 8 * 1024 * 1024
const chunkBytes = 1024 * 1024

/** Throws `SHOAL_DISK`, retryable, where the directory does not. */
export async function probeDirectory(directory: string): Promise<void> {
  const path = join(directory, 'probe')
  try {
    // Random enough not to be stored in less space than it has.
    const chunk = crypto.getRandomValues(new Uint8Array(65_536))
    const file = await open(path, 'w', 0o600)
    try {
      for (let bytes = 0; bytes < probeBytes; bytes += chunkBytes) {
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
