/** Trouble of links, clocks and processes, on whole nodes in the simulator: who is accused, and how soon all is well again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'
import { actors } from '../support/shop.ts'

/** `SEED=n` tries only that one. */
const { SEED: onlySeed } = process.env
const seedsUpTo = (count: number) =>
  onlySeed === undefined ? Array.from({ length: count }, (_, seed) => seed + 1) : [Number(onlySeed)]

/** How every node sees every other, without those that see all alive. */
function accusations(cluster: TestCluster): string[] {
  return cluster.nodes().flatMap(node =>
    node
      .members()
      .members.filter(({ status }) => status !== 'alive')
      .map(({ name, status }) => `${node.name} holds ${name} for ${status}`)
  )
}

/** Looks at all members every 10 ms while the task runs: what was ever said of somebody. */
async function accusationsDuring(cluster: TestCluster, forMs: number): Promise<string[]> {
  const seen = new Set<string>()
  for (let ms = 0; ms < forMs; ms += 10) {
    await cluster.run(10)
    for (const accusation of accusations(cluster)) seen.add(accusation)
  }
  return [...seen]
}

/** A write at every node is seen at every other, within so long. */
async function assertHeard(cluster: TestCluster, withinMs: number, why: string): Promise<void> {
  const nodes = cluster.nodes()
  const id = `heard-${cluster.world.time.nowMs}`
  const startedMs = cluster.world.time.nowMs
  await cluster.settle(Promise.all(nodes.map(node => node.actor(Counter, id).add(1))))
  const values = new Array<unknown>(nodes.length)
  do {
    await cluster.run(20)
    const read = await cluster.settle(Promise.all(nodes.map(node => node.actor(Counter, id).value())))
    for (const [at, value] of read.entries()) values[at] = value
  } while (values.some(value => value !== nodes.length) && cluster.world.time.nowMs - startedMs < withinMs)
  assert.deepEqual(values, new Array(nodes.length).fill(nodes.length), why)
}

test('a node that was stopped for five minutes is whole again within two seconds, and accuses nobody', async () => {
  for (const seed of seedsUpTo(4)) {
    await using cluster = await createTestCluster({ actors, nodes: 4, seed })
    await cluster.run(2000)
    cluster.pause(3)
    await cluster.run(5 * 60_000)
    await cluster.settle(cluster.node(0).actor(Counter, 'meanwhile').add(7))
    cluster.resume(3)
    const wrong = new Set<string>()
    const resumedMs = cluster.world.time.nowMs
    while (!cluster.isWhole() && cluster.world.time.nowMs - resumedMs < 2000) {
      await cluster.run(10)
      for (const accusation of accusations(cluster)) if (!accusation.includes('node-3 for')) wrong.add(accusation)
    }
    assert.ok(cluster.isWhole(), `seed ${seed}`)
    assert.deepEqual([...wrong], [], `seed ${seed}`)
    await assertHeard(cluster, 2000, `seed ${seed}`)
    assert.equal(await cluster.settle(cluster.node(3).actor(Counter, 'meanwhile').value()), 7, `seed ${seed}`)
  }
})

test('after a hundred quick flaps of a link nobody is deaf, and nobody was held for dead', async () => {
  for (const seed of seedsUpTo(4)) {
    await using cluster = await createTestCluster({ actors, nodes: 3, seed })
    const { fabric, random } = cluster.world
    const said = new Set<string>()
    for (let flap = 0; flap < 100; flap++) {
      fabric.reset('node-0', 'node-1')
      for (const accusation of await accusationsDuring(cluster, 10 + random.below(200))) said.add(accusation)
    }
    assert.deepEqual(
      [...said].filter(text => text.endsWith('dead')),
      [],
      `seed ${seed}`
    )
    await assertHeard(cluster, 2000, `seed ${seed}`)
    await cluster.run(2000)
    assert.deepEqual(accusations(cluster), [], `seed ${seed}`)
    for (const node of cluster.nodes()) assert.equal(node.links().length, 2, `seed ${seed}`)
  }
})

