/**
 * Which node may run an exclusive actor, in `merge` mode: the ring's owner in this node's view, once the others have let go.
 *
 * An owner serves a shard only after every other present member has granted its claim: the member takes over the claimer's view,
 * stops starting handlers of that shard, lets running ones end and be committed, and then streams what the claimer lacks. So a
 * planned move (join, leave) never has two at work, and the new owner has every acknowledged write. A grant ends when
 * the granter is declared dead or returns, when somebody claims the shard from us, when we hear that we were held for dead, and
 * when this process stood still so long that it may have been.
 *
 * One that begins a life owns nothing until it is ready, and says so by its weight, 0 (own-weight.ts). Nothing of it can be at work, so
 * whoever hears of that life for the first time needs no grant of it for what it serves already, and serves on.
 *
 * A member that is present in the view and does not answer is passed over after a while: under a partition both sides serve,
 * each by its own view, and replication brings their updates together after the heal.
 */
import type { Clock, Timer } from '../ports/clock.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { type Ring, ringOf } from './hash-ring.ts'
import type { MemberRecord } from './member-record.ts'

export interface OwnershipOptions {
  /** A present member that neither answers a claim nor sends for so long is passed over, in milliseconds. @default 3000 */
  passOverAfterMs?: number
  /** A node that knows of others waits so long to hear of one that owns before it owns anything, in milliseconds. @default 2000 */
  settleMs?: number
  /** The next member is asked when the one before has answered, or after so long, in milliseconds. @default 2 */
  staggerMs?: number
  /** Wait before a refused or broken claim is made again, in milliseconds. @default 60 */
  retryAfterMs?: number
  /** A node that stood still for so long makes sure of all grants again before it serves, in milliseconds. @default 1000 */
  maxPauseMs?: number
}

export interface OwnershipEvents {
  /** Present members of the view, this node included. */
  present(): readonly PeerId[]
  /** Their weights, where they are not 1. */
  weights(): ReadonlyMap<PeerId, number>
  /** Of the member's record, where there is one. */
  incarnation(peer: PeerId): string | undefined
  isLinked(peer: PeerId): boolean
  merge(members: readonly MemberRecord[], from: PeerId): void
  /** Pulls the shards from the peer with a claim. Throws `SHOAL_NOT_OWNER` when it refuses. */
  claim(peer: PeerId, shards: readonly number[]): Promise<void>
  /** This node may own from now on. */
  settled(): void
  /** Resolves when no handler of an exclusive actor of these shards runs any more. */
  drain(shards: ReadonlySet<number>): Promise<void>
}

/** What one member has granted in this life of it, since it last became present. */
interface Grants {
  readonly incarnation: string | undefined
  readonly shards: Set<number>
  /** Since when a grant of it has been missing, on the `elapsed` clock. */
  missingSinceMs: number | undefined
  asking: boolean
  retry: Timer | undefined
}

/** How often is looked whether a member that was asked is to be passed over. */
const lookAgainMs = 150
/** Lives of members that are not present, of whom some may not be known any more. */
const livesKept = 64

interface Waiter {
  readonly shard: number
  readonly resolve: (outcome: 'open' | 'moved') => void
}

export class Ownership {
  readonly #self: PeerId
  readonly #shardCount: number
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: OwnershipEvents
  readonly #options: Required<OwnershipOptions>
  readonly #claims
  readonly #passedOver
  readonly #ownedShards
  readonly #grants = new Map<PeerId, Grants>()
  /** The latest life of each member that was present. */
  readonly #lives = new Map<PeerId, string | undefined>()
  readonly #waiters = new Set<Waiter>()
  /** Per shard, how often this node has granted or lost it to another: a grant received across that is void. */
  readonly #granted: number[]
  readonly #open = new Set<number>()
  #owned: readonly number[] = []
  #ring: Ring
  /** The list of members that the ring was last compared with, and the ring that `#owned` was read from. */
  #present: readonly PeerId[] | undefined
  #ownedOn: Ring | undefined
  #settled = false
  #sealed = false
  #stopped = false
  #settleTimer: Timer | undefined
  #lookTimer: Timer | undefined
  #pulseTimer: Timer | undefined
  /** When this process last ran for sure, on the `elapsed` clock. */
  #awakeMs = 0

