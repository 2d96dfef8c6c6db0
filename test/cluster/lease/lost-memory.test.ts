/** Replicas of lease shards whose disk has forgotten something, in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { backupOf, readBackup } from '../../../src/cluster/backup.ts'
import { ClaimCheck } from '../../../src/cluster/lease/claim-check.ts'
import { headKey, isHeadKey } from '../../../src/cluster/lease/lease-layout.ts'
import { Replica } from '../../../src/cluster/lease/replica.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { withoutKey } from '../../../src/simulation/sorted-store.ts'
import { LeaseCluster, type LeaseNode } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)

function holder(cluster: LeaseCluster) {
  const [node] = cluster.holders(0)
  const lease = node?.leases.get(0)
  if (node === undefined || lease === undefined) throw new Error('nobody holds the shard')
  return { node, lease }
}

/** Three nodes; the last write is on the disks of `a` and `b` alone, and all are off. */
async function written(seed: number) {
  const cluster = new LeaseCluster({ seed, nodes: 3, shards: 1 })
  cluster.bootAll()
  await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 3)
  const { node: a, lease } = holder(cluster)
  const [b, c] = [...cluster.running.values()].filter(it => it !== a)
  assert.ok(b !== undefined && c !== undefined)
  const machineOf = ({ number }: LeaseNode) => {
    const machine = cluster.machines[number]
    assert.ok(machine !== undefined)
    return machine
  }
  const machines = { a: machineOf(a), b: machineOf(b), c: machineOf(c) }
  await cluster.settle(lease.append('box/a', bytes('first'), 'all'))
  cluster.kill(machines.c)
  await cluster.settle(lease.append('box/a', bytes('second')))
  cluster.kill(machines.a)
  cluster.kill(machines.b)
  return { cluster, ...machines }
}

for (const seed of [1, 2, 3]) {
  test(`seed ${seed}: a replica that lost its head is no part of a majority, and the one that has the write is waited for`, async () => {
    const { cluster, a, b, c } = await written(seed)
    b.disk.restore(withoutKey(b.disk.backup(), headKey(0)))
    cluster.boot(b)
    cluster.boot(c)
    await cluster.run(30_000)
    assert.equal(cluster.holders(0).length, 0)
    cluster.boot(a)
    await cluster.until(() => cluster.holders(0).length === 1)
    assert.equal(textOf(await cluster.settle(holder(cluster).lease.read('box/a'))), 'second')
  })

  test(`seed ${seed}: a replica that lost its head votes again once an owner has given it everything`, async () => {
    const { cluster, a, b, c } = await written(seed)
    b.disk.restore(withoutKey(b.disk.backup(), headKey(0)))
    cluster.bootAll()
    await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 3)
    await cluster.settle(holder(cluster).lease.append('box/a', bytes('third'), 'all'))
    cluster.kill(a)
    await cluster.until(() => cluster.holders(0).some(({ ports }) => !ports.process.isDead))
    assert.equal(textOf(await cluster.settle(holder(cluster).lease.read('box/a'))), 'third')
    assert.ok(cluster.running.has(b) && cluster.running.has(c))
  })
}

test('a replica that remembers nothing promises what was claimed last before it believes an older epoch', async () => {
  const cluster = new LeaseCluster({ seed: 4, nodes: 3, shards: 1 })
  cluster.bootAll()
  await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 3)
  for (let i = 0; i < 3; i++) {
    await cluster.settle(holder(cluster).lease.release())
    await cluster.until(() => cluster.holders(0).length === 1)
  }
  const { node, lease } = holder(cluster)
  const { ports } = node
  const replica = new Replica({ disk: ports.disk, shard: 0, maxSetAside: 0, changed() {}, setAside() {} })
  const check = new ClaimCheck({
    store: cluster.registers.open(ports),
    logger: silentLogger,
    deadline: () => ports.clock.elapsed() + 1000
  })
  const message = { shard: 0, epoch: lease.epoch - 1, kind: 'seal' } as const
  assert.ok(check.isNeeded(replica, message))
  assert.equal(await cluster.settle(check.passes(replica, { ...message, epoch: lease.epoch + 1 })), false)
  assert.equal(replica.promise, 0)
  assert.equal(await cluster.settle(check.passes(replica, message)), true)
  assert.equal(replica.promise, lease.epoch)
  assert.ok(!check.isNeeded(replica, message))
})

test('a backup has no promises: whoever is restored from it is asked for no vote', async () => {
  const { cluster, b } = await written(1)
  cluster.boot(b)
  await cluster.until(() => cluster.running.has(b))
  const disk = cluster.running.get(b)?.ports.disk
  assert.ok(disk?.get(headKey(0)) !== undefined)
  const keys: Uint8Array[] = []
  const chunks = backupOf(disk, { node: b.id, takenAtMs: 0, withIdentity: true })
  await cluster.settle(
    readBackup(chunks, {
      start() {},
      entries: entries => void keys.push(...entries.map(({ key }) => key))
    })
  )
  assert.ok(keys.length > 0 && !keys.some(isHeadKey))
})
