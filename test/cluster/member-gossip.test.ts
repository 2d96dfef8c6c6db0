/** How the records of a large cluster travel over a new link. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { shoal } from '#proto/generated/peer.js'
import { MemberGossip } from '../../src/cluster/member-gossip.ts'
import type { MemberRecord } from '../../src/cluster/member-record.ts'
import { tableHash } from '../../src/cluster/table-hash.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

function member(number: number): MemberRecord {
  const id = `node-${number}`
  return {
    id,
    name: id,
    region: 'local',
    zone: 'local',
    incarnation: `${String(number).padStart(9, '0')}0000000000000`,
    refutation: 0,
    status: 'alive',
    addresses: [`/sim/${number}`]
  }
}

class Teller {
  readonly sent: { peer: string; hello: shoal.peer.IHello }[] = []
  readonly gossip: MemberGossip
  readonly time = new SimulatedTime()

  constructor(records: readonly MemberRecord[]) {
    const clock = new SimulatedClock(new SimulatedProcess('teller', this.time))
    this.gossip = new MemberGossip(
      {
        clock,
        random: new SeededRandom(1),
        send: (peer, { hello }) => {
          if (hello != null) this.sent.push({ peer, hello })
          return true
        },
        records: () => records,
        self: () => records[0] ?? member(0),
        record: id => records.find(record => record.id === id),
        members: () => records.length,
        hash: () => tableHash(records)
      },
      { gossipFanout: 4, spreadFactor: 3, newsBytesMax: 4096, syncIntervalMs: 5000 }
    )
  }

  recordsSent(): number {
    return this.sent.reduce((sum, { hello }) => sum + (hello.members?.length ?? 0), 0)
  }
}

const many = Array.from({ length: 500 }, (_, number) => member(number))

test('a new link in a small cluster begins with the whole table', () => {
  const teller = new Teller(many.slice(0, 64))
  teller.gossip.linked('node-7')
  assert.equal(teller.recordsSent(), 64)
})

test('in a large one it begins with the two whom it is about, and a hash', () => {
  const teller = new Teller(many)
  teller.gossip.linked('node-7')
  assert.deepEqual(
    teller.sent.map(({ hello }) => hello.members?.map(({ id }) => id)),
    [['node-0', 'node-7']]
  )
  assert.deepEqual(teller.sent[0]?.hello.table, tableHash(many))
})

test('500 links of a large table send a few tables, and more as time goes on', async () => {
  const teller = new Teller(many)
  const other = tableHash(many.slice(1))
  for (const { id } of many.slice(1)) teller.gossip.linked(id)
  const before = teller.recordsSent()
  for (const { id } of many.slice(1)) teller.gossip.compare(id, other, true)
  const atOnce = teller.recordsSent() - before
  assert.ok(atOnce >= many.length && atOnce <= 10 * many.length, `${atOnce} records`)
  await teller.time.run({ untilMs: 5000 })
  for (const { id } of many.slice(1)) teller.gossip.compare(id, other, true)
  assert.ok(teller.recordsSent() - before > atOnce, 'no table after a while')
})

test('whoever greets with the hash of another table is not known until the hashes are equal', () => {
  const teller = new Teller(many)
  teller.gossip.linked('node-7')
  assert.ok(teller.gossip.knows('node-7'))
  teller.gossip.compare('node-7', tableHash(many.slice(1)), true)
  assert.ok(!teller.gossip.knows('node-7'))
  teller.gossip.compare('node-7', tableHash([...many].reverse()), false)
  assert.ok(teller.gossip.knows('node-7'))
})

test('a node that knows few is told everything by one that greets it with a hash, once it has answered', () => {
  const newcomer = new Teller(many.slice(0, 2))
  newcomer.gossip.linked('node-1')
  newcomer.sent.length = 0
  newcomer.gossip.compare('node-1', tableHash(many), true)
  const [answer] = newcomer.sent
  assert.deepEqual(answer?.hello.table, tableHash(many.slice(0, 2)))
  const member = new Teller(many)
  member.gossip.linked('node-0')
  member.sent.length = 0
  member.gossip.compare('node-0', tableHash(many.slice(0, 2)), true)
  assert.equal(member.recordsSent(), many.length)
  assert.deepEqual(member.sent.at(-1)?.hello.table, tableHash(many))
})

test('what many changes bring is told in few messages, a few peers at a time', async () => {
  const teller = new Teller(many.slice(0, 1))
  for (const { id } of many.slice(1, 101)) teller.gossip.linked(id)
  teller.sent.length = 0
  for (const record of many.slice(101, 201)) teller.gossip.announce(record)
  await teller.time.run({ untilMs: 5 })
  assert.deepEqual(
    teller.sent.map(({ hello }) => hello.members?.length),
    [100, 100, 100, 100]
  )
  for (const record of many.slice(201, 211)) teller.gossip.announce(record)
  await teller.time.run({ untilMs: 9 })
  assert.equal(teller.sent.length, 4)
  await teller.time.run({ untilMs: 11 })
  assert.equal(teller.sent.length, 8)
})

test('a single change is told at once', async () => {
  const teller = new Teller(many.slice(0, 2))
  teller.gossip.linked('node-1')
  await teller.time.run({ untilMs: 1000 })
  teller.sent.length = 0
  teller.gossip.announce(member(2))
  await teller.time.run({ untilMs: 1000 })
  assert.equal(teller.sent.length, 1)
})

test('who has the same table is told no news, but of those who have left, which the hash does not show', async () => {
  const teller = new Teller(many)
  teller.gossip.linked('node-7')
  teller.sent.length = 0
  const left: MemberRecord = { ...member(600), status: 'left' }
  for (const record of [member(8), left, member(9)]) teller.gossip.announce(record)
  teller.gossip.compare('node-7', tableHash(many), true)
  await teller.time.run({ untilMs: 100 })
  assert.deepEqual(
    teller.sent.map(({ hello }) => hello.members?.map(({ id }) => id)),
    [[left.id]]
  )
})

test('who was told the whole table is told no news of it again, unless its link was another', async () => {
  const teller = new Teller(many)
  teller.gossip.linked('node-7')
  teller.gossip.announce(member(8))
  teller.gossip.compare('node-7', tableHash(many.slice(1)), true)
  teller.sent.length = 0
  await teller.time.run({ untilMs: 100 })
  assert.equal(teller.sent.length, 0)
  teller.gossip.unlinked('node-7')
  teller.gossip.linked('node-7')
  teller.sent.length = 0
  teller.gossip.tick(200)
  assert.equal(teller.recordsSent(), 1)
})
