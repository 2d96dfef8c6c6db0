/** Who is to be a replica is given everything beforehand, and nothing is acknowledged by it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailRoom } from '../../../src/cluster/lease/entry-tail.ts'
import { EpochWriter } from '../../../src/cluster/lease/epoch-writer.ts'
import type { LeaseBody } from '../../../src/cluster/lease/lease-messages.ts'
import type { Replica } from '../../../src/cluster/lease/replica.ts'
import { SimulatedClock } from '../../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../../src/simulation/process.ts'
import { SimulatedTime } from '../../../src/simulation/time.ts'

function aWriter() {
  const time = new SimulatedTime()
  const clock = new SimulatedClock(new SimulatedProcess('a', time))
  const sent: { readonly peer: string; readonly body: LeaseBody }[] = []
  const replica = { append: () => {} } as unknown as Replica
  const writer = new EpochWriter({
    ...{ clock, self: 'a', epoch: 1, set: ['a', 'b', 'c'], replica, last: 0, tails: new TailRoom() },
    send: (peer, body) => sent.push({ peer, body }) > 0
  })
  return { writer, sent, run: (ms: number) => time.run({ untilMs: time.nowMs + ms }) }
}

test('no acceptance of a learner acknowledges anything', async () => {
  const { writer, run } = aWriter()
  for (const peer of ['a', 'b', 'c']) writer.accepted(peer, 0)
  writer.teach(['d', 'e', 'f'])
  const acknowledged = { majority: false, all: false }
  for (const level of ['majority', 'all'] as const)
    void writer.append('box/a', new Uint8Array(3), level).then(() => {
      acknowledged[level] = true
    })
  await run(10)
  for (const peer of ['a', 'd', 'e', 'f']) writer.accepted(peer, 2)
  await run(10)
  assert.deepEqual(acknowledged, { majority: false, all: false })
  writer.accepted('b', 2)
  await run(10)
  assert.deepEqual(acknowledged, { majority: true, all: false })
  writer.accepted('c', 2)
  await run(10)
  assert.deepEqual(acknowledged, { majority: true, all: true })
})

test('a learner is asked until it has everything, is sent what follows, and nothing more when others are wanted', async () => {
  const { writer, sent, run } = aWriter()
  for (const peer of ['a', 'b', 'c']) writer.accepted(peer, 0)
  const toLearner = () => sent.filter(({ peer }) => peer === 'd').length
  writer.teach(['d'])
  await run(1100)
  assert.ok(toLearner() >= 4)
  assert.equal(writer.hasTaught(['d']), false)
  writer.accepted('d', 0)
  assert.equal(writer.hasTaught(['d', 'b']), true)
  const before = toLearner()
  void writer.append('box/a', new Uint8Array(3), 'majority')
  await run(10)
  assert.ok(
    sent.slice(-3).some(({ peer, body }) => peer === 'd' && body.kind === 'entries' && body.entries.length === 1)
  )
  assert.equal(toLearner(), before + 1)
  writer.teach([])
  void writer.append('box/a', new Uint8Array(3), 'majority')
  await run(1000)
  assert.equal(toLearner(), before + 1)
  writer.accepted('d', 2)
  assert.equal(writer.hasTaught(['d']), false)
})
