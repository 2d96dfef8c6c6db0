/**
 * What one node believes about a member, and which of two beliefs is the newer.
 *
 * The records of one member are totally ordered, and the join of two is the greater: so news may come late, twice and in any
 * order, and all nodes end with the same record. A newer process beats an older one; within one life `left` is final; then the
 * member's own refutations beat accusations, and a worse status beats a better one (SWIM: Das, Gupta, Motivala, 2002).
 */
import type { PeerId } from '../ports/network.ts'

/** `forgotten`: dead, and an operator has declared that nobody counts on it any more. Like any accusation it can be contradicted. */
export const memberStatuses = ['alive', 'suspect', 'dead', 'left', 'forgotten'] as const
export type MemberStatus = (typeof memberStatuses)[number]

export interface MemberRecord {
  readonly id: PeerId
  readonly name: string
  readonly region: string
  /** What fails together within a region: a data centre, a rack. The region's name, where nobody said. */
  readonly zone: string
  readonly incarnation: string
  /** Raised only by the member itself, to contradict an accusation or to announce new addresses. */
  readonly refutation: number
  readonly status: MemberStatus
  readonly addresses: readonly string[]
  /** A hash of what its program says of the kinds of actors that it knows. */
  readonly kinds?: string
  /** Its part in owning shards beside the others', in steps of 0.01; none: 1. */
  readonly weight?: number
  /** The member's own, of all but an accusation (`member-seal.ts`). Without it nobody believes the record. */
  readonly signature?: Uint8Array
}

/** What a node keeps of a member for its next life. */
export interface RememberedMember extends MemberRecord {
  /** By the wall clock, since when this node has known that it left, in milliseconds since 1970. */
  readonly leftAtMs?: number
}

/** Negative where `b` is newer than `a`, positive where it is older, 0 where they are equal. For records of one member. */
export function compareRecords(a: MemberRecord, b: MemberRecord): number {
  if (a === b) return 0
  return (
    compareText(a.incarnation, b.incarnation) ||
    Number(a.status === 'left') - Number(b.status === 'left') ||
    a.refutation - b.refutation ||
    memberStatuses.indexOf(a.status) - memberStatuses.indexOf(b.status) ||
    (hasSameParticulars(a, b) ? 0 : compareText(particulars(a), particulars(b)))
  )
}

export function joinRecords(a: MemberRecord, b: MemberRecord): MemberRecord {
  return compareRecords(a, b) >= 0 ? a : b
}

/** Counted in placement: not proven gone. */
export function isPresent(record: MemberRecord): boolean {
  return record.status === 'alive' || record.status === 'suspect'
}

/** Joined, and neither left nor forgotten: dead members are still counted on to return. */
export function isAdmitted(record: MemberRecord): boolean {
  return record.status !== 'left' && record.status !== 'forgotten'
}

/** Not there, and may come back with what its disk holds. */
export function isGone(record: MemberRecord): boolean {
  return record.status === 'dead' || record.status === 'forgotten'
}

/** As they are nearly always: whoever gossips says the same again and again. */
export function hasSameParticulars(a: MemberRecord, b: MemberRecord): boolean {
  if (a === b) return true
  if (a.name !== b.name || a.region !== b.region || a.zone !== b.zone) return false
  if (a.kinds !== b.kinds || a.weight !== b.weight) return false
  return a.addresses.length === b.addresses.length && a.addresses.every((address, i) => address === b.addresses[i])
}

/** A member does not change these without a new refutation; should it have, all nodes must still choose alike. */
function particulars(record: MemberRecord): string {
  return JSON.stringify([record.name, record.region, record.zone, record.addresses, record.kinds, record.weight])
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
