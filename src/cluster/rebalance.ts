/**
 * Brings the replicas to where the placement wants them.
 *
 * Gain: a node that is to store a shard fetches it until it has it whole (whole-shards.ts). Until then it takes pushes, counts in
 * no read, and sends calls to whoever has it.
 *
 * Lose: what this node is to store no more goes when others have all of it (shard-dropping.ts).
 *
 * What every member stores is fetched by the beacon; whether this node has it whole is found out when somebody wants to know.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { type Holdings, runsOf } from './holdings.ts'
import { type Placement, replicasOf } from './placement.ts'
import type { ReplicaSetsOptions } from './replica-sets.ts'
import { ShardDropping } from './shard-dropping.ts'
import type { ShardStore } from './shard-store.ts'
import { WholeShards } from './whole-shards.ts'
import { type Control, replicaCounts } from './wire.ts'

/** Longer than a leave takes. A member that said it leaves, and is there after that, has died or thought better of it. */
const adoptedForMs = 30_000

export interface RebalanceOptions extends ReplicaSetsOptions {
  /** The placement must have stayed as it is for so long before a shard is dropped, in milliseconds. @default 2000 */
  dropDelayMs?: number
  /** A node that waits for others for so long before a shard is whole says for whom, in milliseconds. @default 10000 */
  tellWaitingAfterMs?: number
  /** Time between two attempts to move what is not where it should be, in milliseconds. @default 250 */
  retryIntervalMs?: number
}

export interface RebalanceEvents {
  placement(): Placement
  /** This node has heard who else is a member, or found nobody. */
  isSettled(): boolean
  /** Present members, this node included. */
  present(): readonly PeerId[]
  /** Joined, and neither left nor forgotten, this node included: the home of what every member stores. */
  admitted(): readonly PeerId[]
  /** Everything of these shards that the peer has; resolves when it is on this disk. */
  pull(peer: PeerId, shards: readonly number[]): Promise<void>
  /** Answers whether the peer has said that all this node has of these shards is on its disk. */
  flush(peer: PeerId, shards: readonly number[]): Promise<boolean>
  send(peer: PeerId, message: Control): boolean
  links(): readonly PeerId[]
  /** Of an earlier life, what `keep` was given last. */
  readonly kept: string | undefined
  keep(text: string): void
  /** Calls may have another place to go to. */
  moved(): void
}

export class Rebalance {
  readonly #self: PeerId
  readonly #store: ShardStore
  readonly #holdings: Holdings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: RebalanceEvents
  readonly #options: Required<Omit<RebalanceOptions, keyof ReplicaSetsOptions>>
  /** Numbers of replicas that the kinds of this node have. */
  readonly #replicaCounts: ReadonlySet<number>
  readonly #fetched
  readonly #dropped
  readonly #stored
  readonly #unfinished
  readonly #whole: WholeShards
  readonly #dropping: ShardDropping
  /** Shards that members which leave have given to this node, and until when they are kept though those are still there. */
  readonly #adoptedUntilMs = new Map<number, number>()
  #changedMs = 0
  #waitingSinceMs: number | undefined
  #waitedFor = ''
  #timer: Timer | undefined
  #working = false
  #again = false
  #stopped = false

