/**
 * Shards that this node holds and that are to have other replicas, as one of theirs left or died: it opens each anew, some at a time, when the
 * new replicas have been filled and what nobody serves has gone first. The rest of them is served meanwhile.
 */

import { Turns } from '../../cluster/lease/turns.ts'
import { Pauses } from '../../cluster/pauses.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Holding } from './lease-holding.ts'
import type { LeaseSets } from './lease-sets.ts'

export interface RenewalParts {
  readonly clock: Clock
  readonly leaseMs: number
  readonly sets: LeaseSets
  held(shard: number): Holding | undefined
  /** Opens it, within so much time, where it is not open. */
  holding(shard: number, deadlineMs: number): Promise<unknown>
  isMine(shard: number): boolean
  handOff(holding: Holding): Promise<void>
  /** Somebody waits for a shard that is not among these. */
  isAnyWanted(but: ReadonlyMap<number, unknown>): boolean
}

/** Shards that are opened anew at once. */
const maxAtOnce = 16
/** How long a new replica is waited for, that it has everything before it counts as one. */
const maxTeachMs = 3000
/** Calls to what nobody serves any more come within that time. */
const renewAfterMs = 100
const retryMs = 25

export class LeaseRenewals {
  readonly #parts: RenewalParts
  readonly #turns = new Turns(maxAtOnce)
  readonly #toRenew = new Map<number, Promise<void>>()
  readonly #pauses: Pauses

  constructor(parts: RenewalParts) {
    this.#parts = parts
    this.#pauses = new Pauses(parts.clock)
  }

  stop(): void {
    this.#pauses.stop()
  }

  /** Hands the shard off to this node itself, with other replicas. Resolves when it is open, or could not be opened for a while. */
  renew(shard: number): Promise<void> {
    const known = this.#toRenew.get(shard)
    if (known !== undefined) return known
    const dueMs = this.#parts.clock.elapsed() + renewAfterMs
    const renewed = this.#turns
      .take(async () => {
        await this.#othersFirst(dueMs)
        const holding = this.#parts.held(shard)
        if (holding === undefined || !this.#parts.isMine(shard) || !this.#parts.sets.isPoor(holding.lease.set)) return
        await this.#taught(holding)
        if (holding.isOver) return
        // Who was not there may be back.
        if (!this.#parts.sets.isPoor(holding.lease.set)) return holding.lease.teach([])
        await this.#parts.handOff(holding)
        const { clock, leaseMs } = this.#parts
        if (this.#parts.isMine(shard)) await this.#parts.holding(shard, clock.elapsed() + leaseMs)
      })
      .finally(() => this.#toRenew.delete(shard))
    this.#toRenew.set(shard, renewed)
    return renewed
  }

  /**
   * Its new replicas have everything before they count: who never had anything has no vote, and with the loss of one that has a shard would be
   * shut. One that is not filled for so long has to do as it is.
   */
  async #taught({ lease }: Holding): Promise<void> {
    const { clock } = this.#parts
    const newcomers = this.#parts.sets.setFor(lease.shard).filter(peer => !lease.set.includes(peer))
    const endMs = clock.elapsed() + maxTeachMs
    lease.teach(newcomers)
    while (!this.#pauses.isStopped && lease.isValid() && clock.elapsed() < endMs && !lease.hasTaught(newcomers))
      await this.#pauses.pause(retryMs)
  }

  /** What nobody serves, and somebody wants, goes before what is served and is to have other replicas. */
  async #othersFirst(dueMs: number): Promise<void> {
    const { clock, leaseMs } = this.#parts
    const endMs = clock.elapsed() + leaseMs / 2
    for (;;) {
      const nowMs = clock.elapsed()
      if (this.#pauses.isStopped || nowMs >= endMs || (nowMs >= dueMs && !this.#parts.isAnyWanted(this.#toRenew)))
        return
      await this.#pauses.pause(retryMs)
    }
  }
}
