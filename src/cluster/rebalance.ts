/**
 * Brings the replicas to where the placement wants them.
 *
 * Gain: a node that is to store a shard fetches it until it has it whole (shard-fetching.ts, whole-shards.ts). Until then it takes pushes, counts in
 * no read, and sends calls to whoever has it.
 *
 * Lose: what a node is to store no more it drops when the others have it (shard-dropping.ts).
 *
 * Count: a member of a shard's home makes majorities once it has asked enough others (shard-counting.ts).
 *
 * What every member stores is fetched by the beacon; whether this node has it whole is found out when somebody wants to know.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { type Holdings, runsOf } from './holdings.ts'
import type { HomeView, ViewMember } from './home-views.ts'
import { type Placement, replicasOf } from './placement.ts'
import type { ReplicaSetsOptions } from './replica-sets.ts'
import { ShardCounting } from './shard-counting.ts'
import { ShardDropping } from './shard-dropping.ts'
import { ShardFetching } from './shard-fetching.ts'
import type { ShardStore } from './shard-store.ts'
import { WholeShards } from './whole-shards.ts'
import { type Control, replicaCounts } from './wire.ts'

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
  /** Everything of these shards that the peer has; resolves when it is on this disk. */
  pull(peer: PeerId, shards: readonly number[]): Promise<void>
  /** Answers whether the peer has said that all this node has of these shards is on its disk. */
  flush(peer: PeerId, shards: readonly number[]): Promise<boolean>
  send(peer: PeerId, message: Control): boolean
  links(): readonly PeerId[]
  /** Of an earlier life, what `keep` was given last. */
  readonly kept: string | undefined
  /** The disk knows of an earlier life of this node. */
  readonly hasEarlierLife: boolean
  /** Resolves when it is on disk. */
  keep(text: string): Promise<void>
  /** Joined, and neither left nor forgotten, this node included: by id. */
  admitted(): readonly ViewMember[]
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
  readonly #counting: ShardCounting
  #wholeText: string | undefined
  readonly #fetching: ShardFetching
  readonly #dropping: ShardDropping
  #changedMs = 0
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
    this.#whole = new WholeShards(parts.store.shardCount, text => {
      this.#wholeText = text
      this.#keep().catch(error => this.#logger.warn('a note could not be kept on disk', { err: error }))
    })
    this.#counting = new ShardCounting({
      self: parts.self,
      store: parts.store,
      holdings: parts.holdings,
      clock: parts.clock,
      logger: parts.logger,
      events: {
        admitted: () => this.#events.admitted(),
        replicaCounts: () => this.#counts(),
        pull: (peer, shards) => this.#events.pull(peer, shards),
        keep: () => this.#keep(),
        tell: () => this.#tell(),
        look: () => this.look()
      }
    })
    this.#options = {
      dropDelayMs: options.dropDelayMs ?? 2000,
      tellWaitingAfterMs: options.tellWaitingAfterMs ?? 10_000,
      retryIntervalMs: options.retryIntervalMs ?? 250
    }
    const isStopped = () => this.#stopped
    const { self, store, holdings, clock, logger } = parts
    const { tellWaitingAfterMs } = this.#options
    this.#fetching = new ShardFetching({
      self,
      store,
      holdings,
      whole: this.#whole,
      clock,
      logger,
      events: { ...parts.events, isStopped },
      tellWaitingAfterMs
    })
    this.#dropping = new ShardDropping({ self, store, holdings, events: { ...parts.events, isStopped } })
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
    this.#wholeText = this.#events.kept
    this.#whole.load(this.#wholeText, shard => this.#store.hosts(shard), maxShards)
    this.#counting.load(keptCounting(this.#wholeText), this.#whole.lossy)
    // Its disk may have kept less than it had said.
    if (this.#wholeText === undefined && this.#events.hasEarlierLife) this.#counting.weakenAll()
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

  /** This node's word counts for the shard in majorities of replicated kinds, in the view that it is in. */
  counts(shard: number): boolean {
    return this.#store.hosts(shard) && this.#counting.counts(shard)
  }

  /** The members by which majorities of replicated kinds are counted here; none while they change. */
  get view(): HomeView | undefined {
    return this.#counting.view
  }

  /** The disk has lost something of the shard: it is whole again when it was fetched from enough others. */
  damaged(shard: number): void {
    this.#counting.weaken([shard])
    this.#whole.damaged(shard)
    this.#tell()
    this.look()
  }

  /** This node was not counted on for a while, and others have acknowledged without it: nothing of it is whole. */
  readmitted(): void {
    this.#counting.weakenAll()
    this.#whole.forgotten(this.#store.hosted())
    this.#tell()
    this.look()
  }

  /** This node leaves: should it come back, it begins anew. */
  left(): void {
    this.#counting.forget()
    this.#whole.left()
  }

  linked(peer: PeerId): void {
    this.#tell([peer])
    this.look()
  }

  receive(peer: PeerId, message: shoal.peer.IHoldings): void {
    this.#holdings.take(peer, message)
    this.#counting.changed()
    if (message.seeks === true) this.#counting.want()
    this.look()
    this.#events.moved()
  }

  unlinked(peer: PeerId): void {
    this.#holdings.unlinked(peer)
    this.#counting.changed()
    this.look()
  }

  placed(): void {
    this.#changedMs = this.#clock.elapsed()
    this.#counting.changed()
    if (this.#whole.met(this.#events.placement().home(0).length)) this.#tell()
    this.look()
  }

  /** A peer that is about to leave has these shards; some of them this node is to store then. */
  adopt(shards: readonly number[], placement: Placement): void {
    let hasNew = false
    for (const shard of shards) {
      if (this.#store.hosts(shard) || this.#dropping.has(shard) || !placement.storing(shard).includes(this.#self))
        continue
      this.#store.host(shard)
      hasNew = true
    }
    if (hasNew) this.#tell()
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
      const fetching = this.#unwhole()
      if (isNew) this.#tell()
      if (fetching.length > 0 || this.#whole.isEverySought) {
        await this.#fetching.fetch(fetching)
        this.#complete(fetching)
      }
      await this.#count()
      await this.#drop()
    } catch (error) {
      this.#logger.debug('shards could not be moved yet', { err: error })
    }
    this.#stored.set(this.#store.hosted().length)
    const unwhole = this.#unwhole()
    this.#unfinished.set(unwhole.length)
    this.#fetching.tellWaiting(unwhole)
    this.#lookLater()
  }

  #lookLater(): void {
    this.#timer?.cancel()
    const isDone =
      this.#unwhole().length === 0 &&
      this.#dropping.surplus().length === 0 &&
      !this.#whole.isEverySought &&
      !this.#counting.isUnfinished
    if (isDone || this.#stopped) return
    this.#timer = this.#clock.after(this.#options.retryIntervalMs, () => this.look())
  }

  // ---- gaining ---------------------------------------------------------------------------------------------------------------

  /** The numbers of replicas that any kinds have. */
  #counts(): Set<number> {
    const counts = this.#holdings.replicaCounts()
    for (const count of this.#replicaCounts) counts.add(count)
    for (const shard of this.#store.hosted()) counts.add(replicasOf(shard, this.#store.shardCount))
    counts.delete(0)
    return counts
  }

  /** All shards that have a number of replicas, and that this node is to store. */
  #wanted(): number[] {
    const counts = this.#counts()
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
    const placement = this.#events.placement()
    const homes = new Set<number>()
    let isNew = false
    for (const shard of this.#wanted()) {
      if (!this.#store.hosts(shard)) {
        this.#store.host(shard)
        isNew = true
      }
      if (!placement.home(shard).includes(this.#self)) continue
      homes.add(shard)
    }
    return this.#whole.homesAre(homes) || isNew
  }

  /** Shards that this node is to have whole, and has not. */
  #unwhole(): number[] {
    const placement = this.#events.placement()
    return this.#store
      .hosted()
      .filter(shard => shard >= this.#store.shardCount && !this.#whole.has(shard))
      .filter(shard => placement.storing(shard).includes(this.#self))
  }

  #complete(fetching: readonly number[]): void {
    if (!this.#events.isSettled()) return
    const { shards, hasNew } = this.#fetching.complete(fetching)
    this.#fetched.add(shards)
    if (!hasNew) return
    this.#whole.keep()
    this.#tell()
    this.#events.moved()
  }

  /** Who counts has all that it may be asked for, also where those that it could not fetch from are many. */
  async #count(): Promise<void> {
    if (!this.#events.isSettled() || !(await this.#counting.step())) return
    const members = this.#counting.view?.members.length ?? 0
    let hasNew = false
    for (const shard of this.#counting.counted) {
      if (this.#whole.has(shard) || !this.#store.hosts(shard)) continue
      this.#whole.counts(shard)
      if (shard >= this.#store.shardCount) this.#fetched.add()
      hasNew = true
    }
    if (hasNew) {
      this.#whole.completedAmong(members)
      this.#whole.keep()
      this.#tell()
    }
    this.#events.moved()
  }

  async #drop(): Promise<void> {
    if (this.#clock.elapsed() - this.#changedMs < this.#options.dropDelayMs || !this.#counting.isSettled) return
    const dropped = await this.#dropping.drop()
    if (dropped.length === 0) return
    for (const shard of dropped) {
      this.#whole.dropped(shard)
      this.#counting.dropped(shard)
    }
    this.#dropped.add(dropped.length)
    this.#logger.info('shards that others store now were dropped', { shards: dropped.length })
    this.#whole.keep()
    this.#tell()
  }

  // ---- telling ---------------------------------------------------------------------------------------------------------------

  /** What this node has, to these peers or all. */
  #tell(peers: readonly PeerId[] = this.#events.links()): void {
    const { shardCount } = this.#store
    const stored = runsOf(this.#store.hosted().filter(shard => shard >= shardCount))
    const whole = runsOf(this.#whole.numbered().filter(shard => this.#store.hosts(shard)))
    const counting = this.#counting.told()
    for (const peer of peers)
      this.#events.send(peer, { holdings: { stored, whole, everyShard: this.#whole.has(0), ...counting } })
  }

  async #keep(): Promise<void> {
    await this.#events.keep(JSON.stringify({ ...parsed(this.#wholeText), counting: this.#counting.kept() }))
  }
}

function keptCounting(text: string | undefined): object | undefined {
  const { counting } = parsed(text)
  return typeof counting === 'object' && counting !== null ? counting : undefined
}

function parsed(text: string | undefined): { counting?: unknown } {
  return text === undefined ? {} : (JSON.parse(text) as object)
}
