/**
 * Fetches what this node is to have whole, from one present member after the other, and says for whom it waits where that takes long.
 *
 * When it is whole whole-shards.ts says.
 */
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'
import type { Holdings } from './holdings.ts'
import type { Placement } from './placement.ts'
import type { ShardStore } from './shard-store.ts'
import type { WholeShards } from './whole-shards.ts'

export interface ShardFetchingEvents {
  placement(): Placement
  /** Present members, this node included. */
  present(): readonly PeerId[]
  /** Everything of these shards that the peer has; resolves when it is on this disk. */
  pull(peer: PeerId, shards: readonly number[]): Promise<void>
  isStopped(): boolean
}

export class ShardFetching {
  readonly #self: PeerId
  readonly #store: ShardStore
  readonly #holdings: Holdings
  readonly #whole: WholeShards
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: ShardFetchingEvents
  readonly #tellWaitingAfterMs: number
  #waitingSinceMs: number | undefined
  #waitedFor = ''

  constructor(parts: {
    self: PeerId
    store: ShardStore
    holdings: Holdings
    whole: WholeShards
    clock: Clock
    logger: Logger
    events: ShardFetchingEvents
    tellWaitingAfterMs: number
  }) {
    this.#self = parts.self
    this.#store = parts.store
    this.#holdings = parts.holdings
    this.#whole = parts.whole
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#tellWaitingAfterMs = parts.tellWaitingAfterMs
  }

  /** Of these, and of what every member stores where that is sought. */
  async fetch(fetching: readonly number[]): Promise<void> {
    const others = this.#events.present().filter(peer => peer !== this.#self && this.#holdings.hasTold(peer))
    for (const peer of others) {
      const shards = fetching.filter(
        shard => this.#holdings.stores(peer, shard) && !this.#whole.hasFetched(shard, peer)
      )
      if (shards.length === 0 || this.#events.isStopped() || !(await this.#pull(peer, shards))) continue
      for (const shard of shards) this.#whole.fetched(shard, peer)
    }
    if (!this.#whole.isEverySought) return
    for (const peer of others) {
      if (this.#whole.hasFetchedEnough(this.#events.placement().home(0)) || this.#events.isStopped()) break
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

  /** Answers how many of these are whole now, and whether anything is. */
  complete(fetching: readonly number[]): { shards: number; hasNew: boolean } {
    const placement = this.#events.placement()
    const present = this.#events.present()
    const hasTold = (peer: PeerId) => peer === this.#self || this.#holdings.hasTold(peer)
    const hasAllTold = present.every(hasTold)
    const members = placement.home(0)
    const areAllKnown = members.every(hasTold)
    let shards = 0
    for (const shard of hasAllTold ? fetching : []) {
      const storers = this.#holdings.storersOf(shard).filter(peer => present.includes(peer))
      if (!this.#whole.complete(shard, placement.home(shard), storers, areAllKnown)) continue
      shards++
    }
    const hasNew = this.#whole.completeEvery(members) || shards > 0
    if (hasNew) this.#whole.completedAmong(members.length)
    return { shards, hasNew }
  }

  /** Whoever cannot be fetched from keeps this node from being counted: an operator is to know who that is. */
  tellWaiting(fetching: readonly number[]): void {
    if (fetching.length === 0) {
      this.#waitingSinceMs = undefined
      this.#waitedFor = ''
      return
    }
    this.#waitingSinceMs ??= this.#clock.elapsed()
    if (this.#clock.elapsed() - this.#waitingSinceMs < this.#tellWaitingAfterMs) return
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
}
