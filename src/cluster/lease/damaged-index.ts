/** Whom index entries named that cannot be read any more, by the records themselves: each has the stamp under which the index names it. */
import type { DiskReader } from '../../ports/disk.ts'
import { isShoalError } from '../../ports/errors.ts'
import { pagesBySize } from '../shard-keys.ts'
import { actorOfRecordKey, decodeEntry, recordRange, stampOfKey } from './lease-layout.ts'
import type { Stamp } from './lineage.ts'

/** Goes through all records of the shard, where any key is asked for. */
export async function recordsAt(
  disk: DiskReader,
  shard: number,
  indexKeys: readonly Uint8Array[]
): Promise<ReadonlyMap<Uint8Array, string>> {
  const named = new Map<Uint8Array, string>()
  if (indexKeys.length === 0) return named
  const keyOf = new Map(indexKeys.map(key => [textOf(stampOfKey(key)), key]))
  for await (const page of pagesBySize(disk, recordRange(shard)))
    for (const { key, value } of page) {
      const actor = actorOfRecordKey(key)
      const stamp = stampOf(shard, actor, value)
      const indexKey = stamp === undefined ? undefined : keyOf.get(textOf(stamp))
      if (indexKey !== undefined) named.set(indexKey, actor)
    }
  return named
}

function stampOf(shard: number, actor: string, value: Uint8Array): Stamp | undefined {
  try {
    return decodeEntry(shard, actor, value)
  } catch (error) {
    if (isShoalError(error) && error.code === 'SHOAL_CORRUPT') return undefined
    throw error
  }
}

function textOf({ epoch, n }: Stamp): string {
  return `${epoch}:${n}`
}
