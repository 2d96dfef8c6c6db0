/** Majorities while somebody joins behind a cut, starts where it reaches nobody, or comes back after it was forgotten. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, pnCounter, query, replicated } from 'shoal'
import { TestCluster, type TestClusterOptions } from 'shoal/testing'

const define = (kind: string, replication: number | 'all') =>
  replicated(
    kind,
    { sum: pnCounter() },
    { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) },
    { replication }
  )
const Three = define('three', 3)
const One = define('one', 1)
const All = define('all', 'all')
type Kind = typeof Three
const ids = Array.from({ length: 8 }, (_, i) => `a${i}`)
const seeds = [1, 2, 3]

/** These nodes of the cluster run and know each other. */
async function begin(seed: number, size: number, up: number, more: Partial<TestClusterOptions> = {}) {
  const cluster = new TestCluster({
    actors: [Three, One, All],
    nodes: size,
    shards: 4,
    rebalance: { rebalanceDelayMs: 3000, dropDelayMs: 500 },
    seed,
    ...more
  })
  for (let node = 0; node < up; node++) cluster.boot(node)
  await cluster.until(() => areMet(cluster, up), 20_000)
  await cluster.run(3000)
  return cluster
}

function areMet(cluster: TestCluster, size: number): boolean {
  const nodes = cluster.nodes()
  return (
    nodes.length === size && nodes.every(node => node.unready() === undefined && node.members().members.length === size)
  )
}

/** How many of the actors have it acknowledged. */
async function add(cluster: TestCluster, node: number, kind: Kind, acknowledge: 'majority' | 'all'): Promise<number> {
  const calls = ids.map(id => cluster.actor(node)(kind, id).add(undefined, { acknowledge, deadlineMs: 1000 }))
  const results = await cluster.settle(Promise.allSettled(calls))
  return results.filter(({ status }) => status === 'fulfilled').length
}

/** What is answered. */
async function sums(cluster: TestCluster, node: number, kind: Kind, read: 'local' | 'majority'): Promise<number[]> {
  const calls = ids.map(id => cluster.actor(node)(kind, id).sum(undefined, { read, deadlineMs: 1000 }))
  const results = await cluster.settle(Promise.allSettled(calls))
  return results.flatMap(result => (result.status === 'fulfilled' ? [result.value] : []))
}

test('a newcomer on the smaller side of a cut makes no majority there', async () => {
  for (const seed of seeds) {
    await using cluster = await begin(seed, 4, 3)
    assert.equal(await add(cluster, 0, Three, 'all'), ids.length)
    cluster.partition([2, 3], [0, 1])
    cluster.boot(3)
    await cluster.run(8000)
    assert.equal(cluster.node(3).members().members.length, 4)
    assert.equal(await add(cluster, 2, Three, 'majority'), 0, `seed ${seed}`)
    const before = await sums(cluster, 0, Three, 'majority')
    assert.equal(await add(cluster, 0, Three, 'majority'), ids.length, `seed ${seed}`)
    assert.deepEqual(
      before,
      ids.map(() => 1),
      `seed ${seed}`
    )
    cluster.heal()
    await cluster.until(() => cluster.isWhole(), 20_000)
    await cluster.run(3000)
    assert.equal(await add(cluster, 3, Three, 'majority'), ids.length, 'afterwards it counts')
  }
})

test('who could reach nobody when it was new has nothing whole once it meets the others: it does not answer for them', async () => {
  for (const seed of seeds) {
    await using cluster = await begin(seed, 4, 3)
    for (const kind of [Three, All]) assert.equal(await add(cluster, 0, kind, 'all'), ids.length)
    cluster.partition([0], [1, 2], [3])
    cluster.boot(3)
    await cluster.run(1000)
    assert.equal(await add(cluster, 1, Three, 'majority'), ids.length)
    await cluster.run(5000)
    assert.deepEqual(
      await sums(cluster, 3, Three, 'majority'),
      ids.map(() => 0),
      'alone it is the cluster'
    )
    cluster.kill(1)
    cluster.kill(2)
    cluster.heal()
    await cluster.run(8000)
    assert.equal(cluster.node(3).members().members.length, 4)
    const blind = (await sums(cluster, 0, Three, 'majority')).filter(sum => sum < 2)
    assert.deepEqual(blind, [], `seed ${seed}`)
    cluster.boot(1)
    cluster.boot(2)
    await cluster.until(() => cluster.isWhole(), 20_000)
    await cluster.run(3000)
    assert.deepEqual(
      await sums(cluster, 3, Three, 'majority'),
      ids.map(() => 2),
      'all are counted in the end'
    )
  }
})

test('of one replica, a newcomer that takes the place of a dead one does not answer for it', async () => {
  for (const dead of [1, 2]) {
    await using cluster = await begin(1, 6, 3)
    assert.equal(await add(cluster, 0, One, 'all'), ids.length)
    cluster.kill(dead)
    await cluster.run(6000)
    for (const newcomer of [3, 4, 5]) cluster.boot(newcomer)
    await cluster.run(6000)
    const wrong = (await sums(cluster, 0, One, 'majority')).filter(sum => sum < 1)
    assert.deepEqual(wrong, [], `node-${dead} is dead`)
    cluster.boot(dead)
    await cluster.until(() => cluster.isWhole(), 20_000)
    await cluster.run(5000)
    assert.deepEqual(
      await sums(cluster, 0, One, 'majority'),
      ids.map(() => 1)
    )
  }
})

test('who was forgotten and comes back late does not answer for what was acknowledged without it', async () => {
  await using cluster = await begin(1, 5, 5, { membership: { leftRetentionMs: 5000 } })
  assert.equal(await add(cluster, 0, All, 'all'), ids.length)
  for (let node = 0; node < 5; node++) await sums(cluster, node, All, 'majority')
  for (const node of [3, 4]) cluster.kill(node)
  await cluster.run(15_000)
  for (const node of [3, 4]) {
    cluster.node(0).forget(cluster.machine(node).id)
    await cluster.run(2000)
  }
  await cluster.run(15_000)
  cluster.partition([0, 1], [2, 3, 4])
  assert.equal(await add(cluster, 0, All, 'majority'), ids.length)
  for (const node of [0, 1]) cluster.kill(node)
  cluster.heal()
  for (const node of [3, 4]) cluster.boot(node)
  await cluster.run(8000)
  assert.deepEqual(await sums(cluster, 2, All, 'majority'), [])
})

test('a cluster that was stopped, a single node, and two of three count as before when they start again', async () => {
  for (const [size, back] of [
    [1, [0]],
    [3, [0, 1, 2]],
    [3, [0, 2]]
  ] as const) {
    await using cluster = await begin(1, size, size)
    for (const kind of [Three, All]) assert.equal(await add(cluster, 0, kind, 'majority'), ids.length)
    for (let node = 0; node < size; node++) cluster.kill(node)
    await cluster.run(1000)
    for (const node of back) cluster.boot(node)
    await cluster.run(8000)
    for (const kind of [Three, All]) {
      assert.deepEqual(
        await sums(cluster, 0, kind, 'majority'),
        ids.map(() => 1),
        `${back.length} of ${size}`
      )
      assert.equal(await add(cluster, 0, kind, 'majority'), ids.length)
    }
  }
})