test('when all nodes start at once, again and again, all find all within three seconds', async () => {
  for (const seed of seedsUpTo(3)) {
    await using cluster = await createTestCluster({ actors, nodes: 7, seed })
    for (let storm = 0; storm < 5; storm++) {
      for (let i = 0; i < cluster.size; i++) cluster.kill(i)
      for (let i = 0; i < cluster.size; i++) {
        cluster.boot(i)
        await cluster.run(cluster.world.random.below(50))
      }
      await cluster.until(() => cluster.isWhole(), 3000)
      for (const node of cluster.nodes()) assert.equal(node.links().length, cluster.size - 1, `seed ${seed}`)
    }
    await assertHeard(cluster, 2000, `seed ${seed}`)
  }
})

test('where two nodes cannot reach each other but others both, none is accused, and updates go around', async () => {
  for (const seed of seedsUpTo(4)) {
    await using cluster = await createTestCluster({ actors, nodes: 4, seed })
    await cluster.run(2000)
    cluster.world.fabric.cut('node-0', 'node-2', { detectionMs: { min: 50, max: 500 } })
    const said = await accusationsDuring(cluster, 20_000)
    assert.deepEqual(said, [], `seed ${seed}`)
    await assertHeard(cluster, 8000, `seed ${seed}`)
    cluster.heal()
    // A dial that began before the heal may have to run into its deadline first.
    await cluster.until(() => cluster.node(0).links().length === 3, 6000)
  }
})

test('a link that is dead one way, and that TCP takes for alive, is ended and made anew; nobody is held for dead', async () => {
  for (const seed of seedsUpTo(4)) {
    await using cluster = await createTestCluster({ actors, nodes: 4, seed })
    await cluster.run(2000)
    const never = { min: Number.POSITIVE_INFINITY, max: Number.POSITIVE_INFINITY }
    cluster.world.fabric.cutOneWay('node-0', 'node-2', { detectionMs: never })
    const said = await accusationsDuring(cluster, 4000)
    assert.ok(!cluster.node(0).links().includes('node-2'), `seed ${seed}: the dead link still counts as one`)
    said.push(...(await accusationsDuring(cluster, 20_000)))
    assert.deepEqual(
      said.filter(text => text.endsWith('dead')),
      [],
      `seed ${seed}`
    )
    await assertHeard(cluster, 8000, `seed ${seed}`)
    cluster.heal()
    await cluster.until(() => cluster.node(0).links().length === 3, 6000)
    await cluster.run(2000)
    assert.deepEqual(accusations(cluster), [], `seed ${seed}`)
    await assertHeard(cluster, 1000, `seed ${seed}`)
  }
})

test('one clock ten years ahead cuts off its own node alone, and setting it right brings it back', async () => {
  for (const seed of seedsUpTo(3)) {
    await using cluster = await createTestCluster({ actors, nodes: 5, seed })
    const heard: string[] = []
    for (const node of cluster.nodes())
      node.on('refused', ({ peer, reason }) => heard.push(`${node.name} ${peer} ${reason}`))
    await cluster.run(3000)
    const wrong = cluster.machine(2)
    const tenYearsMs = 10 * 365 * 24 * 3600 * 1000
    wrong.wall.jump(tenYearsMs)
    await cluster.until(() => cluster.node(2).links().length === 0, 10_000)
    for (const node of cluster.nodes())
      assert.equal(node.links().length, node.id === wrong.id ? 0 : 3, `seed ${seed}: ${node.name}`)
    await cluster.run(10_000)
    for (const node of cluster.nodes()) assert.ok(!node.links().includes(wrong.id), `seed ${seed}`)
    assert.ok(heard.some(text => text.startsWith('node-0 node-2') && text.includes('clocks')))
    assert.ok(
      heard.some(text => text.startsWith('node-2 node-0') && text.includes('clocks')),
      'both sides are told'
    )
    wrong.wall.jump(-tenYearsMs)
    await cluster.until(() => cluster.isWhole(), 5000)
    await assertHeard(cluster, 2000, `seed ${seed}`)
  }
})

test('a node whose clock is ten years ahead when it starts is never linked', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 4, seed: 9 })
  await cluster.run(2000)
  cluster.kill(1)
  await cluster.run(5000)
  const { links } = cluster.node(0)
  cluster.machine(1).wall.jump(10 * 365 * 24 * 3600 * 1000)
  cluster.boot(1)
  for (let ms = 0; ms < 5000; ms += 5) {
    await cluster.run(5)
    for (const i of [0, 2, 3]) assert.ok(!cluster.node(i).links().includes('node-1'))
  }
  assert.equal(links.call(cluster.node(0)).length, 2)
})
