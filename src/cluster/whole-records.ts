/**
 * Whether a snapshot of the disk has all of a shard's records, before anything is said of those that are not in it: for whoever hears
 * that there is no such actor takes it for removed.
 */
import type { DiskReader } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import { checksumOf } from './sealed-record.ts'
import { pagesOf } from './shard-keys.ts'
import { readShard } from './shard-record.ts'
import { stateRange } from './storage-layout.ts'
import { isSameTally, noTally, type Tally, tallyWith } from './tally.ts'

/** Throws `SHOAL_CORRUPT`, retryable, where the shard's own record tells of others than there are. */
export async function assertWhole(reader: DiskReader, shard: number): Promise<void> {
  const told = readShard(reader, shard).tally
  let found = noTally
  for await (const page of pagesOf(reader, stateRange(shard))) {
    for (const { value } of page) found = tallyWith(found, checksumOf(value))
  }
  assertTold(shard, found, told)
}

/** Throws `SHOAL_CORRUPT`, retryable, where other records were found than the shard's own tells of. */
export function assertTold(shard: number, found: Tally, told: Tally): void {
  if (isSameTally(found, told)) return
  const message = `shard ${shard}: this disk has ${found.count} of ${told.count} records, or not the newest of them`
  throw new ShoalError('SHOAL_CORRUPT', message, { retryable: true })
}
