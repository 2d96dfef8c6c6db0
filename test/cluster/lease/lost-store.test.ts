/** Lease stores that were emptied, and whole clusters put back from backups, in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClaimedInVain } from '../../../src/cluster/lease/epoch-opening.ts'
import { everyHead } from '../../../src/cluster/lease/lease-layout.ts'
import { sessionKey } from '../../../src/cluster/lease/lease-registers.ts'
import { acceptLostMemory, forgettingHead } from '../../../src/cluster/lease/lost-memory.ts'
import { forgetStore } from '../../../src/cluster/lease/store-identity.ts'
import type { Disk } from '../../../src/ports/disk.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { LeaseCluster } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)

function leaseOf(cluster: LeaseCluster, number: number) {
  const lease = cluster.node(number)?.leases.get(0)
  assert.ok(lease !== undefined)
  return lease
}

function emptyStore(cluster: LeaseCluster): void {
  const sessions = cluster.machines.map(({ id }) => sessionKey(id))
  for (const key of ['shard/0', 'identity', ...sessions]) cluster.registers.forget(key)
}

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: a lease store that was emptied makes no second owner of other replicas`, async () => {
    const cluster = new LeaseCluster({ seed, nodes: 5, shards: 1 })
    const id = (i: number) => cluster.machines[i]?.id ?? ''
    cluster.chosenSet = (_, owner) => (owner === 0 ? [0, 1, 2] : [3, 4, 0])
    cluster.wants = (_, node) => node === 0
    cluster.bootAll()
    await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 5)
    await cluster.settle(leaseOf(cluster, 0).append('box/a', bytes('first'), 'all'))
    cluster.world.fabric.setConditions({ latencyMs: { min: 20, max: 30 } }, { from: id(3), to: id(0) })
    emptyStore(cluster)
    cluster.wants = (_, node) => node === 3
    await cluster.run(30_000)
    assert.equal(cluster.node(3)?.leases.get(0), undefined)
    for (const machine of cluster.machines) cluster.kill(machine)
    cluster.bootAll()
    await cluster.run(30_000)
    assert.equal(cluster.holders(0).length, 0)
  })
}

/** All disks as their backups have them; what an operator has said is done to each. */
async function restored(cluster: LeaseCluster, said: (disk: Disk) => Promise<unknown>): Promise<void> {
  for (const machine of cluster.machines) {
    cluster.kill(machine)
    const ports = machine.boot({
      clusterKey: new Uint8Array(32),
      facts: { cluster: 'lease-test', protocol: 3, shards: 1 }
    })
    const { disk } = ports
    await cluster.settle(
      (async () => {
        await disk.open()
        const heads = await disk.range({ ...everyHead, limit: 100 })
        await disk.write(heads.map(({ key, value }) => ({ type: 'put', ...forgettingHead(key, value) })))
        await said(disk)
      })()
    )
    cluster.kill(machine)
  }
}

async function written(nodes: number) {
  const cluster = new LeaseCluster({ seed: 1, nodes, shards: 1, replicas: nodes })
  cluster.wants = (_, node) => node === 0
  cluster.bootAll()
  for (let i = 0; i < 4; i++) {
    await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === nodes)
    await cluster.settle(leaseOf(cluster, 0).release())
  }
  await cluster.until(() => cluster.holders(0).length === 1)
  await cluster.settle(leaseOf(cluster, 0).append('box/a', bytes('old'), 'all'))
  return cluster
}

async function accept(disk: Disk): Promise<void> {
  assert.equal(await acceptLostMemory(disk, silentLogger), 1)
  await forgetStore(disk)
}

for (const nodes of [1, 3])
  for (const store of ['same', 'new'] as const) {
    test(`${nodes} nodes put back from backups, with the ${store} lease store, serve nothing until an operator says so, and then what they had`, async () => {
      const cluster = await written(nodes)
      await restored(cluster, async () => {})
      if (store === 'new') emptyStore(cluster)
      cluster.bootAll()
      await cluster.run(60_000)
      assert.equal(cluster.holders(0).length, 0)
      await restored(cluster, accept)
      cluster.openers.clear()
      cluster.bootAll()
      await cluster.until(() => cluster.holders(0).length === 1)
      const lease = leaseOf(cluster, 0)
      assert.equal(textOf(await cluster.settle(lease.read('box/a'))), 'old')
      await cluster.settle(lease.append('box/a', bytes('new'), 'all'))
      for (const { cluster: node } of cluster.running.values())
        assert.equal(textOf(node.leases?.replica(0).read('box/a')), 'new')
    })
  }

test('after an accepted loss a first epoch waits for all members, and goes on without one that is forgotten', async () => {
  const cluster = await written(3)
  await restored(cluster, accept)
  emptyStore(cluster)
  cluster.openers.clear()
  for (const number of [0, 1]) cluster.boot(cluster.machines[number] ?? assert.fail())
  await cluster.run(60_000)
  assert.equal(cluster.holders(0).length, 0)
  const gone = cluster.machines[2]?.id ?? assert.fail()
  const { leases } = cluster.node(0)?.cluster ?? assert.fail()
  const set = cluster.machines.slice(0, 2).map(({ id }) => id)
  const isNamed = () =>
    leases?.open(0, set).catch(error => error instanceof ClaimedInVain && error.message.includes(gone))
  for (let tries = 0; (await cluster.settle(Promise.resolve(isNamed()))) !== true; tries++) {
    assert.ok(tries < 50, 'nobody is told who is missing')
    await cluster.run(100)
  }
  for (const { cluster: node } of cluster.running.values()) node.membership.forget(gone)
  cluster.chosenSet = () => [0, 1]
  await cluster.until(() => cluster.holders(0).length === 1)
  assert.equal(textOf(await cluster.settle(leaseOf(cluster, 0).read('box/a'))), 'old')
})
