/**
 * Which lease shards this node serves: it opens one when it is the ring's owner and a call comes (`lease-openings.ts`), and lets go of it, step
 * by step, when it is the owner no more; also to open it anew with other replicas (`lease-renewals.ts`).
 *
 * A hand-off is: start no handler, let those that run end, have all they did accepted, release; then the next owner opens. Each step may
 * be done again from either side. While another node holds the shard and is not there, callers are told so at once.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Lease } from '../../cluster/lease/lease.ts'
import type { Leases } from '../../cluster/lease/leases.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import { Holding, type LeasedMemory, leasedMemory, type NotServed } from './lease-holding.ts'
import { LeaseOpenings } from './lease-openings.ts'
import { LeaseRenewals } from './lease-renewals.ts'
import { LeaseSets } from './lease-sets.ts'
import { LeaseTending } from './lease-tending.ts'

export interface HoldingsParts {
  readonly cluster: Cluster
  readonly leases: Leases
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly self: PeerId
  /** Nodes that store a shard, where there are so many. */
  readonly replicas: number
  readonly leaseMs: number
  /** That are in memory though nothing holds them. */
  readonly maxActors: number
  /** A shard was opened here. */
  opened(holding: Holding): void
}

/** Handlers of a shard that changes hands are waited for so long. */
const maxDrainMs = 1000

export class LeaseHoldings {
  readonly #parts: HoldingsParts
  readonly #held = new Map<number, Holding>()
  readonly #memory: LeasedMemory
  readonly #openings: LeaseOpenings
  readonly #handOffs = new Map<number, Promise<void>>()
  readonly #renewals: LeaseRenewals
  readonly #sets: LeaseSets
  readonly #tending: LeaseTending
  readonly #opened
  readonly #handedOff
  readonly #lost
  readonly #cached
  readonly #shards
  #isSealed = false
  #isStopped = false

