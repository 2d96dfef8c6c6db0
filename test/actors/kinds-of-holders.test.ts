/** Members that run another version of the program: a call goes to a holder that knows what is asked of it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, pnCounter, query, replicated } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { outcome } from './outcome.ts'

const sum = { sum: pnCounter() }
const Old = replicated('old', sum, { value: query(({ state }) => state.sum.value) }, { replication: 2 })
const New = replicated(
  'new',
  sum,
  { add: command(({ state }) => state.sum.add(1)), value: query(({ state }) => state.sum.value) },
  { replication: 2 }
)

/** Some nodes have the newer program; all store actors of both kinds. */
async function mixed(newer: readonly number[]): Promise<TestCluster> {
  const cluster = await createTestCluster({ actors: [Old, New], nodes: 4, shards: 4 })
  for (const number of [0, 1, 2, 3]) {
    if (newer.includes(number)) continue
    cluster.kill(number)
    cluster.boot(number, { actors: [Old] })
  }
  // Until nobody takes an ended life for the present one.
  await cluster.run(5000)
  await cluster.until(() => cluster.isWhole())
  return cluster
}

const ids = Array.from({ length: 12 }, (_, number) => `n${number}`)

test('a call goes past a holder that does not know the kind to one that does', async () => {
  await using cluster = await mixed([1, 2, 3])
  for (const id of ids) {
    for (const node of [1, 2, 3]) await cluster.settle(cluster.actor(node)(New, id).add())
    for (const node of [1, 2, 3]) {
      const value = cluster.actor(node)(New, id).value(undefined, { read: 'majority' })
      assert.equal(await cluster.settle(value), 3, `${id} at node-${node}`)
      assert.deepEqual((await cluster.settle(cluster.node(node).describe('new', id))).state, { sum: 3 })
    }
  }
})

test('where no holder knows the kind, the caller is told that, and not that time has passed', async () => {
  await using cluster = await mixed([0])
  const outcomes: unknown[] = []
  for (const id of ids)
    outcomes.push(await cluster.settle(outcome(cluster.actor(0)(New, id).add(undefined, { deadlineMs: 500 }))))
  assert.deepEqual(new Set(outcomes), new Set([undefined, 'SHOAL_UNKNOWN_KIND']))
})
