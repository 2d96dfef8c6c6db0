/**
 * Brings this node to where its word counts: into the view that is true now, and there from shard to shard (counted-shards.ts).
 *
 * A view is on this disk before anybody is told of it, so that no later life answers in an earlier one. A node that reaches only a
 * minority of those who may have answered enters no view in which they cannot be asked: it would count in none, and what it
 * was in is the best that it has. Where every member stores everything and nobody has asked for a majority, nothing is told or fetched.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'
import { CountedShards, type Teller } from './counted-shards.ts'
import { type Holdings, runsOf } from './holdings.ts'
import { type HomeView, hashOfName, numberOfName, type ViewMember } from './home-views.ts'
import type { ShardStore } from './shard-store.ts'
import { replicaCounts } from './wire.ts'

export interface ShardCountingEvents {
  /** Joined, and neither left nor forgotten, this node included. */
  admitted(): readonly ViewMember[]
  /** Numbers of replicas of the shards that anybody has. */
  replicaCounts(): ReadonlySet<number>
  pull(peer: PeerId, shards: readonly number[]): Promise<void>
  /** Resolves when what `kept` answers is on disk. */
  keep(): Promise<void>
  tell(): void
  /** There is something to do, perhaps. */
  look(): void
}

const maxKnown = 256
const maxLead = 2 ** 20
/** So long a view that has not settled is kept though members have changed. */
const minViewMs = 2000
/** How long a new view waits for members to say where they come from. */
const strangersMs = 3000

export class ShardCounting {
  readonly #self: PeerId
  readonly #store: ShardStore
  readonly #holdings: Holdings
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: ShardCountingEvents
  readonly #shards: CountedShards
  /** The view is on disk. */
  #isEntered = false
  #enteredMs = 0
  /** The members are others by now, and this node is to go on to them. */
  #isStale = false
  #isWanted = false
  #hasLeft = false
  /** Views that peers have told of, by name: each takes a ring to make. */
  readonly #known = new Map<string, HomeView>()

  constructor(parts: {
    self: PeerId
    store: ShardStore
    holdings: Holdings
    clock: Clock
    logger: Logger
    events: ShardCountingEvents
  }) {
    this.#self = parts.self
    this.#store = parts.store
    this.#holdings = parts.holdings
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#shards = new CountedShards(parts.self, parts.store.shardCount)
  }

  load(kept: object | undefined, lossy: Iterable<number>): void {
    this.#shards.load(kept, shard => this.#store.hosts(shard))
    this.#shards.weaken(lossy)
    this.#isEntered = this.#shards.views.current !== undefined
    this.#isWanted = this.#shards.has(0)
  }

  /** This node leaves: should it come back, it has answered for nobody. */
  forget(): void {
    this.#hasLeft = true
  }

  kept(): object {
    return this.#hasLeft ? { weak: runsOf(this.#shards.weak) } : this.#shards.kept()
  }

  /** The view in which this node answers; none while it is between two. */
  get view(): HomeView | undefined {
    return this.#isEntered && !this.#isStale ? this.#shards.views.current : undefined
  }

  /** Who is admitted, who is linked, or what they have told has changed. */
  changed(): void {
    this.#isStale = !this.#isActive || (this.#isBehind() && this.#mayEnter())
  }

  /** This node's word counts for the shard. Whoever asks wants it to. */
  counts(shard: number): boolean {
    this.want()
    return this.view !== undefined && this.#store.isVerified(shard) && this.#shards.has(shard)
  }

  get counted(): readonly number[] {
    return this.#shards.counted
  }

