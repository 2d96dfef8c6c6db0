/** What others tell of a counter: only that counter, and not without end. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HeardRows } from '../../src/actors/rights/heard-rows.ts'
import { heightOf, type Row } from '../../src/crdt/bounded-counter.ts'
import { boundedCounterAt, rowsOf } from '../../src/crdt/bounded-counter-access.ts'
import { type ActorState, boundedCounter, decodeDelta, encodeState, Replica } from '../../src/crdt/index.ts'
import { SortedMap } from '../../src/crdt/sorted-map.ts'

const schema = { left: boundedCounter(), right: boundedCounter() }

function told(origin: string, amount: number): ActorState {
  const replica = new Replica(schema, { origin })
  replica.change(({ left, right }) => {
    left.add(amount)
    right.add(amount)
  })
  return decodeDelta(replica.save()).state
}

test('rows of one counter are heard, from all who tell of them', () => {
  const heard = new HeardRows('left')
  heard.hear(told('a.1', 3))
  heard.hear(told('b.1', 4))
  assert.equal(heightOf(boundedCounterAt(heard.rows, 'left')), 7)
  assert.equal(boundedCounterAt(heard.rows, 'right').size, 0)
})

test('more than an actor may have is not listened to', () => {
  const heard = new HeardRows('left')
  const key = rowsOf(told('a.1', 1), 'left').first()
  const none = SortedMap.empty<number>()
  const row: Row = { seq: 1, up: 1, down: 0, given: none, absorbed: none }
  for (let part = 0; part < 5; part++) {
    const names = Array.from({ length: 10_000 }, (_, i) => `${part}${'n'.repeat(30)}${String(i).padStart(6, '0')}.1`)
    const rows = SortedMap.fromSorted(
      names,
      names.map(() => row)
    )
    heard.hear(SortedMap.of(key, rows))
  }
  const bytes = encodeState(heard.rows).length
  assert.ok(bytes > 400_000 && bytes <= 1024 * 1024, `${bytes} bytes`)
})
