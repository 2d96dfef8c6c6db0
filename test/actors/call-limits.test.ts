/** Whatever waits on the way of a call has a limit, and who comes when it is reached is told so at once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, type HandlerContext, pnCounter } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'
import { maxCallsPerShard, OwnedCalls } from '../../src/actors/calls/owned-calls.ts'
import { Router } from '../../src/actors/calls/router.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { outcome } from './outcome.ts'

const shape = { n: pnCounter() }
const methods = {
  add: command(({ state }: HandlerContext<typeof shape>) => {
    state.n.add(1)
  })
}
const Leased = exclusive('leased', shape, methods, { partition: 'lease' })
const Merged = exclusive('merged', shape, methods)

test('a lease shard that is being opened has so many calls waiting, and the next is refused at once', async () => {
  await using cluster = await createTestCluster({
    ...{ actors: [Leased], nodes: 1, seed: 'opening', shards: 1, leases: { leaseMs: 30_000 } }
  })
  cluster.leaseStore.conditions.isDown = true
  const call = (i: number) =>
    outcome(
      cluster
        .actor(0)(Leased, `${i % 100}`)
        .add()
    )
  const waiting = Promise.all(Array.from({ length: maxCallsPerShard }, (_, i) => call(i)))
  const startMs = cluster.world.time.nowMs
  assert.deepEqual(await cluster.settle(Promise.all([call(1), call(2)])), ['SHOAL_OVERLOADED', 'SHOAL_OVERLOADED'])
  assert(cluster.world.time.nowMs - startMs < 100)
  cluster.leaseStore.conditions.isDown = false
  const failed = (await cluster.settle(waiting)).filter(answer => answer !== undefined)
  assert.deepEqual(failed, [])
  assert.equal(await cluster.settle(call(1)), undefined)
})

test('a shard that this node is to serve and does not yet has so many calls waiting; those to other shards have room', async () => {
  const served: (() => void)[] = []
  const metrics = new CountingMetrics()
  const owned = new OwnedCalls({
    cluster: {
      ownership: {
        isOpen: () => false,
        serving: () => ({ outcome: new Promise(resolve => served.push(() => resolve('open'))), cancel() {} })
      }
    },
    runtime: { invoke: () => Promise.resolve({ moved: false, result: 1 }) },
    clock: { elapsed: () => 0, after: () => ({ cancel() {} }) },
    metrics
  } as unknown as ConstructorParameters<typeof OwnedCalls>[0])
  const call = (shard: number) =>
    owned.run({ definition: Merged, shard, name: 'merged/a', deadlineMs: 1000 } as Parameters<OwnedCalls['run']>[0])
  const waiting = Array.from({ length: maxCallsPerShard }, () => call(3))
  const refused = await call(3)
  assert.equal(refused.moved && refused.refused?.code, 'SHOAL_OVERLOADED')
  assert.equal(metrics.all()['shoal_actor_overloads_total'], 1)
  const other = call(4)
  for (const open of served.splice(0)) open()
  for (const outcome of await Promise.all([...waiting, other])) assert.equal(outcome.moved, false)
  const again = call(3)
  for (const open of served) open()
  assert.equal((await again).moved, false)
})

test('a node takes so many calls of its program at once; one that is over makes room', async () => {
  const asked: (() => void)[] = []
  const router = new Router(
    {
      cluster: { incarnation: 'x', replicas: { serves: () => true } },
      runtime: {
        placeOf: () => ({ name: 'counter/c', shard: 0 }),
        ask: () => new Promise(resolve => asked.push(() => resolve({ moved: false, result: 1 })))
      },
      clock: { elapsed: () => 0, after: () => ({ cancel() {} }) },
      metrics: noMetrics,
      self: 'a',
      definitions: new Map()
    } as unknown as ConstructorParameters<typeof Router>[0],
    { maxCalls: 3 }
  )
  const call = () => outcome(router.call(Counter, 'c', 'value', undefined))
  const calls = [call(), call(), call()]
  assert.equal(await call(), 'SHOAL_OVERLOADED')
  assert.equal(await outcome(router.state(Counter, 'c')), 'SHOAL_OVERLOADED')
  asked.shift()?.()
  assert.equal(await calls[0], 1)
  calls.push(call())
  for (const answer of asked) answer()
  assert.deepEqual(await Promise.all(calls), [1, 1, 1, 1])
})
