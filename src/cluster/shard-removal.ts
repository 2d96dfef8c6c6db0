/**
 * Removes all that a node has of a shard, in memory and on its disk. A note on the disk says which, from the first batch to the last: what a
 * process that ends meanwhile has left is removed at the next start, and is not taken for a shard that has lost its record.
 */
import type { Disk, DiskWrite } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { ActorCache } from './actor-cache.ts'
import type { CheckedReads } from './checked-reads.ts'
import type { GroupCommit } from './group-commit.ts'
import type { KnownRecords } from './known-records.ts'
import { readMeta, writesOfNote } from './meta.ts'
import { pagesOf } from './shard-keys.ts'
import type { ShardLedger } from './shard-ledger.ts'
import type { ShardTrust } from './shard-trust.ts'
import { endedRecordKey, metaKeys, shardRecordKey, stateRange, wholeIndexRange } from './storage-layout.ts'

const note = 'removing'

export class ShardRemoval {
  readonly #disk: Disk
  readonly #ledger: ShardLedger
  readonly #trust: ShardTrust
  readonly #known: KnownRecords
  readonly #reads: CheckedReads
  readonly #actors: ActorCache
  readonly #groupCommit: GroupCommit

  constructor(parts: {
    disk: Disk
    ledger: ShardLedger
    trust: ShardTrust
    known: KnownRecords
    reads: CheckedReads
    actors: ActorCache
    groupCommit: GroupCommit
  }) {
    this.#disk = parts.disk
    this.#ledger = parts.ledger
    this.#trust = parts.trust
    this.#known = parts.known
    this.#reads = parts.reads
    this.#actors = parts.actors
    this.#groupCommit = parts.groupCommit
  }

  /**
   * This node stores the shard no more, unless it is another than this version by now, or somebody uses an actor of it. Answers
   * whether it was dropped, when nothing of it is on the disk; nobody may host it before that.
   */
  async drop(shard: number, version: number): Promise<boolean> {
    const resume = await this.#groupCommit.pause()
    try {
      const durable = this.#ledger.durable(shard)
      const isUsed = this.#actors.ofShard(shard).some(actor => actor.pins > 0)
      if (durable.version !== version || !durable.isSettled || isUsed) return false
      this.#ledger.remove(shard)
      this.#actors.removeShard(shard)
      this.#known.remove(shard)
      this.#reads.forgetDoubts(shard)
      this.#trust.dropped(shard)
      await this.#removeFromDisk(shard)
      return true
    } finally {
      resume()
    }
  }

  async #removeFromDisk(shard: number): Promise<void> {
    try {
      await removeFromDisk(this.#disk, shard)
    } catch (cause) {
      // Nobody knows what is left of it, so this incarnation must not store it again; the next one looks.
      const failure = new ShoalError('SHOAL_DISK', `shard ${shard} could not be removed from the disk`, { cause })
      this.#groupCommit.fail(failure)
      throw failure
    }
  }
}

/** One at a time. */
async function removeFromDisk(disk: Disk, shard: number): Promise<void> {
  await disk.write([...deletes([shardRecordKey(shard), endedRecordKey(shard)]), ...writesOfNote(note, String(shard))])
  for (const range of [wholeIndexRange(shard), stateRange(shard)]) {
    for await (const page of pagesOf(disk, range)) await disk.write(deletes(page.map(({ key }) => key)))
  }
  await disk.write(deletes(metaKeys(note)))
}

/** At the start. */
export async function finishRemoval(disk: Disk): Promise<void> {
  const shard = readMeta(disk, note)
  if (shard !== undefined) await removeFromDisk(disk, Number(shard))
}

function deletes(keys: readonly Uint8Array[]): DiskWrite[] {
  return keys.map(key => ({ type: 'del', key }))
}
