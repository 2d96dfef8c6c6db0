/**
 * Drops replicas of lease shards whose place others have taken: what this node has of a shard of which it was one of the replicas once.
 *
 * A claimant asks the replicas of the epoch that was opened last, of whom a majority had everything before it was opened. So a node that is
 * none of them, nor of those that the last claim is to have, is asked by nobody, once it has promised that claim. What it has promised it
 * keeps, and is then as one that never had anything: test/models/epochs.model.ts.
 */
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Journal } from './journal.ts'
import type { OwnershipRecord } from './lease-registers.ts'
import type { LeaseShard } from './lease-shard.ts'
import type { Replica } from './replica.ts'

export interface ReplicaDroppingParts {
  readonly self: PeerId
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly journal: Journal
  shard(number: number): LeaseShard
  /** This node owns it, or is about to. */
  isInUse(number: number): boolean
}

/** Until then an operator may want it, and members that come and go may bring it back. */
const dropAfterMs = 10 * 60_000

export class ReplicaDropping {
  readonly #parts: ReplicaDroppingParts
  readonly #dropped
  /** Since when they are of no use, by number. */
  readonly #sinceMs = new Map<number, number>()
  #underWay: Promise<number> | undefined
  #isStopped = false

  constructor(parts: ReplicaDroppingParts) {
    this.#parts = parts
    this.#dropped = parts.metrics.counter(
      'shoal_lease_dropped_total',
      'Replicas of lease shards that this node has dropped, since others store them'
    )
  }

  /**
   * By what the lease store has said, however long ago. `isWanted`: this node would be one of the replicas if the shard were opened now. Answers
   * how many are gone, and never rejects.
   */
  look(
    records: ReadonlyMap<number, OwnershipRecord>,
    isWanted: (shard: number) => boolean,
    afterMs = dropAfterMs
  ): Promise<number> {
    this.#underWay ??= this.#look(records, isWanted, afterMs).finally(() => {
      this.#underWay = undefined
    })
    return this.#underWay
  }

  /** Resolves when the disk is let be. What was begun is gone on with after the next start. */
  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#underWay
  }

  async #look(
    records: ReadonlyMap<number, OwnershipRecord>,
    isWanted: (shard: number) => boolean,
    afterMs: number
  ): Promise<number> {
    const { clock, journal, logger } = this.#parts
    let dropped = 0
    for (const replica of journal.replicas()) {
      const { shard } = replica
      const record = records.get(shard)
      if (record === undefined || isWanted(shard) || !this.#isReplaced(replica, record)) {
        this.#sinceMs.delete(shard)
        continue
      }
      const sinceMs = this.#sinceMs.get(shard) ?? clock.elapsed()
      this.#sinceMs.set(shard, sinceMs)
      if (clock.elapsed() - sinceMs < afterMs) continue
      try {
        if (await this.#drop(replica, record)) dropped++
      } catch (error) {
        logger.warn('a replica of a lease shard could not be dropped yet', { shard, err: error })
      }
      if (this.#isStopped) break
    }
    return dropped
  }

  #isReplaced(replica: Replica, { epoch, set, opened }: OwnershipRecord): boolean {
    const { self } = this.#parts
    // A store that was set back may speak of less than this disk has.
    const isLater = opened.epoch > replica.newest.epoch && epoch >= replica.promise
    return isLater && !opened.set.includes(self) && !set.includes(self)
  }

  async #drop(replica: Replica, { epoch }: OwnershipRecord): Promise<boolean> {
    const { journal, logger, isInUse } = this.#parts
    const { shard } = replica
    if (!(await journal.hasRecords(shard)) || isInUse(shard)) return false
    const isGone = await this.#parts.shard(shard).drop(epoch, () => this.#isStopped)
    if (!isGone) return false
    this.#sinceMs.delete(shard)
    this.#dropped.add()
    logger.info('a replica of a lease shard that others store is dropped', { shard })
    return true
  }
}
