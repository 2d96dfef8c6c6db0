/**
 * What an owner has of a lease shard: it reads and appends for as long as its session is valid and nobody has fenced it.
 *
 * Nothing that it shows can be taken back by a later epoch: a read waits until a majority has what it shows. Check `isValid` before a
 * handler starts; what is read and acknowledged is checked here again.
 */
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { EpochWriter, LeaseAcknowledgement } from './epoch-writer.ts'
import type { LettingGo, WrittenClaim } from './letting-go.ts'
import type { Replica } from './replica.ts'
import type { Sessions } from './sessions.ts'

export interface LeaseParts {
  readonly sessions: Sessions
  readonly shard: number
  readonly replica: Replica
  readonly writer: EpochWriter
  /** As it is in the lease store. */
  readonly claim: WrittenClaim
  readonly session: string
  readonly clock: Clock
  readonly lettingGo: LettingGo
}

/** How long replicas have to acknowledge what was taken before a release. */
const releasePatienceMs = 5000

export class Lease {
  readonly shard: number
  readonly epoch: number
  readonly #parts: LeaseParts
  #isReleased = false
  #releasing: Promise<void> | undefined

  constructor(parts: LeaseParts) {
    this.#parts = parts
    this.shard = parts.shard
    this.epoch = parts.writer.epoch
  }

  /** Now this node is the only one that may run handlers of this shard. */
  isValid(): boolean {
    const { writer, sessions, session } = this.#parts
    return !writer.isFenced && !this.#isReleased && sessions.current === session && sessions.isValid()
  }

  /** The replicas of this epoch. */
  get set(): readonly PeerId[] {
    return this.#parts.claim.record.set
  }

  /** Why it is over, once it is: throw away what was in memory. */
  get fenced(): Promise<ShoalError> {
    return this.#parts.writer.fenced
  }

  /** What the handlers of this owner have made of the actor so far, acknowledged or not; `undefined`, or empty, where there is nothing. */
  peek(actor: string): Uint8Array | undefined {
    this.#assertValid()
    return this.#parts.replica.read(actor)?.state
  }

  /** The actor's state, once a majority, or all, have it. Throws `SHOAL_UNAVAILABLE` where the lease ends meanwhile, and `SHOAL_OVERLOADED`. */
  async read(actor: string, acknowledge: LeaseAcknowledgement = 'majority'): Promise<Uint8Array | undefined> {
    this.#assertValid()
    const entry = this.#parts.replica.read(actor)
    // With any position of this epoch a replica has all of before.
    const n = entry?.epoch === this.epoch ? entry.n : 0
    if (n > 0 || acknowledge === 'all') await this.#parts.writer.acknowledged(n, acknowledge)
    this.#assertValid()
    return entry?.state
  }

  /**
   * The actor's whole new state; empty, where it is removed. Resolves when a majority of the epoch's replicas has it on disk, or all. Throws
   * at once, and not by the promise, where it has no effect (`SHOAL_UNAVAILABLE`, `SHOAL_OVERLOADED`, `SHOAL_LIMIT`); rejects with
   * `SHOAL_INDETERMINATE` where nobody knows.
   */
  append(actor: string, state: Uint8Array, acknowledge: LeaseAcknowledgement = 'majority'): Promise<void> {
    this.#assertValid()
    return this.#parts.writer.append(actor, state, acknowledge)
  }

  /** Gives these nodes everything beforehand, and no others, who are to be replicas of the next epoch; `hasTaught`: they have it. */
  teach(peers: readonly PeerId[]): void {
    this.#parts.writer.teach(peers)
  }

  hasTaught(peers: readonly PeerId[]): boolean {
    return this.#parts.writer.hasTaught(peers)
  }

  get isReleased(): boolean {
    return this.#isReleased
  }

  /**
   * Lets go: takes no more, waits until what was taken is acknowledged, or long enough, and says so in the store. Then another may claim at
   * once. Throws where the store does not take it now: it is told again until it does. `isRenewed`: this node claims it anew, at once, and
   * the store is told only where it does not.
   */
  release(isRenewed = false): Promise<void> {
    this.#releasing ??= this.#release(isRenewed)
    return this.#releasing
  }

  async #release(isRenewed: boolean): Promise<void> {
    const { writer, session, shard, lettingGo, clock, claim } = this.#parts
    if (writer.isFenced) return
    this.#isReleased = true
    const patience = clock.after(releasePatienceMs, () => writer.stop(unavailable('too few replicas have answered')))
    // Whoever waits for an entry is told what became of it.
    await writer.reached(writer.last).catch(() => {})
    patience.cancel()
    if (isRenewed) lettingGo.letGoLater(shard, this.epoch, session)
    writer.stop(unavailable('it has let go of the shard'))
    if (!isRenewed) await lettingGo.letGo(shard, this.epoch, session, { written: claim })
  }

  #assertValid(): void {
    if (!this.isValid()) throw unavailable('its lease is not valid')
  }
}

function unavailable(why: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', `this node does not serve the shard: ${why}`, { retryable: true })
}
