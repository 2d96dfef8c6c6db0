import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isAdmitted, isPresent, type MemberRecord } from '../../src/cluster/member-record.ts'
import { MemberTable } from '../../src/cluster/member-table.ts'
import { MemberView } from '../../src/cluster/member-view.ts'
import { recordsOf } from './member-arbitraries.ts'

class Viewed {
  readonly table = new MemberTable({ membersMax: 1000, leftMax: 1000, leftRetentionMs: 1000 })
  readonly view = new MemberView(this.table)

  take(record: MemberRecord): void {
    const put = this.table.put(record, 0)
    if (put.outcome === 'changed') this.view.changed(put)
  }

  ids(isWanted: (record: MemberRecord) => boolean): string[] {
    return [...this.table.values().filter(isWanted)].map(({ id }) => id).sort()
  }
}

test('whatever is taken in, and whenever it is looked at, the lists are those of the table, in order', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(recordsOf(['a', 'b', 'c', 'd', 'e']), fc.boolean()), { maxLength: 60 }), steps => {
      const viewed = new Viewed()
      let before = viewed.view.present()
      let { number } = viewed.view
      for (const [record, isLookedAt] of steps) {
        viewed.take(record)
        if (!isLookedAt) continue
        const present = viewed.view.present()
        assert.deepEqual(present, viewed.ids(isPresent))
        assert.deepEqual(viewed.view.admitted(), viewed.ids(isAdmitted))
        // The same object as long as nothing has changed.
        if (viewed.view.number === number) assert.equal(present, before)
        before = present
        number = viewed.view.number
      }
    })
  )
})

const alive: MemberRecord = {
  id: 'a',
  name: 'a',
  region: 'eu',
  zone: 'eu',
  incarnation: '0000000010000000000000',
  refutation: 0,
  status: 'alive',
  addresses: ['/a/1']
}

test('a suspicion and its refutation leave the roster as it is; who dies, returns, leaves, moves or starts anew changes it', () => {
  const viewed = new Viewed()
  const isChangedBy = (record: MemberRecord) => {
    const before = viewed.view.rosterChanges
    viewed.take(record)
    return viewed.view.rosterChanges > before
  }
  assert.ok(isChangedBy(alive))
  assert.ok(!isChangedBy({ ...alive, status: 'suspect' }))
  assert.ok(!isChangedBy({ ...alive, refutation: 1 }))
  assert.ok(isChangedBy({ ...alive, refutation: 1, status: 'dead' }))
  assert.ok(isChangedBy({ ...alive, refutation: 1, status: 'forgotten' }))
  assert.ok(isChangedBy({ ...alive, refutation: 2 }))
  assert.ok(isChangedBy({ ...alive, refutation: 3, addresses: ['/a/2'] }))
  const restarted = { ...alive, incarnation: '0000000020000000000000' }
  assert.ok(isChangedBy(restarted))
  assert.ok(isChangedBy({ ...restarted, refutation: 1, zone: 'z' }))
  assert.ok(isChangedBy({ ...restarted, refutation: 1, zone: 'z', status: 'left' }))
})
