/**
 * Removes all that a disk has of a shard. A note says which, from the first batch to the last: what a process that ends meanwhile has
 * left is removed at the next start, and is not taken for a shard that has lost its record.
 */
import type { Disk, DiskWrite } from '../ports/disk.ts'
import { readMeta, writesOfNote } from './meta.ts'
import { pagesOf } from './shard-keys.ts'
import { endedRecordKey, metaKeys, shardRecordKey, stateRange, wholeIndexRange } from './storage-layout.ts'

const note = 'removing'

/** One at a time. */
export async function removeShard(disk: Disk, shard: number): Promise<void> {
  await disk.write([...deletes([shardRecordKey(shard), endedRecordKey(shard)]), ...writesOfNote(note, String(shard))])
  for (const range of [wholeIndexRange(shard), stateRange(shard)]) {
    for await (const page of pagesOf(disk, range)) await disk.write(deletes(page.map(({ key }) => key)))
  }
  await disk.write(deletes(metaKeys(note)))
}

/** At the start. */
export async function finishRemoval(disk: Disk): Promise<void> {
  const shard = readMeta(disk, note)
  if (shard !== undefined) await removeShard(disk, Number(shard))
}

function deletes(keys: readonly Uint8Array[]): DiskWrite[] {
  return keys.map(key => ({ type: 'del', key }))
}