  constructor(parts: HoldingsParts) {
    this.#parts = parts
    const { cluster, leases, clock, logger, metrics, self, replicas, leaseMs } = parts
    this.#memory = leasedMemory(parts.maxActors)
    this.#sets = new LeaseSets(cluster, self, replicas)
    this.#tending = new LeaseTending({
      ...{ cluster, leases, sets: this.#sets, clock, logger, metrics, self },
      isMine: shard => this.#isMine(shard),
      open: shard => this.#tend(shard)
    })
    const isMine = (shard: number) => this.#isMine(shard)
    this.#openings = new LeaseOpenings({
      ...{ cluster, leases, sets: this.#sets, clock, logger, leaseMs, isMine },
      handOff: shard => this.#handOffs.get(shard),
      opened: lease => this.#hold(lease),
      reconsider: holding => this.#reconsider(holding)
    })
    this.#renewals = new LeaseRenewals({
      ...{ clock, leaseMs, sets: this.#sets, isMine },
      held: shard => this.#held.get(shard),
      holding: (shard, deadlineMs) => this.holding(shard, deadlineMs),
      handOff: holding => this.#handOff(holding),
      isAnyWanted: but => this.#openings.isAnyWanted(but)
    })
    this.#opened = parts.metrics.counter('shoal_lease_opened_total', 'Epochs of lease shards that this node opened')
    this.#handedOff = parts.metrics.counter('shoal_lease_handed_off_total', 'Lease shards that this node has released')
    this.#lost = parts.metrics.counter(
      'shoal_lease_lost_total',
      'Lease shards that this node owned and was fenced from'
    )
    this.#cached = parts.metrics.gauge('shoal_lease_cached_actors', 'Actors of lease kinds in memory')
    this.#shards = parts.metrics.gauge('shoal_lease_open_shards', 'Lease shards that this node holds')
  }

  /**
   * What this node has of the shard; `undefined`: another is to have it. `NotServed`: nobody serves it now, which is told at once where
   * another node holds it that is not there. `full`: too many wait until it is open.
   */
  async holding(shard: number, deadlineMs: number): Promise<Holding | NotServed | 'full' | undefined> {
    const known = this.#held.get(shard)
    if (known !== undefined && !known.isOver) return known
    if (!this.#isMine(shard)) return undefined
    return this.#openings.wait(shard, deadlineMs)
  }

  /** Drops actors from memory that nobody has used for so long, and what there is too much of. */
  passivate(afterMs: (name: string) => number): void {
    const nowMs = this.#parts.clock.elapsed()
    for (const holding of this.#held.values()) holding.passivate(nowMs, afterMs)
    this.#memory.trim()
    this.#cached.set(this.#memory.size)
  }

  /** All that is open here. */
  held(): Iterable<Holding> {
    return this.#held.values()
  }

  /** Whether this node serves the shard now. */
  isOpen(shard: number): boolean {
    const holding = this.#held.get(shard)
    return holding !== undefined && !holding.isOver && holding.lease.isValid()
  }

  /** Who stores the shard where this node holds it, or else who is to, by this node's view. */
  setOf(shard: number): readonly PeerId[] {
    return this.#held.get(shard)?.lease.set ?? this.#sets.setFor(shard, this.#parts.cluster.ownership.owner(shard))
  }

  start(): void {
    this.#tending.viewChanged()
  }

  viewChanged(): void {
    this.#tending.viewChanged()
    for (const holding of this.#held.values()) this.#reconsider(holding)
  }

  /** Opens nothing any more, lets what runs end in all that is open, for as long as that may take at most, and gives up all of it at once. */
  async leave(): Promise<void> {
    const { clock, leases, leaseMs } = this.#parts
    this.#isSealed = true
    leases.seal()
    this.viewChanged()
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = clock.after(leaseMs, resolve)
    await Promise.race([Promise.allSettled(this.#handOffs.values()), late])
    timer.cancel()
    await leases.end()
  }

  /** After the farewell. Answers whether the others have opened all without this node, so that its disk may go. */
  left(): Promise<boolean> {
    return this.#tending.left()
  }

  stop(): void {
    this.#isStopped = true
    this.#tending.stop()
    this.#renewals.stop()
    this.#openings.stop()
  }

  // ---- opening ---------------------------------------------------------------------------------------------------------------

  #isMine(shard: number): boolean {
    const { ownership } = this.#parts.cluster
    return !this.#isSealed && !this.#isStopped && ownership.isSettled && ownership.owner(shard) === this.#parts.self
  }

  /** Opens it with the replicas that it should have now. */
  async #tend(shard: number): Promise<void> {
    const known = this.#held.get(shard)
    if (known === undefined || known.isOver) {
      const { clock, leaseMs } = this.#parts
      await this.holding(shard, clock.elapsed() + leaseMs)
    } else if (this.#sets.isPoor(known.lease.set)) await this.#renewals.renew(shard)
  }

  #hold(lease: Lease): Holding {
    const { shard } = lease
    const holding = new Holding(lease, this.#memory)
    this.#held.set(shard, holding)
    this.#opened.add()
    this.#shards.set(this.#held.size)
    void lease.fenced.then(why => {
      holding.isFenced = true
      if (!holding.isSealed) {
        this.#lost.add()
        this.#parts.logger.warn('a lease shard is held here no more', { shard, epoch: lease.epoch, err: why })
      }
      this.#drop(holding)
    })
    this.#parts.opened(holding)
    return holding
  }

  // ---- letting go ------------------------------------------------------------------------------------------------------------

  /** By the view as it is now. */
  #reconsider({ lease }: Holding): void {
    const holding = this.#held.get(lease.shard)
    if (holding === undefined) return
    if (!this.#isMine(lease.shard)) void this.#handOff(holding)
    else if (this.#sets.isPoor(lease.set)) void this.#renewals.renew(lease.shard)
  }

  #handOff(holding: Holding): Promise<void> {
    const { shard } = holding.lease
    const underWay = this.#handOffs.get(shard)
    if (underWay !== undefined) return underWay
    const handOff = this.#release(holding).finally(() => {
      this.#handOffs.delete(shard)
      // It was to have other replicas, and has to, though nobody calls.
      if (this.#isMine(shard) && !this.#openings.has(shard)) this.#openings.begin(shard)
    })
    this.#handOffs.set(shard, handOff)
    return handOff
  }

  async #release(holding: Holding): Promise<void> {
    const { lease } = holding
    const { clock, leases, leaseMs } = this.#parts
    // All actors of the shard wait for it.
    const timer = clock.after(Math.min(maxDrainMs, leaseMs / 4), () => holding.giveUp())
    await holding.seal()
    timer.cancel()
    try {
      await lease.release(this.#isMine(lease.shard))
      this.#handedOff.add()
      const next = this.#parts.cluster.ownership.owner(lease.shard)
      if (next !== undefined && next !== this.#parts.self) leases.tellReleased(lease.shard, lease.epoch, next)
    } catch (error) {
      this.#parts.logger.debug('a lease shard is yet to be released', { shard: lease.shard, err: error })
    }
    this.#drop(holding)
  }

  #drop(holding: Holding): void {
    const { shard } = holding.lease
    if (this.#held.get(shard) === holding) this.#held.delete(shard)
    holding.leaveMemory()
    this.#shards.set(this.#held.size)
  }
}
