/**
 * Which lease shards this node serves: it opens one when it is the ring's owner and a call comes, and lets go of it, step by step, when it
 * is the owner no more.
 *
 * A hand-off is: start no handler, let those that run end, have all they did accepted, release; then the next owner opens. Each step may
 * be done again from either side. While another node holds the shard and is not there, callers are told so at once.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { ClaimedInVain, HeldElsewhere, Unlinked } from '../../cluster/lease/epoch-opening.ts'
import type { Lease } from '../../cluster/lease/lease.ts'
import type { Leases } from '../../cluster/lease/leases.ts'
import { Turns } from '../../cluster/lease/turns.ts'
import { isGone } from '../../cluster/member-record.ts'
import { Pauses } from '../../cluster/pauses.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import { Holding, type LeasedMemory, leasedMemory, NotServed } from './lease-holding.ts'
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

/** Somebody wants a shard that is not open here yet. */
interface Opening {
  wantedMs: number
  /** What callers are told at once. */
  refusal: NotServed | undefined
  readonly waiting: Set<PromiseWithResolvers<Holding | NotServed | undefined>>
  /** Up to which epoch owners have said that they have let go. Of each the store is asked once more, at once. */
  releasedEpoch: number
  /** Ends the wait for the owner. */
  wake: () => void
}

const retryMs = 25
/** While its holder is there and lets go of it; each time twice as long. */
const maxRetryMs = 100
/** Each try asks the store first. */
const linkRetryMs = 100
/** Handlers of a shard that changes hands are waited for so long. */
const maxDrainMs = 1000
/** Shards that this node opens anew, with other replicas: the rest of them is served meanwhile. */
const maxRenewalsAtOnce = 16
/** How long a new replica is waited for, that it has everything before it counts as one. */
const maxTeachMs = 3000
/** Calls to what nobody serves any more come within that time. */
const renewAfterMs = 100

export class LeaseHoldings {
  readonly #parts: HoldingsParts
  readonly #held = new Map<number, Holding>()
  readonly #memory: LeasedMemory
  readonly #openings = new Map<number, Opening>()
  readonly #pauses: Pauses
  readonly #handOffs = new Map<number, Promise<void>>()
  readonly #renewals = new Turns(maxRenewalsAtOnce)
  readonly #toRenew = new Map<number, Promise<void>>()
  readonly #sets: LeaseSets
  readonly #tending: LeaseTending
  readonly #startedMs: number
  readonly #opened
  readonly #handedOff
  readonly #lost
  readonly #cached
  readonly #shards
  #isSealed = false
  #isStopped = false

