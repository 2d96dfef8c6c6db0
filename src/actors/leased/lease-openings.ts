/**
 * Lease shards that this node is to have and does not have yet: each is tried to be opened for as long as somebody wants it and the ring has it
 * here, and whoever calls an actor of it waits, at most until the call's deadline. Nobody waits for what cannot be only a moment, such as a holder
 * that is not there: that is told at once.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { ClaimedInVain, HeldElsewhere, Unlinked } from '../../cluster/lease/epoch-opening.ts'
import type { Lease } from '../../cluster/lease/lease.ts'
import type { Leases } from '../../cluster/lease/leases.ts'
import { isGone } from '../../cluster/member-record.ts'
import { Pauses } from '../../cluster/pauses.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import { maxCallsPerShard } from '../calls/owned-calls.ts'
import { type Holding, NotServed } from './lease-holding.ts'
import type { LeaseSets } from './lease-sets.ts'

export interface OpeningParts {
  readonly cluster: Cluster
  readonly leases: Leases
  readonly sets: LeaseSets
  readonly clock: Clock
  readonly logger: Logger
  readonly leaseMs: number
  /** The ring has the shard here, as far as this node knows, and it may open it. */
  isMine(shard: number): boolean
  /** Under way, of what this node holds or held. */
  handOff(shard: number): Promise<void> | undefined
  /** It is this node's from now on. */
  opened(lease: Lease): Holding
  /** The same, when those that waited have it: the ring, or the members, may have changed meanwhile. */
  reconsider(holding: Holding): void
}

/** Somebody wants a shard that is not open here yet. */
interface Opening {
  wantedMs: number
  /** What callers are told at once. */
  refusal: NotServed | undefined
  readonly waiting: Set<PromiseWithResolvers<Holding | NotServed | undefined>>
  /** Up to which epoch owners have said that they have let go. Of each the store is asked once more, at once. */
  releasedEpoch: number
  /** Ends the wait for the owner. */
  wake: () => void
}

const retryMs = 25
/** While its holder is there and lets go of it; each time twice as long. */
const maxRetryMs = 100
/** Each try asks the store first. */
const linkRetryMs = 100

export class LeaseOpenings {
  readonly #parts: OpeningParts
  readonly #openings = new Map<number, Opening>()
  readonly #pauses: Pauses
  readonly #startedMs: number

