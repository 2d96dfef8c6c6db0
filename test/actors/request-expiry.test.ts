/** An exclusive actor that was removed leaves nothing behind, not even the ids of its last requests. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, orSet, query } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { z } from 'zod'
import { actorOfStateKey } from '../../src/cluster/storage-layout.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { entriesBetween } from '../../src/simulation/sorted-store.ts'

const Basket = exclusive(
  'basket',
  { skus: orSet<string>() },
  {
    add: command(z.string(), ({ state }, sku) => state.skus.add(sku)),
    remove: command(z.string(), ({ state }, sku) => state.skus.remove(sku)),
    skus: query(({ state }) => [...state.skus.values()])
  }
)

test('of an emptied exclusive actor its request ids go when they have expired, and then all of it; a full one keeps them', async () => {
  await using cluster = await createTestCluster({
    actors: [Basket],
    shards: 4,
    replication: { gcIntervalMs: 500 },
    requests: { requestSweepIntervalMs: 5000 }
  })
  const names = (node: number) =>
    entriesBetween(cluster.machine(node).disk.root, 's', 't', Number.POSITIVE_INFINITY).map(({ key }) =>
      actorOfStateKey(key)
    )
  const all = [0, 1, 2]
  for (const id of ['a', 'b', 'c', 'full']) {
    await cluster.settle(cluster.actor(0)(Basket, id).add('tea'))
    if (id !== 'full') await cluster.settle(cluster.actor(1)(Basket, id).remove('tea'))
  }
  await cluster.run(50_000)
  assert.equal(names(0).length, 4, 'too early: a retry may still come')
  await cluster.until(() => all.every(node => names(node).join() === 'basket/full'), 60_000)
  assert.deepEqual(await cluster.settle(cluster.actor(2)(Basket, 'a').skus()), [])
  await cluster.settle(cluster.actor(2)(Basket, 'a').add('cocoa'))
  assert.deepEqual(await cluster.settle(cluster.actor(1)(Basket, 'a').skus()), ['cocoa'])
})

test('a removed exclusive actor goes an hour after its requests have expired, though a member is away', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({
    actors: [Basket],
    shards: 4,
    replication: { gcIntervalMs: 500 },
    requests: { requestSweepIntervalMs: 300_000 },
    metrics: () => metrics
  })
  cluster.kill(2)
  await cluster.run(20_000)
  const ids = ['a', 'b', 'c']
  for (const id of ids) {
    await cluster.settle(cluster.actor(0)(Basket, id).add('tea'))
    await cluster.settle(cluster.actor(1)(Basket, id).remove('tea'))
  }
  const expired = () => metrics.all()['shoal_requests_expired_total'] ?? 0
  await cluster.run(50 * 60_000)
  assert.equal(expired(), 0)
  await cluster.run(25 * 60_000)
  assert.equal(expired(), ids.length)
})
