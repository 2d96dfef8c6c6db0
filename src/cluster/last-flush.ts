/**
 * A node about to leave, or to drop shards, makes sure that others have what it has: it tells them its hashes, they pull what they
 * lack, and say so when it is on their disks.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'
import type { Beacon } from './beacon.ts'
import type { CatchUp } from './catch-up.ts'
import { RequestNumbers } from './request-numbers.ts'
import type { ShardStore } from './shard-store.ts'
import { type Control, malformed, replicaCounts, shardNumber } from './wire.ts'

const maxFlushesPerPeer = 4

export interface LastFlushOptions {
  /** How long a leaving node waits for the others to have everything it has, in milliseconds. @default 5000 */
  flushTimeoutMs?: number
}

export interface LastFlushEvents {
  sendControl(peer: PeerId, message: Control): boolean
  /** Linked, present members. */
  peers(): readonly { readonly id: PeerId }[]
  /** What the peer is to have of this node's shards when this node has left. */
  inherits(peer: PeerId): readonly number[]
  /** A peer asks this node to take what it has of these shards. */
  adopt(peer: PeerId, shards: readonly number[]): void
}

export class LastFlush {
  readonly #store: ShardStore
  readonly #beacon: Beacon
  readonly #catchUp: CatchUp
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: LastFlushEvents
  readonly #flushTimeoutMs: number
  readonly #flushes = new Map<number, { readonly peer: PeerId; done(isFlushed: boolean): void }>()
  /** Flushes under way, by the peer that asked. */
  readonly #flushing = new Map<PeerId, number>()
  readonly #numbers: RequestNumbers

  constructor(
    parts: {
      store: ShardStore
      beacon: Beacon
      catchUp: CatchUp
      clock: Clock
      logger: Logger
      events: LastFlushEvents
    },
    options: LastFlushOptions = {}
  ) {
    this.#store = parts.store
    this.#numbers = new RequestNumbers(parts.store.origin, 'uint32')
    this.#beacon = parts.beacon
    this.#catchUp = parts.catchUp
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#flushTimeoutMs = options.flushTimeoutMs ?? 5000
  }

  /**
   * Resolves when every linked member has on disk what this node has, those that appear meanwhile included, or after
   * `flushTimeoutMs`. For a leaving node. Answers whether of each shard somebody has said so.
   */
  async toAll(): Promise<boolean> {
    const deadlineMs = this.#clock.elapsed() + this.#flushTimeoutMs
    const done = new Set<PeerId>()
    const given = new Set<number>()
    for (;;) {
      await this.#store.durable()
      const peers = this.#events.peers().filter(({ id }) => !done.has(id))
      if (peers.length === 0 || this.#clock.elapsed() >= deadlineMs)
        return this.#store.hosted().every(shard => given.has(shard))
      const give = async (id: PeerId) => {
        const shards = this.#events.inherits(id)
        if (await this.to(id, shards)) for (const shard of shards) given.add(shard)
      }
      await Promise.all(peers.map(({ id }) => give(id)))
      for (const { id } of peers) done.add(id)
    }
  }

  /** Answers whether the peer has said in time that it has on its disk what this node has of these shards on its own. */
  to(peer: PeerId, shards: readonly number[]): Promise<boolean> {
    const number = this.#numbers.next()
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#clock.after(this.#flushTimeoutMs, () => {
      this.#logger.warn('a peer did not confirm that it has everything of this node', { peer })
      done(false)
    })
    const done = (isFlushed: boolean) => {
      timer.cancel()
      this.#flushes.delete(number)
      resolve(isFlushed)
    }
    this.#flushes.set(number, { peer, done })
    if (!this.#events.sendControl(peer, { flush: { number, ...this.#beacon.hashes(shards) } })) done(false)
    return promise
  }

  taken(peer: PeerId, number: number): void {
    const flush = this.#flushes.get(number)
    if (flush?.peer === peer) flush.done(true)
  }

  /** A few at a time for each peer: one that gets no answer asks again. */
  async answer(peer: PeerId, flush: shoal.peer.IFlush): Promise<void> {
    const underWay = this.#flushing.get(peer) ?? 0
    if (underWay >= maxFlushesPerPeer) return
    this.#flushing.set(peer, underWay + 1)
    try {
      const shards = (flush.shards ?? []).map(shard => shardNumber(shard, this.#store.shardCount))
      if (shards.length > this.#store.shardCount * replicaCounts) throw malformed('flush: shards named twice')
      this.#events.adopt(peer, shards)
      // What is not stored here cannot be taken over, and what this disk says it has is believed only after a look.
      if (!shards.every(shard => this.#store.hosts(shard))) return
      await this.#store.verified(shards)
      const different = this.#beacon.different(flush)
      if (different.length > 0) await this.#catchUp.pull(peer, different)
      await this.#store.durable()
      if (!shards.every(shard => this.#store.isVerified(shard))) return
      this.#events.sendControl(peer, { flushed: { number: flush.number ?? 0 } })
    } catch (error) {
      this.#logger.warn('could not take everything of a leaving peer', { peer, err: error })
    } finally {
      const left = (this.#flushing.get(peer) ?? 1) - 1
      if (left > 0) this.#flushing.set(peer, left)
      else this.#flushing.delete(peer)
    }
  }
}
