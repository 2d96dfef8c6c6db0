/**
 * When a node takes its part in owning exclusive actors: each life begins with weight 0, and takes its own once nobody has to wait for it.
 *
 * A process that starts has much to do: to look through its disk, to link with all members, to fetch what it has missed. Until then it
 * is present and owns nothing, so the others serve on, and need no grant of it for that (ownership.ts). What moves to it then, moves as
 * fast as its claims are answered. Where nobody has any weight there is nothing to wait for: all nodes start, and nobody serves; or those
 * that do never wanted a part. Whoever leaves takes none: what is its part nobody would serve until it has gone.
 */
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'
import { ringOf } from './hash-ring.ts'

export interface OwnWeightEvents {
  /** Who else is a member is known, and this node does not leave. */
  mayOwn(): boolean
  /** All that the disk has was looked through. */
  isVerified(): boolean
  /** What kinds need that have leases: a session in the lease store. Where there are none, `true`. */
  hasSession(): boolean
  /** Present members, this node included. */
  present(): readonly PeerId[]
  /** Their weights, where they are not 1. */
  weights(): ReadonlyMap<PeerId, number>
  isLinked(peer: PeerId): boolean
  /** Resolves when this node has on disk what the peer has of these shards; rejects where that comes to nothing. */
  fetch(peer: PeerId, shards: readonly number[]): Promise<void>
  /** The members are to count with this weight from now on. */
  declare(weight: number): void
}

/** A present member that cannot be linked for so long is not waited for. */
const linksMs = 2000
/** Nor is a lease store that is away for longer: by then nobody's lease may be left, and other modes need no store. */
const sessionMs = 10_000

export class OwnWeight {
  readonly #self: PeerId
  readonly #weight: number
  readonly #shardCount: number
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: OwnWeightEvents
  #isTaken: boolean
  #stopped = false
  /** From when nothing but links was missing. */
  #linksTimer: Timer | undefined
  #areLinksLate = false
  /** The same of the session. */
  #sessionTimer: Timer | undefined
  #isSessionLate = false
  #fetching: Promise<void> | undefined
  #hasFetched = false

  constructor(parts: {
    self: PeerId
    weight: number
    shards: number
    clock: Clock
    logger: Logger
    events: OwnWeightEvents
  }) {
    this.#self = parts.self
    this.#weight = parts.weight
    this.#shardCount = parts.shards
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#isTaken = parts.weight === 0
  }

  get isTaken(): boolean {
    return this.#isTaken
  }

  stop(): void {
    this.#stopped = true
    this.#linksTimer?.cancel()
    this.#sessionTimer?.cancel()
  }

  /** To be called when something has changed that it waits for. */
  look(): void {
    if (this.#isTaken || this.#stopped || !this.#events.mayOwn()) return
    const weights = this.#events.weights()
    const others = this.#events.present().filter(peer => peer !== this.#self)
    if (others.every(peer => weights.get(peer) === 0)) this.#take()
    else if (!this.#events.isVerified() || !this.#hasSession() || !this.#isLinked(others)) return
    else if (this.#hasFetched) this.#take()
    else this.#fetching ??= this.#fetch()
  }

  #take(): void {
    this.#isTaken = true
    this.#linksTimer?.cancel()
    this.#sessionTimer?.cancel()
    this.#logger.info('this node takes its part in owning exclusive actors', { weight: this.#weight })
    this.#events.declare(this.#weight)
  }

  #isLinked(others: readonly PeerId[]): boolean {
    if (this.#areLinksLate || others.every(peer => this.#events.isLinked(peer))) return true
    this.#linksTimer ??= this.#clock.after(linksMs, () => {
      this.#areLinksLate = true
      this.look()
    })
    return false
  }

  #hasSession(): boolean {
    if (this.#isSessionLate || this.#events.hasSession()) return true
    this.#sessionTimer ??= this.#clock.after(sessionMs, () => {
      this.#isSessionLate = true
      this.look()
    })
    return false
  }

  /** What it will own it has then, but for what is written meanwhile. What cannot be fetched now comes with the grants. */
  async #fetch(): Promise<void> {
    for (const [owner, shards] of this.#gains()) {
      if (this.#stopped || !this.#events.isLinked(owner)) continue
      try {
        await this.#events.fetch(owner, shards)
      } catch (error) {
        this.#logger.debug('what a shard has could not be fetched before it is claimed', { peer: owner, err: error })
      }
    }
    this.#hasFetched = true
    this.look()
  }

  /** The shards that it will own, by their present owner. */
  #gains(): Map<PeerId, number[]> {
    const present = this.#events.present()
    const weights = this.#events.weights()
    const shards = this.#shardCount
    const before = ringOf(present, { shards, weights })
    const after = ringOf(present, { shards, weights: new Map([...weights, [this.#self, this.#weight]]) })
    const gains = new Map<PeerId, number[]>()
    for (let shard = 0; shard < shards; shard++) {
      const owner = before.owner(shard)
      if (after.owner(shard) !== this.#self || owner === undefined || owner === this.#self) continue
      const ofOwner = gains.get(owner) ?? []
      gains.set(owner, ofOwner)
      ofOwner.push(shard)
    }
    return gains
  }
}
