/** Actors of `lease` kinds where three nodes of the cluster keep the lease store themselves, and die with it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { silentLogger } from '../../src/ports/logger.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'

const Account = exclusive(
  'account',
  { balance: pnCounter() },
  {
    deposit: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    }),
    balance: query(({ state }) => state.balance.value)
  },
  { partition: 'lease' }
)

const leaseMs = 2000
const ids = Array.from({ length: 40 }, (_, i) => `a${i}`)

/** The first three of four nodes vote, and all accounts have 1. */
async function start(options: Partial<TestClusterOptions> = {}): Promise<TestCluster> {
  const cluster = await createTestCluster({
    actors: [Account],
    nodes: 4,
    leases: { leaseMs, voters: 3 },
    ...options
  })
  for (const [i, id] of ids.entries()) await deposit(cluster, i % cluster.size, id)
  return cluster
}

/** Asks until it is answered, and no longer than that. */
async function deposit(cluster: TestCluster, node: number, id: string, amount = 1, withinMs = 20_000): Promise<number> {
  const endMs = cluster.world.time.nowMs + withinMs
  for (;;) {
    try {
      return await cluster.settle(cluster.actor(node)(Account, id).deposit(amount))
    } catch (error) {
      if (cluster.world.time.nowMs > endMs) throw error
      await cluster.run(50)
    }
  }
}

