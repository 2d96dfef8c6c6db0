/** A lease store that is begun anew over disks that are all there: what was acknowledged is found, whoever has it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, pnCounter } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { identityKey, sessionKey } from '../../src/cluster/lease/lease-registers.ts'
import { acceptLostMemory, settleLostMemory } from '../../src/cluster/lease/lost-memory.ts'
import { forgetStore } from '../../src/cluster/lease/store-identity.ts'
import { protocolVersion } from '../../src/cluster/wire.ts'
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
const ids = Array.from({ length: 60 }, (_, i) => `a${i}`)
const shards = 32
const facts = { cluster: 'test', shards, protocol: protocolVersion }

async function deposit(cluster: TestCluster, node: number, id: string, amount: number): Promise<number> {
  const endMs = cluster.world.time.nowMs + 60_000
  for (;;) {
    try {
      return await cluster.settle(cluster.actor(node)(Account, id).deposit(amount))
    } catch (error) {
      if (cluster.world.time.nowMs > endMs) throw error
      await cluster.run(50)
    }
  }
}

/** As `shoal repair --accept-lease-loss` on every disk, in front of a store that has nothing any more. */
async function acceptLoss(cluster: TestCluster): Promise<void> {
  const { leaseStore } = cluster
  leaseStore.forget(identityKey)
  for (let shard = 0; shard < shards; shard++) leaseStore.forget(`shard/${shard}`)
  for (const machine of cluster.world.machines()) {
    leaseStore.forget(sessionKey(machine.id))
    const { disk } = machine.boot({ clusterKey: new Uint8Array(32), facts })
    await cluster.settle(disk.open())
    await cluster.settle(settleLostMemory(disk, silentLogger))
    await cluster.settle(acceptLostMemory(disk, silentLogger))
    await cluster.settle(forgetStore(disk))
    machine.kill()
  }
}

test('after the lease store was lost, and with all disks there, nothing acknowledged is lost, though shards had moved', async () => {
  await using cluster = await createTestCluster({
    actors: [Account],
    nodes: 6,
    shards,
    seed: 1,
    leases: { leaseMs: 2000 }
  })
  const acknowledged = new Map<string, number>()
  const depositAll = async () => {
    for (const id of ids) acknowledged.set(id, await deposit(cluster, 0, id, 1))
  }
  await depositAll()
  for (const node of [5, 4, 3]) {
    await cluster.leave(node)
    await depositAll()
  }
  for (const node of [2, 1, 0]) cluster.kill(node)
  await acceptLoss(cluster)
  for (let node = 0; node < 6; node++) cluster.boot(node)
  await cluster.until(() => cluster.isWhole(), 60_000)
  for (const id of ids) assert.equal(await deposit(cluster, 0, id, 0), acknowledged.get(id), id)
})
