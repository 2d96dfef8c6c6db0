import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareRecords, joinRecords, type MemberRecord } from '../../src/cluster/member-record.ts'
import { incarnations, recordsOf } from './member-arbitraries.ts'

const record = recordsOf(['n1'])
const base: MemberRecord = {
  id: 'n1',
  name: 'a',
  region: 'eu',
  zone: 'eu',
  incarnation: incarnations[0],
  refutation: 3,
  status: 'alive',
  addresses: []
}

test('the join of records is commutative, associative and idempotent, and never goes down', () => {
  fc.assert(
    fc.property(record, record, record, (a, b, c) => {
      assert.deepEqual(joinRecords(a, b), joinRecords(b, a))
      assert.deepEqual(joinRecords(joinRecords(a, b), c), joinRecords(a, joinRecords(b, c)))
      assert.deepEqual(joinRecords(a, a), a)
      assert.ok(compareRecords(joinRecords(a, b), a) >= 0)
    }),
    { numRuns: 2000 }
  )
})

test('records are totally ordered: only equal ones compare as equal', () => {
  fc.assert(
    fc.property(record, record, record, (a, b, c) => {
      assert.equal(Math.sign(compareRecords(a, b)), -Math.sign(compareRecords(b, a)) + 0)
      if (compareRecords(a, b) === 0) assert.deepEqual(a, b)
      if (compareRecords(a, b) <= 0 && compareRecords(b, c) <= 0) assert.ok(compareRecords(a, c) <= 0)
    }),
    { numRuns: 2000 }
  )
})

test('a newer process wins over everything that was said of an older one', () => {
  const reborn: MemberRecord = { ...base, incarnation: incarnations[2], refutation: 0 }
  assert.equal(joinRecords({ ...base, status: 'left', refutation: 9 }, reborn), reborn)
})

test('an accusation wins over what it accuses, and a refutation over the accusation', () => {
  const suspect: MemberRecord = { ...base, status: 'suspect' }
  const dead: MemberRecord = { ...base, status: 'dead' }
  const refuted: MemberRecord = { ...base, refutation: 4 }
  assert.equal(joinRecords(base, suspect), suspect)
  assert.equal(joinRecords(suspect, dead), dead)
  assert.equal(joinRecords(dead, refuted), refuted)
})

test('who left stays away, whatever was refuted before, until a new process starts', () => {
  const left: MemberRecord = { ...base, status: 'left' }
  assert.equal(joinRecords(left, { ...base, refutation: 100 }), left)
  assert.equal(joinRecords(left, { ...base, status: 'dead', refutation: 100 }), left)
})
