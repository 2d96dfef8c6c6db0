/**
 * Since when members are gone, and which of them have been for so long that nobody waits for them any more.
 *
 * Counted on this process's own clock from the moment it first saw them gone: a restart begins anew, which only means to wait longer.
 */
import type { PeerId } from '../ports/network.ts'
import { isAdmitted, isPresent, type MemberRecord } from './member-record.ts'

export class SilentMembers {
  readonly #horizonMs: number
  readonly #sinceMs = new Map<PeerId, number>()

  constructor(horizonMs: number) {
    this.#horizonMs = horizonMs
  }

  /** Takes a look at the members as they are now. */
  look(records: readonly MemberRecord[], nowMs: number): void {
    const gone = new Set(records.filter(record => isAdmitted(record) && !isPresent(record)).map(({ id }) => id))
    for (const id of this.#sinceMs.keys()) if (!gone.has(id)) this.#sinceMs.delete(id)
    for (const id of gone) if (!this.#sinceMs.has(id)) this.#sinceMs.set(id, nowMs)
  }

  /** As of the last look: silent for longer than the horizon. */
  isGivenUp(id: PeerId, nowMs: number): boolean {
    const sinceMs = this.#sinceMs.get(id)
    return sinceMs !== undefined && nowMs - sinceMs > this.#horizonMs
  }
}
