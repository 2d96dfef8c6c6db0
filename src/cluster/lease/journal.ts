/**
 * All replicas of lease shards that a node has, and their way to its disk: one synced batch at a time carries all that changed.
 *
 * Nobody is told of a promise or an acceptance before `stored` says that it is on the disk.
 */
import type { Clock } from '../../ports/clock.ts'
import type { Disk, DiskWrite } from '../../ports/disk.ts'
import type { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import { GroupCommit } from '../group-commit.ts'
import { pagesBySize, pagesOf } from '../shard-keys.ts'
import {
  decodeAside,
  decodeHead,
  everyAside,
  everyHead,
  type Head,
  indexRange,
  type NamedEntry,
  recordRange,
  shardOfLeaseKey,
  stampOfKey
} from './lease-layout.ts'
import { mendHeads } from './lost-memory.ts'
import { Replica } from './replica.ts'

export interface JournalParts {
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  /** What this replica had when the batch was made is on the disk. */
  stored(replica: Replica): void
  /** A record of it was not what was written: it counts for nothing, and cannot be the owner's. */
  damaged(replica: Replica, error: ShoalError): void
  failed(error: ShoalError): void
}

/** Per shard. What else a cut excludes is counted and lost. */
const maxSetAside = 1024

/** Excluded by a later epoch. */
export interface SetAsideEntry extends NamedEntry {
  readonly shard: number
}

export class Journal {
  readonly #parts: JournalParts
  readonly #commits: GroupCommit
  readonly #replicas = new Map<number, Replica>()
  /** As they were when it was loaded. */
  readonly #setAsideCounts = new Map<number, number>()
  #changed = new Set<Replica>()
  readonly #setAside

  constructor(parts: JournalParts) {
    this.#parts = parts
    const { disk, clock, metrics } = parts
    this.#setAside = metrics.counter(
      'shoal_lease_set_aside_total',
      'Entries of lease shards that a later epoch has excluded'
    )
    this.#commits = new GroupCommit({
      disk,
      clock,
      metrics,
      source: {
        hasChanges: () => this.#changed.size > 0,
        collect: () => this.#collect(),
        failed: error => parts.failed(error)
      }
    })
  }

  async load(): Promise<void> {
    const { disk, logger } = this.#parts
    await mendHeads(disk, logger)
    const counts = this.#setAsideCounts
    for await (const page of pagesOf(disk, everyAside))
      for (const { key } of page) counts.set(shardOfLeaseKey(key), (counts.get(shardOfLeaseKey(key)) ?? 0) + 1)
    for await (const page of pagesOf(disk, everyHead)) {
      for (const { key, value } of page) {
        const shard = shardOfLeaseKey(key)
        this.#replicas.set(shard, this.#make(shard, decodeHead(shard, value)))
      }
    }
  }

  /** Made at its first mention. */
  replica(shard: number): Replica {
    const known = this.#replicas.get(shard)
    if (known !== undefined) return known
    const replica = this.#make(shard)
    this.#replicas.set(shard, replica)
    return replica
  }

  replicas(): Iterable<Replica> {
    return [...this.#replicas.values()]
  }

  async hasRecords(shard: number): Promise<boolean> {
    const { disk } = this.#parts
    for (const range of [indexRange(shard), recordRange(shard)])
      if ((await disk.range({ ...range, limit: 1 })).length > 0) return true
    return false
  }

  /**
   * Takes all away that the replica has, but for its promise. Nothing may reach it meanwhile. `false`: not yet, or not all. Its records go
   * first: what the index does not name is never missed, and is not to be found beside what comes later.
   */
  async remove(replica: Replica, isStopped: () => boolean): Promise<boolean> {
    const { disk } = this.#parts
    if (!replica.empty()) return false
    await this.durable()
    for (const pages of [pagesBySize(disk, recordRange(replica.shard)), pagesOf(disk, indexRange(replica.shard))])
      for await (const page of pages) {
        if (isStopped()) return false
        await disk.write(page.map(({ key }) => ({ type: 'del', key })))
      }
    return true
  }

  /** Resolves when all that changed so far is on the disk. */
  durable(): Promise<void> {
    return this.#commits.durable()
  }

  /** What cuts have excluded here: for whoever wants to know what became of a write that was never acknowledged. */
  async *setAside(): AsyncGenerator<SetAsideEntry> {
    const { disk, logger } = this.#parts
    for await (const page of pagesBySize(disk, everyAside)) {
      for (const { key, value } of page) {
        const shard = shardOfLeaseKey(key)
        let entry: NamedEntry
        try {
          entry = decodeAside(shard, stampOfKey(key), value)
        } catch (error) {
          // It is of use to people only: the others are to be seen.
          logger.warn('an entry that was set aside cannot be read', { shard, err: error })
          continue
        }
        yield { shard, ...entry }
      }
    }
  }

  close(): Promise<void> {
    return this.#commits.close()
  }

  #make(shard: number, head?: Head): Replica {
    const { disk, logger } = this.#parts
    const parts = {
      disk,
      shard,
      maxSetAside,
      changed: (replica: Replica) => {
        this.#commits.assertUsable()
        this.#changed.add(replica)
        this.#commits.changed()
      },
      damaged: (replica: Replica, error: ShoalError) => {
        logger.error('a replica of a lease shard is damaged, and counts for nothing until an owner has filled it', {
          shard,
          err: error
        })
        this.#parts.damaged(replica, error)
      },
      setAside: (_: Replica, { actor, epoch, n }: NamedEntry) => {
        this.#setAside.add()
        logger.warn('an entry that no acknowledgement rests on was excluded by a later epoch, and is set aside', {
          shard,
          actor,
          epoch,
          n
        })
      }
    }
    return new Replica(parts, head, this.#setAsideCounts.get(shard))
  }

  #collect(): { batch: DiskWrite[]; written(): void } {
    const batch: DiskWrite[] = []
    const replicas = this.#changed
    this.#changed = new Set()
    for (const replica of replicas) replica.collect(batch)
    const written = () => {
      for (const replica of replicas) replica.written()
      for (const replica of replicas) this.#parts.stored(replica)
    }
    return { batch, written }
  }
}
