/**
 * Which kinds are of `lease` mode, kept on the node's disk and compared at every start: actors of the two modes are kept apart, and a
 * program that turned a kind from one into the other would find none of them.
 */
import { readMeta, writeMeta } from '../../cluster/meta.ts'
import type { Disk } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { AnyDefinition } from './definition.ts'

/** Throws `SHOAL_BAD_CONFIGURATION`, and keeps nothing, where a kind was of another mode. Call it before `keepSchemas`. */
export async function keepPartitions(disk: Disk, definitions: Iterable<AnyDefinition>): Promise<void> {
  const records: Record<string, string> = {}
  for (const { kind, partition = 'merge' } of definitions) {
    const name = `partition/${kind}`
    const stored = readMeta(disk, name)
    // Only of leased kinds there is a record; of every kind that this disk has had there is a schema.
    const isKnown = stored !== undefined || readMeta(disk, `schema/${kind}`) !== undefined
    const before = stored ?? 'merge'
    if (isKnown && before !== partition) {
      const message = `${kind}: its actors were stored with partition '${before}'; that cannot change. A new kind can have another`
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', message)
    }
    if (stored === undefined && partition === 'lease') records[name] = partition
  }
  if (Object.keys(records).length > 0) await writeMeta(disk, records)
}
