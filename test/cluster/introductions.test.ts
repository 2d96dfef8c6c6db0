/** Who has spoken for itself stays; of those who were only told of, the last of the greatest teller goes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Introductions } from '../../src/cluster/introductions.ts'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { MemberTable } from '../../src/cluster/member-table.ts'
import { incarnations } from './member-arbitraries.ts'

function told(rows: Readonly<Record<string, readonly string[]>>): Introductions {
  const introductions = new Introductions()
  for (const [by, members] of Object.entries(rows)) for (const member of members) introductions.made(member, by)
  return introductions
}

test('whoever speaks for itself takes the place of the last that the greatest teller made known', () => {
  const introductions = told({ a: ['a', 'x1', 'x2', 'x3'], b: ['b', 'y1'] })
  assert.equal(introductions.giveWayTo('c', 'c'), 'x3')
  assert.equal(introductions.giveWayTo('z', 'b'), 'x3')
  assert.equal(introductions.giveWayTo('x4', 'a'), undefined, 'nobody crowds out others by telling more')
  introductions.dropped('x3')
  assert.equal(introductions.giveWayTo('z', 'b'), undefined, 'it would be no fairer')
})

test('those who have spoken for themselves give way to nobody, whoever told of them before', () => {
  const introductions = told({ a: ['x1', 'x2'] })
  for (const member of ['x1', 'x2']) introductions.made(member, member)
  introductions.made('x1', 'b')
  assert.ok(introductions.isProven('x1'))
  assert.equal(introductions.giveWayTo('c', 'c'), undefined)
})

test('however tellers compete for a full table, it comes to rest, and an honest one has its fair share', () => {
  const teller = fc.constantFrom('liar-1', 'liar-2', 'honest')
  fc.assert(
    fc.property(fc.array(teller, { minLength: 50, maxLength: 300 }), tellers => {
      const room = 12
      const introductions = new Introductions()
      const table = new Map<string, string>()
      const told = { 'liar-1': 0, 'liar-2': 0, honest: 0 }
      for (const by of tellers) {
        told[by]++
        // The honest one tells the same few again and again.
        const member = by === 'honest' ? `member-${told[by] % 4}` : `${by}-${told[by]}`
        if (table.has(member)) continue
        if (table.size >= room) {
          const gone = introductions.giveWayTo(member, by)
          if (gone === undefined) continue
          table.delete(gone)
          introductions.dropped(gone)
        }
        introductions.made(member, by)
        table.set(member, by)
      }
      const honest = [...table.values()].filter(by => by === 'honest').length
      assert.ok(
        honest >= Math.min(4, new Set(tellers.map((by, at) => (by === 'honest' ? at : -1))).size - 1, told.honest)
      )
    })
  )
})

test('whom the table forgets has spoken for nobody any more: told of again, it gives way like others', () => {
  const table = new MemberTable({ membersMax: 2, leftMax: 2, leftRetentionMs: 1000 })
  const record = (id: string, status: MemberRecord['status'] = 'alive'): MemberRecord => ({
    id,
    name: id,
    region: '',
    zone: '',
    incarnation: incarnations[0],
    refutation: 0,
    status,
    addresses: []
  })
  table.put(record('a'), 0, 'a')
  table.put(record('b'), 0, 'b')
  table.put(record('b', 'left'), 0, 'b')
  assert.ok(table.sweep(2000, 'a'))
  assert.ok(!table.isProven('b'))
  assert.equal(table.put(record('b'), 3000, 'a').outcome, 'changed')
  assert.ok(!table.isProven('b'))
  assert.equal(table.put(record('c'), 3000, 'c').outcome, 'changed')
  assert.equal(table.get('b'), undefined)
})
