/**
 * Deaths told by others of members to which this node has a link.
 *
 * The accused is told first and has a moment to refute; only then is the death believed. After a healed partition both sides
 * hold each other's members for dead, and without this every view would flap once before the refutations arrive.
 */
import type { PeerId } from '../ports/network.ts'
import { joinRecords, type MemberRecord } from './member-record.ts'

export class Hearsay {
  readonly #claims = new Map<PeerId, { record: MemberRecord; dueMs: number }>()

  /** Answers whether this is the first claim about that member. A later one does not win the accused more time. */
  add(record: MemberRecord, dueMs: number): boolean {
    const earlier = this.#claims.get(record.id)
    if (earlier === undefined) this.#claims.set(record.id, { record, dueMs })
    else earlier.record = joinRecords(earlier.record, record)
    return earlier === undefined
  }

  get isEmpty(): boolean {
    return this.#claims.size === 0
  }

  drop(member: PeerId): void {
    this.#claims.delete(member)
  }

  /** Claims that nobody refuted in time. They are no longer kept here. */
  takeDue(nowMs: number): MemberRecord[] {
    const due: MemberRecord[] = []
    for (const [member, claim] of this.#claims) {
      if (nowMs < claim.dueMs) continue
      this.#claims.delete(member)
      due.push(claim.record)
    }
    return due
  }

  postpone(byMs: number): void {
    for (const claim of this.#claims.values()) claim.dueMs += byMs
  }
}
