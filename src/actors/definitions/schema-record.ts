/**
 * The schema of each kind, kept on the node's disk and compared at every start.
 *
 * A state says of each field which type it is, so a field whose type changed would begin anew beside the old one, and the program
 * would find it empty without a word. Here is the word: the node does not start. Fields may come and go: those that are no longer
 * declared stay in the states, and their types stay on record.
 */
import { readMeta, writeMeta } from '../../cluster/meta.ts'
import { compareSchemas, type SchemaDescription } from '../../crdt/index.ts'
import type { Disk } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { AnyDefinition } from './definition.ts'
import { describeShape, wholeState } from './shape.ts'

/**
 * Compares each kind's schema with the one on disk, then keeps it. Throws `SHOAL_BAD_CONFIGURATION`, and keeps nothing, where a
 * field has another type than it had; `SHOAL_CORRUPT` where a record is none.
 */
export async function keepSchemas(disk: Disk, definitions: Iterable<AnyDefinition>, logger: Logger): Promise<void> {
  const records: Record<string, string> = {}
  for (const { kind, shape } of definitions) {
    const name = `schema/${kind}`
    const stored = readMeta(disk, name)
    const before = stored === undefined ? [] : parseRecord(stored, kind)
    const record = JSON.stringify(evolved(kind, before, describeShape(shape), logger))
    if (record !== stored) records[name] = record
  }
  if (Object.keys(records).length > 0) await writeMeta(disk, records)
}

/** All fields that the kind ever had. */
function evolved(kind: string, before: SchemaDescription, now: SchemaDescription, logger: Logger): SchemaDescription {
  const { changed, gone, union } = compareSchemas(before, now)
  const [change] = changed
  if (change !== undefined) {
    const what = change.field === wholeState ? 'its whole state' : `the field ${JSON.stringify(change.field)}`
    const others = changed.slice(1).map(({ field }) => JSON.stringify(field))
    const more = others.length === 0 ? '' : ` (and so with ${others.join(', ')})`
    throw refusal(kind, `${what} was stored as ${change.before} and is now declared as ${change.now}${more}`)
  }
  if (before.length > 0 && isWhole(before) !== isWhole(now)) {
    throw refusal(kind, `its state was stored as ${wordsOf(before)} and is now declared as ${wordsOf(now)}`)
  }
  if (gone.length > 0) logger.info('fields that the definition no longer has stay stored', { kind, fields: gone })
  return union
}

export function isWhole(description: SchemaDescription): boolean {
  return description.some(([field]) => field === wholeState)
}

export function wordsOf(description: SchemaDescription): string {
  const fields = description.map(([field, type]) => (field === wholeState ? `one ${type}` : JSON.stringify(field)))
  return isWhole(description) ? fields.join() : `fields: ${fields.slice(0, 8).join(', ')}`
}

function refusal(kind: string, what: string): ShoalError {
  const advice =
    'No stored value can be read as another type. Keep the old type, or give the new one a name of its own, as a field or in a ' +
    'new kind; the old values stay where they are, and a command can copy what is needed'
  return new ShoalError('SHOAL_BAD_CONFIGURATION', `kind ${kind}: ${what}. ${advice}`)
}

function parseRecord(stored: string, kind: string): SchemaDescription {
  const record = parsed(stored)
  if (!Array.isArray(record) || !record.every(isField)) {
    throw new ShoalError('SHOAL_CORRUPT', `the stored schema of the kind ${kind} is none; restore this node's data`)
  }
  return record
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isField(entry: unknown): entry is readonly [string, string] {
  return Array.isArray(entry) && entry.length === 2 && entry.every(part => typeof part === 'string')
}
