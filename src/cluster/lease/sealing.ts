/**
 * Phase 1 of an epoch: a majority of the replicas of the epoch that was opened last promises to accept nothing below, and says where it
 * stands. Asks again until they answer.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import type { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import { compareStamps, type Lineage, positionOf } from './lineage.ts'

export interface SealingParts {
  readonly clock: Clock
  readonly epoch: number
  readonly self: PeerId
  /** A majority of these must promise, and this node, which will have what they have. */
  readonly set: readonly PeerId[]
  /** No epoch was ever opened: nobody has anything. Else who has nothing has lost it, or has not got it yet, and is no part of a majority. */
  readonly isFirst: boolean
  /** All of them must answer. */
  readonly needsAll: boolean
  ask(peer: PeerId): void
}

const askIntervalMs = 250

export class Sealing {
  readonly epoch: number
  readonly #parts: SealingParts
  readonly #heard = new Map<PeerId, Lineage>()
  readonly #done = Promise.withResolvers<void>()
  #timer: Timer | undefined
  #isStopped = false

  constructor(parts: SealingParts) {
    this.#parts = parts
    this.epoch = parts.epoch
    this.#done.promise.catch(() => {})
  }

  /** The replica that has the longest prefix, this node's own where none has more. */
  async run(): Promise<PeerId> {
    this.#ask()
    await this.#done.promise
    return this.#longest()
  }

  /** Those who have nothing, where all have answered and there is no majority for all that. */
  get blank(): readonly PeerId[] | undefined {
    const { set } = this.#parts
    if (this.#isMajority() || !set.every(peer => this.#heard.has(peer))) return undefined
    return set.filter(peer => !this.#knows(peer))
  }

  /** Those without whom it does not go on, though there is a majority. */
  get missing(): readonly PeerId[] {
    const { set, needsAll } = this.#parts
    return needsAll ? set.filter(peer => !this.#heard.has(peer)) : []
  }

  /** What it has. */
  get longest(): Lineage {
    return this.#heard.get(this.#longest()) ?? []
  }

  #longest(): PeerId {
    let longest = this.#parts.self
    for (const [peer, lineage] of this.#heard) {
      const most = positionOf(this.#heard.get(longest) ?? [])
      if (compareStamps(positionOf(lineage), most) > 0) longest = peer
    }
    return longest
  }

  answered(peer: PeerId, epoch: number, lineage: Lineage): void {
    const { self, set } = this.#parts
    if (epoch !== this.epoch || (peer !== self && !set.includes(peer)) || this.#heard.has(peer)) return
    this.#heard.set(peer, lineage)
    if (!this.#isMajority()) return
    this.#timer?.cancel()
    this.#done.resolve()
  }

  asks(peer: PeerId): boolean {
    return this.#parts.set.includes(peer)
  }

  linked(peer: PeerId): void {
    if (this.#parts.set.includes(peer) && !this.#heard.has(peer)) this.#parts.ask(peer)
  }

  stop(why: ShoalError): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.#done.reject(why)
  }

  #isMajority(): boolean {
    const { self, set, needsAll } = this.#parts
    if (needsAll && !set.every(peer => this.#heard.has(peer))) return false
    return this.#heard.has(self) && set.filter(peer => this.#knows(peer)).length > set.length / 2
  }

  #knows(peer: PeerId): boolean {
    const lineage = this.#heard.get(peer)
    return lineage !== undefined && (this.#parts.isFirst || lineage.length > 0)
  }

  #ask(): void {
    const { clock, self, set, ask } = this.#parts
    for (const peer of new Set([self, ...set])) if (!this.#heard.has(peer)) ask(peer)
    // This node's own answer may have ended it.
    if (!this.#isStopped && !this.#isMajority()) this.#timer = clock.after(askIntervalMs, () => this.#ask())
  }
}
