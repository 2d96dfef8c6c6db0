/** A dead member that an operator has forgotten: nobody waits for it any more, and nothing of it is lost when it returns. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'
import { actors, Tags } from '../support/shop.ts'

const statusOf = (cluster: TestCluster, at: number, of: number) =>
  cluster
    .node(at)
    .members()
    .members.find(({ id }) => id === cluster.machine(of).id)?.status

const codeOf = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return isShoalError(error) ? error.code : error
  }
}

async function withDead(number: number, nodes = 3): Promise<TestCluster> {
  const cluster = await createTestCluster({ actors, nodes, shards: 4 })
  cluster.kill(number)
  await cluster.until(() => statusOf(cluster, 0, number) === 'dead')
  return cluster
}

test('a majority write that waits for a dead member is answered when that is forgotten', async () => {
  await using cluster = await withDead(2)
  cluster.kill(1)
  await cluster.until(() => statusOf(cluster, 0, 1) === 'dead')
  const write = cluster.actor(0)(Counter, 'c').add(1, { acknowledge: 'majority', deadlineMs: 60_000 })
  let isDone = false
  void write.then(() => {
    isDone = true
  })
  await cluster.run(5000)
  assert.equal(isDone, false)
  cluster.node(0).forget(cluster.machine(1).id)
  await cluster.run(1000)
  assert.equal(isDone, false, 'one of two is no majority')
  cluster.node(0).forget(cluster.machine(2).id)
  await cluster.settle(write, 1000)
})

test('all nodes hear of it, and a present member or a stranger cannot be forgotten', async () => {
  await using cluster = await withDead(3, 4)
  const { id } = cluster.machine(3)
  assert.equal(
    codeOf(() => cluster.node(0).forget(cluster.machine(1).id)),
    'SHOAL_BAD_ARGUMENT'
  )
  assert.equal(
    codeOf(() => cluster.node(0).forget(cluster.node(0).id)),
    'SHOAL_BAD_ARGUMENT'
  )
  assert.equal(
    codeOf(() => cluster.node(0).forget('nobody')),
    'SHOAL_NOT_FOUND'
  )
  cluster.node(0).forget(id)
  cluster.node(0).forget(id)
  await cluster.until(() => [0, 1, 2].every(at => statusOf(cluster, at, 3) === 'forgotten'))
})

test('a forgotten member that starts again is a member as before, and its unshared writes reach the others', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, shards: 4 })
  await cluster.settle(cluster.actor(2)(Tags, 't').add('old', { acknowledge: 'all' }))
  cluster.partition([2], [0, 1])
  await cluster.settle(cluster.actor(2)(Tags, 't').add('unshared'))
  cluster.kill(2)
  await cluster.until(() => statusOf(cluster, 0, 2) === 'dead')
  cluster.node(0).forget(cluster.machine(2).id)
  await cluster.settle(cluster.actor(1)(Tags, 't').remove('old', { acknowledge: 'majority' }))
  cluster.heal()
  cluster.boot(2)
  await cluster.until(() => cluster.isWhole() && new Set(cluster.nodes().map(node => node.digest())).size === 1)
  assert.deepEqual((await cluster.settle(cluster.node(0).describe('tags', 't'))).state, ['unshared'])
})

test('one that was only cut off contradicts, and serves on under the same incarnation', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 3, shards: 4 })
  const { incarnation } = cluster.node(2)
  cluster.partition([2], [0, 1])
  await cluster.until(() => statusOf(cluster, 0, 2) === 'dead' && statusOf(cluster, 1, 2) === 'dead')
  cluster.node(1).forget(cluster.machine(2).id)
  await cluster.settle(cluster.actor(2)(Tags, 't').add('while cut off'))
  await cluster.run(500)
  cluster.heal()
  await cluster.until(() => cluster.isWhole() && new Set(cluster.nodes().map(node => node.digest())).size === 1)
  assert.equal(cluster.node(2).incarnation, incarnation)
  assert.deepEqual((await cluster.settle(cluster.node(0).describe('tags', 't'))).state, ['while cut off'])
})
