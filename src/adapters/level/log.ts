/**
 * Whether LevelDB's log has lost a batch in its midst. LevelDB skips what fails its checksum there, with all that is left of its 32 KiB,
 * goes on behind it, and says nothing: writes that were acknowledged are gone, and newer ones are there.
 *
 * What fails at the end may be a batch that was being written when the process or the machine died, and no loss: each is synced before
 * the next one begins. So a loss is what fails before the beginning of another batch. Format: doc/log_format.md of LevelDB.
 *
 * Each batch says, too, with which number its writes begin: a log whose batches are older than those of the log before it is not where
 * it belongs. LevelDB replays logs in the order of their names, and `get` would find what is older.
 */
import { readFile } from 'node:fs/promises'
import { maskedCrc32c } from './crc32c.ts'

const blockBytes = 32 * 1024
/** Of each piece: its checksum in four bytes, its length in two, its type in one. */
const headerBytes = 7
/** All of a batch, or its beginning. */
const beginnings: ReadonlySet<number> = new Set([1, 2])
const lastType = 4
/** All of a record, or its end. */
const ends: ReadonlySet<number> = new Set([1, 4])
/** At the beginning of a batch. */
const numberBytes = 8

/** What a look at a log finds. */
export interface LogReport {
  readonly hasHole: boolean
  /** With which numbers its batches begin, the first and the last; none where it has none that can be read. */
  readonly numbers: { readonly first: bigint; readonly last: bigint } | undefined
}

export async function lookAtLog(path: string): Promise<LogReport> {
  const log = await readFile(path)
  let hasFailed = false
  let hasHole = false
  let numbers: LogReport['numbers']
  for (let start = 0; start < log.length; start += blockBytes) {
    const block = log.subarray(start, start + blockBytes)
    let at = 0
    while (block.length - at >= headerBytes) {
      const length = block.readUInt16LE(at + 4)
      const type = block[at + 6] ?? 0
      const end = at + headerBytes + length
      if (type === 0 || end > block.length) {
        hasFailed = true
        break
      }
      const isIntact = type <= lastType && maskedCrc32c(block.subarray(at + 6, end)) === block.readUInt32LE(at)
      if (isIntact && beginnings.has(type)) {
        hasHole ||= hasFailed
        if (length >= numberBytes) {
          const last = block.readBigUInt64LE(at + headerBytes)
          numbers = { first: numbers?.first ?? last, last }
        }
      }
      hasFailed ||= !isIntact
      at = end
    }
  }
  return { hasHole, numbers }
}

/** All records of a file in the form of a log. None where anything in it is not in order, be it that its end is cut off. */
export function recordsOfLog(log: Buffer): Uint8Array[] | undefined {
  const records: Uint8Array[] = []
  const pieces: Uint8Array[] = []
  for (let start = 0; start < log.length; start += blockBytes) {
    const block = log.subarray(start, start + blockBytes)
    let at = 0
    while (block.length - at >= headerBytes) {
      const end = at + headerBytes + block.readUInt16LE(at + 4)
      const type = block[at + 6] ?? 0
      const isIntact = end <= block.length && maskedCrc32c(block.subarray(at + 6, end)) === block.readUInt32LE(at)
      if (!isIntact || beginnings.has(type) !== (pieces.length === 0)) return undefined
      pieces.push(block.subarray(at + headerBytes, end))
      if (ends.has(type)) records.push(Buffer.concat(pieces.splice(0)))
      at = end
    }
    if (block.length < blockBytes && at < block.length) return undefined
  }
  return pieces.length === 0 ? records : undefined
}
