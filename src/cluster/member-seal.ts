/**
 * What a member says of itself, signed with the key that its links are made with: its life, its refutations, its addresses, and that it
 * leaves. Others pass it on and may accuse it (suspect, dead, forgotten), which it contradicts with a refutation; but nobody can make up a
 * life of it, a word of its own or a farewell. See ADR 35.
 */
import { hasSameParticulars, type MemberRecord } from './member-record.ts'
import { utf8Of } from './utf8.ts'

/** What is signed. The first text keeps it apart from anything else that the key may sign. */
export function declarationOf(record: MemberRecord): Uint8Array {
  const { id, incarnation, refutation, status, name, region, zone, addresses, kinds = '', weight = 1 } = record
  const isLeaving = status === 'left'
  return utf8Of(
    JSON.stringify([
      'shoal member 1',
      id,
      incarnation,
      refutation,
      isLeaving,
      name,
      region,
      zone || region,
      addresses,
      kinds,
      weight
    ])
  )
}

/** Whether both rest on the same words of the member: they differ in accusations only. */
export function isSameDeclaration(a: MemberRecord, b: MemberRecord): boolean {
  const isSameWord = a.incarnation === b.incarnation && a.refutation === b.refutation
  return isSameWord && (a.status === 'left') === (b.status === 'left') && hasSameParticulars(a, b)
}
