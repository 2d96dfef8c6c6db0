/**
 * What an owner has of a lease shard: it reads and appends for as long as its session is valid and nobody has fenced it.
 *
 * Nothing that it shows can be taken back by a later epoch: a read waits until a majority has what it shows. Check `isValid` before a
 * handler starts; what is read and acknowledged is checked here again.
 */
import { ShoalError } from '../../ports/errors.ts'
import type { LeaseStore, RegisterVersion } from '../../ports/lease-store.ts'
import type { PeerId } from '../../ports/network.ts'
import type { EpochWriter, LeaseAcknowledgement } from './epoch-writer.ts'
import { encodeRegister, type OwnershipRecord, ownershipKey } from './lease-registers.ts'
import type { Replica } from './replica.ts'
import type { Sessions } from './sessions.ts'

export interface LeaseParts {
  readonly store: LeaseStore
  readonly sessions: Sessions
  readonly shard: number
  readonly replica: Replica
  readonly writer: EpochWriter
  readonly session: string
  readonly record: OwnershipRecord
  readonly version: RegisterVersion
}

export class Lease {
  readonly shard: number
  readonly epoch: number
  readonly #parts: LeaseParts
  #isReleased = false

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
    return this.#parts.record.set
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

  /** The actor's state, once a majority has it. Throws `SHOAL_UNAVAILABLE` where the lease ends meanwhile. */
  async read(actor: string): Promise<Uint8Array | undefined> {
    this.#assertValid()
    const entry = this.#parts.replica.read(actor)
    if (entry?.epoch === this.epoch) await this.#parts.writer.reached(entry.n)
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

  /** Lets go: takes no more, waits until what was taken is acknowledged, and says so in the store. Then another may claim at once. */
  async release(): Promise<void> {
    const { writer, store, sessions, record, version, shard } = this.#parts
    if (this.#isReleased || writer.isFenced) return
    this.#isReleased = true
    try {
      await writer.reached(writer.last)
      const free = encodeRegister({ ...record, session: '' })
      await store.write(ownershipKey(shard), free, version, sessions.deadline())
    } finally {
      writer.stop(unavailable('it has let go of the shard'))
    }
  }

  #assertValid(): void {
    if (!this.isValid()) throw unavailable('its lease is not valid')
  }
}

function unavailable(why: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', `this node does not serve the shard: ${why}`, { retryable: true })
}
