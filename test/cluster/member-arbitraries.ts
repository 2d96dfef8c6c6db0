/** Records of members for property tests: few values per field, so that ties and near-ties are common. */
import fc from 'fast-check'
import { type MemberRecord, memberStatuses } from '../../src/cluster/member-record.ts'

export const incarnations = ['0lx5f0000aaaaaaaaaaaaa', '0lx5f0000bbbbbbbbbbbbb', '0lx5f0001aaaaaaaaaaaaa'] as const

export function recordsOf(ids: readonly string[]): fc.Arbitrary<MemberRecord> {
  return fc.record(
    {
      id: fc.constantFrom(...ids),
      name: fc.constantFrom('a', 'b'),
      region: fc.constantFrom('', 'eu'),
      zone: fc.constantFrom('eu', 'eu-1'),
      incarnation: fc.constantFrom(...incarnations),
      refutation: fc.nat({ max: 2 }),
      status: fc.constantFrom(...memberStatuses),
      addresses: fc.array(fc.constantFrom('/ip4/127.0.0.1/tcp/1', '/ip4/127.0.0.1/tcp/2'), { maxLength: 2 }),
      kinds: fc.constantFrom('0123456789abcdef', 'fedcba9876543210'),
      weight: fc.constantFrom(0, 0.29, 2)
    },
    { noNullPrototype: true }
  )
}
