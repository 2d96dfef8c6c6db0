/**
 * How many replicas each kind has, kept on the node's disk and compared at every start: its actors are in other shards where that
 * number is another, and the program would find none of them.
 */
import { readMeta, writeMeta } from '../../cluster/meta.ts'
import type { Disk } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'

/** Throws `SHOAL_BAD_CONFIGURATION`, and keeps nothing, where a kind had another number. 0: one on every node. */
export async function keepReplicas(disk: Disk, replicas: ReadonlyMap<string, number>): Promise<void> {
  const records: Record<string, string> = {}
  for (const [kind, count] of replicas) {
    const name = `replicas/${kind}`
    const stored = readMeta(disk, name)
    if (stored === String(count)) continue
    if (stored !== undefined) {
      const before = stored === '0' ? "'all'" : stored
      const message = `${kind}: its actors were stored with replication ${before}; that cannot change`
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', message)
    }
    records[name] = String(count)
  }
  if (Object.keys(records).length > 0) await writeMeta(disk, records)
}
