/**
 * Drops what this node is to store no more: when every host of a shard has it whole, and has said that it has on its disk all that
 * this node has of it. Then it runs no more calls to the shard (replica-sets.ts), so a drop waits no longer than calls have time that had
 * begun before: a handler holds its actor up to its deadline.
 */
import type { PeerId } from '../ports/network.ts'
import type { Holdings } from './holdings.ts'
import type { Placement } from './placement.ts'
import type { ShardStore } from './shard-store.ts'

export interface ShardDroppingEvents {
  placement(): Placement
  /** Answers whether the peer has said that all this node has of these shards is on its disk. */
  flush(peer: PeerId, shards: readonly number[]): Promise<boolean>
  isStopped(): boolean
  /** It was taken over from a member that leaves, and is to be stored here when that has gone. */
  isAdopted(shard: number): boolean
  /** Told at once: the shard may be stored here again a moment later, and is empty then. */
  dropped(shard: number): void
}

export class ShardDropping {
  readonly #self: PeerId
  readonly #store: ShardStore
  readonly #holdings: Holdings
  readonly #events: ShardDroppingEvents
  readonly #underWay = new Set<number>()

  constructor(parts: { self: PeerId; store: ShardStore; holdings: Holdings; events: ShardDroppingEvents }) {
    this.#self = parts.self
    this.#store = parts.store
    this.#holdings = parts.holdings
    this.#events = parts.events
  }

  /** The shard goes from the disk just now. */
  isUnderWay(shard: number): boolean {
    return this.#underWay.has(shard)
  }

  /** Shards that are stored here and should not be. */
  surplus(): number[] {
    const placement = this.#events.placement()
    return this.#store
      .hosted()
      .filter(shard => shard >= this.#store.shardCount && !placement.storing(shard).includes(this.#self))
      .filter(shard => !this.#events.isAdopted(shard))
  }

  /** Answers how many are gone. */
  async drop(): Promise<number> {
    const placement = this.#events.placement()
    const shards = this.surplus().filter(shard => this.#holdings.areWhole(placement.hosts(shard), shard))
    if (shards.length === 0) return 0
    await this.#store.durable()
    const versions = shards.map(shard => this.#store.durableShard(shard).version)
    const answers = await this.#ask(placement, shards)
    let dropped = 0
    for (const [i, shard] of shards.entries()) {
      // What the others have agreed to take over is what they are still to store.
      if (this.#events.isStopped() || this.#events.placement() !== placement) break
      if (!placement.hosts(shard).every(peer => answers.get(peer) === true)) continue
      // A host that leaves may have given it to this node meanwhile, and goes by that.
      if (this.#events.isAdopted(shard)) continue
      // What has changed meanwhile the others may lack.
      if (await this.#dropOne(shard, versions[i] ?? -1)) dropped++
    }
    return dropped
  }

  /** All hosts at once, each for the shards that it is to have. */
  async #ask(placement: Placement, shards: readonly number[]): Promise<ReadonlyMap<PeerId, boolean>> {
    const hosts = new Set(shards.flatMap(shard => [...placement.hosts(shard)]))
    const ask = async (peer: PeerId) => {
      const theirs = shards.filter(shard => placement.hosts(shard).includes(peer))
      return [peer, await this.#events.flush(peer, theirs)] as const
    }
    return new Map(await Promise.all([...hosts].map(ask)))
  }

  async #dropOne(shard: number, version: number): Promise<boolean> {
    this.#underWay.add(shard)
    try {
      const isDropped = await this.#store.removal.drop(shard, version)
      if (isDropped) this.#events.dropped(shard)
      return isDropped
    } finally {
      this.#underWay.delete(shard)
    }
  }
}
