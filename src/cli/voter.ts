/**
 * `shoal voter --data DIR`: the name of a node as a voter of the lease store. `--export` and `--import` move the registers to other voters:
 * see src/cluster/lease/votes-file.ts.
 */
import { open, readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { voterNameOf } from '../node-identity.ts'
import { syncDirectory } from './sync-directory.ts'
import { UsageError } from './usage-error.ts'

export interface VoterFlags {
  readonly data: string
  readonly export?: string
  readonly import?: readonly string[]
}

export async function voter({ data, export: out, import: files }: VoterFlags): Promise<void> {
  if (out !== undefined && files !== undefined) throw new UsageError('--export and --import are two steps')
  if (out !== undefined) {
    await voterNameOf(data, { give: votes => keep(out, votes) })
    process.stdout.write(`${out} has its votes, and it votes no more; --import makes it another voter\n`)
    return
  }
  const taken = files === undefined ? {} : { taken: await Promise.all(files.map(file => readFile(file))) }
  process.stdout.write(`${await voterNameOf(data, taken)}\n`)
}

async function keep(path: string, votes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new UsageError(`${path} exists: give a new name`) : error
  })
  try {
    await file.writeFile(votes)
    await file.sync()
  } finally {
    await file.close()
  }
  await syncDirectory(dirname(path))
}
