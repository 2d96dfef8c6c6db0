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

/** The first `near` are cut from the others and from those that join there. Each side adds with `majority`; then both are one again. */
async function cutAndJoin(cluster: TestCluster, near: number, size: number, up: number, kind: Kind) {
  const side = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i)
  cluster.partition(side(0, near), side(near, size))
  for (let node = up; node < size; node++) {
    cluster.boot(node)
    await cluster.run(1000)
  }
  await cluster.run(8000)
  const added = [await add(cluster, near, kind, 'majority'), await add(cluster, 0, kind, 'majority')]
  return added
}

test('however many join on the smaller side of a cut, they make no majority there', async () => {
  for (const seed of seeds) {
    for (const kind of [Three, All]) {
      await using cluster = await begin(seed, 8, 3)
      assert.equal(await add(cluster, 0, kind, 'all'), ids.length)
      await sums(cluster, 2, kind, 'majority')
      const [far, near] = await cutAndJoin(cluster, 2, 8, 3, kind)
      assert.deepEqual([far, near], [0, ids.length], `seed ${seed}, ${kind.kind}`)
      assert.deepEqual(await sums(cluster, 5, kind, 'majority'), [])
      cluster.heal()
      await cluster.until(() => cluster.isWhole(), 20_000)
      await cluster.run(5000)
      const after = await sums(cluster, 7, kind, 'majority')
      assert.ok(after.length === ids.length && after.every(sum => sum >= 2), `seed ${seed}: ${after}`)
      assert.equal(await add(cluster, 7, kind, 'majority'), ids.length, 'afterwards they count')
    }
  }
})

test('of two clusters that become one, each shows what the other had acknowledged', async () => {
  for (const seed of seeds) {
    for (const kind of [Three, All]) {
      await using cluster = new TestCluster({ actors: [Three, One, All], nodes: 6, shards: 4, seed })
      cluster.partition([0, 1, 2], [3, 4, 5])
      for (let node = 0; node < 6; node++) cluster.boot(node)
      await cluster.run(8000)
      assert.equal(await add(cluster, 0, kind, 'majority'), ids.length)
      assert.equal(await add(cluster, 3, kind, 'majority'), ids.length)
      cluster.heal()
      let seen: number[] = []
      const read = async () => {
        seen = await sums(cluster, 0, kind, 'majority')
        return seen.length === ids.length
      }
      for (let tries = 0; tries < 40 && cluster.node(0).members().members.length < 6; tries++) await cluster.run(250)
      for (let tries = 0; tries < 20 && !(await read()); tries++) {
        assert.deepEqual(
          seen.filter(sum => sum < 2),
          [],
          `seed ${seed}, ${kind.kind}: ${seen}`
        )
        await cluster.run(1000)
      }
      assert.deepEqual(
        seen,
        ids.map(() => 2),
        `seed ${seed}, ${kind.kind}`
      )
    }
  }
})

test('a replacement that is started before the lost one is forgotten stops no majorities', async () => {
  for (const seed of seeds) {
    await using cluster = await begin(seed, 4, 3)
    assert.equal(await add(cluster, 0, Three, 'all'), ids.length)
    cluster.kill(seed % 3)
    await cluster.run(6000)
    cluster.boot(3)
    await cluster.run(8000)
    for (const node of [0, 1, 2, 3].filter(node => node !== seed % 3)) {
      assert.equal(await add(cluster, node, Three, 'majority'), ids.length, `seed ${seed}, node-${node}`)
      assert.equal((await sums(cluster, node, Three, 'majority')).length, ids.length)
    }
  }
})

test('who was away while its home changed and changed back does not answer for what was acknowledged meanwhile', async () => {
  for (const seed of seeds) {
    await using cluster = await begin(seed, 4, 3)
    assert.equal(await add(cluster, 0, Three, 'all'), ids.length)
    cluster.kill(2)
    await cluster.run(6000)
    cluster.boot(3)
    await cluster.run(8000)
    // On node-0 and node-3, or node-1 and node-3.
    cluster.partition([0, 3], [1])
    const added = await add(cluster, 0, Three, 'majority')
    cluster.heal()
    cluster.kill(3)
    await cluster.run(8000)
    cluster.node(0).forget(cluster.machine(3).id)
    cluster.kill(0)
    cluster.boot(2)
    await cluster.run(8000)
    const blind = (await sums(cluster, 2, Three, 'majority')).filter(sum => sum < 2)
    assert.ok(added === 0 || blind.length <= ids.length - added, `seed ${seed}: ${blind} of ${added}`)
  }
})

test('where members join faster than their lists settle, majorities work in the end', async () => {
  await using cluster = new TestCluster({ actors: [Three, All], nodes: 24, shards: 4, seed: 1 })
  for (let node = 0; node < 24; node++) {
    cluster.boot(node)
    await cluster.run(300)
  }
  await cluster.run(6000)
  for (const kind of [Three, All]) assert.equal(await add(cluster, 0, kind, 'majority'), ids.length, kind.kind)
})

test('who was away while others joined, and copies of its homes were dropped, stops no majorities when it is back', async () => {
  const rebalance = { rebalanceDelayMs: 3000, dropDelayMs: 500 }
  await using cluster = new TestCluster({ actors: [Three], nodes: 12, shards: 4, seed: 1, rebalance })
  for (let node = 8; node < 12; node++) cluster.boot(node)
  await cluster.run(8000)
  assert.equal(await add(cluster, 9, Three, 'majority'), ids.length)
  cluster.kill(8)
  for (let node = 0; node < 8; node++) {
    cluster.boot(node)
    await cluster.run(5000)
  }
  await cluster.run(8000)
  // Shards have left all that were in their homes with the one that is away.
  cluster.boot(8)
  await cluster.run(8000)
  for (const node of [8, 9]) assert.equal(await add(cluster, node, Three, 'majority'), ids.length)
  assert.deepEqual(
    await sums(cluster, 9, Three, 'majority'),
    ids.map(() => 3)
  )
})
