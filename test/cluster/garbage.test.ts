/** Removed actors leave nothing on the disks, once all members have the news; and what is dropped stays removed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, orSet, query, replicated } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { actorOfStateKey } from '../../src/cluster/storage-layout.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { entriesBetween } from '../../src/simulation/sorted-store.ts'

const Tags = replicated(
  'tags',
  { all: orSet<string>() },
  {
    add: command(z.string(), ({ state }, tag) => state.all.add(tag)),
    remove: command(z.string(), ({ state }, tag) => state.all.remove(tag)),
    list: query(({ state }) => [...state.all.values()].sort())
  }
)

const shards = 4

/** Members are told dead after a second or two. */
function clusterOf(options: Partial<TestClusterOptions> = {}): Promise<TestCluster> {
  return createTestCluster({
    actors: [Tags],
    shards,
    ...options,
    replication: { gcIntervalMs: 500, gcHorizonMs: 60_000, ...options.replication }
  })
}

const call = (cluster: TestCluster, node: number, id: string) => {
  const tags = cluster.actor(node)(Tags, id)
  return {
    add: (tag: string) => cluster.settle(tags.add(tag)),
    remove: (tag: string) => cluster.settle(tags.remove(tag)),
    list: () => cluster.settle(tags.list())
  }
}

function isEqual(cluster: TestCluster): boolean {
  return new Set(cluster.nodes().map(node => node.digest())).size === 1
}

/** Names of actors that have a record on the disk of a node, and how many index entries there are. */
function onDisk(cluster: TestCluster, node: number): { actors: string[]; entries: number } {
  const { root } = cluster.machine(node).disk
  const of = (prefix: string) => entriesBetween(root, prefix, `${prefix}\u00ff`, Number.POSITIVE_INFINITY)
  return {
    actors: of('s')
      .map(({ key }) => actorOfStateKey(key))
      .sort(),
    entries: of('i').length
  }
}

const nothing = { actors: [], entries: 0 }

function areEmpty(cluster: TestCluster, nodes: readonly number[]): boolean {
  return nodes.every(node => {
    const { actors, entries } = onDisk(cluster, node)
    return actors.length === 0 && entries === 0
  })
}

async function addAndRemove(cluster: TestCluster, count: number, nodes = cluster.size): Promise<void> {
  for (let i = 0; i < count; i++) await call(cluster, i % nodes, `t${i}`).add('x')
  await cluster.until(() => isEqual(cluster), 20_000)
  for (let i = 0; i < count; i++) await call(cluster, (i + 1) % nodes, `t${i}`).remove('x')
}

test('removed actors leave no record and no index entry on any node, and can be written again', async () => {
  await using cluster = await clusterOf()
  await addAndRemove(cluster, 40)
  await cluster.until(() => areEmpty(cluster, [0, 1, 2]), 20_000)
  assert.deepEqual(onDisk(cluster, 0), nothing)
  assert.ok(isEqual(cluster))
  assert.deepEqual(await call(cluster, 1, 't7').list(), [])
  await call(cluster, 1, 't7').add('again')
  await cluster.until(() => isEqual(cluster))
  assert.deepEqual(await call(cluster, 2, 't7').list(), ['again'])
  assert.deepEqual(onDisk(cluster, 0), { actors: ['tags/t7'], entries: 1 })
})

test('the space of what was dropped is given back', async () => {
  await using cluster = await clusterOf({ replication: { compactAfterBytes: 500, compactIntervalMs: 100 } })
  await addAndRemove(cluster, 20)
  await cluster.until(() => areEmpty(cluster, [0, 1, 2]), 20_000)
  await cluster.run(1000)
  assert.ok(cluster.world.sightings.count('disk: compacted') >= 3)
})

test('what is not removed is not touched, and costs no question', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await clusterOf({ metrics: () => metrics })
  for (let i = 0; i < 10; i++) await call(cluster, 0, `t${i}`).add('x')
  await cluster.run(10_000)
  assert.equal(onDisk(cluster, 1).actors.length, 10)
  assert.equal(metrics.all()['shoal_garbage_rounds_total'] ?? 0, 0)
})

test('nobody who was asked has to be compared in full, whatever is lost on the way', async () => {
  for (const seed of [1, 2, 3, 4]) {
    const metrics = new CountingMetrics()
    await using cluster = await clusterOf({ seed, metrics: () => metrics, replication: { gcIntervalMs: 50 } })
    cluster.world.fabric.setConditions({ publishLoss: 0.5 })
    cluster.partition([0, 1], [2])
    for (let i = 0; i < 60; i++) {
      if (i === 20) cluster.heal()
      await call(cluster, i % 3, `t${i % 7}`).add(`x${i}`)
      // Where it was added: elsewhere it may not be known yet, and nothing would be removed.
      await call(cluster, (i + 2) % 3, `t${(i + 3) % 7}`).remove(`x${i - 4}`)
      if (i % 5 === 0) await cluster.run(40)
    }
    await cluster.until(() => isEqual(cluster), 20_000)
    await cluster.run(5000)
    assert.equal(metrics.all()['shoal_floor_uncovered_total'], 0, `seed ${seed}`)
    assert.ok((metrics.all()['shoal_garbage_rounds_total'] ?? 0) > 0)
  }
})