  constructor(
    parts: { self: PeerId; shards: number; clock: Clock; logger: Logger; metrics: Metrics; events: OwnershipEvents },
    options: OwnershipOptions = {}
  ) {
    this.#self = parts.self
    this.#shardCount = parts.shards
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#options = {
      passOverAfterMs: options.passOverAfterMs ?? 3000,
      settleMs: options.settleMs ?? 2000,
      staggerMs: options.staggerMs ?? 2,
      retryAfterMs: options.retryAfterMs ?? 60,
      maxPauseMs: options.maxPauseMs ?? 1000
    }
    this.#granted = new Array<number>(parts.shards).fill(0)
    this.#ring = ringOf([parts.self], { shards: parts.shards })
    this.#claims = parts.metrics.counter('shoal_ownership_claims_total', 'Claims made to other members')
    this.#passedOver = parts.metrics.counter(
      'shoal_ownership_passed_over_total',
      'Members that did not answer a claim in time'
    )
    this.#ownedShards = parts.metrics.gauge(
      'shoal_ownership_open_shards',
      'Shards whose exclusive actors this node serves'
    )
  }

  /** Begins to own. With `alone` there is nobody to wait for. */
  start(alone: boolean): void {
    this.#awakeMs = this.#clock.elapsed()
    this.#pulse()
    if (alone) this.#settled = true
    else this.#settleTimer = this.#clock.after(this.#options.settleMs, () => this.settle())
    this.viewChanged()
  }

  /** The members are known: one that may own has told its view, or none did for long enough. */
  settle(): void {
    if (this.#settled || this.#stopped) return
    this.#settled = true
    this.#settleTimer?.cancel()
    this.#events.settled()
    this.#look()
  }

  get isSettled(): boolean {
    return this.#settled
  }

  stop(): void {
    this.#stopped = true
    this.#settleTimer?.cancel()
    this.#lookTimer?.cancel()
    this.#pulseTimer?.cancel()
    for (const grants of this.#grants.values()) grants.retry?.cancel()
    for (const waiter of this.#waiters) waiter.resolve('moved')
    this.#waiters.clear()
  }

  // ---- asking ----------------------------------------------------------------------------------------------------------------

  owner(shard: number): PeerId | undefined {
    return this.#ring.owner(shard)
  }

  /** Owner of each shard, by shard. */
  owners(): PeerId[] {
    return Array.from({ length: this.#shardCount }, (_, shard) => this.#ring.owner(shard) ?? this.#self)
  }

  isOpen(shard: number): boolean {
    this.#noticePause()
    return this.#open.has(shard)
  }

  get isSealed(): boolean {
    return this.#sealed
  }

  /** `open` when this node serves the shard, now or soon; `moved` when another owns it. Cancel it when nobody waits any more. */
  serving(shard: number): { outcome: Promise<'open' | 'moved'>; cancel(): void } {
    if (this.isOpen(shard)) return { outcome: Promise.resolve('open'), cancel() {} }
    if (this.#ring.owner(shard) !== this.#self || this.#sealed || this.#stopped)
      return { outcome: Promise.resolve('moved'), cancel() {} }
    const { promise, resolve } = Promise.withResolvers<'open' | 'moved'>()
    const waiter = { shard, resolve }
    this.#waiters.add(waiter)
    return { outcome: promise, cancel: () => this.#waiters.delete(waiter) }
  }

  // ---- changing --------------------------------------------------------------------------------------------------------------

  viewChanged(): void {
    if (this.#stopped) return
    const present = this.#events.present()
    if (present !== this.#present) {
      this.#present = present
      this.#ring = ringOf(present, { shards: this.#shardCount, weights: this.#events.weights() })
    }
    const others = new Set(present.filter(id => id !== this.#self))
    for (const [peer, grants] of this.#grants) {
      if (others.has(peer)) continue
      grants.retry?.cancel()
      this.#grants.delete(peer)
      // It may have served until it went, and told the others what it did after they had granted: they are asked again.
      for (const shard of this.#owned) if (!grants.shards.has(shard)) this.#void(shard)
    }
    for (const peer of others) {
      const incarnation = this.#events.incarnation(peer)
      const held = this.#grants.get(peer)
      if (held !== undefined && held.incarnation === incarnation) continue
      held?.retry?.cancel()
      const isIdle = this.#events.weights().get(peer) === 0 && this.#lives.get(peer) !== incarnation
      this.#lives.set(peer, incarnation)
      const shards = new Set(isIdle ? this.#open : [])
      this.#grants.set(peer, { incarnation, shards, missingSinceMs: undefined, asking: false, retry: undefined })
    }
    this.#forgetLives(others.size)
    if (this.#ring !== this.#ownedOn) this.#readRing()
    this.#look()
  }

  #readRing(): void {
    const before = new Set(this.#owned)
    const owned: number[] = []
    for (let shard = 0; shard < this.#shardCount; shard++) {
      if (this.#ring.owner(shard) === this.#self) owned.push(shard)
      // A grant on its way was asked for by an owner that this node is no more.
      else if (before.has(shard)) this.#void(shard)
    }
    this.#owned = owned
    this.#ownedOn = this.#ring
  }

  #forgetLives(present: number): void {
    if (this.#lives.size <= 2 * present + livesKept) return
    for (const peer of this.#lives.keys()) if (this.#events.incarnation(peer) === undefined) this.#lives.delete(peer)
  }

  /** This member was held for gone, and is the process that it was: what it granted before does not count. */
  forget(peer: PeerId): void {
    this.#grants.get(peer)?.retry?.cancel()
    this.#grants.delete(peer)
    // Nor is it new here, though it may not have been present before: it may have served alone, where all others were cut off from it.
    this.#lives.set(peer, this.#events.incarnation(peer))
    this.viewChanged()
  }

  /** Others may have gone on without us: nothing is served before all grants are renewed. */
  revalidate(): void {
    for (const grants of this.#grants.values()) grants.retry?.cancel()
    this.#grants.clear()
    this.viewChanged()
  }

  linked(peer: PeerId): void {
    const grants = this.#grants.get(peer)
    // It has granted all that is wanted, or nothing is wanted yet.
    if (grants?.missingSinceMs === undefined) return
    grants.retry?.cancel()
    grants.retry = undefined
    this.#look()
  }

  /** A peer claims shards: resolves when this node serves them no more. Throws `SHOAL_NOT_OWNER` where its view is the older. */
  async grant(peer: PeerId, shards: readonly number[], members: readonly MemberRecord[]): Promise<void> {
    this.#events.merge(members, peer)
    this.viewChanged()
    const mine = this.#sealed ? [] : shards.filter(shard => this.#ring.owner(shard) === this.#self)
    if (mine.length > 0) {
      throw new ShoalError(
        'SHOAL_NOT_OWNER',
        `${mine.length} of the claimed shards belong to ${this.#self} in its view`,
        { retryable: true }
      )
    }
    for (const shard of shards) {
      this.#open.delete(shard)
      this.#void(shard)
    }
    this.#look()
    await this.#events.drain(new Set(shards))
  }

  /** Serves nothing from now on; resolves when no handler runs any more. For a graceful leave. */
  async seal(): Promise<void> {
    this.#sealed = true
    this.#look()
    await this.#events.drain(new Set(Array.from({ length: this.#shardCount }, (_, shard) => shard)))
  }

  /** Whoever was stopped (SIGSTOP, a closed lid) may have been declared dead meanwhile, and is the last to hear of it. */
  #noticePause(): void {
    const nowMs = this.#clock.elapsed()
    const pausedMs = nowMs - this.#awakeMs
    this.#awakeMs = nowMs
    if (this.#stopped || pausedMs <= this.#options.maxPauseMs) return
    this.#logger.warn('this process stood still; it serves again when the others have confirmed', { pausedMs })
    this.revalidate()
  }

  #pulse(): void {
    this.#pulseTimer = this.#clock.after(this.#options.maxPauseMs / 4, () => {
      this.#noticePause()
      this.#pulse()
    })
  }

  /** No grant of this shard counts any more, those on their way included. */
  #void(shard: number): void {
    this.#granted[shard] = (this.#granted[shard] ?? 0) + 1
    for (const grants of this.#grants.values()) grants.shards.delete(shard)
  }

  // ---- claiming --------------------------------------------------------------------------------------------------------------

  /** Compares what is granted with what should be, opens and closes shards accordingly, and asks for what is missing. */
  #look(): void {
    if (this.#stopped) return
    const maySee = this.#settled && !this.#sealed
    const missing = maySee && this.#owned.length > 0 ? this.#missing() : new Map<PeerId, number[]>()
    const blocked = new Set<number>()
    for (const shards of missing.values()) for (const shard of shards) blocked.add(shard)
    this.#open.clear()
    if (maySee) for (const shard of this.#owned) if (!blocked.has(shard)) this.#open.add(shard)
    this.#ownedShards.set(this.#open.size)
    for (const waiter of this.#waiters) this.#answer(waiter)
    this.#askNext(missing)
  }

  /** Per member that still counts, the shards it has yet to grant. */
  #missing(): Map<PeerId, number[]> {
    const nowMs = this.#clock.elapsed()
    const missing = new Map<PeerId, number[]>()
    for (const [peer, grants] of this.#grants) {
      const shards = this.#owned.filter(shard => !grants.shards.has(shard))
      if (shards.length === 0) {
        grants.missingSinceMs = undefined
        continue
      }
      grants.missingSinceMs ??= nowMs
      // One that is still sending what this node lacks has answered: to serve without it would be to serve what is outdated.
      const isLate = nowMs - grants.missingSinceMs >= this.#options.passOverAfterMs && !grants.asking
      if (!isLate) missing.set(peer, shards)
      else this.#passOver(peer, grants, shards)
    }
    return missing
  }

  #passOver(peer: PeerId, grants: Grants, shards: readonly number[]): void {
    this.#passedOver.add()
    this.#logger.warn('a present member did not answer a claim; serving without its grant', {
      peer,
      shards: shards.length
    })
    for (const shard of shards) grants.shards.add(shard)
    grants.missingSinceMs = undefined
  }

  #answer(waiter: Waiter): void {
    const isOpen = this.#open.has(waiter.shard)
    if (!isOpen && !this.#sealed && this.#ring.owner(waiter.shard) === this.#self) return
    this.#waiters.delete(waiter)
    waiter.resolve(isOpen ? 'open' : 'moved')
  }

  /** One member after the other, so that what one has sent the next need not send again; but nobody is waited for long. */
  #askNext(missing: ReadonlyMap<PeerId, number[]>): void {
    this.#lookTimer?.cancel()
    this.#lookTimer = undefined
    if (missing.size === 0) return
    let asked = false
    let delayMs = lookAgainMs
    for (const [peer, shards] of missing) {
      const grants = this.#grants.get(peer)
      if (grants === undefined || grants.asking || grants.retry !== undefined || !this.#events.isLinked(peer)) continue
      if (asked) {
        delayMs = this.#options.staggerMs
        break
      }
      void this.#ask(peer, grants, shards)
      asked = true
    }
    this.#lookTimer = this.#clock.after(delayMs, () => this.#look())
  }

  async #ask(peer: PeerId, grants: Grants, shards: readonly number[]): Promise<void> {
    grants.asking = true
    this.#claims.add()
    const grantedBefore = shards.map(shard => this.#granted[shard])
    try {
      await this.#events.claim(peer, shards)
      for (const [i, shard] of shards.entries()) {
        if (this.#granted[shard] === grantedBefore[i] && this.#ring.owner(shard) === this.#self)
          grants.shards.add(shard)
      }
    } catch (error) {
      const level = isShoalError(error) && error.retryable ? 'debug' : 'warn'
      this.#logger[level]('a claim was not granted', { peer, err: error })
      if (!this.#stopped) {
        grants.retry = this.#clock.after(this.#options.retryAfterMs, () => {
          grants.retry = undefined
          this.#look()
        })
      }
    } finally {
      grants.asking = false
      this.#look()
    }
  }
}
