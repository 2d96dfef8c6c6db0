/**
 * All that this node knows of the members, at most one record each.
 *
 * Records only ever move up in their order. The table has a limit: past it a stranger is refused and counted, because a peer
 * can invent names. Members that left are kept for a while, so that late gossip does not bring them back; they make room first.
 * Those that were forgotten are kept while there is room: should one return, it is to hear that others have not counted on it.
 */
import type { PeerId } from '../ports/network.ts'
import { compareRecords, isAdmitted, type MemberRecord } from './member-record.ts'

export type Put =
  | { readonly outcome: 'changed'; readonly before: MemberRecord | undefined; readonly after: MemberRecord }
  | { readonly outcome: 'same'; readonly held: MemberRecord }
  | { readonly outcome: 'stale'; readonly held: MemberRecord }
  | { readonly outcome: 'refused' }

export interface MemberTableLimits {
  readonly membersMax: number
  readonly leftMax: number
  readonly leftRetentionMs: number
}

export class MemberTable {
  readonly #records = new Map<PeerId, MemberRecord>()
  /** Since when we know that a member has left, in the order in which we learned it. */
  readonly #leftSinceMs = new Map<PeerId, number>()
  /** The same of those that were forgotten. */
  readonly #forgottenSinceMs = new Map<PeerId, number>()
  readonly #limits: MemberTableLimits

  constructor(limits: MemberTableLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#records.size
  }

  get(id: PeerId): MemberRecord | undefined {
    return this.#records.get(id)
  }

  values(): MapIterator<MemberRecord> {
    return this.#records.values()
  }

  put(record: MemberRecord, nowMs: number): Put {
    const before = this.#records.get(record.id)
    if (before !== undefined) {
      const order = compareRecords(record, before)
      if (order === 0) return { outcome: 'same', held: before }
      if (order < 0) return { outcome: 'stale', held: before }
    } else if (!this.#makeRoom()) {
      return { outcome: 'refused' }
    }
    this.#records.set(record.id, record)
    const since = record.status === 'forgotten' ? this.#forgottenSinceMs : this.#leftSinceMs
    for (const other of [this.#leftSinceMs, this.#forgottenSinceMs])
      if (other !== since || isAdmitted(record)) other.delete(record.id)
    if (!isAdmitted(record) && !since.has(record.id)) since.set(record.id, nowMs)
    return { outcome: 'changed', before, after: record }
  }

  /** Forgets those who left long ago, and the first of too many. Never `keep`, the node itself. */
  sweep(nowMs: number, keep: PeerId): boolean {
    let hasForgotten = false
    for (const [id, sinceMs] of this.#leftSinceMs) {
      const isDue = nowMs - sinceMs > this.#limits.leftRetentionMs || this.#leftSinceMs.size > this.#limits.leftMax
      if (!isDue) break
      if (id === keep) continue
      this.#forget(id)
      hasForgotten = true
    }
    return hasForgotten
  }

  #makeRoom(): boolean {
    if (this.#records.size < this.#limits.membersMax) return true
    const [oldest] = [...this.#leftSinceMs.keys(), ...this.#forgottenSinceMs.keys()]
    if (oldest === undefined) return false
    this.#forget(oldest)
    return true
  }

  #forget(id: PeerId): void {
    this.#records.delete(id)
    this.#leftSinceMs.delete(id)
    this.#forgottenSinceMs.delete(id)
  }
}