test('nothing is dropped while a member that is there has not the news', async () => {
  // Nothing comes by itself: neither by push nor by beacon.
  const silent = { beaconIntervalMs: 10_000_000, dissemination: 'gossip' } as const
  await using cluster = await clusterOf({ replication: { ...silent, gcIntervalMs: 200 } })
  cluster.world.fabric.setConditions({ publishLoss: 1 })
  // But with the claims of exclusive shards, which are made first.
  await cluster.run(5000)
  await call(cluster, 0, 'a').add('x')
  await call(cluster, 0, 'a').remove('x')
  await cluster.run(10_000)
  assert.ok(
    [1, 2].some(node => onDisk(cluster, node).entries === 0),
    'all have the news: this shows nothing'
  )
  assert.deepEqual(onDisk(cluster, 0).actors, ['tags/a'])
})

test('a restarted node finds what was removed before', async () => {
  await using cluster = await clusterOf({ replication: { gcIntervalMs: 3000 } })
  await addAndRemove(cluster, 6)
  await cluster.until(() => isEqual(cluster))
  for (const node of [0, 1, 2]) cluster.kill(node)
  assert.equal(onDisk(cluster, 0).actors.length, 6)
  for (const node of [0, 1, 2]) cluster.boot(node)
  await cluster.until(() => cluster.isWhole() && areEmpty(cluster, [0, 1, 2]), 30_000)
})

test('nothing is dropped while a member is away, until it has been silent for the horizon', async () => {
  await using cluster = await clusterOf({ replication: { gcHorizonMs: 15_000 } })
  await call(cluster, 0, 'a').add('x')
  await cluster.until(() => isEqual(cluster))
  cluster.kill(2)
  await call(cluster, 0, 'a').remove('x')
  await cluster.run(10_000)
  assert.deepEqual([onDisk(cluster, 0).actors, onDisk(cluster, 1).actors], [['tags/a'], ['tags/a']])
  await cluster.until(() => areEmpty(cluster, [0, 1]), 15_000)
})

test('a member that was given up returns with what it wrote, and without what was removed', async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    await using cluster = await clusterOf({ seed, replication: { gcHorizonMs: 5000 } })
    for (const id of ['a', 'b', 'c', 'd']) await call(cluster, 0, id).add('x')
    await cluster.until(() => isEqual(cluster))
    cluster.partition([0, 1], [2])
    for (const id of ['a', 'b', 'c']) await call(cluster, 0, id).remove('x')
    await call(cluster, 2, 'b').add('y')
    await call(cluster, 2, 'c').remove('x')
    await call(cluster, 2, 'e').add('z')
    await cluster.until(() => onDisk(cluster, 0).actors.join() === 'tags/d', 40_000)
    cluster.heal()
    await cluster.until(() => cluster.isWhole() && isEqual(cluster), 20_000)
    for (const node of [0, 1, 2]) {
      const lists = []
      for (const id of ['a', 'b', 'c', 'd', 'e']) lists.push(await call(cluster, node, id).list())
      assert.deepEqual(lists, [[], ['y'], [], ['x'], ['z']], `seed ${seed}, node-${node}`)
    }
    // The two that went on drop what the third wrote down, too.
    await cluster.until(() => [0, 1, 2].every(node => onDisk(cluster, node).actors.length === 3), 20_000)
  }
})

test('a newcomer has nothing of what was dropped, and whoever catches up from it does not either', async () => {
  await using cluster = await clusterOf({ nodes: 4, replication: { gcHorizonMs: 2000 } })
  for (const id of ['a', 'b']) await call(cluster, 0, id).add('x')
  await cluster.until(() => isEqual(cluster))
  cluster.kill(3)
  cluster.kill(2)
  await call(cluster, 0, 'a').remove('x')
  await cluster.until(() => onDisk(cluster, 0).actors.length === 1 && onDisk(cluster, 1).actors.length === 1, 40_000)
  // Node 2 comes with an empty disk; then those who know leave the stage, and node 3 has only the newcomer to ask.
  cluster.machine(2).disk.restore(undefined)
  cluster.boot(2)
  await cluster.until(() => cluster.nodes().length === 3 && isEqual(cluster), 20_000)
  cluster.kill(0)
  cluster.kill(1)
  cluster.boot(3)
  await cluster.until(() => cluster.nodes().length === 2 && isEqual(cluster), 30_000)
  assert.deepEqual(await call(cluster, 3, 'a').list(), [])
  assert.deepEqual(await call(cluster, 3, 'b').list(), ['x'])
})

test('a disk that is put back to before a removal does not bring it back', async () => {
  for (const seed of [1, 2, 3]) {
    await using cluster = await clusterOf({ seed })
    for (const id of ['a', 'b']) await call(cluster, 0, id).add('x')
    await cluster.until(() => isEqual(cluster))
    await cluster.run(100)
    const backup = cluster.machine(1).disk.backup()
    await call(cluster, 2, 'a').remove('x')
    await cluster.until(() => [0, 1, 2].every(node => onDisk(cluster, node).actors.join() === 'tags/b'), 20_000)
    cluster.kill(1)
    cluster.machine(1).disk.restore(backup)
    cluster.boot(1)
    await cluster.until(() => cluster.isWhole() && isEqual(cluster), 20_000)
    for (const node of [0, 1, 2]) assert.deepEqual(await call(cluster, node, 'a').list(), [], `seed ${seed}`)
    await cluster.until(() => onDisk(cluster, 1).actors.join() === 'tags/b', 20_000)
  }
})
