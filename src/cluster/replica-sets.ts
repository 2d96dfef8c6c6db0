/**
 * Who stores a shard, whose word counts for it, and where a call to it goes, by this node's view as it changes.
 *
 * A member that is gone keeps its place for a while; then its copies are rebuilt elsewhere (placement.ts, rebalance.ts). A node that
 * does not know yet who else is a member counts as no majority, not even of itself.
 */
import type { Clock, Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { Holdings } from './holdings.ts'
import type { MemberRecord } from './member-record.ts'
import { Placement } from './placement.ts'
import { countQuorum, type Quorum, type QuorumLevel } from './quorum.ts'
import type { ShardStore } from './shard-store.ts'

export interface ReplicaSetsOptions {
  /** A member that has been gone for so long has its replicas rebuilt elsewhere, in milliseconds. @default 60000 */
  rebalanceDelayMs?: number
}

export interface ReplicaSetsEvents {
  /** Joined, and neither left nor forgotten, this node included. */
  admitted(): readonly PeerId[]
  /** Not known to be gone, this node included. */
  present(): readonly PeerId[]
  member(id: PeerId): MemberRecord | undefined
  /** This node has heard who else is a member, or found nobody. */
  isSettled(): boolean
  /** This node has all that it may be asked for of the shard. */
  isWhole(shard: number): boolean
  /** Others are to store what they did not before, or no more. */
  placed(): void
}

/** How long it takes, at most and as a rule, until all members know of a newcomer. */
const newcomerMs = 2000

export class ReplicaSets {
  readonly #self: PeerId
  readonly #store: ShardStore
  readonly #holdings: Holdings
  readonly #clock: Clock
  readonly #events: ReplicaSetsEvents
  readonly #rebalanceDelayMs: number
  readonly #presentSinceMs = new Map<PeerId, number>()
  readonly #goneSinceMs = new Map<PeerId, number>()
  #placement: Placement | undefined
  #timer: Timer | undefined

  constructor(
    parts: { self: PeerId; store: ShardStore; holdings: Holdings; clock: Clock; events: ReplicaSetsEvents },
    options: ReplicaSetsOptions = {}
  ) {
    this.#self = parts.self
    this.#store = parts.store
    this.#holdings = parts.holdings
    this.#clock = parts.clock
    this.#events = parts.events
    this.#rebalanceDelayMs = options.rebalanceDelayMs ?? 60_000
  }

  stop(): void {
    this.#timer?.cancel()
  }

  viewChanged(): void {
    const nowMs = this.#clock.elapsed()
    const present = new Set(this.#events.present())
    const admitted = new Set(this.#events.admitted())
    for (const id of this.#presentSinceMs.keys()) if (!present.has(id)) this.#presentSinceMs.delete(id)
    for (const id of present) if (!this.#presentSinceMs.has(id)) this.#presentSinceMs.set(id, nowMs)
    for (const id of this.#goneSinceMs.keys()) if (present.has(id) || !admitted.has(id)) this.#goneSinceMs.delete(id)
    for (const id of admitted) if (!present.has(id) && !this.#goneSinceMs.has(id)) this.#goneSinceMs.set(id, nowMs)
    this.#placeAnew()
  }

  // ---- who stores it -----------------------------------------------------------------------------------------------------------

  get placement(): Placement {
    this.#placement ??= this.placementWithout(undefined)
    return this.#placement
  }

  /** As it will be when this member has left. */
  placementWithout(left: PeerId | undefined): Placement {
    const members = this.#events.admitted().flatMap(id => {
      const member = this.#events.member(id)
      if (member === undefined || id === left) return []
      return { id, region: member.region, zone: member.zone, isLongGone: this.isLongGone(id) }
    })
    return new Placement(members, this.#store.shardCount)
  }

  /** Dead for so long that its replicas are rebuilt elsewhere. */
  isLongGone(id: PeerId): boolean {
    const goneSinceMs = this.#goneSinceMs.get(id)
    return goneSinceMs !== undefined && this.#clock.elapsed() - goneSinceMs >= this.#rebalanceDelayMs
  }

  /** The shards that this node and the peer store. */
  common(peer: PeerId): readonly number[] {
    const hosted = this.#store.hosted()
    if (hosted.length === this.#store.shardCount) return hosted
    return hosted.filter(shard => this.#holdings.stores(peer, shard))
  }

  /** What the peer is to have of this node's shards when this node has left. */
  inherits(peer: PeerId): readonly number[] {
    const hosted = this.#store.hosted()
    if (hosted.length === this.#store.shardCount) return hosted
    const placement = this.placementWithout(this.#self)
    return hosted.filter(shard => shard < this.#store.shardCount || placement.storing(shard).includes(peer))
  }

  /** Whoever stays away is replaced in time. */
  #placeAnew(): void {
    const nowMs = this.#clock.elapsed()
    this.#placement = undefined
    this.#timer?.cancel()
    let nextMs = Number.POSITIVE_INFINITY
    for (const sinceMs of this.#goneSinceMs.values()) {
      const dueMs = sinceMs + this.#rebalanceDelayMs
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs)
    }
    if (nextMs < Number.POSITIVE_INFINITY) this.#timer = this.#clock.after(nextMs - nowMs, () => this.#placeAnew())
    this.#events.placed()
  }

  // ---- whose word counts -------------------------------------------------------------------------------------------------------

  /**
   * The members that must be asked by a read: a majority or all of the shard's home, dead members included, or of
   * those that are present. Of the latter also of those that have been present for a while: a newcomer that not all know yet must not
   * be the only one to have it. `selfCounts`: this node is one of them.
   */
  readQuorum(shard: number, of: 'admitted' | 'present', level: QuorumLevel, selfCounts: boolean): Quorum {
    return this.#quorum(shard, of, level, (id, having) => (id === this.#self ? selfCounts : having.has(id)))
  }

  /**
   * The members that must have a write. Of the home of a shard with a number of replicas only who has it whole makes a majority: a
   * newcomer that could not fetch from half of the others, perhaps because they are behind a cut, must not make one for its side.
   */
  quorum(shard: number, of: 'admitted' | 'present', level: QuorumLevel): Quorum {
    const isWholeNeeded = of === 'admitted' && level === 'majority' && shard >= this.#store.shardCount
    const counts = (id: PeerId) => (id === this.#self ? this.#events.isWhole(shard) : this.#holdings.isWhole(id, shard))
    const hasIt = (id: PeerId, having: ReadonlySet<PeerId>) => id === this.#self || having.has(id)
    return this.#quorum(
      shard,
      of,
      level,
      (id, having) => hasIt(id, having) && (!isWholeNeeded || counts(id)),
      (id, having) => !hasIt(id, having)
    )
  }

  #quorum(
    shard: number,
    of: 'admitted' | 'present',
    level: QuorumLevel,
    has: (id: PeerId, having: ReadonlySet<PeerId>) => boolean,
    isMissing = (id: PeerId, having: ReadonlySet<PeerId>) => !has(id, having)
  ): Quorum {
    return having => {
      const members = of === 'admitted' ? this.#homeOf(shard) : this.#events.present()
      const sets = of === 'admitted' ? [members] : [members, members.filter(id => !this.#isNewcomer(id))]
      const count = countQuorum(
        sets,
        id => has(id, having),
        level,
        id => isMissing(id, having)
      )
      return this.#events.isSettled() ? count : { ...count, enough: false }
    }
  }

  #homeOf(shard: number): readonly PeerId[] {
    return shard < this.#store.shardCount ? this.#events.admitted() : this.placement.home(shard)
  }

  #isNewcomer(id: PeerId): boolean {
    const sinceMs = this.#presentSinceMs.get(id)
    return id !== this.#self && (sinceMs === undefined || this.#clock.elapsed() - sinceMs < newcomerMs)
  }

  // ---- where a call goes -------------------------------------------------------------------------------------------------------

  /**
   * Where a call to a replicated actor of the shard runs: at this node, at the nearest peer that has the shard whole and is not to be
   * avoided, or nowhere for now. Where nobody has it whole, what there is must do.
   */
  replica(shard: number, avoid: ReadonlySet<PeerId>): PeerId | undefined {
    if (this.serves(shard)) return this.#self
    return this.#byNearness(this.#candidates(shard).filter(peer => !avoid.has(peer)))[0]
  }

  /** Whether no place that `replica` would answer is better than this one. */
  isBest(shard: number, place: PeerId, avoid: ReadonlySet<PeerId>): boolean {
    if (shard < this.#store.shardCount) return place === this.#self
    const best = this.replica(shard, avoid)
    if (best === place) return true
    if (best === this.#self || avoid.has(place) || !this.#candidates(shard).includes(place)) return false
    return best === undefined || this.#distance(place) <= this.#distance(best)
  }

  #candidates(shard: number): readonly PeerId[] {
    const holders = this.#holdings.holdersOf(shard)
    if (holders.length === 0) return this.#holdings.storersOf(shard)
    const storing = this.placement.storing(shard)
    const lasting = holders.filter(peer => storing.includes(peer))
    return lasting.length > 0 ? lasting : holders
  }

  /** Whether this node runs calls to the shard's replicated actors, its own and those of others. */
  serves(shard: number): boolean {
    if (shard < this.#store.shardCount) return true
    if (this.#events.isWhole(shard)) return !this.#isHandedOver(shard)
    return this.#store.hosts(shard) && this.#holdings.holdersOf(shard).length === 0
  }

  /**
   * This node is to store it no more, and all who are to serve it can. What is written here meanwhile would have to be theirs before it is
   * dropped, so a shard that is in use all the time would never go.
   */
  #isHandedOver(shard: number): boolean {
    const { placement } = this
    return !placement.storing(shard).includes(this.#self) && this.#holdings.areWhole(placement.hosts(shard), shard)
  }

  #byNearness(peers: readonly PeerId[]): PeerId[] {
    return peers.toSorted((a, b) => this.#distance(a) - this.#distance(b) || (a < b ? -1 : 1))
  }

  #distance(peer: PeerId): number {
    const own = this.#events.member(this.#self)
    const member = this.#events.member(peer)
    if (member === undefined || member.region !== own?.region) return 2
    return member.zone === own.zone ? 0 : 1
  }
}