  constructor(
    parts: {
      self: PeerId
      store: ShardStore
      holdings: Holdings
      clock: Clock
      logger: Logger
      metrics: Metrics
      replicaCounts: Iterable<number>
      events: RebalanceEvents
    },
    options: RebalanceOptions = {}
  ) {
    this.#self = parts.self
    this.#store = parts.store
    this.#holdings = parts.holdings
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#replicaCounts = new Set(parts.replicaCounts)
    this.#whole = new WholeShards(parts.store.shardCount, text => parts.events.keep(text))
    const { self, store, holdings, events } = parts
    this.#dropping = new ShardDropping({
      self,
      store,
      holdings,
      events: {
        placement: () => events.placement(),
        flush: (peer, shards) => events.flush(peer, shards),
        isStopped: () => this.#stopped,
        isAdopted: shard => this.#isAdopted(shard),
        dropped: shard => {
          this.#whole.dropped(shard)
          this.#dropped.add()
        }
      }
    })
    this.#options = {
      dropDelayMs: options.dropDelayMs ?? 2000,
      tellWaitingAfterMs: options.tellWaitingAfterMs ?? 10_000,
      retryIntervalMs: options.retryIntervalMs ?? 250
    }
    this.#fetched = parts.metrics.counter(
      'shoal_rebalance_fetched_shards_total',
      'Shards that this node has fetched whole'
    )
    this.#dropped = parts.metrics.counter('shoal_rebalance_dropped_shards_total', 'Shards that this node has dropped')
    this.#unfinished = parts.metrics.gauge(
      'shoal_unfinished_shards',
      'Shards with a number of replicas that this node is to store, and has not fetched from enough others'
    )
    this.#stored = parts.metrics.gauge('shoal_stored_shards', 'Shards that this node stores')
  }

  /** The store is loaded. */
  start(): void {
    const maxShards = this.#store.shardCount * replicaCounts
    this.#whole.load(this.#events.kept, shard => this.#store.hosts(shard), maxShards)
    this.placed()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
  }

  /** Whether this node has all that it may be asked for of the shard. To ask for one that every member stores starts finding out. */
  isWhole(shard: number): boolean {
    if (!this.#store.hosts(shard) || !this.#store.isVerified(shard)) return false
    if (shard < this.#store.shardCount && this.#whole.wantEvery()) this.look()
    return this.#whole.has(shard)
  }

  /** The disk has lost something of the shard: it is whole again when it was fetched from enough others. */
  damaged(shard: number): void {
    this.#whole.damaged(shard)
    this.#tell()
    this.look()
  }

  /** This node was not counted on for a while, and others have acknowledged without it: nothing of it is whole. */
  readmitted(): void {
    this.#whole.forgotten(this.#store.hosted())
    this.#tell()
    this.look()
  }

  /** This node leaves: should it come back, it begins anew. */
  left(): void {
    this.#whole.left()
  }

  linked(peer: PeerId): void {
    this.#tell([peer])
    this.look()
  }

  receive(peer: PeerId, message: shoal.peer.IHoldings): void {
    this.#holdings.take(peer, message)
    this.look()
    this.#events.moved()
  }

  unlinked(peer: PeerId): void {
    this.#holdings.unlinked(peer)
    this.look()
  }

  placed(): void {
    this.#changedMs = this.#clock.elapsed()
    for (const shard of this.#adoptedUntilMs.keys()) if (this.#isMine(shard)) this.#adoptedUntilMs.delete(shard)
    if (this.#whole.met(this.#events.admitted().length)) this.#tell()
    this.look()
  }

  /**
   * A peer that is about to leave has these shards; some of them this node is to store then. Answers `false` where one of those goes from the disk
   * just now: it is here still, and will not be.
   */
  adopt(shards: readonly number[], placement: Placement): boolean {
    if (shards.some(shard => this.#dropping.isUnderWay(shard))) return false
    let hasNew = false
    for (const shard of shards) {
      if (!placement.storing(shard).includes(this.#self)) continue
      if (!this.#isMine(shard)) this.#adoptedUntilMs.set(shard, this.#clock.elapsed() + adoptedForMs)
      if (this.#store.hosts(shard)) continue
      this.#store.host(shard)
      hasNew = true
    }
    if (hasNew) this.#tell()
    return true
  }

  /** Compares what is stored with what should be, and moves what it can; again later, while there is something left. */
  look(): void {
    if (this.#stopped) return
    if (this.#working) {
      this.#again = true
      return
    }
    this.#working = true
    void this.#work().finally(() => {
      this.#working = false
      if (this.#again) {
        this.#again = false
        this.look()
      }
    })
  }

  async #work(): Promise<void> {
    try {
      const isNew = this.#host()
      const fetching = this.#fetching()
      this.#unfinished.set(fetching.length)
      if (isNew) this.#tell()
      if (fetching.length > 0 || this.#whole.isEverySought) {
        await this.#fetch(fetching)
        this.#complete(fetching)
      }
      await this.#drop()
    } catch (error) {
      this.#logger.debug('shards could not be moved yet', { err: error })
    }
    this.#stored.set(this.#store.hosted().length)
    this.#tellWaiting()
    this.#lookLater()
  }

  #lookLater(): void {
    this.#timer?.cancel()
    const isPlaced = this.#fetching().length === 0 && this.#dropping.surplus().length === 0
    const isDone = isPlaced && this.#adoptedUntilMs.size === 0 && !this.#whole.isEverySought
    if (isDone || this.#stopped) return
    this.#timer = this.#clock.after(this.#options.retryIntervalMs, () => this.look())
  }

  // ---- gaining ---------------------------------------------------------------------------------------------------------------

  /** All shards that have a number of replicas, and that this node is to store. */
  #wanted(): number[] {
    const counts = new Set(this.#holdings.replicaCounts())
    for (const count of this.#replicaCounts) counts.add(count)
    for (const shard of this.#store.hosted()) counts.add(replicasOf(shard, this.#store.shardCount))
    counts.delete(0)
    if (counts.size === 0) return []
    const placement = this.#events.placement()
    const wanted: number[] = []
    for (const count of [...counts].sort((a, b) => a - b)) {
      for (let slice = 0; slice < this.#store.shardCount; slice++) {
        const shard = count * this.#store.shardCount + slice
        if (placement.storing(shard).includes(this.#self)) wanted.push(shard)
      }
    }
    return wanted
  }

  /** Answers whether it is different from what it was. */
  #host(): boolean {
    const homes = new Set<number>()
    let isNew = false
    for (const shard of this.#wanted()) {
      if (!this.#store.hosts(shard)) {
        this.#store.host(shard)
        isNew = true
      }
      if (!this.#events.placement().home(shard).includes(this.#self)) continue
      homes.add(shard)
    }
    return this.#whole.homesAre(homes) || isNew
  }

  /** Shards that this node is to have whole, and has not. */
  #fetching(): number[] {
    return this.#store
      .hosted()
      .filter(shard => shard >= this.#store.shardCount && !this.#whole.has(shard))
      .filter(shard => this.#isMine(shard))
  }

  async #fetch(fetching: readonly number[]): Promise<void> {
    const others = this.#events.present().filter(peer => peer !== this.#self && this.#holdings.hasTold(peer))
    for (const peer of others) {
      const shards = fetching.filter(
        shard => this.#holdings.stores(peer, shard) && !this.#whole.hasFetched(shard, peer)
      )
      if (shards.length === 0 || this.#stopped || !(await this.#pull(peer, shards))) continue
      for (const shard of shards) this.#whole.fetched(shard, peer)
    }
    if (!this.#whole.isEverySought) return
    for (const peer of others) {
      if (this.#whole.hasFetchedEnough(this.#events.placement().home(0)) || this.#stopped) break
      if (this.#whole.hasFetchedEvery(peer)) continue
      const shards = this.#store.hosted().filter(shard => shard < this.#store.shardCount)
      if (await this.#pull(peer, shards)) this.#whole.fetchedEvery(peer)
    }
  }

  /** Answers whether it succeeded; else it is tried again. */
  async #pull(peer: PeerId, shards: readonly number[]): Promise<boolean> {
    try {
      await this.#events.pull(peer, shards)
      return true
    } catch (error) {
      this.#logger.debug('shards could not be fetched yet', { peer, err: error })
      return false
    }
  }

  #complete(fetching: readonly number[]): void {
    if (!this.#events.isSettled()) return
    const placement = this.#events.placement()
    const present = this.#events.present()
    const hasTold = (peer: PeerId) => peer === this.#self || this.#holdings.hasTold(peer)
    const hasAllTold = present.every(hasTold)
    const members = placement.home(0)
    const areAllKnown = members.every(hasTold)
    let hasNew = false
    for (const shard of hasAllTold ? fetching : []) {
      const storers = this.#holdings.storersOf(shard).filter(peer => present.includes(peer))
      if (!this.#whole.complete(shard, placement.home(shard), storers, areAllKnown)) continue
      this.#fetched.add()
      hasNew = true
    }
    if (this.#whole.completeEvery(members)) hasNew = true
    if (!hasNew) return
    this.#whole.completedAmong(members.length)
    this.#whole.keep()
    this.#tell()
    this.#events.moved()
  }

  /** Whoever cannot be fetched from keeps this node from being counted: an operator is to know who that is. */
  #tellWaiting(): void {
    const fetching = this.#fetching()
    this.#unfinished.set(fetching.length)
    if (fetching.length === 0) {
      this.#waitingSinceMs = undefined
      this.#waitedFor = ''
      return
    }
    this.#waitingSinceMs ??= this.#clock.elapsed()
    if (this.#clock.elapsed() - this.#waitingSinceMs < this.#options.tellWaitingAfterMs) return
    const peers = this.#waiting(fetching).join(', ')
    if (peers === this.#waitedFor) return
    this.#waitedFor = peers
    this.#logger.warn('shards here do not count yet: they are to be fetched from members that are not linked', {
      shards: fetching.length,
      members: peers
    })
  }

  /** Members without a link that are present, or in the homes of these shards, or all where there is one replica. */
  #waiting(fetching: readonly number[]): PeerId[] {
    const placement = this.#events.placement()
    const peers = new Set(this.#events.present())
    for (const shard of fetching) {
      const home = placement.home(shard)
      for (const peer of home.length > 1 ? home : placement.home(0)) peers.add(peer)
    }
    return [...peers].filter(peer => peer !== this.#self && !this.#holdings.hasTold(peer)).sort()
  }

  #isMine(shard: number): boolean {
    return this.#events.placement().storing(shard).includes(this.#self)
  }

  #isAdopted(shard: number): boolean {
    const untilMs = this.#adoptedUntilMs.get(shard)
    if (untilMs !== undefined && untilMs <= this.#clock.elapsed()) this.#adoptedUntilMs.delete(shard)
    return this.#adoptedUntilMs.has(shard)
  }

  // ---- losing ----------------------------------------------------------------------------------------------------------------

  async #drop(): Promise<void> {
    if (this.#clock.elapsed() - this.#changedMs < this.#options.dropDelayMs) return
    const dropped = await this.#dropping.drop()
    if (dropped === 0) return
    this.#logger.info('shards that others store now were dropped', { shards: dropped })
    this.#whole.keep()
    this.#tell()
  }

  // ---- telling ---------------------------------------------------------------------------------------------------------------

  /** What this node has, to these peers or all. */
  #tell(peers: readonly PeerId[] = this.#events.links()): void {
    const { shardCount } = this.#store
    const stored = runsOf(this.#store.hosted().filter(shard => shard >= shardCount))
    const whole = runsOf(this.#whole.numbered().filter(shard => this.#store.hosts(shard)))
    for (const peer of peers) this.#events.send(peer, { holdings: { stored, whole, everyShard: this.#whole.has(0) } })
  }
}
