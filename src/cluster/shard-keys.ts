/** Everything that a disk has of a shard, found and paged through. */
import { after, type DiskEntry, type DiskReader } from '../ports/disk.ts'
import { everyShardRecord, everyState, type KeyRange, shardOfKey, stateRange } from './storage-layout.ts'

const pageEntries = 512

/** The entries of a range, page by page. */
export async function* pagesOf(
  reader: DiskReader,
  { gte, lt }: KeyRange,
  limit = pageEntries
): AsyncGenerator<DiskEntry[]> {
  let from = gte
  for (;;) {
    const page = await reader.range({ gte: from, lt, limit })
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    if (page.length < limit) return
    from = after(last.key)
  }
}

const pageBytes = 1024 * 1024
const maxPageEntries = 4096

/** The same in pages of about a megabyte, or of a few entries where those are larger. */
export async function* pagesBySize(reader: DiskReader, { gte, lt }: KeyRange): AsyncGenerator<DiskEntry[]> {
  let from = gte
  let limit = 16
  for (;;) {
    const page = await reader.range({ gte: from, lt, limit })
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    from = after(last.key)
    const bytes = page.reduce((sum, { key, value }) => sum + key.length + value.length, 0)
    limit = Math.max(1, Math.min(maxPageEntries, Math.floor((page.length * pageBytes) / (bytes + 1))))
  }
}

/** The shards of which a disk has actors, whatever it has of their records. */
export async function shardsWithActors(reader: DiskReader): Promise<Set<number>> {
  const shards = new Set<number>()
  let { gte } = everyState
  for (;;) {
    const [entry] = await reader.range({ gte, lt: everyState.lt, limit: 1 })
    if (entry === undefined) return shards
    const shard = shardOfKey(entry.key)
    if (shard !== undefined) shards.add(shard)
    gte = shard === undefined ? after(entry.key) : stateRange(shard).lt
  }
}

/** The records of all shards on a disk, unread. */
export async function readShardRecords(reader: DiskReader): Promise<Map<number, Uint8Array>> {
  const records = new Map<number, Uint8Array>()
  for await (const page of pagesOf(reader, everyShardRecord)) {
    for (const { key, value } of page) {
      const shard = shardOfKey(key)
      if (shard !== undefined) records.set(shard, value)
    }
  }
  return records
}