function ownerOf(cluster: TestCluster, id: string): number {
  const owner = cluster.nodes()[0]?.owner(Account, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

test('within a lease and a second after a voter is killed all its shards serve again', async () => {
  for (const seed of [1, 2, 3]) {
    await using cluster = await start({ seed })
    const victim = seed % 3
    const lost = ids.filter(id => ownerOf(cluster, id) === victim)
    assert.ok(lost.length > 3)
    const killedMs = cluster.world.time.nowMs
    cluster.kill(victim)
    await cluster.until(() => lost.every(id => ![victim, -1].includes(ownerOf(cluster, id))))
    for (const id of lost) assert.equal(await deposit(cluster, 3, id), 2)
    const servedMs = cluster.world.time.nowMs - killedMs
    assert.ok(servedMs <= leaseMs + 1000, `seed ${seed}: the last after ${servedMs} ms`)
  }
})

test('without most of the voters calls are refused when the leases are over, and all is there when they are back', async () => {
  await using cluster = await start({ seed: 4 })
  for (const voter of [0, 1]) cluster.kill(voter, { isPowerLoss: true })
  await cluster.run(3 * leaseMs)
  for (const id of ids.slice(0, 5))
    await assert.rejects(cluster.settle(cluster.actor(3)(Account, id).deposit(1)), { code: 'SHOAL_UNAVAILABLE' })
  for (const voter of [0, 1]) cluster.boot(voter)
  for (const id of ids) assert.equal(await deposit(cluster, 3, id), 2)
})

test('after all nodes have lost power at once, all is there', async () => {
  for (const seed of [5, 6]) {
    await using cluster = await start({ seed })
    for (let node = 0; node < cluster.size; node++) cluster.kill(node, { isPowerLoss: true })
    await cluster.run(500)
    for (let node = 0; node < cluster.size; node++) cluster.boot(node)
    await cluster.until(() => cluster.isWhole())
    for (const id of ids) assert.equal(await deposit(cluster, 2, id), 2)
  }
})

test('voters that leave one after the other and come back hand over, and vote again', async () => {
  await using cluster = await start({ seed: 7 })
  for (const voter of [0, 1, 2]) {
    // Its vote is on no other disk.
    assert.deepEqual(await cluster.leave(voter), { handedOver: false })
    assert.equal(await deposit(cluster, 3, ids[voter] ?? ''), 2)
    cluster.boot(voter)
    await cluster.until(() => cluster.isWhole())
  }
  for (const id of ids.slice(3)) assert.equal(await deposit(cluster, 3, id), 2)
})

test('a voter whose disk was emptied comes back as a node that does not vote, and says so; the others go on', async () => {
  const said: string[] = []
  const error = (message: string) => void said.push(message)
  await using cluster = await start({
    seed: 8,
    logger: node => (node === 'node-1' ? { ...silentLogger, error } : silentLogger)
  })
  const emptyDisk = cluster.world.machine('another').disk.backup()
  cluster.kill(1)
  cluster.machine(1).disk.restore(emptyDisk)
  cluster.boot(1)
  for (const id of ids) assert.equal(await deposit(cluster, 3, id), 2)
  assert.ok(
    said.some(line => line.includes('does not vote')),
    said.join('\n')
  )
  // The third of the voters is needed now: without it there is no majority of disks that remember.
  cluster.kill(2)
  await cluster.run(3 * leaseMs)
  await assert.rejects(cluster.settle(cluster.actor(3)(Account, 'a0').deposit(1)), { code: 'SHOAL_UNAVAILABLE' })
})

test('a voter whose files prove damaged while it runs votes no more, and says so; the others go on', async () => {
  const said: string[] = []
  const error = (message: string) => void said.push(message)
  await using cluster = await start({
    seed: 9,
    logger: node => (node === 'node-1' ? { ...silentLogger, error } : silentLogger)
  })
  // A node looks at its files soon after its start, and once a day.
  cluster.kill(1)
  cluster.machine(1).disk.conditions.bent = '000005.ldb: a block fails its checksum'
  cluster.boot(1)
  await cluster.until(() => said.some(line => line.includes('does not vote any more')))
  for (const id of ids) assert.equal(await deposit(cluster, 3, id), 2)
  cluster.kill(2)
  await cluster.run(3 * leaseMs)
  await assert.rejects(cluster.settle(cluster.actor(3)(Account, 'a0').deposit(1)), { code: 'SHOAL_UNAVAILABLE' })
  assert.equal(said.filter(line => line.includes('does not vote any more')).length, 1)
})

test('two of three voters are enough, also for what a member had that came and left while the third was away', async () => {
  await using cluster = await start({ nodes: 5, seed: 1, leases: { leaseMs, voters: 3, replicas: 5 } })
  const alive = (node: number) =>
    cluster
      .node(node)
      .members()
      .members.filter(({ status }) => status === 'alive').length
  cluster.kill(1)
  await cluster.run(4000)
  cluster.world.machine('node-5')
  cluster.boot(5)
  await cluster.until(
    () => cluster.running(5)?.unready() === undefined && cluster.running(5) !== undefined && alive(5) === 5,
    30_000
  )
  await cluster.run(5000)
  for (const id of ids) await deposit(cluster, 5, id)
  const left = cluster.machine(5).id
  const owned = ids.filter(id => cluster.node(2).owner(Account, id) === left)
  // Its process ends with its farewell.
  cluster
    .node(5)
    .leave()
    .catch(() => {})
  await cluster.until(
    () =>
      cluster
        .node(2)
        .members()
        .members.some(({ id, status }) => id === left && status === 'left'),
    60_000
  )
  cluster.kill(5)
  cluster.boot(1)
  await cluster.until(
    () => cluster.running(1)?.unready() === undefined && cluster.running(1) !== undefined && alive(2) === 5,
    30_000
  )
  cluster.kill(0)
  await cluster.run(30_000)
  for (const id of owned) await deposit(cluster, 2, id, 1, 3000)
})

test('a thousand shards at rest cost each voter a handful of questions a second', async t => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({
    actors: [Account],
    nodes: 3,
    shards: 1000,
    leases: { voters: 3 },
    metrics: () => metrics
  })
  const questions = () => metrics.all()['shoal_voter_questions_total'] ?? 0
  const calls = () =>
    Promise.all(
      Array.from({ length: 3000 }, (_, i) =>
        cluster
          .actor(i % 3)(Account, `b${i}`)
          .deposit(1)
      )
    )
  await cluster.settle(calls())
  await cluster.run(30_000)
  const before = questions()
  await cluster.run(60_000)
  const perSecond = (questions() - before) / 60 / 3
  t.diagnostic(`${perSecond.toFixed(1)} questions a second and voter`)
  assert.ok(perSecond < 6, `${perSecond}`)
})
