/** What an owner keeps of its epoch for replicas that lack it, and how often it asks after those. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EntryTail, TailRoom } from '../../../src/cluster/lease/entry-tail.ts'
import { EpochWriter } from '../../../src/cluster/lease/epoch-writer.ts'
import type { LeaseBody } from '../../../src/cluster/lease/lease-messages.ts'
import type { Replica } from '../../../src/cluster/lease/replica.ts'
import { SimulatedClock } from '../../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../../src/simulation/process.ts'
import { SimulatedTime } from '../../../src/simulation/time.ts'

const set = ['a', 'b', 'c']
const kib = 1024
const entryOf = (n: number, bytes: number) => ({ actor: 'box/a', state: new Uint8Array(bytes), epoch: 1, n })

/** Writers of one node, `a`, over links that the test makes up. */
function world(room = new TailRoom()) {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const linked = new Set(set)
  const sent: { readonly peer: string; readonly body: LeaseBody; readonly atMs: number }[] = []
  const replica = { append: () => {} } as unknown as Replica
  const writer = () =>
    new EpochWriter({
      ...{ clock, self: 'a', epoch: 1, set, replica, last: 0, tails: room },
      send: (peer, body) => {
        sent.push({ peer, body, atMs: time.nowMs })
        return linked.has(peer)
      }
    })
  return { room, linked, sent, writer, run: (ms: number) => time.run({ untilMs: time.nowMs + ms }) }
}

test('what all replicas have is not kept, however little that is', async () => {
  const { room, writer, run } = world()
  const writers = Array.from({ length: 8 }, writer)
  for (const one of writers) {
    for (const peer of set) one.accepted(peer, 0)
    for (let n = 1; n <= 100; n++) void one.append('box/a', new Uint8Array(80 * kib), 'majority')
    await run(1)
    for (const peer of set) one.accepted(peer, 99)
  }
  const ofOne = 80 * kib + 128
  assert.equal(room.bytes, 8 * ofOne)
  for (const one of writers) for (const peer of set) one.accepted(peer, 100)
  assert.equal(room.bytes, 0)
})

test('the tails of all shards share one room, and what was silent for longest is given up first', () => {
  const room = new TailRoom(1000 * kib)
  const tails = Array.from({ length: 20 }, () => new EntryTail(room))
  for (let n = 1; n <= 5; n++) for (const tail of tails) tail.add(entryOf(n, 50 * kib))
  assert.ok(room.bytes <= 1000 * kib)
  const [first] = tails
  first?.add(entryOf(6, 50 * kib))
  assert.deepEqual(
    first?.batch(6).map(({ n }) => n),
    [6]
  )
  assert.ok(room.bytes <= 1000 * kib)
  for (const tail of tails) tail.clear()
  assert.equal(room.bytes, 0)
})

test('a tail is its last entries without a gap, and the room knows what all of them take', () => {
  const steps = fc.array(
    fc.oneof(
      fc.record({ add: fc.nat(2), bytes: fc.nat(400_000) }),
      fc.record({ dropIn: fc.nat(2), share: fc.double({ min: 0, max: 1, noNaN: true }) })
    ),
    { maxLength: 200 }
  )
  fc.assert(
    fc.property(steps, steps => {
      const room = new TailRoom(2_000_000)
      const tails = [0, 1, 2].map(() => ({ tail: new EntryTail(room), last: 0 }))
      for (const step of steps) {
        const it = tails['add' in step ? step.add : step.dropIn]
        assert.ok(it !== undefined)
        if ('add' in step) it.tail.add(entryOf(++it.last, step.bytes))
        else it.tail.dropTo(Math.floor(step.share * it.last))
        let bytes = 0
        for (const { tail, last } of tails) {
          assert.equal(tail.isEmpty, tail.first === undefined)
          let n = tail.first ?? last + 1
          while (n <= last) {
            const batch = tail.batch(n)
            assert.ok(batch.length > 0)
            for (const entry of batch) {
              assert.equal(entry.n, n++)
              bytes += entry.state.length + 128
            }
          }
        }
        assert.equal(room.bytes, bytes)
        assert.ok(room.bytes <= 2_000_000)
      }
    })
  )
})

test('a replica that cannot be reached is asked after ever less often, and at once when it is linked', async () => {
  const { linked, sent, writer, run } = world()
  const one = writer()
  for (const peer of ['a', 'b']) one.accepted(peer, 0)
  linked.delete('c')
  void one.append('box/a', new Uint8Array(10), 'majority')
  await run(1)
  for (const peer of ['a', 'b']) one.accepted(peer, 1)
  sent.splice(0)
  await run(60_000)
  assert.ok(sent.length >= 6 && sent.length <= 15, `${sent.length} in a minute`)
  sent.splice(0)
  linked.add('c')
  one.linked('c')
  assert.equal(sent.length, 1)
  await run(1000)
  assert.ok(sent.length >= 4, 'a link that loses what is said on it')
})

test('while one replica cannot be reached, what another lost is sent again within half a second', async () => {
  const { linked, sent, writer, run } = world()
  const one = writer()
  for (const peer of ['a', 'b']) one.accepted(peer, 0)
  linked.delete('c')
  await run(60_000)
  void one.append('box/a', new Uint8Array(10), 'majority')
  one.accepted('a', 1)
  await run(1)
  sent.splice(0)
  await run(500)
  assert.ok(sent.some(({ peer, body }) => peer === 'b' && body.kind === 'entries' && body.entries.length === 1))
})
