/** What a joining node takes over is without an owner for a moment only: it is given nothing before it can open it, and is told when it may. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'

const Account = exclusive(
  'account',
  { sum: pnCounter() },
  {
    add: command(({ state }) => {
      state.sum.add(1)
      return state.sum.value
    })
  },
  { partition: 'lease' }
)
const Merged = exclusive('merged', { sum: pnCounter() }, { add: command(({ state }) => state.sum.add(1)) })

const accounts = Array.from({ length: 24 }, (_, n) => `account-${n}`)
/** At most so long from one answer to the next, with a pause of 5 ms between a call and the next one. */
const longestMs = 50

for (const [store, leases] of [
  ['voters', { voters: 3 }],
  ['a store of its own', {}]
] as const)
  test(`with ${store}: an account that moves to a node that joins answers again within ${longestMs} ms, and no call fails`, async () => {
    for (const seed of [1, 2]) {
      await using cluster = await createTestCluster({ actors: [Account], nodes: 4, seed, shards: 16, leases })
      const { time } = cluster.world
      await cluster.leave(3)
      const answeredMs = new Map(accounts.map(id => [id, [] as number[]]))
      let isStopped = false
      const call = async (id: string, node: number) => {
        while (!isStopped) {
          await cluster.actor(node)(Account, id).add()
          answeredMs.get(id)?.push(time.nowMs)
          await new Promise<void>(resolve => time.schedule(5_000, undefined, resolve))
        }
      }
      const callers = Promise.all(accounts.map((id, n) => call(id, n % 3)))
      await cluster.run(500)
      for (const answers of answeredMs.values()) answers.length = 0
      cluster.boot(3)
      const { id } = cluster.machine(3)
      const taken = () => accounts.filter(account => cluster.node(0).owner(Account, account) === id)
      await cluster.until(() => taken().length > 0)
      await cluster.run(700)
      isStopped = true
      await cluster.settle(callers)
      for (const [account, answers] of answeredMs) {
        const gapMs = Math.max(...answers.slice(1).map((atMs, i) => atMs - (answers[i] ?? 0)))
        assert.ok(gapMs < longestMs, `seed ${seed}: ${account} did not answer for ${gapMs} ms`)
      }
    }
  })

const weightOf = (cluster: TestCluster, number: number) =>
  cluster
    .node(0)
    .members()
    .members.find(({ id }) => id === cluster.machine(number).id)?.weight

test('a node that starts while the lease store is away owns nothing before it has a session, or for ten seconds', async () => {
  await using cluster = await createTestCluster({ actors: [Account, Merged], nodes: 4, shards: 16, leases: {} })
  for (const outageMs of [5000, 60_000]) {
    cluster.kill(3)
    await cluster.until(() => !cluster.node(0).ring().includes(cluster.machine(3).id))
    cluster.leaseStore.conditions.isDown = true
    const downMs = cluster.world.time.nowMs
    cluster.boot(3)
    await cluster.run(4000)
    assert.equal(weightOf(cluster, 3), 0)
    for (const id of accounts) await cluster.settle(cluster.actor(1)(Merged, id).add())
    if (outageMs === 5000) cluster.leaseStore.conditions.isDown = false
    await cluster.until(() => weightOf(cluster, 3) === 1)
    const tookMs = cluster.world.time.nowMs - downMs
    assert.ok(outageMs === 5000 ? tookMs < 9000 : tookMs > 10_000, `after ${tookMs} ms`)
    cluster.leaseStore.conditions.isDown = false
    // All have a session again.
    await cluster.run(5000)
    for (const id of accounts) await cluster.settle(cluster.actor(1)(Account, id).add())
  }
})
