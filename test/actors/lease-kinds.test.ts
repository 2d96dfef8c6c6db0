/** Actors of `lease` kinds on whole nodes in virtual time: who serves them, and what becomes of what was acknowledged. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, lwwRegister, pnCounter, query, refuse } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'

const Account = exclusive(
  'account',
  { balance: pnCounter(), note: lwwRegister('') },
  {
    deposit: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    }),
    withdraw: command(z.int(), ({ state }, amount) => {
      if (state.balance.value < amount) throw refuse('INSUFFICIENT_FUNDS', `balance is ${state.balance.value}`)
      state.balance.add(-amount)
      return state.balance.value
    }),
    balance: query(({ state }) => state.balance.value)
  },
  { partition: 'lease' }
)

const leaseMs = 2000
const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account], seed: 1, leases: { leaseMs }, ...options })

/** The number of the node that owns the actor by the ring. */
function ownerOf(cluster: TestCluster, id: string): number {
  const owner = cluster.nodes()[0]?.owner(Account, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

test('a call from any node reaches the one owner, and is answered when a majority of the epoch has its effect', async () => {
  await using cluster = await start()
  for (const node of [0, 1, 2]) await cluster.settle(cluster.actor(node)(Account, 'a').deposit(10))
  assert.equal(await cluster.settle(cluster.actor(1)(Account, 'a').balance()), 30)
  assert.equal(await cluster.settle(cluster.actor(2)(Account, 'a').withdraw(25)), 5)
  await assert.rejects(cluster.settle(cluster.actor(0)(Account, 'a').withdraw(25)), { code: 'INSUFFICIENT_FUNDS' })
  assert.deepEqual(await cluster.settle(cluster.actor(0)(Account, 'a').state()), { balance: 5, note: '' })
})

test('after the owner is killed its calls are refused at once, until the lease is over, and then all that was acknowledged is there', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  const owner = ownerOf(cluster, 'a')
  const other = (owner + 1) % 3
  cluster.kill(owner)
  await cluster.until(() => ownerOf(cluster, 'a') !== owner)
  const startMs = cluster.world.time.nowMs
  await assert.rejects(cluster.settle(cluster.actor(other)(Account, 'a').deposit(1)), { code: 'SHOAL_UNAVAILABLE' })
  assert.ok(cluster.world.time.nowMs - startMs < 100)
  let balance: number | undefined
  while (balance === undefined) {
    await cluster.run(100)
    balance = await cluster.settle(
      cluster
        .actor(other)(Account, 'a')
        .deposit(1)
        .catch(() => undefined)
    )
    assert.ok(cluster.world.time.nowMs - startMs < leaseMs * 1.5, 'served again within a lease and a half')
  }
  assert.equal(balance, 11)
})
