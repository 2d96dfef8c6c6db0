/**
 * Lease shards that nobody calls keep as many replicas as those that somebody does: the ring's owner looks for those whose last opened set
 * names a member that left, was forgotten or has long been dead, and opens them, which moves the set.
 *
 * All of it is read from the lease store by one request now and then, and soon after the members have changed. A node that leaves goes on
 * until no shard's last opened set names it: until then its disk is one of those that a majority needs.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { EarliestTimer } from '../../cluster/earliest-timer.ts'
import type { OwnershipRecord } from '../../cluster/lease/lease-registers.ts'
import type { Leases } from '../../cluster/lease/leases.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { LeaseSets } from './lease-sets.ts'

export interface LeaseTendingParts {
  readonly cluster: Cluster
  readonly leases: Leases
  readonly sets: LeaseSets
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly self: PeerId
  /** This node is to own the shard, as far as it knows. */
  isMine(shard: number): boolean
  /** Opens it, with another set where it is open. Resolves when that is done, or could not be done for a while. */
  open(shard: number): Promise<void>
}

const lookIntervalMs = 60_000
/** After a look that found something to do, or failed; twice as long each time. */
const retryMs = 2000
/** Members come and go together; and not all nodes ask the store at one moment. */
const settleMs = 100
const settlePerMemberMs = 10
const minIntervalMs = 1000
const maxAtOnce = 8
/** How long a node that leaves waits while no shard is opened without it. */
const leavePatienceMs = 8000
const leaveDeadlineMs = 20_000
const leavePollMs = 200

export class LeaseTending {
  readonly #parts: LeaseTendingParts
  readonly #looks: EarliestTimer
  readonly #thin
  #admitted: readonly PeerId[] | undefined
  #alive: readonly PeerId[] | undefined
  #lookedMs = Number.NEGATIVE_INFINITY
  #retryMs = retryMs
  #isLooking = false
  #isAgain = false
  #isStopped = false
  #lost = ''

  constructor(parts: LeaseTendingParts) {
    this.#parts = parts
    this.#looks = new EarliestTimer(parts.clock, () => void this.#go())
    this.#thin = parts.metrics.gauge(
      'shoal_lease_thin_shards',
      'Lease shards that this node is to open with other replicas, and has not opened yet'
    )
  }

  start(): void {
    this.#looks.in(lookIntervalMs)
  }

  viewChanged(): void {
    const { cluster, clock, self } = this.#parts
    const admitted = cluster.membership.admitted()
    const alive = cluster.membership.alive()
    if (admitted === this.#admitted && alive === this.#alive) return
    this.#admitted = admitted
    this.#alive = alive
    this.#retryMs = retryMs
    const settledMs = settleMs + settlePerMemberMs * Math.max(0, admitted.indexOf(self))
    this.#looks.in(Math.max(settledMs, this.#lookedMs + minIntervalMs - clock.elapsed()))
  }

  stop(): void {
    this.#isStopped = true
    this.#looks.stop()
  }

  /** After the farewell. Answers whether every shard was opened without this node, so that its disk may go. */
  async left(): Promise<boolean> {
    const { clock, cluster, logger, self } = this.#parts
    this.stop()
    const endMs = clock.elapsed() + leaveDeadlineMs
    let least = Number.POSITIVE_INFINITY
    let patientMs = clock.elapsed() + leavePatienceMs
    for (;;) {
      const shards = await this.#shardsOf(self)
      if (shards?.length === 0) return true
      const nowMs = clock.elapsed()
      if (shards !== undefined && shards.length < least) {
        least = shards.length
        patientMs = nowMs + leavePatienceMs
      }
      const isAlone = cluster.membership.alive().every(peer => peer === self)
      if (isAlone || nowMs >= Math.min(endMs, patientMs)) {
        logger.error('this node leaves, and others still need its replicas of lease shards: keep its data', { shards })
        return false
      }
      await new Promise<void>(resolve => clock.after(leavePollMs, resolve))
    }
  }

  /** Shards of whose last opened set the node is, or may be; `undefined`: the store does not say. */
  async #shardsOf(node: PeerId): Promise<number[] | undefined> {
    try {
      const { known, unreadable } = await this.#parts.leases.records()
      // Of what cannot be read nobody knows whose disk it needs.
      const needed = [...known].filter(([, { opened }]) => opened.set.includes(node))
      return [...needed.map(([shard]) => shard), ...unreadable]
    } catch (error) {
      this.#parts.logger.debug('the lease store does not say who stores what', { err: error })
      return undefined
    }
  }

  async #go(): Promise<void> {
    if (this.#isLooking) {
      this.#isAgain = true
      return
    }
    this.#isLooking = true
    this.#isAgain = false
    let isDone = false
    try {
      isDone = await this.#look()
    } catch (error) {
      this.#parts.logger.debug('the lease store does not say who stores what', { err: error })
    } finally {
      this.#isLooking = false
    }
    if (isDone) this.#retryMs = retryMs
    if (this.#isAgain) this.#looks.in(minIntervalMs)
    this.#looks.in(isDone ? lookIntervalMs : this.#retryMs)
    if (!isDone) this.#retryMs = Math.min(lookIntervalMs, this.#retryMs * 2)
  }

  /** Answers whether there was nothing to do. */
  async #look(): Promise<boolean> {
    const { cluster, leases, clock, sets, self, isMine, open } = this.#parts
    if (!cluster.ownership.isSettled) return false
    this.#lookedMs = clock.elapsed()
    const { known } = await leases.records()
    const thin = this.#thinOf(known, isMine)
    this.#thin.set(thin.length)
    const todo = thin.filter(([, { opened }]) => sets.canBeAsked(opened.set)).map(([shard]) => shard)
    this.#tellLost(thin.flatMap(([shard]) => (todo.includes(shard) ? [] : [shard])))
    const turns = todo.values()
    const work = async () => {
      for (const shard of turns) if (!this.#isStopped) await open(shard)
    }
    await Promise.all(Array.from({ length: maxAtOnce }, work))
    const isWanted = (shard: number) => sets.setFor(shard, cluster.ownership.owner(shard)).includes(self)
    if (!this.#isStopped) await leases.dropReplaced(known, isWanted)
    return thin.length === 0
  }

  #thinOf(records: ReadonlyMap<number, OwnershipRecord>, isMine: (shard: number) => boolean) {
    return [...records].filter(
      ([shard, { opened }]) => opened.epoch > 0 && isMine(shard) && this.#parts.sets.isPoorForLong(opened.set)
    )
  }

  /** Nobody can open these: an operator is to know. */
  #tellLost(shards: readonly number[]): void {
    const text = shards.join()
    if (text !== this.#lost && text !== '')
      this.#parts.logger.error('lease shards have lost a majority of their replicas, and cannot be opened', { shards })
    this.#lost = text
  }
}
