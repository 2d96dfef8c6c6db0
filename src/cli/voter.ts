/**
 * `shoal voter --data DIR`: the name of a node as a voter of the lease store. `--export` and `--import` move the registers to other voters:
 * see src/cluster/lease/votes-file.ts.
 */
import { type FileHandle, open, readFile, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { voterNameOf } from '../node-identity.ts'
import { syncDirectory } from './sync-directory.ts'
import { UsageError } from './usage-error.ts'

export interface VoterFlags {
  readonly data: string
  readonly export?: string
  readonly import?: readonly string[]
}

function damaged(what: string): void {
  process.stderr.write(
    `shoal: files of the store were damaged, and have been put in order; it is none of the voters that it was: ${what}\n`
  )
}

export async function voter({ data, export: out, import: files }: VoterFlags): Promise<void> {
  if (out !== undefined && files !== undefined) throw new UsageError('--export and --import are two steps')
  if (out !== undefined) {
    await using file = await fileFor(out)
    let isGiven = false
    try {
      await voterNameOf(data, {
        damaged,
        give: async votes => {
          isGiven = true
          await file.writeFile(votes)
          await file.sync()
          await syncDirectory(dirname(out))
        }
      })
    } catch (error) {
      await rm(out, { force: true })
      if (isGiven) process.stderr.write('shoal: its votes could not be written, and it votes no more: export again\n')
      throw error
    }
    process.stdout.write(`${out} has its votes, and it votes no more; --import makes it another voter\n`)
    return
  }
  const taken = files === undefined ? {} : { taken: await Promise.all(files.map(file => readFile(file))) }
  process.stdout.write(`${await voterNameOf(data, { ...taken, damaged })}\n`)
}

/** Before anything is given: a place that cannot be written must not cost a vote. */
function fileFor(path: string): Promise<FileHandle> {
  return open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EEXIST' ? new UsageError(`${path} exists: give a new name`) : error
  })
}