  constructor(parts: HoldingsParts) {
    this.#parts = parts
    const { cluster, leases, clock, logger, metrics, self, replicas } = parts
    this.#pauses = new Pauses(clock)
    this.#memory = leasedMemory(parts.maxActors)
    this.#sets = new LeaseSets(cluster, self, replicas)
    this.#tending = new LeaseTending({
      ...{ cluster, leases, sets: this.#sets, clock, logger, metrics, self },
      isMine: shard => this.#isMine(shard),
      open: shard => this.#tend(shard)
    })
    this.#startedMs = parts.clock.elapsed()
    leases.onReleased((shard, epoch) => this.#released(shard, epoch))
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
   * another node holds it that is not there.
   */
  async holding(shard: number, deadlineMs: number): Promise<Holding | NotServed | undefined> {
    const known = this.#held.get(shard)
    if (known !== undefined && !known.isOver) return known
    if (!this.#isMine(shard)) return undefined
    const { clock } = this.#parts
    const opening = this.#openings.get(shard) ?? this.#open(shard)
    opening.wantedMs = clock.elapsed()
    if (opening.refusal !== undefined) return opening.refusal
    const wait = Promise.withResolvers<Holding | NotServed | undefined>()
    opening.waiting.add(wait)
    // What lets nobody serve is told at once. The rest passes, and may take a busy machine longer than a lease.
    const timer = clock.after(Math.max(0, deadlineMs - clock.elapsed()), () =>
      wait.resolve(new NotServed('it is not open here yet'))
    )
    try {
      return await wait.promise
    } finally {
      opening.waiting.delete(wait)
      timer.cancel()
    }
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
    this.#pauses.stop()
    for (const opening of this.#openings.values()) for (const wait of opening.waiting) wait.resolve(undefined)
  }

  // ---- opening ---------------------------------------------------------------------------------------------------------------

  #isMine(shard: number): boolean {
    const { ownership } = this.#parts.cluster
    return !this.#isSealed && !this.#isStopped && ownership.isSettled && ownership.owner(shard) === this.#parts.self
  }

  #open(shard: number): Opening {
    const wantedMs = this.#parts.clock.elapsed()
    const opening: Opening = { wantedMs, refusal: undefined, waiting: new Set(), releasedEpoch: 0, wake() {} }
    this.#openings.set(shard, opening)
    void this.#tryToOpen(shard, opening)
    return opening
  }

  /** Opens it with the replicas that it should have now. */
  async #tend(shard: number): Promise<void> {
    const known = this.#held.get(shard)
    if (known === undefined || known.isOver) {
      const { clock, leaseMs } = this.#parts
      await this.holding(shard, clock.elapsed() + leaseMs)
    } else if (this.#sets.isPoor(known.lease.set)) await this.#renew(shard)
  }

  async #tryToOpen(shard: number, opening: Opening): Promise<void> {
    const { clock, leases, leaseMs } = this.#parts
    let holding: Holding | undefined
    let pauseMs = retryMs
    let heededEpoch = 0
    while (this.#isMine(shard) && (opening.waiting.size > 0 || clock.elapsed() - opening.wantedMs <= 2 * leaseMs)) {
      await this.#handOffs.get(shard)
      try {
        holding = this.#hold(await leases.open(shard, this.#sets.setFor(shard)))
        break
      } catch (error) {
        opening.refusal = this.#refusal(error)
        if (opening.refusal !== undefined) for (const wait of opening.waiting) wait.resolve(opening.refusal)
        if (error instanceof HeldElsewhere && heededEpoch < error.epoch && error.epoch <= opening.releasedEpoch) {
          heededEpoch = error.epoch
        } else if (error instanceof HeldElsewhere) {
          const isWaited = opening.refusal === undefined
          const isOver = await this.#whenOver(error.holder, opening, isWaited ? pauseMs : leaseMs / 2)
          // Then it can only be a moment.
          if (isOver) opening.refusal = undefined
          pauseMs = Math.min(pauseMs * 2, this.#isAlive(error.holder) ? maxRetryMs : leaseMs / 4)
        } else if (opening.refusal === undefined)
          await this.#pauses.pause(error instanceof Unlinked ? linkRetryMs : retryMs)
        else await this.#pauses.pause(error instanceof ClaimedInVain ? leaseMs : leaseMs / 20)
      }
    }
    this.#openings.delete(shard)
    for (const wait of opening.waiting) wait.resolve(holding)
    // The ring, or the members, may have changed meanwhile.
    if (holding !== undefined) this.#reconsider(holding)
  }

  /** Resolves to `true` when the holder's session is over, or it is there again, or has let go, as it says. */
  async #whenOver(holder: PeerId, opening: Opening, atMostMs: number): Promise<boolean> {
    const released = new Promise<boolean>(resolve => {
      opening.wake = () => resolve(true)
    })
    return Promise.race([this.#parts.leases.whenOver(holder, atMostMs), released])
  }

  #released(shard: number, epoch: number): void {
    const opening = this.#openings.get(shard)
    if (opening === undefined || epoch <= opening.releasedEpoch) return
    opening.releasedEpoch = epoch
    opening.wake()
  }

  #isAlive(peer: PeerId): boolean {
    return this.#parts.cluster.membership.alive().includes(peer)
  }

