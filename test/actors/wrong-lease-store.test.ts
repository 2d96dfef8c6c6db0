/** Nodes in front of a lease store that is not the one of their disks, because it was emptied or because it is another. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { identityKey, sessionKey } from '../../src/cluster/lease/lease-registers.ts'
import { silentLogger } from '../../src/ports/logger.ts'

const Account = exclusive(
  'account',
  { balance: pnCounter() },
  {
    deposit: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    })
  },
  { partition: 'lease' }
)

async function start(options: Partial<TestClusterOptions> = {}): Promise<TestCluster> {
  const cluster = await createTestCluster({
    actors: [Account],
    nodes: 3,
    seed: 1,
    leases: { leaseMs: 2000 },
    ...options
  })
  for (const id of ['a', 'b', 'c', 'd']) await cluster.settle(cluster.actor(0)(Account, id).deposit(10))
  return cluster
}

/** Everything that was in it, or all but its name. */
function empty(cluster: TestCluster, what: 'all' | 'identity'): void {
  const { leaseStore } = cluster
  leaseStore.forget(identityKey)
  if (what === 'identity') return
  for (let shard = 0; shard < 256; shard++) leaseStore.forget(`shard/${shard}`)
  for (const number of [0, 1, 2]) leaseStore.forget(sessionKey(cluster.machine(number).id))
}

for (const what of ['all', 'identity'] as const)
  test(`a node whose lease store has lost ${what} says at its leave that its data is to be kept`, async () => {
    await using cluster = await start()
    empty(cluster, what)
    assert.deepEqual(await cluster.leave(1), { handedOver: false })
  })

test('nodes in front of another lease store say so once, and go on without a word', async () => {
  const said: string[] = []
  const note = (level: string) => (message: string) => void said.push(`${level}: ${message}`)
  const logger = { ...silentLogger, warn: note('warn'), error: note('error') }
  await using cluster = await start({ logger: () => logger })
  empty(cluster, 'all')
  await cluster.run(10_000)
  assert.equal(said.filter(line => line.startsWith('error: it is another lease store')).length, 3)
  said.length = 0
  await cluster.run(600_000)
  assert.deepEqual(said, [])
})
