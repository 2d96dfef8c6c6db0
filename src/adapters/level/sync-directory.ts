/** Has the names in a directory survive a crash of the machine, as far as its system can: Windows and some network mounts refuse it. */
import { open } from 'node:fs/promises'

const refusals = new Set(['EINVAL', 'EPERM', 'EISDIR', 'ENOTSUP'])

export async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path)
    await directory.sync().finally(() => directory.close())
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (typeof code !== 'string' || !refusals.has(code)) throw error
  }
}
