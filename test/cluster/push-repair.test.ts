/** Lost publications and slow disks: what a push did not bring comes soon after, and nothing is lost for good. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { Tags } from '../../examples/shop.ts'

function clusterOf(seed: number, replication: TestClusterOptions['replication'] = {}): Promise<TestCluster> {
  return createTestCluster({ actors: [Tags], nodes: 3, seed, replication })
}

const isEqual = (cluster: TestCluster) => new Set(cluster.nodes().map(node => node.digest())).size === 1

/** So many writes to actors of their own, `everyMs` apart. */
async function write(cluster: TestCluster, from: number, to: number, everyMs: number): Promise<void> {
  const writes: Promise<unknown>[] = []
  for (let i = from; i < to; i++) {
    writes.push(cluster.actor(0)(Tags, `t${i}`).add('tag'))
    await cluster.run(everyMs)
  }
  await cluster.settle(Promise.all(writes))
}

test('lost publications are there again within 200 ms of the next one, without a look at hashes', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const never = 1e9
    const options = { dissemination: 'gossip', beaconIntervalMs: never, gapTimeoutMs: never } as const
    await using cluster = await clusterOf(seed, options)
    cluster.world.fabric.setConditions({ publishLoss: 0.2, publishReordering: 0.1 })
    await write(cluster, 0, 100, 10)
    cluster.world.fabric.setConditions({ publishLoss: 0 })
    await write(cluster, 100, 101, 0)
    await cluster.until(() => isEqual(cluster), 200)
  }
})

test('a node whose disk is slow makes its peers wait, and misses nothing', async () => {
  await using cluster = await clusterOf(1, { dissemination: 'direct', maxUncommittedBytes: 2000, maxPushDeltas: 4 })
  cluster.machine(1).disk.conditions.stallProbability = 1
  await write(cluster, 0, 300, 0.5)
  cluster.machine(1).disk.conditions.stallProbability = 0
  await cluster.until(() => isEqual(cluster), 10_000)
  assert.ok(cluster.world.sightings.count('network: records were held back') > 0)
})

test('publications that a slow disk leaves no room for are caught up with', async () => {
  await using cluster = await clusterOf(2, { dissemination: 'gossip', maxUncommittedBytes: 2000, maxPushDeltas: 4 })
  cluster.machine(1).disk.conditions.stallProbability = 1
  await write(cluster, 0, 300, 0.5)
  cluster.machine(1).disk.conditions.stallProbability = 0
  await cluster.until(() => isEqual(cluster), 10_000)
})

test('a peer that pushes are not queued for any more is caught up with', async () => {
  await using cluster = await clusterOf(3, { dissemination: 'direct', maxPeerQueueBytes: 0, maxPushDeltas: 1 })
  await write(cluster, 0, 200, 0.1)
  await cluster.until(() => isEqual(cluster), 10_000)
})

test('a peer that stores a push of a life that has ended confirms nothing of the next one', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    await using cluster = await clusterOf(seed, { dissemination: 'direct' })
    const { conditions } = cluster.machine(1).disk
    Object.assign(conditions, { stallProbability: 1, stallMs: 4000 })
    const first = cluster.actor(0)(Tags, 'first').add('x', { acknowledge: 'majority' })
    first.catch(() => {})
    await cluster.run(50)
    cluster.kill(0)
    cluster.boot(0)
    cluster.partition([0, 1], [2])
    await cluster.until(() => cluster.running(0)?.links().length === 1, 3000)
    let isAcknowledged = false
    const second = cluster.actor(0)(Tags, 'second').add('y', { acknowledge: 'majority' })
    second.then(
      () => {
        isAcknowledged = true
      },
      () => {}
    )
    await cluster.until(() => isAcknowledged, 20_000).catch(() => {})
    cluster.kill(0)
    cluster.kill(1, { isPowerLoss: true })
    Object.assign(conditions, { stallProbability: 0 })
    cluster.heal()
    cluster.boot(1)
    await cluster.until(() => cluster.running(1)?.links().length === 1, 20_000)
    await cluster.until(() => isEqual(cluster), 20_000)
    const { state } = await cluster.settle(cluster.node(2).describe('tags', 'second'))
    if (isAcknowledged) assert.deepEqual(state, ['y'], `seed ${seed}`)
  }
})
