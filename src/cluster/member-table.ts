/**
 * All that this node knows of the members, at most one record each.
 *
 * Records only ever move up in their order. The table has a limit, because a peer can invent names: past it a stranger takes the
 * place of somebody who is known by hearsay only (`introductions.ts`), or is refused and counted.
 *
 * Members that left are kept for a while, so that late gossip does not bring them back; they make room first. That somebody has left
 * matters only to who counts on it, so nobody else takes it in, and it is not in the hash: else each who sweeps it would be told it
 * again by who learned it later. So it is gone everywhere twice that while after it left, unless somebody stayed away so long that all
 * others had swept it, and counts on it still. Those that were forgotten are kept while there is room: should one return, it is to
 * hear that others have not counted on it.
 */
import type { PeerId } from '../ports/network.ts'
import { Introductions } from './introductions.ts'
import { compareRecords, isAdmitted, type MemberRecord } from './member-record.ts'
import { type RecordHash, recordHash, tableHash, toggle } from './table-hash.ts'

export type Put =
  | {
      readonly outcome: 'changed'
      readonly before: MemberRecord | undefined
      readonly after: MemberRecord
      /** Whose place it took. */
      readonly dropped: MemberRecord | undefined
    }
  | { readonly outcome: 'same'; readonly held: MemberRecord }
  | { readonly outcome: 'stale'; readonly held: MemberRecord }
  | { readonly outcome: 'refused' }
  /** It has left, and nobody here knew it. */
  | { readonly outcome: 'unneeded' }

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
  readonly #introductions = new Introductions()
  /** Of each record that counts in the hash of the table. */
  readonly #hashes = new Map<PeerId, RecordHash>()
  /** Kept up to date. */
  readonly #hash = tableHash([])
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

  /** Equal where all records are of members that have not left. */
  hash(): Uint8Array {
    return this.#hash.slice()
  }

  /** It has told us of itself. */
  isProven(id: PeerId): boolean {
    return this.#introductions.isProven(id)
  }

  /** `from`: whose link it came by. */
  put(record: MemberRecord, nowMs: number, from: PeerId = ''): Put {
    const put = this.#put(record, nowMs, from)
    if (put.outcome !== 'refused' && put.outcome !== 'unneeded') this.introduced(record.id, from)
    return put
  }

  /** Somebody tells of a member that is in the table. */
  introduced(id: PeerId, from: PeerId = ''): void {
    this.#introductions.made(id, from)
  }

  /** What an earlier life of this node knew. `leftSinceMs`: since when it knew that the member has left; rises from call to call. */
  restore(record: MemberRecord, leftSinceMs: number): void {
    if (this.#records.has(record.id) || this.#records.size >= this.#limits.membersMax) return
    this.#take(record, undefined, leftSinceMs)
    this.#introductions.made(record.id, '')
  }

  /** Since when it is known here that this member has left. */
  leftSinceMs(id: PeerId): number | undefined {
    return this.#leftSinceMs.get(id)
  }

  /** Whether a stranger would be taken in now. */
  wants(stranger: MemberRecord, from: PeerId = ''): boolean {
    if (stranger.status === 'left') return false
    if (this.#records.size < this.#limits.membersMax) return true
    return isAdmitted(stranger) && this.#whoGivesWay(stranger.id, from) !== undefined
  }

  #put(record: MemberRecord, nowMs: number, from: PeerId): Put {
    const before = this.#records.get(record.id)
    let dropped: MemberRecord | undefined
    if (before !== undefined) {
      const order = compareRecords(record, before)
      if (order === 0) return { outcome: 'same', held: before }
      if (order < 0) return { outcome: 'stale', held: before }
    } else if (record.status === 'left') {
      return { outcome: 'unneeded' }
    } else if (this.#records.size >= this.#limits.membersMax) {
      dropped = isAdmitted(record) ? this.#makeRoom(record.id, from) : undefined
      if (dropped === undefined) return { outcome: 'refused' }
    }
    this.#take(record, before, nowMs)
    return { outcome: 'changed', before, after: record, dropped }
  }

  #take(record: MemberRecord, before: MemberRecord | undefined, nowMs: number): void {
    this.#records.set(record.id, record)
    this.#rehash(record.id, recordHash(record))
    const since = record.status === 'forgotten' ? this.#forgottenSinceMs : this.#leftSinceMs
    for (const other of [this.#leftSinceMs, this.#forgottenSinceMs])
      if (other !== since || isAdmitted(record) || before?.incarnation !== record.incarnation) other.delete(record.id)
    if (!isAdmitted(record) && !since.has(record.id)) since.set(record.id, nowMs)
  }

  #rehash(id: PeerId, hash: RecordHash | undefined): void {
    toggle(this.#hash, this.#hashes.get(id))
    toggle(this.#hash, hash)
    if (hash === undefined) this.#hashes.delete(id)
    else this.#hashes.set(id, hash)
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

  #makeRoom(stranger: PeerId, from: PeerId): MemberRecord | undefined {
    const gone = this.#whoGivesWay(stranger, from)
    if (gone === undefined) return undefined
    const record = this.#records.get(gone)
    this.#forget(gone)
    return record
  }

  #whoGivesWay(stranger: PeerId, from: PeerId): PeerId | undefined {
    for (const gone of [this.#leftSinceMs, this.#forgottenSinceMs]) for (const id of gone.keys()) return id
    return this.#introductions.giveWayTo(stranger, from)
  }

  #forget(id: PeerId): void {
    this.#rehash(id, undefined)
    this.#records.delete(id)
    this.#leftSinceMs.delete(id)
    this.#forgottenSinceMs.delete(id)
    this.#introductions.dropped(id)
  }
}
