import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { joinRecords, type MemberRecord } from '../../src/cluster/member-record.ts'
import { MemberTable } from '../../src/cluster/member-table.ts'
import { tableHash } from '../../src/cluster/table-hash.ts'
import { incarnations, recordsOf } from './member-arbitraries.ts'

const limits = { membersMax: 4, leftMax: 2, leftRetentionMs: 1000 }
const member = (id: string, status: MemberRecord['status'] = 'alive'): MemberRecord => ({
  id,
  name: id,
  region: '',
  zone: '',
  incarnation: incarnations[0],
  refutation: 0,
  status,
  addresses: []
})

/** The member when it joined, which any other record of it follows. */
const firstOf = (id: string): MemberRecord => ({ ...member(id), incarnation: '0'.repeat(22) })

/** Somebody who was known, and has left. */
function leave(table: MemberTable, id: string, nowMs: number): void {
  table.put(member(id), nowMs)
  table.put(member(id, 'left'), nowMs)
}

test('a table holds the join of all records of each member, in whatever order they came', () => {
  fc.assert(
    fc.property(fc.array(recordsOf(['n1', 'n2', 'n3'])), records => {
      const table = new MemberTable(limits)
      for (const id of ['n1', 'n2', 'n3']) table.put(firstOf(id), 0)
      for (const record of records) table.put(record, 0)
      const expected = new Map(['n1', 'n2', 'n3'].map(id => [id, firstOf(id)]))
      for (const record of records) expected.set(record.id, joinRecords(expected.get(record.id) ?? record, record))
      assert.deepEqual(new Map(table.values().map(record => [record.id, record])), expected)
    })
  )
})

test('a full table refuses strangers and still hears of those it knows', () => {
  const table = new MemberTable(limits)
  for (const id of ['n1', 'n2', 'n3', 'n4']) table.put(member(id), 0)
  assert.equal(table.put(member('n5'), 0).outcome, 'refused')
  assert.equal(table.put(member('n4', 'dead'), 0).outcome, 'changed')
  assert.equal(table.size, 4)
})

test('members that left make room for strangers, the longest gone first', () => {
  const table = new MemberTable(limits)
  for (const id of ['n1', 'n2']) table.put(member(id), 0)
  leave(table, 'n3', 1)
  leave(table, 'n4', 2)
  assert.equal(table.put(member('n5'), 3).outcome, 'changed')
  assert.equal(table.get('n3'), undefined)
  assert.equal(table.get('n4')?.status, 'left')
})

test('who left is kept for a while, so that late gossip does not bring it back', () => {
  const table = new MemberTable(limits)
  leave(table, 'n1', 0)
  assert.equal(table.sweep(1000, 'me'), false)
  assert.equal(table.put(member('n1'), 1000).outcome, 'stale')
  assert.equal(table.sweep(1001, 'me'), true)
  assert.equal(table.get('n1'), undefined)
})

test('who was forgotten is kept while there is room, so that it hears of it when it is back', () => {
  const table = new MemberTable(limits)
  for (const id of ['n1', 'n2', 'n3']) table.put(member(id, 'forgotten'), 0)
  leave(table, 'n4', 0)
  table.sweep(1_000_000, 'me')
  assert.deepEqual(
    [...table.values()].map(record => record.id),
    ['n1', 'n2', 'n3']
  )
  for (const id of ['n5', 'n6', 'n7', 'n8']) assert.equal(table.put(member(id), 1).outcome, 'changed')
  assert.equal(table.put(member('n9'), 1).outcome, 'refused')
})

test('of those who left, only so many are kept, and the node itself always', () => {
  const table = new MemberTable(limits)
  for (const [at, id] of ['me', 'n1', 'n2'].entries()) leave(table, id, at)
  table.sweep(3, 'me')
  assert.deepEqual(
    [...table.values()].map(record => record.id),
    ['me', 'n2']
  )
})

test('a stranger that has left is not taken in, and who left is in no hash', () => {
  const table = new MemberTable(limits)
  table.put(member('me'), 0)
  const alone = table.hash()
  assert.equal(table.put(member('n1', 'left'), 0).outcome, 'unneeded')
  assert.equal(table.size, 1)
  leave(table, 'n1', 0)
  assert.equal(table.get('n1')?.status, 'left')
  assert.deepEqual(table.hash(), alone)
})

test('a full table makes no room for a stranger that was forgotten', () => {
  const table = new MemberTable(limits)
  for (const id of ['n1', 'n2', 'n3', 'n4']) table.put(member(id, 'forgotten'), 0)
  assert.equal(table.put(member('n5', 'forgotten'), 1).outcome, 'refused')
  assert.equal(table.put(member('n5'), 1).outcome, 'changed')
})

test('who leaves in a later life is kept from then on', () => {
  const table = new MemberTable(limits)
  leave(table, 'n1', 0)
  table.put({ ...member('n1', 'left'), incarnation: incarnations[1] }, 900)
  assert.equal(table.sweep(1800, 'me'), false)
  assert.equal(table.sweep(1901, 'me'), true)
})

test('its hash is that of the records in it, whatever came and went', () => {
  const ids = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']
  fc.assert(
    fc.property(fc.array(fc.record({ record: recordsOf(ids), sweep: fc.boolean() })), steps => {
      const table = new MemberTable(limits)
      for (const [at, { record, sweep }] of steps.entries()) {
        table.put(record, at * 300)
        if (sweep) table.sweep(at * 300, 'n1')
        assert.deepEqual(table.hash(), tableHash(table.values()))
      }
    })
  )
})
