/** Actors of lease kinds in memory: no more than may be, whatever is called, and none of them forgets what it did. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, query, value } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'

const Tally = exclusive(
  'tally',
  value({ sum: 0 }),
  {
    add: command(({ state }) => {
      state.sum++
      return state.sum
    }),
    sum: query(({ state }) => state.sum)
  },
  // By time nobody would go.
  { partition: 'lease', passivateAfterMs: 3_600_000 }
)
const maxCachedActors = 20

test('of many leased actors that are used once those that are used again stay in memory, and no more than may', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({
    ...{ actors: [Tally], nodes: 1, seed: 1, shards: 4, store: { maxCachedActors } },
    leases: { leaseMs: 1000 },
    metrics: () => metrics
  })
  const tally = (i: number) => cluster.actor(0)(Tally, `${i}`)
  const actors = 300
  for (let i = 0; i < actors; i++) {
    assert.equal(await cluster.settle(tally(i).add()), 1)
    await cluster.settle(tally(0).add())
  }
  // Side by side, two of each: those that others make room for have entries that are not accepted yet.
  await cluster.settle(Promise.all(Array.from({ length: 2 * actors }, (_, i) => tally(i % actors).add())))
  await cluster.run(20_000)
  const { shoal_lease_cached_actors: cached = 0 } = metrics.all()
  assert.ok(cached > 0 && cached <= maxCachedActors, `${cached}`)
  assert.equal(await cluster.settle(tally(0).sum()), actors + 3)
  for (let i = 1; i < actors; i++) assert.equal(await cluster.settle(tally(i).sum()), 3, `${i}`)
})
