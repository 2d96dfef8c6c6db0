/**
 * Tables that a compaction had written as the disk filled up. LevelDB leaves them where they are after a failed write, as it cannot
 * know what of its manifest has reached the disk, until it is opened anew: for which a full disk has no room. The manifest says it: what it
 * names nowhere, no start will miss. Where one bit of it is not in order, nothing is taken away: a repair would use every table.
 *
 * Format: doc/log_format.md and db/version_edit.cc of LevelDB.
 */
import { readdirSync, readFileSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { recordsOfLog } from './log.ts'
import { Varints } from './varints.ts'

/** Call it when the store has been closed, and before another process can have it. Answers how many went. */
export function removeLeftovers(directory: string): number {
  // In this order: a table that somebody makes after the first look is not among these.
  const tables = readdirSync(directory).filter(name => /^\d+\.(ldb|sst)$/.test(name))
  const named = tablesNamedIn(directory)
  const leftovers = named === undefined ? [] : tables.filter(name => !named.has(Number.parseInt(name, 10)))
  for (const name of leftovers) unlinkSync(join(directory, name))
  return leftovers.length
}

/** Numbers of all tables that the manifest says were ever added. */
function tablesNamedIn(directory: string): ReadonlySet<number> | undefined {
  const current = readFileSync(join(directory, 'CURRENT'), 'utf8').trim()
  if (!/^MANIFEST-\d+$/.test(current)) return undefined
  const records = recordsOfLog(readFileSync(join(directory, current)))
  if (records === undefined) return undefined
  const named = new Set<number>()
  for (const record of records) {
    if (!addTables(record, named)) return undefined
  }
  return named
}

/** Reads one edit of the list of tables. `false`: it is of a form that is not known here. */
function addTables(record: Uint8Array, named: Set<number>): boolean {
  const reader = new Varints(record)
  const skip = () => {
    const bytes = reader.next()
    reader.at += bytes
  }
  const fields: Record<number, () => void> = {
    // The comparator, and numbers of logs, of the next file and of the last write.
    1: skip,
    2: () => reader.next(),
    3: () => reader.next(),
    4: () => reader.next(),
    9: () => reader.next(),
    // Where the next compaction of a level begins.
    5: () => {
      reader.next()
      skip()
    },
    // A table that went: its level and number.
    6: () => {
      reader.next()
      reader.next()
    },
    // One that came: level, number, size, first and last key.
    7: () => {
      reader.next()
      named.add(reader.next())
      reader.next()
      skip()
      skip()
    }
  }
  while (reader.at < record.length) {
    const field = fields[reader.next()]
    if (field === undefined) return false
    field()
  }
  return reader.at === record.length
}
