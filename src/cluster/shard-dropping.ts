/**
 * Drops what this node is to store no more, once every host of it has it whole, and has said that it has on its disk all that this
 * node has of it.
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
}

export class ShardDropping {
  readonly #self: PeerId
  readonly #store: ShardStore
  readonly #holdings: Holdings
  readonly #events: ShardDroppingEvents
  readonly #dropping = new Set<number>()

  constructor(parts: { self: PeerId; store: ShardStore; holdings: Holdings; events: ShardDroppingEvents }) {
    this.#self = parts.self
    this.#store = parts.store
    this.#holdings = parts.holdings
    this.#events = parts.events
  }

  /** It is being dropped just now. */
  has(shard: number): boolean {
    return this.#dropping.has(shard)
  }

  /** Shards that are stored here and should not be. */
  surplus(): number[] {
    const placement = this.#events.placement()
    return this.#store
      .hosted()
      .filter(shard => shard >= this.#store.shardCount && !placement.storing(shard).includes(this.#self))
  }

  /** Answers which are gone. */
  async drop(): Promise<number[]> {
    const placement = this.#events.placement()
    const shards = this.surplus().filter(shard => {
      const hosts = placement.hosts(shard)
      return hosts.length > 0 && hosts.every(peer => this.#holdings.isWhole(peer, shard))
    })
    if (shards.length === 0) return []
    await this.#store.durable()
    const versions = shards.map(shard => this.#store.durableShard(shard).version)
    const agreed = new Map<PeerId, Promise<boolean>>()
    for (const peer of new Set(shards.flatMap(shard => [...placement.hosts(shard)]))) {
      agreed.set(
        peer,
        this.#events.flush(
          peer,
          shards.filter(shard => placement.hosts(shard).includes(peer))
        )
      )
    }
    const answers = new Map<PeerId, boolean>()
    for (const [peer, answer] of agreed) answers.set(peer, await answer)
    const dropped: number[] = []
    for (const [i, shard] of shards.entries()) {
      // What the others have agreed to take over is what they are still to store.
      if (this.#events.isStopped() || this.#events.placement() !== placement) break
      if (!placement.hosts(shard).every(peer => answers.get(peer) === true)) continue
      // What has changed meanwhile the others may lack.
      this.#dropping.add(shard)
      const isDropped = await this.#store.drop(shard, versions[i] ?? -1).finally(() => this.#dropping.delete(shard))
      if (isDropped) dropped.push(shard)
    }
    return dropped
  }
}
