/** A process that stood still while it looked through its disk owes nobody a rest for that. Found by a seed that restarts one node. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'

test('a node that was suspended while its shards were looked through is filled as soon as it goes on', async () => {
  await using cluster = await createTestCluster({ actors: [Counter], nodes: 3, seed: 1, shards: 4 })
  for (let i = 0; i < 40; i++)
    await cluster.settle(
      cluster
        .actor(i % 3)(Counter, `c${i}`)
        .add(1)
    )
  cluster.kill(0)
  const { disk } = cluster.machine(0)
  disk.conditions.rangeMs = { min: 50, max: 50 }
  cluster.boot(0)
  await cluster.until(() => cluster.running(0) !== undefined)
  cluster.pause(0)
  await cluster.settle(cluster.actor(1)(Counter, 'c1').add(1))
  await cluster.run(60_000)
  cluster.resume(0)
  const resumedMs = cluster.world.time.nowMs
  await cluster.until(() => new Set(cluster.nodes().map(node => node.digest())).size === 1, 300_000)
  const tookMs = cluster.world.time.nowMs - resumedMs
  assert.ok(tookMs < 20_000, `${tookMs} ms`)
})
