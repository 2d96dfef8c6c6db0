/** The file that holds a cluster's key: one line, as src/cluster-key.ts has it, readable by its owner only. */
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { newClusterKey, parseClusterKey } from '../cluster-key.ts'
import { UsageError } from './usage-error.ts'

/** A key's line is 56 bytes; more than this is some other file. */
const maxFileBytes = 1024

export function parseKey(text: string, path: string): Uint8Array {
  try {
    return parseClusterKey(text)
  } catch (error) {
    throw new UsageError(`${path} holds ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

export interface ClusterKey {
  readonly key: Uint8Array
  /** Other users of this machine can read the file. */
  readonly isExposed: boolean
}

export async function readKey(path: string): Promise<ClusterKey> {
  try {
    const { size, mode } = await stat(path)
    if (size > maxFileBytes) throw new UsageError(`${path} is too long for a cluster key`)
    return { key: parseKey(await readFile(path, 'utf8'), path), isExposed: (mode & 0o077) !== 0 }
  } catch (error) {
    if (error instanceof UsageError) throw error
    const code = (error as NodeJS.ErrnoException).code
    const reason =
      code === 'ENOENT' ? 'there is no such file; "shoal keygen --out FILE" makes one' : String(code ?? error)
    throw new UsageError(`cluster key ${path}: ${reason}`, { cause: error })
  }
}

/** Writes a new key for its owner's eyes only. Never over a file that exists. */
export async function createKey(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const file = await open(path, 'wx', 0o600).catch(error => {
    const reason =
      error.code === 'EEXIST' ? 'is there already; a key is never overwritten' : `cannot be written: ${error.code}`
    throw new UsageError(`${path} ${reason}`, { cause: error })
  })
  try {
    await file.writeFile(`${newClusterKey()}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}
