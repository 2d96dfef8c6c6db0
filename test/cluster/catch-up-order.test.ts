/** In which order a stream reads a shard, and that its reader is heard from while it does. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertEqual, entriesOf, fill, pair, sentNames } from './support/catch-up-pair.ts'

test('a peer that lacks many updates of one actor is not read all the others', async () => {
  const { a, b, pull, world } = await pair('hot')
  await fill(a, 2000, 10)
  await pull(b, 'a')
  for (let i = 0; i < 3000; i++) a.replica.write('thing/hot', view => view.sum.add(1))
  await a.replica.save()
  a.sent.length = 0
  world.machine('a').disk.conditions.rangeMs = { min: 1000, max: 1000 }
  const startedMs = a.replica.ports.clock.elapsed()
  await pull(b, 'a')
  assert.deepEqual(sentNames(a), ['thing/hot'])
  const tookMs = a.replica.ports.clock.elapsed() - startedMs
  assert.ok(tookMs < 2500, `one look at the index, and not four at the records: ${tookMs} ms`)
  assertEqual(a, b)
})

test('a stream that goes on late in a large shard says so while it counts what it has sent before', async () => {
  const { a, b, pull, wire, world } = await pair('late', { chunkBytes: 20_000 })
  await fill(a, 4000, 100)
  wire.pass = (record, from) => from !== 'a' || record.chunk?.last !== true
  await assert.rejects(pull(b, 'a'))
  wire.pass = () => true
  a.sent.length = 0
  world.machine('a').disk.conditions.rangeMs = { min: 900, max: 900 }
  await pull(b, 'a')
  assert.ok(sentNames(a).length < 2000, `${sentNames(a).length} actors are sent again`)
  assert.ok(a.chunks.flatMap(entriesOf).filter(({ is }) => is === 'reached').length > 1)
  assertEqual(a, b)
})

test('a stream gets on although to count what it has sent before takes longer than a snapshot is held', async () => {
  const { a, b, pull, wire, world } = await pair('far', { chunkBytes: 20_000, maxSnapshotMs: 2000 })
  await fill(a, 4000, 100)
  wire.pass = record => record.chunk?.last !== true
  await assert.rejects(pull(b, 'a'))
  let requests = 0
  wire.pass = record => record.catchUp == null || ++requests <= 10
  a.sent.length = 0
  world.machine('a').disk.conditions.rangeMs = { min: 900, max: 900 }
  await pull(b, 'a')
  const chunks = a.chunks.flatMap(entriesOf)
  assert.ok(chunks.some(({ is }) => is === 'reached'))
  assertEqual(a, b)
})