  constructor(parts: OpeningParts) {
    this.#parts = parts
    this.#pauses = new Pauses(parts.clock)
    this.#startedMs = parts.clock.elapsed()
    parts.leases.onReleased((shard, epoch) => this.#released(shard, epoch))
  }

  /** What becomes of the shard, which is this node's to open. `undefined`: another is to have it; `full`: too many wait for it. */
  async wait(shard: number, deadlineMs: number): Promise<Holding | NotServed | 'full' | undefined> {
    const { clock } = this.#parts
    const opening = this.#openings.get(shard) ?? this.#begin(shard)
    opening.wantedMs = clock.elapsed()
    if (opening.refusal !== undefined) return opening.refusal
    if (opening.waiting.size >= maxCallsPerShard) return 'full'
    const wait = Promise.withResolvers<Holding | NotServed | undefined>()
    opening.waiting.add(wait)
    // What lets nobody serve is told at once. The rest passes, and may take a busy machine longer than a lease.
    const timer = clock.after(Math.max(0, deadlineMs - clock.elapsed()), () =>
      wait.resolve(new NotServed('it is not open here yet'))
    )
    try {
      return await wait.promise
    } finally {
      opening.waiting.delete(wait)
      timer.cancel()
    }
  }

  /** Tries to open it, though nobody waits. */
  begin(shard: number): void {
    this.#begin(shard)
  }

  has(shard: number): boolean {
    return this.#openings.has(shard)
  }

  /** Somebody waits for a shard that is not among these. */
  isAnyWanted(but: ReadonlyMap<number, unknown>): boolean {
    for (const [shard, { waiting }] of this.#openings) if (waiting.size > 0 && !but.has(shard)) return true
    return false
  }

  stop(): void {
    this.#pauses.stop()
    for (const opening of this.#openings.values()) for (const wait of opening.waiting) wait.resolve(undefined)
  }

  #begin(shard: number): Opening {
    const wantedMs = this.#parts.clock.elapsed()
    const opening: Opening = { wantedMs, refusal: undefined, waiting: new Set(), releasedEpoch: 0, wake() {} }
    this.#openings.set(shard, opening)
    void this.#tryToOpen(shard, opening)
    return opening
  }

  async #tryToOpen(shard: number, opening: Opening): Promise<void> {
    const { clock, leases, leaseMs, sets } = this.#parts
    let holding: Holding | undefined
    let pauseMs = retryMs
    let heededEpoch = 0
    while (
      this.#parts.isMine(shard) &&
      (opening.waiting.size > 0 || clock.elapsed() - opening.wantedMs <= 2 * leaseMs)
    ) {
      await this.#parts.handOff(shard)
      try {
        holding = this.#parts.opened(await leases.open(shard, sets.setFor(shard)))
        break
      } catch (error) {
        opening.refusal = this.#refusal(error)
        if (opening.refusal !== undefined) for (const wait of opening.waiting) wait.resolve(opening.refusal)
        if (error instanceof HeldElsewhere && heededEpoch < error.epoch && error.epoch <= opening.releasedEpoch) {
          heededEpoch = error.epoch
        } else if (error instanceof HeldElsewhere) {
          const isWaited = opening.refusal === undefined
          const isOver = await this.#whenOver(error.holder, opening, isWaited ? pauseMs : leaseMs / 2)
          // Then it can only be a moment.
          if (isOver) opening.refusal = undefined
          pauseMs = Math.min(pauseMs * 2, this.#isAlive(error.holder) ? maxRetryMs : leaseMs / 4)
        } else if (opening.refusal === undefined)
          await this.#pauses.pause(error instanceof Unlinked ? linkRetryMs : retryMs)
        else await this.#pauses.pause(error instanceof ClaimedInVain ? leaseMs : leaseMs / 20)
      }
    }
    this.#openings.delete(shard)
    for (const wait of opening.waiting) wait.resolve(holding)
    // The ring, or the members, may have changed meanwhile.
    if (holding !== undefined) this.#parts.reconsider(holding)
  }

  /** Resolves to `true` when the holder's session is over, or it is there again, or has let go, as it says. */
  async #whenOver(holder: PeerId, opening: Opening, atMostMs: number): Promise<boolean> {
    const released = new Promise<boolean>(resolve => {
      opening.wake = () => resolve(true)
    })
    return Promise.race([this.#parts.leases.whenOver(holder, atMostMs), released])
  }

  #released(shard: number, epoch: number): void {
    const opening = this.#openings.get(shard)
    if (opening === undefined || epoch <= opening.releasedEpoch) return
    opening.releasedEpoch = epoch
    opening.wake()
  }

  #isAlive(peer: PeerId): boolean {
    return this.#parts.cluster.membership.alive().includes(peer)
  }

  /** `undefined`: it can only be a moment. */
  #refusal(error: unknown): NotServed | undefined {
    const { cluster, clock, leaseMs, logger } = this.#parts
    if (error instanceof HeldElsewhere) {
      const holder = cluster.membership.member(error.holder)
      if (holder !== undefined && !isGone(holder)) return undefined
      return new NotServed(`${error.holder} holds its lease, and is not there`, error)
    }
    if (isShoalError(error) && error.code === 'SHOAL_NOT_OWNER') return undefined
    // Between members that are there a link is only a moment away.
    const alive = error instanceof Unlinked ? cluster.membership.alive() : []
    if (error instanceof Unlinked && error.peers.every(peer => alive.includes(peer))) return undefined
    // A session takes a moment to begin, and so do links.
    if (clock.elapsed() - this.#startedMs < leaseMs) return undefined
    logger.debug('a lease shard could not be opened', { err: error })
    const needs = error instanceof ClaimedInVain ? error.needs : undefined
    return new NotServed(needs ?? 'it cannot be opened here now', error)
  }
}
