/** Replicas of lease shards whose disk has forgotten something, in virtual time. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { LevelDisk } from '../../../src/adapters/level/disk.ts'
import { SystemRandom } from '../../../src/adapters/system/random.ts'
import { backupOf, readBackup } from '../../../src/cluster/backup.ts'
import { ClaimCheck } from '../../../src/cluster/lease/claim-check.ts'
import { decodeHead, encodeHead, headKey, isHeadKey } from '../../../src/cluster/lease/lease-layout.ts'
import { ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import type { Lineage } from '../../../src/cluster/lease/lineage.ts'
import { settleLostMemory } from '../../../src/cluster/lease/lost-memory.ts'
import { Replica } from '../../../src/cluster/lease/replica.ts'
import { VotersDisk } from '../../../src/cluster/lease/voters-disk.ts'
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
  const replica = new Replica({ disk: ports.disk, shard: 0, maxSetAside: 0, changed() {}, setAside() {}, damaged() {} })
  const check = new ClaimCheck({
    store: cluster.registers.open(ports),
    logger: silentLogger,
    isOwnStore: async () => {},
    deadline: () => ports.clock.elapsed() + 1000
  })
  const message = { shard: 0, epoch: lease.epoch - 1, kind: 'seal' } as const
  assert.ok(replica.mustAsk && check.isNeeded(replica, message))
  assert.equal(await cluster.settle(check.passes(replica, { ...message, epoch: lease.epoch + 1 })), false)
  assert.equal(replica.promise, 0)
  assert.equal(await cluster.settle(check.passes(replica, message)), true)
  assert.equal(replica.promise, lease.epoch)
  assert.ok(!check.isNeeded(replica, message))
})

test('a backup says of promises that they are old: whoever is restored from it has no vote', async () => {
  const { cluster, b } = await written(1)
  cluster.boot(b)
  await cluster.until(() => cluster.running.has(b))
  const disk = cluster.running.get(b)?.ports.disk
  assert.ok(disk?.get(headKey(0)) !== undefined)
  const heads: Uint8Array[] = []
  const chunks = backupOf(disk, { node: b.id, takenAtMs: 0, withIdentity: true })
  await cluster.settle(
    readBackup(chunks, {
      start() {},
      entries: entries => void heads.push(...entries.filter(({ key }) => isHeadKey(key)).map(({ value }) => value))
    })
  )
  const [head] = heads.map(value => decodeHead(0, value))
  assert.ok(heads.length === 1 && head?.isPromiseOld === true && head.isLineageOld === true)
})

for (const nodes of [1, 3]) {
  test(`${nodes} replicas that know of no promise any more, and a store that knows of nothing: no entry is numbered below what the disks have`, async () => {
    const cluster = new LeaseCluster({ seed: 1, nodes, shards: 1, replicas: nodes })
    cluster.bootAll()
    for (let i = 0; i < 4; i++) {
      await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === nodes)
      await cluster.settle(holder(cluster).lease.release())
    }
    await cluster.until(() => cluster.holders(0).length === 1)
    const { lease } = holder(cluster)
    await cluster.settle(lease.append('box/a', bytes('old'), 'all'))
    for (const machine of cluster.machines) cluster.kill(machine)
    for (const { disk } of cluster.machines) disk.restore(withoutKey(disk.backup(), headKey(0)))
    cluster.registers.forget(ownershipKey(0))
    cluster.openers.clear()
    cluster.bootAll()
    await cluster.until(() => cluster.holders(0).length === 1)
    const { lease: next } = holder(cluster)
    assert.ok(next.epoch > lease.epoch)
    assert.equal(textOf(await cluster.settle(next.read('box/a'))), 'old')
    await cluster.settle(next.append('box/a', bytes('new'), 'all'))
    assert.equal(textOf(await cluster.settle(next.read('box/a'))), 'new')
    for (const { cluster: node } of cluster.running.values())
      assert.equal(textOf(node.leases?.replica(0).read('box/a')), 'new')
  })
}

test('files found damaged by whoever opened the store first make the promises on it old, and the vote another, at the next start', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-lost-memory-'))
  try {
    const disk = new LevelDisk(directory)
    const write = (promise: number, lineage: Lineage) =>
      disk.write([{ type: 'put', key: headKey(0), value: encodeHead(0, { promise, lineage }) }])
    await disk.open()
    const { id } = await VotersDisk.open(disk, new SystemRandom())
    await write(3, [{ epoch: 3, n: 5 }])
    await disk.compact({ gte: Uint8Array.of(0), lt: Uint8Array.of(255) })
    await write(7, [{ epoch: 7, n: 9 }])
    await disk.close()
    for (const name of await readdir(directory))
      if (name.endsWith('.log') || name === 'CURRENT') await rm(join(directory, name))
    await disk.open()
    await disk.close()
    const later = new LevelDisk(directory)
    await later.open()
    await settleLostMemory(later, silentLogger)
    const head = decodeHead(0, later.get(headKey(0)) ?? new Uint8Array())
    const old = { isPromiseOld: true, isLineageOld: true }
    assert.deepEqual(head, { promise: 3, lineage: [{ epoch: 3, n: 5 }], ...old })
    const voter = await VotersDisk.open(later, new SystemRandom())
    assert.notEqual(voter.id, id)
    await later.close()
    await later.open()
    await settleLostMemory(later, silentLogger)
    assert.equal((await VotersDisk.open(later, new SystemRandom())).id, voter.id, 'settled once')
    await later.close()
  } finally {
    await rm(directory, { recursive: true })
  }
})
