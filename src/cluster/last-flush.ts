/**
 * A node about to leave, or to drop shards, makes sure that others have what it has: it tells them its hashes, they pull what they
 * lack, and say so when it is on their disks.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'
import type { Beacon } from './beacon.ts'
import type { CatchUp } from './catch-up.ts'
import { RequestNumbers } from './request-numbers.ts'
import type { ShardStore } from './shard-store.ts'
import { type Control, malformed, replicaCounts, shardNumber } from './wire.ts'

const maxFlushesPerPeer = 4
/** A peer that could not take everything, or was not asked, because a link broke or its disk was not looked through, is asked anew. */
const askAgainMs = 500
/** Where most have confirmed, the others are waited for so much longer. */
const graceMs = 100
/** A peer that did not answer while this node served is not waited for as long again when it does not. */
const slowPeerTimeoutMs = 1000

export interface LastFlushOptions {
  /** How long a leaving node waits for the others to have everything it has, in milliseconds. @default 5000 */
  flushTimeoutMs?: number
}

export interface LastFlushEvents {
  sendControl(peer: PeerId, message: Control): boolean
  /** Present members but this node, linked or not. */
  heirs(): readonly PeerId[]
  /** What the peer is to have of this node's shards when this node has left. */
  inherits(peer: PeerId): readonly number[]
  /** A peer asks this node to take what it has of these shards. Answers whether it can, now. */
  adopt(peer: PeerId, shards: readonly number[]): boolean
}

/** `gone`: it leaves as well, or is held for gone, and so is none of those that are to have it. */
type FlushOutcome = 'taken' | 'gone' | 'late'

/** Of all that it is asked. It has no number: a node that does not know the field would take it for the word that it has everything. */
const leaves: Control = { flushed: { leaving: true } }

export class LastFlush {
  readonly #store: ShardStore
  readonly #beacon: Beacon
  readonly #catchUp: CatchUp
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: LastFlushEvents
  readonly #flushTimeoutMs: number
  readonly #flushes = new Map<number, { readonly peer: PeerId; done(outcome: FlushOutcome): void }>()
  /** Numbers of flushes under way, by the peer that asked. */
  readonly #flushing = new Map<PeerId, Set<number>>()
  /** Peers that did not confirm in time when this node last asked for everything. */
  readonly #slow = new Set<PeerId>()
  readonly #numbers: RequestNumbers
  #confirms = true

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
   * Resolves when every present member has on disk what this node has, those that appear meanwhile included, or after
   * `flushTimeoutMs`. For a leaving node, while it serves on. Answers whether of each shard somebody has said so who stays.
   */
  toAll(): Promise<boolean> {
    return this.#give(undefined)
  }

  /**
   * The same for what came after that, while nobody serves: it waits for the others no longer than a moment once most of those that are to have
   * a shard have said so, of each shard. Then no majority is without an acknowledged write when this node has gone.
   */
  toMost(): Promise<boolean> {
    return this.#give(graceMs)
  }