  /** `undefined`: it can only be a moment. */
  #refusal(error: unknown): NotServed | undefined {
    const { cluster, clock, leaseMs, logger } = this.#parts
    if (error instanceof HeldElsewhere) {
      const holder = cluster.membership.member(error.holder)
      if (holder !== undefined && !isGone(holder)) return undefined
      return new NotServed(`${error.holder} holds its lease, and is not there`, error)
    }
    if (isShoalError(error) && error.code === 'SHOAL_NOT_OWNER') return undefined
    // Between members that are there a link is only a moment away.
    const alive = error instanceof Unlinked ? cluster.membership.alive() : []
    if (error instanceof Unlinked && error.peers.every(peer => alive.includes(peer))) return undefined
    // A session takes a moment to begin, and so do links.
    if (clock.elapsed() - this.#startedMs < leaseMs) return undefined
    logger.debug('a lease shard could not be opened', { err: error })
    const needs = error instanceof ClaimedInVain ? error.needs : undefined
    return new NotServed(needs ?? 'it cannot be opened here now', error)
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
    else if (this.#sets.isPoor(lease.set)) void this.#renew(lease.shard)
  }

  /** Hands the shard off to this node itself, with other replicas. Resolves when it is open, or could not be opened for a while. */
  #renew(shard: number): Promise<void> {
    const known = this.#toRenew.get(shard)
    if (known !== undefined) return known
    const dueMs = this.#parts.clock.elapsed() + renewAfterMs
    const renewed = this.#renewals
      .take(async () => {
        await this.#othersFirst(dueMs)
        const holding = this.#held.get(shard)
        if (holding === undefined || !this.#isMine(shard) || !this.#sets.isPoor(holding.lease.set)) return
        await this.#taught(holding)
        if (holding.isOver) return
        // Who was not there may be back.
        if (!this.#sets.isPoor(holding.lease.set)) return holding.lease.teach([])
        await this.#handOff(holding)
        const { clock, leaseMs } = this.#parts
        if (this.#isMine(shard)) await this.holding(shard, clock.elapsed() + leaseMs)
      })
      .finally(() => this.#toRenew.delete(shard))
    this.#toRenew.set(shard, renewed)
    return renewed
  }

  /**
   * Its new replicas have everything before they count: who never had anything has no vote, and with the loss of one that has a shard would be
   * shut. One that is not filled for so long has to do as it is.
   */
  async #taught({ lease }: Holding): Promise<void> {
    const { clock } = this.#parts
    const newcomers = this.#sets.setFor(lease.shard).filter(peer => !lease.set.includes(peer))
    const endMs = clock.elapsed() + maxTeachMs
    lease.teach(newcomers)
    while (!this.#isStopped && lease.isValid() && clock.elapsed() < endMs && !lease.hasTaught(newcomers))
      await this.#pauses.pause(retryMs)
  }

  /** What nobody serves, and somebody wants, goes before what is served and is to have other replicas. */
  async #othersFirst(dueMs: number): Promise<void> {
    const { clock, leaseMs } = this.#parts
    const endMs = clock.elapsed() + leaseMs / 2
    const isWanted = () =>
      [...this.#openings].some(([shard, { waiting }]) => waiting.size > 0 && !this.#toRenew.has(shard))
    for (;;) {
      const nowMs = clock.elapsed()
      if (this.#isStopped || nowMs >= endMs || (nowMs >= dueMs && !isWanted())) return
      await this.#pauses.pause(retryMs)
    }
  }

  #handOff(holding: Holding): Promise<void> {
    const { shard } = holding.lease
    const underWay = this.#handOffs.get(shard)
    if (underWay !== undefined) return underWay
    const handOff = this.#release(holding).finally(() => {
      this.#handOffs.delete(shard)
      // It was to have other replicas, and has to, though nobody calls.
      if (this.#isMine(shard) && !this.#openings.has(shard)) this.#open(shard)
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
