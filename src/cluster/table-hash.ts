/**
 * One hash over all records of members that have not left, equal where they are: the XOR of one hash per record, each worked out once
 * as long as the record is held (Clarke et al., "Incremental multiset hash functions", 2003; members trust each other, so that XOR is
 * enough).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import type { MemberRecord } from './member-record.ts'
import { memberLimits } from './member-wire.ts'

const hashes = new WeakMap<MemberRecord, Uint8Array>()

export function tableHash(records: Iterable<MemberRecord>): Uint8Array {
  const hash = new Uint8Array(memberLimits.tableHashBytes)
  for (const record of records) toggle(hash, record)
  return hash
}

/** Puts a record into a hash, or takes it out. Who has left is in none: `member-table.ts`. */
export function toggle(hash: Uint8Array, record: MemberRecord): void {
  if (record.status === 'left') return
  const own = hashOf(record)
  for (let at = 0; at < hash.length; at++) hash[at] = (hash[at] as number) ^ (own[at] as number)
}

function hashOf(record: MemberRecord): Uint8Array {
  const known = hashes.get(record)
  if (known !== undefined) return known
  const { id, incarnation, refutation, status } = record
  const hash = sha256(utf8ToBytes(`${id} ${incarnation} ${refutation} ${status}`)).slice(0, memberLimits.tableHashBytes)
  hashes.set(record, hash)
  return hash
}
