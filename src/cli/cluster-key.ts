/**
 * The file that holds a cluster's key: one line, `shoal-key-1:` and 32 bytes in base64url.
 *
 * Whoever has the key can join the cluster and read and write everything in it. The prefix says what the line is, and tells a
 * truncated or foreign file from a key.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { UsageError } from './usage-error.ts'

const prefix = 'shoal-key-1:'
const keyBytes = 32
/** A key's line is 56 bytes; more than this is some other file. */
const maxFileBytes = 1024

export function newKey(): string {
  return prefix + randomBytes(keyBytes).toString('base64url')
}

export function parseKey(text: string, path: string): Uint8Array {
  const line = text.trim()
  if (!line.startsWith(prefix)) {
    throw new UsageError(
      `${path} holds no cluster key: its one line starts with ${prefix}; "shoal keygen" prints a new one`
    )
  }
  const encoded = line.slice(prefix.length)
  const key = Buffer.from(encoded, 'base64url')
  // Comparing with the canonical form finds what Buffer.from passes over: other characters, and a second line.
  if (key.length !== keyBytes || key.toString('base64url') !== encoded) {
    throw new UsageError(
      `${path} holds a damaged cluster key: after ${prefix} come 43 characters of base64url, nothing else`
    )
  }
  return new Uint8Array(key)
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
    await file.writeFile(`${newKey()}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}