  async #give(restMs: number | undefined): Promise<boolean> {
    const deadlineMs = this.#clock.elapsed() + this.#flushTimeoutMs
    const asked = new Set<PeerId>()
    const confirmed = new Confirmed()
    const late = Promise.withResolvers<'late'>()
    const enough = Promise.withResolvers<'enough'>()
    const timers = [this.#clock.after(this.#flushTimeoutMs, () => late.resolve('late'))]
    const give = async (peer: PeerId) => {
      const leftMs = Math.max(0, deadlineMs - this.#clock.elapsed())
      const shards = this.#events.inherits(peer)
      confirmed.asked(shards)
      // One that has no link just now is to have it all the same, as long as it is held for present.
      const isWanted = () => this.#events.heirs().includes(peer)
      const timeoutMs = this.#slow.has(peer) ? Math.min(slowPeerTimeoutMs, leftMs) : leftMs
      const outcome = await this.#ask(peer, shards, timeoutMs, isWanted)
      if (outcome === 'late') this.#slow.add(peer)
      else this.#slow.delete(peer)
      if (outcome === 'taken') confirmed.by(shards)
      else if (outcome === 'gone') confirmed.excused(shards)
      if (restMs !== undefined && confirmed.isByMost())
        timers.push(this.#clock.after(restMs, () => enough.resolve('enough')))
    }
    for (;;) {
      // Of a disk that stands still nothing can be told.
      if ((await Promise.race([this.#store.durable(), late.promise])) === 'late') break
      const heirs = this.#events.heirs().filter(peer => !asked.has(peer))
      if (heirs.length === 0) break
      for (const peer of heirs) asked.add(peer)
      if ((await Promise.race([Promise.all(heirs.map(give)), enough.promise])) === 'enough') break
    }
    for (const timer of timers) timer.cancel()
    return this.#store.hosted().every(shard => confirmed.isByAny(shard))
  }

  /** Answers whether the peer has said in time that it has on its disk what this node has of these shards on its own. `false` where it has no link. */
  async to(peer: PeerId, shards: readonly number[], timeoutMs = this.#flushTimeoutMs): Promise<boolean> {
    return (await this.#ask(peer, shards, timeoutMs, isLinked => isLinked)) === 'taken'
  }

  #ask(
    peer: PeerId,
    shards: readonly number[],
    timeoutMs: number,
    isWanted: (isLinked: boolean) => boolean
  ): Promise<FlushOutcome> {
    const number = this.#numbers.next()
    const { promise, resolve } = Promise.withResolvers<FlushOutcome>()
    let again: Timer | undefined
    const timer = this.#clock.after(timeoutMs, () => {
      this.#logger.warn('a peer did not confirm that it has everything of this node', { peer })
      done('late')
    })
    const done = (outcome: FlushOutcome) => {
      timer.cancel()
      again?.cancel()
      this.#flushes.delete(number)
      resolve(outcome)
    }
    // Whichever of them is answered: each asks for at least what was here when the first did.
    const ask = () => {
      again = this.#clock.after(askAgainMs, ask)
      const isLinked = this.#events.sendControl(peer, { flush: { number, ...this.#beacon.hashes(shards) } })
      if (!isWanted(isLinked)) done('gone')
    }
    this.#flushes.set(number, { peer, done })
    ask()
    return promise
  }

  answered(peer: PeerId, { number, leaving }: shoal.peer.IFlushed): void {
    for (const [asked, flush] of this.#flushes) {
      if (flush.peer !== peer) continue
      if (leaving === true) flush.done('gone')
      else if (asked === number) flush.done('taken')
    }
  }

  /**
   * This node is about to leave: what it has will not stay. A peer that leaves as well is to hear that at once, or the two would wait for each
   * other. What was confirmed before is given to those who stay, with all else that is here.
   */
  confirmNoMore(): void {
    this.#confirms = false
  }

  /** A few at a time for each peer, and each of them once: one that gets no answer asks again. */
  async answer(peer: PeerId, flush: shoal.peer.IFlush): Promise<void> {
    const number = flush.number ?? 0
    if (!this.#confirms) {
      this.#events.sendControl(peer, leaves)
      return
    }
    const underWay = this.#flushing.get(peer) ?? new Set()
    if (underWay.size >= maxFlushesPerPeer || underWay.has(number)) return
    this.#flushing.set(peer, underWay.add(number))
    try {
      const shards = (flush.shards ?? []).map(shard => shardNumber(shard, this.#store.shardCount))
      if (shards.length > this.#store.shardCount * replicaCounts) throw malformed('flush: shards named twice')
      if (!this.#events.adopt(peer, shards)) return
      // What is not stored here cannot be taken over, and what this disk says it has is believed only after a look.
      if (!shards.every(shard => this.#store.hosts(shard))) return
      await this.#store.verified(shards)
      const different = this.#beacon.different(flush)
      if (different.length > 0) await this.#catchUp.pull(peer, different)
      await this.#store.durable()
      if (!shards.every(shard => this.#store.isVerified(shard))) return
      this.#events.sendControl(peer, this.#confirms ? { flushed: { number } } : leaves)
    } catch (error) {
      this.#logger.warn('could not take everything of a leaving peer', { peer, err: error })
    } finally {
      underWay.delete(number)
      if (underWay.size === 0) this.#flushing.delete(peer)
    }
  }
}

/** By how many of those that were asked, of each shard. */
class Confirmed {
  readonly #shards = new Map<number, { asked: number; by: number }>()

  asked(shards: readonly number[]): void {
    for (const shard of shards) {
      const row = this.#shards.get(shard) ?? { asked: 0, by: 0 }
      this.#shards.set(shard, row)
      row.asked++
    }
  }

  by(shards: readonly number[]): void {
    for (const shard of shards) {
      const row = this.#shards.get(shard)
      if (row !== undefined) row.by++
    }
  }

  /** It is none of those that are to have it. */
  excused(shards: readonly number[]): void {
    for (const shard of shards) {
      const row = this.#shards.get(shard)
      if (row !== undefined) row.asked--
    }
  }

  isByAny(shard: number): boolean {
    return (this.#shards.get(shard)?.by ?? 0) > 0
  }

  isByMost(): boolean {
    return [...this.#shards.values()].every(({ asked, by }) => asked === 0 || by > asked / 2)
  }
}
