/** An actor's plain state, asked for at a node that comes to answer for the actor itself while it waits for another's answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, isShoalError, pnCounter, replicated } from 'shoal'
import { TestCluster } from 'shoal/testing'

const Tally = replicated(
  'tally',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)) },
  { replication: 3 }
)
const ids = Array.from({ length: 12 }, (_, i) => `a${i}`)

test('a state that was asked for elsewhere is answered here once nobody else is there', async () => {
  const cluster = new TestCluster({
    actors: [Tally],
    nodes: 6,
    shards: 4,
    seed: 1,
    rebalance: { rebalanceDelayMs: 3000, dropDelayMs: 500 }
  })
  for (let i = 0; i < 5; i++) cluster.boot(i)
  await cluster.until(() => cluster.nodes().length === 5 && cluster.nodes().every(node => node.unready() === undefined))
  for (const id of ids) await cluster.settle(cluster.actor(0)(Tally, id).add(undefined, { acknowledge: 'all' }))
  // Without a link to one member it stores shards and is not whole of them.
  cluster.boot(5)
  await cluster.run(300)
  const last = cluster.node(5)
  last.refuse([cluster.machine(0).id])
  await cluster.run(20_000)
  let own = 0
  const described = Promise.all(
    ids.map(async id => {
      try {
        const { state } = await last.describe('tally', id)
        assert.equal(typeof (state as { sum?: unknown }).sum, 'number')
        own++
      } catch (error) {
        assert.ok(isShoalError(error), String(error))
      }
    })
  )
  cluster.partition([5], [0, 1, 2, 3, 4])
  await cluster.settle(described)
  assert.ok(own > 0)
})
