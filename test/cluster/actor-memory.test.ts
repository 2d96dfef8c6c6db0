/** What an actor costs while it is in memory: a kibibyte at most, the map of all actors included, where it is small. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { ShardStore } from '../../src/cluster/shard-store.ts'
import { CausalContext, lwwRegister, openView, orSet, pnCounter, Transaction } from '../../src/crdt/index.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { settle } from './support/replica.ts'

const count = 10_000
const origin = 'Q8yMMLr5jw1v.0lx3k2j9a0123456789abc'
const schema = { count: pnCounter(), note: lwwRegister(''), tags: orSet<string>() }

function usedBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  collect()
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

test('an actor with a counter, a register and a set of three takes at most 1 KiB', async t => {
  const world = new SimulatedWorld({ seed: 1 })
  const facts = { cluster: 'test', shards: 4, protocol: 2 }
  const { disk, clock } = world.machine('a').boot({ clusterKey: new Uint8Array(32), facts })
  await settle(world, disk.open())
  const parts = { disk, clock, logger: silentLogger, metrics: noMetrics, origin, shards: 4 }
  const store = new ShardStore(parts, { maxCachedActors: 2 * count })
  await settle(world, store.load({ committed() {}, failed: error => assert.fail(error) }))
  const nameOf = (i: number) => `thing/actor-${i}`
  for (let i = 0; i < count; i++) {
    const actor = store.actor(i % 4, nameOf(i))
    const seqs: number[] = []
    const transaction = new Transaction({
      state: actor.state,
      covers: CausalContext.empty,
      origin,
      nextDot: () => {
        const seq = store.writing.takeSeq(i % 4)
        seqs.push(seq)
        return { origin, seq }
      },
      now: () => 1_764_000_000_000,
      clientId: () => 1
    })
    const view = openView(schema, transaction)
    view.count.add(i)
    view.note.set(`note ${i}`)
    for (const tag of ['a', 'b', 'c']) view.tags.add(`${tag}${i}`)
    const { state, delta } = transaction
    assert.ok(delta !== undefined)
    store.writing.update(actor, { base: actor.state, state, delta, seqs })
  }
  await settle(world, store.durable())
  assert.equal(
    store.passivate(() => 0),
    0
  )
  const before = usedBytes()
  for (let i = 0; i < count; i++) store.actor(i % 4, nameOf(i))
  const each = (usedBytes() - before) / count
  t.diagnostic(`${Math.round(each)} bytes each, name and place in the map included`)
  assert.ok(each <= 1024 + nameOf(count).length + 16, `${each} bytes`)
})
