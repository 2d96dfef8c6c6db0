/** Partial replication: an actor is on R nodes, wherever it is called; replicas move with the members, and nothing is lost on the way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query, replicated } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { shardRecordOn } from './support/disk-shards.ts'

const Tally = replicated(
  'tally',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) },
  { replication: 3 }
)
const Everywhere = replicated(
  'everywhere',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) }
)
const actors = [Tally, Everywhere]
const shards = 4
const ids = Array.from({ length: 12 }, (_, i) => `a${i}`)
const quick = { rebalanceDelayMs: 3000, dropDelayMs: 500 }

const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors, nodes: 5, shards, rebalance: quick, ...options })

/** The machines whose disks have the shard. */
function storersOf(cluster: TestCluster, shard: number): string[] {
  return cluster.world
    .machines()
    .filter(({ id }) => cluster.nodes().some(node => node.id === id))
    .filter(machine => shardRecordOn(machine, shard) !== undefined)
    .map(({ id }) => id)
}

const partialShards = Array.from({ length: shards }, (_, slice) => 3 * shards + slice)

/** Each shard is on three of the running nodes, and no more. */
function isPlaced(cluster: TestCluster): boolean {
  return partialShards.every(shard => storersOf(cluster, shard).length === Math.min(3, cluster.nodes().length))
}

async function add(cluster: TestCluster, node: number, acknowledge: 'local' | 'majority' = 'majority'): Promise<void> {
  for (const id of ids) await cluster.settle(cluster.actor(node)(Tally, id).add(undefined, { acknowledge }))
}

async function assertSums(cluster: TestCluster, sum: number): Promise<void> {
  for (const [number] of cluster.world.machines().entries()) {
    if (cluster.running(number) === undefined) continue
    for (const id of ids) {
      const read = cluster.actor(number)(Tally, id).sum(undefined, { read: 'majority' })
      assert.equal(await cluster.settle(read), sum, `${id} at node-${number}`)
    }
  }
}

test('an actor is on three of five nodes, and is called from all', async () => {
  await using cluster = await start()
  for (let node = 0; node < 5; node++) await add(cluster, node)
  await cluster.until(() => isPlaced(cluster))
  await assertSums(cluster, 5)
  for (const id of ids) {
    const views = await cluster.settle(Promise.all(cluster.nodes().map(node => node.describe('tally', id))))
    for (const view of views) {
      assert.deepEqual(view.state, { sum: 5 })
      assert.equal(view.replicas.length, 3)
      assert.deepEqual(storersOf(cluster, view.shard).sort(), [...view.replicas].sort())
    }
  }
  await cluster.settle(cluster.actor(0)(Everywhere, 'e').add(undefined, { acknowledge: 'all' }))
  assert.equal((await cluster.settle(cluster.node(1).describe('everywhere', 'e'))).replicas.length, 5)
})

test('a watch is told where the actor is, and works there', async () => {
  await using cluster = await start()
  await add(cluster, 0)
  await cluster.until(() => isPlaced(cluster))
  const { replicas } = await cluster.settle(cluster.node(0).describe('tally', 'a0'))
  for (const node of cluster.nodes()) {
    const watch = () => node.watch('tally', 'a0')
    if (replicas.includes(node.id)) {
      const states = watch()
      assert.deepEqual((await cluster.settle(states.next())).value, { sum: 1 })
      await states.return?.()
    } else assert.throws(watch, error => isShoalError(error) && error.code === 'SHOAL_NOT_STORED')
  }
})

test('replicas are spread over the zones', async () => {
  await using cluster = await start({ nodes: 6, zones: ['x', 'x', 'y', 'y', 'z', 'z'] })
  await add(cluster, 0)
  await cluster.until(() => isPlaced(cluster))
  const zones = new Map(cluster.nodes().map(({ id, zone }) => [id, zone]))
  for (const shard of partialShards) {
    const storers = storersOf(cluster, shard).map(id => zones.get(id))
    assert.deepEqual(storers.sort(), ['x', 'y', 'z'])
  }
})

test('who joins fetches its shards, and those who lose them drop them only then', async () => {
  await using cluster = await start()
  await add(cluster, 0)
  await cluster.until(() => isPlaced(cluster))
  // A machine that was never started is a newcomer.
  const newcomer = cluster.world.machine('node-5')
  cluster.boot(cluster.world.machines().indexOf(newcomer))
  await cluster.until(() => cluster.isWhole())
  await cluster.until(() => partialShards.some(shard => storersOf(cluster, shard).includes(newcomer.id)), 20_000)
  await cluster.until(() => isPlaced(cluster), 20_000)
  await assertSums(cluster, 1)
  await add(cluster, 5)
  await assertSums(cluster, 2)
})

test('what a member had that has been gone for long is rebuilt elsewhere, so that others may go after it', async () => {
  await using cluster = await start()
  await add(cluster, 0)
  await cluster.until(() => isPlaced(cluster))
  cluster.kill(1)
  await cluster.run(8000)
  cluster.kill(2)
  await cluster.run(8000)
  for (const shard of partialShards) assert.equal(storersOf(cluster, shard).length, 3, `shard ${shard}`)
  for (const id of ids)
    assert.equal(await cluster.settle(cluster.actor(0)(Tally, id).sum(undefined, { deadlineMs: 3000 })), 1, id)
  cluster.boot(1)
  cluster.boot(2)
  await cluster.until(() => cluster.isWhole() && isPlaced(cluster), 20_000)
  await assertSums(cluster, 1)
})

test('who leaves has given everything to those who store it then', async () => {
  await using cluster = await start()
  await cluster.until(() => cluster.isWhole())
  for (let node = 0; node < 5; node++) await add(cluster, node, 'local')
  await cluster.leave(4)
  await cluster.leave(3)
  await cluster.until(() => isPlaced(cluster), 20_000)
  await assertSums(cluster, 5)
})

test('an exclusive kind is on all nodes, and the number of replicas is in bounds', () => {
  const define = (replication: number) => replicated('x', { sum: pnCounter() }, {}, { replication })
  for (const bad of [0, 16, 1.5]) assert.throws(() => define(bad), TypeError)
  assert.throws(() => exclusive('x', { sum: pnCounter() }, {}, { replication: 3 }), TypeError)
  assert.equal(exclusive('x', { sum: pnCounter() }, {}, { replication: 'all' }).replicas, 0)
})

test('a node does not start where a kind had another number of replicas', async () => {
  await using cluster = await start({ nodes: 1 })
  cluster.kill(0)
  const changed = replicated('tally', Tally.shape, Tally.methods, { replication: 2 })
  cluster.boot(0, { actors: [changed, Everywhere] })
  await cluster.until(() => cluster.startError(0) !== undefined)
  const error = cluster.startError(0)
  assert.ok(isShoalError(error) && error.code === 'SHOAL_BAD_CONFIGURATION', String(error))
})