  want(): void {
    if (this.#isWanted) return
    this.#isWanted = true
    this.#events.tell()
    this.#events.look()
  }

  /** The disk may have lost something of these. */
  weaken(shards: Iterable<number>): void {
    this.#shards.weaken(shards)
  }

  /** Of all that it ever had: also of what it does not store now. */
  weakenAll(): void {
    const { shardCount } = this.#store
    this.#shards.weaken(Array.from({ length: shardCount * replicaCounts }, (_, shard) => shard))
  }

  dropped(shard: number): void {
    this.#shards.dropped(shard)
  }

  /** What is to be told to peers, beside what this node stores. */
  told(): shoal.peer.IHoldings {
    const view = this.#shards.views.current
    if (view === undefined || !this.#isEntered) return { seeks: this.#isWanted }
    const numbered = (shards: readonly number[]) => runsOf(shards.filter(shard => shard >= this.#store.shardCount))
    return {
      view: view.name,
      rooted: this.#shards.views.isRooted,
      lost: this.#shards.views.isLost,
      prior: this.#shards.views.prior.map((prior, i, all) =>
        (all[i - 1] ?? view).difference(prior, this.#shards.views.hasCounted(prior))
      ),
      counted: numbered(this.#shards.counted),
      countsEvery: this.#shards.has(0),
      weak: numbered(this.#shards.weak),
      weakEvery: this.#shards.isWeak(0),
      seeks: this.#isWanted
    }
  }

  /** Answers whether something is still to be done that may succeed later. */
  get isUnfinished(): boolean {
    return this.#isActive && (this.#isBehind() || this.#missing().length > 0 || !this.#shards.views.isSettled)
  }

  /** Of what came before the present view nothing is needed any more. */
  get isSettled(): boolean {
    return !this.#isActive || (!this.#isBehind() && this.#shards.views.isSettled)
  }

  /** Answers whether this node counts where it did not, or no more where it did. */
  async step(): Promise<boolean> {
    if (!this.#isActive) return false
    this.changed()
    const hasEntered = this.#isStale || !this.#isEntered
    if (this.#isStale) this.#enter()
    if (hasEntered) await this.#confirmEntry()
    if (this.view === undefined) return hasEntered
    const counted = await this.#count()
    const isSettled = !this.#shards.views.isSettled && this.#isSettledByAll()
    if (isSettled) this.#shards.views.settled()
    if (!counted && !isSettled) return hasEntered
    this.#events.tell()
    await this.#events.keep()
    return true
  }

  /** In the first view of all everybody is asked; then it takes somebody who wants to know. */
  get #isActive(): boolean {
    if (this.#isWanted || this.#store.hosted().length > this.#store.shardCount) return true
    if (this.#shards.views.isRooted) return false
    return !this.#holdings.tellers().some(peer => this.#holdings.isRooted(peer))
  }

  // ---- into the view -------------------------------------------------------------------------------------------------------------

  #isBehind(): boolean {
    const { current } = this.#shards.views
    return current === undefined || !current.isOf(this.#events.admitted()) || this.#heard() > current.number
  }

  /** The largest number of a view of the same members. */
  #heard(): number {
    const { current } = this.#shards.views
    if (current === undefined) return 0
    let heard = 0
    for (const peer of this.#holdings.tellers()) {
      const name = this.#holdings.view(peer)
      if (name !== undefined && hashOfName(name) === hashOfName(current.name))
        heard = Math.max(heard, this.#numberOf(peer))
    }
    return heard
  }

  #mayEnter(): boolean {
    const { prior, current, isSettled } = this.#shards.views
    // Where members come faster than a view settles, not each of their lists becomes one.
    const isTried = this.#clock.elapsed() - this.#enteredMs >= minViewMs || isSettled
    const isJoined = current !== undefined && this.#events.admitted().some(({ id }) => !current.has(id))
    if (isJoined && !isTried) return false
    const admitted = new Set(this.#events.admitted().map(({ id }) => id))
    const isThere = (id: PeerId) => id === this.#self || this.#holdings.hasTold(id) || !admitted.has(id)
    return prior.every(({ members }) => members.filter(({ id }) => isThere(id)).length > members.length / 2)
  }

  #enter(): void {
    const { views } = this.#shards
    const heard = Math.max(0, ...[...this.#holdings.tellers()].map(peer => this.#numberOf(peer)))
    // What peers in the view that ends have told is true of the next, too.
    if (views.current !== undefined)
      for (const { prior, isRooted, isLost } of this.#tellers(views.current).values())
        views.learn(prior, isRooted, isLost)
    this.#known.clear()
    this.#isEntered = false
    this.#shards.entered()
    views.enter(this.#events.admitted(), heard)
    this.#enteredMs = this.#clock.elapsed()
  }

  /** Throws where the disk refuses; then it is tried again. */
  async #confirmEntry(): Promise<void> {
    const { current } = this.#shards.views
    if (current === undefined) return
    await this.#events.keep()
    if (this.#shards.views.isLost)
      this.#logger.warn(
        'members have changed so often without being settled that majorities now wait for all of them, once'
      )
    this.#isEntered = true
    this.changed()
    this.#events.tell()
  }

  /** Of the view that the peer is in. One so far ahead that no honest cluster comes to it is not followed. */
  #numberOf(peer: PeerId): number {
    const number = numberOfName(this.#holdings.view(peer) ?? '0:')
    return number - (this.#shards.views.current?.number ?? 0) > maxLead ? 0 : number
  }

  // ---- counting ------------------------------------------------------------------------------------------------------------------

  /** Shards in whose home this node is, and does not count yet. 0: what every member stores. */
  #missing(): number[] {
    const view = this.#shards.views.current
    if (view === undefined) return []
    const numbered = this.#store.hosted().filter(shard => shard >= this.#store.shardCount)
    return [0, ...numbered].filter(shard => !this.#shards.has(shard) && view.home(shard).includes(this.#self))
  }

  async #count(): Promise<boolean> {
    const { view } = this
    if (view === undefined) return false
    const missing = this.#missing().filter(shard => this.#store.isVerified(shard))
    if (missing.length === 0) return false
    const tellers = this.#tellers(view)
    const asked = new Map<PeerId, number[]>()
    for (const shard of missing) {
      for (const peer of this.#shards.toAsk(shard, tellers)) asked.set(peer, [...(asked.get(peer) ?? []), shard])
    }
    await Promise.all([...asked].map(([peer, shards]) => this.#ask(view, peer, shards)))
    if (this.view !== view) return false
    // What they were in they may have learned of meanwhile.
    const now = this.#tellers(view)
    if (this.#clock.elapsed() - this.#enteredMs < strangersMs && this.#shards.strangers(now).length > 0) return false
    return missing.filter(shard => this.#shards.complete(shard, now)).length > 0
  }

  /** Peers that are in the same view. */
  #tellers(view: HomeView): Map<PeerId, Teller> {
    const tellers = new Map<PeerId, Teller>()
    for (const peer of this.#holdings.tellers()) {
      if (this.#holdings.view(peer) !== view.name) continue
      tellers.set(peer, this.#tellerOf(view, peer))
    }
    return tellers
  }

  #tellerOf(view: HomeView, peer: PeerId): Teller {
    const prior: HomeView[] = []
    const counted: HomeView[] = []
    for (const told of this.#holdings.prior(peer)) {
      const before = this.#remembered((prior.at(-1) ?? view).differing(told))
      prior.push(before)
      if (told.counted) counted.push(before)
    }
    return {
      prior,
      counted,
      isRooted: this.#holdings.isRooted(peer),
      isLost: this.#holdings.isLost(peer),
      isWeak: shard => this.#holdings.isWeak(peer, shard)
    }
  }

  #remembered(view: HomeView): HomeView {
    const known = this.#known.get(view.name)
    if (known !== undefined) return known
    if (this.#known.size >= maxKnown) this.#known.clear()
    this.#known.set(view.name, view)
    return view
  }

  async #ask(view: HomeView, peer: PeerId, shards: readonly number[]): Promise<void> {
    const every = this.#store.hosted().filter(shard => shard < this.#store.shardCount)
    // Who does not store one has dropped it when a later view, of which it tells, was settled.
    const stored = shards.filter(shard => this.#holdings.stores(peer, shard))
    const wanted = stored.flatMap(shard => (shard === 0 ? every : [shard]))
    try {
      if (wanted.length > 0) await this.#events.pull(peer, wanted)
    } catch (error) {
      this.#logger.debug('shards could not be compared yet', { peer, err: error })
      return
    }
    // It may have gone on meanwhile, or found that it has lost something.
    if (this.view !== view || this.#holdings.view(peer) !== view.name) return
    const teller = this.#tellerOf(view, peer)
    for (const shard of shards)
      if (this.#shards.asksAll(teller) || !teller.isWeak(shard)) this.#shards.asked(shard, peer, teller)
  }

  // ---- settled -------------------------------------------------------------------------------------------------------------------

  /** In this view a majority of every home counts. */
  #isSettledByAll(): boolean {
    const { view } = this
    if (view === undefined || this.#isBehind()) return false
    const counts = (peer: PeerId, shard: number) =>
      peer === this.#self ? this.#shards.has(shard) : this.#holdings.counts(peer, shard, view.name)
    const isCounted = (shard: number) => {
      const home = view.home(shard)
      return home.filter(peer => counts(peer, shard)).length > home.length / 2
    }
    const slices = this.#store.shardCount
    if (!isCounted(0)) return false
    for (const count of this.#events.replicaCounts()) {
      for (let slice = 0; count > 0 && slice < slices; slice++) if (!isCounted(count * slices + slice)) return false
    }
    return true
  }
}
