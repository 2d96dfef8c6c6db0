/** Replicas of lease shards that nobody calls, while members come and go. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { ownershipFrom } from '../../src/cluster/lease/lease-registers.ts'

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
const ids = Array.from({ length: 20 }, (_, i) => `a${i}`)
const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account], seed: 1, leases: { leaseMs }, ...options })

/** The last opened sets of all shards, by the lease store. */
function setsOf(cluster: TestCluster): (readonly string[])[] {
  const shards = Array.from({ length: 256 }, (_, shard) => cluster.leaseStore.register(`shard/${shard}`))
  return shards.flatMap(register => {
    const opened = register === undefined ? undefined : ownershipFrom(register).opened
    return opened === undefined || opened.epoch === 0 ? [] : [opened.set]
  })
}

async function fill(cluster: TestCluster): Promise<void> {
  for (const id of ids) await cluster.settle(cluster.actor(0)(Account, id).deposit(10))
}

async function assertKept(cluster: TestCluster): Promise<void> {
  for (const id of ids) assert.equal(await cluster.settle(cluster.actor(0)(Account, id).balance(), 60_000), 10, id)
}

function assertNone(cluster: TestCluster, number: number): void {
  const { id } = cluster.machine(number)
  const sets = setsOf(cluster)
  assert.ok(sets.length > 0)
  for (const set of sets) assert.ok(!set.includes(id), `node ${number} is one of ${set}`)
}

test('members that leave one after the other take no actor with them, though nobody calls', async () => {
  await using cluster = await start({ nodes: 6 })
  await fill(cluster)
  for (const leaver of [1, 2, 3, 4, 5]) {
    assert.deepEqual(await cluster.leave(leaver), { handedOver: true })
    assertNone(cluster, leaver)
  }
  await assertKept(cluster)
})

test('members that die one after the other, minutes apart, are replaced though nobody calls', async () => {
  await using cluster = await start({ nodes: 6 })
  await fill(cluster)
  for (const victim of [1, 2, 3]) {
    cluster.kill(victim)
    await cluster.run(180_000)
    assertNone(cluster, victim)
  }
  await assertKept(cluster)
})

test('a member that is away for a moment keeps its replicas of shards that nobody calls', async () => {
  await using cluster = await start({ nodes: 4 })
  await fill(cluster)
  // Nobody holds anything then.
  for (let number = 0; number < 4; number++) cluster.kill(number)
  for (const number of [0, 1, 2]) cluster.boot(number)
  await cluster.run(20_000)
  const away = cluster.machine(3).id
  const before = setsOf(cluster).filter(set => set.includes(away)).length
  assert.ok(before > 0)
  cluster.boot(3)
  await cluster.run(120_000)
  assert.equal(setsOf(cluster).filter(set => set.includes(away)).length, before)
  await assertKept(cluster)
})

test('of three nodes two leave under calls, and the last one has everything', async () => {
  await using cluster = await start({ nodes: 3 })
  let deposits = 0
  const deposit = async () => {
    await cluster.settle(cluster.actor(0)(Account, 'a').deposit(1), 20_000)
    deposits++
  }
  for (const leaver of [1, 2]) {
    await deposit()
    assert.deepEqual(await cluster.leave(leaver), { handedOver: true })
    for (let i = 0; i < 5; i++) await deposit()
    assert.deepEqual(new Set(setsOf(cluster).map(set => set.length)), new Set([3 - leaver]))
  }
  assert.equal(await cluster.settle(cluster.actor(0)(Account, 'a').balance()), deposits)
})

test('a member that was forgotten is no replica any more', async () => {
  await using cluster = await start({ nodes: 3 })
  await fill(cluster)
  cluster.kill(2)
  await cluster.run(30_000)
  cluster.node(0).forget(cluster.machine(2).id)
  await cluster.run(10_000)
  assertNone(cluster, 2)
  await assertKept(cluster)
})

test('a shard of a small cluster gets its other replicas when there are nodes for them', async () => {
  await using cluster = await start({ nodes: 3 })
  for (const number of [1, 2]) cluster.kill(number)
  await cluster.run(30_000)
  for (const number of [1, 2]) cluster.node(0).forget(cluster.machine(number).id)
  await fill(cluster)
  for (const set of setsOf(cluster)) assert.equal(set.length, 1)
  for (const number of [1, 2]) cluster.boot(number)
  await cluster.run(30_000)
  for (const set of setsOf(cluster)) assert.equal(set.length, 3)
  await assertKept(cluster)
})

test('a node that leaves while its replicas are needed says that its data is to be kept', async () => {
  await using cluster = await start({ nodes: 3 })
  await fill(cluster)
  cluster.kill(1)
  cluster.kill(2)
  await cluster.run(10_000)
  assert.deepEqual(await cluster.leave(0), { handedOver: false })
})
