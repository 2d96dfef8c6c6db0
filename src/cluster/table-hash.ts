/**
 * One hash over all records of members that have not left, equal where they are: the XOR of one hash per record (Clarke et al.,
 * "Incremental multiset hash functions", 2003; members trust each other, so that XOR is enough).
 */
import type { MemberRecord } from './member-record.ts'
import { memberLimits } from './member-wire.ts'
import { sha256Of } from './reused-hasher.ts'
import { utf8Of } from './utf8.ts'

export type RecordHash = Uint8Array

/** Above so many members a hash is said in place of the whole table, where that may be enough. */
const largeTable = 64

export interface TableState {
  /** Equal on two nodes: what either could tell the other changes nothing. */
  readonly hash: Uint8Array
  readonly isLarge: boolean
}

export function isLargeTable(members: number): boolean {
  return members > largeTable
}

export function isSameHash(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at])
}

export function tableHash(records: Iterable<MemberRecord>): Uint8Array {
  const hash = new Uint8Array(memberLimits.tableHashBytes)
  for (const record of records) toggle(hash, recordHash(record))
  return hash
}

/** Puts a record into a hash, or takes it out. */
export function toggle(hash: Uint8Array, record: RecordHash | undefined): void {
  if (record === undefined) return
  for (let at = 0; at < hash.length; at++) hash[at] = (hash[at] as number) ^ (record[at] as number)
}

/** None of who has left: `member-table.ts`. */
export function recordHash({ id, incarnation, refutation, status }: MemberRecord): RecordHash | undefined {
  if (status === 'left') return undefined
  return sha256Of(utf8Of(`${id} ${incarnation} ${refutation} ${status}`)).slice(0, memberLimits.tableHashBytes)
}
