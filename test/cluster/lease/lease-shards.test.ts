/** Lease shards of whole nodes in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Lease } from '../../../src/cluster/lease/lease.ts'
import { ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import { isShoalError } from '../../../src/ports/errors.ts'
import { allOf } from '../../support/all-of.ts'
import { Clients } from './clients.ts'
import { LeaseCluster, type LeaseNode } from './lease-cluster.ts'

const seeds = [1, 2, 3]
const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)

function allHeld(cluster: LeaseCluster): boolean {
  for (let shard = 0; shard < cluster.options.shards; shard++) if (cluster.holders(shard).length !== 1) return false
  return true
}

async function started(seed: number, options: { nodes?: number; shards?: number } = {}): Promise<LeaseCluster> {
  const cluster = new LeaseCluster({ seed, nodes: 3, shards: 1, ...options })
  cluster.bootAll()
  await cluster.until(() => allHeld(cluster))
  return cluster
}

function holder(cluster: LeaseCluster): { node: LeaseNode; lease: Lease } {
  const [node] = cluster.holders(0)
  const lease = node?.leases.get(0)
  if (node === undefined || lease === undefined) throw new Error('nobody holds the shard')
  return { node, lease }
}

async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => 'done',
    error => (isShoalError(error) ? error.code : String(error))
  )
}

test('three nodes open their shards, and what they append is read back', async () => {
  for (const seed of seeds) {
    const cluster = await started(seed, { shards: 4 })
    const clients = new Clients(cluster, 8, 8)
    await cluster.run(3000)
    clients.stop()
    await cluster.until(() => clients.isDone)
    assert.ok((clients.outcomes.get('acknowledged') ?? 0) > 100, JSON.stringify([...clients.outcomes]))
  }
})

test('a hundred and twenty shards open at once', async () => {
  const shards = 120
  const cluster = new LeaseCluster({ seed: 5, nodes: 3, shards })
  cluster.bootAll()
  const held = () => Array.from({ length: shards }, (_, i) => cluster.holders(i).length).filter(it => it === 1).length
  for (let i = 0; i < 20 && held() < shards; i++) await cluster.run(100)
  assert.equal(held(), shards)
})

test('an owner that stops for longer than its lease has none when it goes on, and another has served meanwhile', async () => {
  for (const seed of seeds) {
    const cluster = await started(seed)
    const { node, lease } = holder(cluster)
    await cluster.settle(lease.append('box/a', bytes('first')))
    node.ports.process.pause()
    await cluster.until(() => cluster.holders(0).some(other => other !== node))
    const next = holder(cluster)
    assert.equal(textOf(await cluster.settle(next.lease.read('box/a'))), 'first')
    await cluster.settle(next.lease.append('box/a', bytes('second')))
    node.ports.process.resume()
    // Before anything else has run there.
    assert.equal(lease.isValid(), false)
    assert.throws(() => lease.peek('box/a'), /lease is not valid/)
    assert.throws(() => lease.append('box/a', bytes('stale')), { code: 'SHOAL_UNAVAILABLE' })
    assert.equal((await cluster.settle(lease.fenced)).code, 'SHOAL_NOT_OWNER')
    assert.equal(textOf(await cluster.settle(next.lease.read('box/a'))), 'second')
  }
})

test('what an owner wrote that was cut off is excluded, set aside on its disk, and told of to nobody as done', async () => {
  for (const seed of seeds) {
    const cluster = await started(seed)
    const { node, lease } = holder(cluster)
    await cluster.settle(lease.append('box/a', bytes('first')))
    for (const { id } of cluster.machines)
      if (id !== node.ports.network.self) cluster.world.fabric.cut(node.ports.network.self, id)
    const lost = codeOf(lease.append('box/a', bytes('lost')))
    const both = codeOf(lease.append('box/b', bytes('lost')))
    // It reaches the store, and so keeps its session: nobody takes over what it has not let go of.
    await cluster.run(5000)
    assert.equal(cluster.holders(0)[0], node)
    node.ports.process.pause()
    await cluster.until(() => cluster.holders(0).some(other => other !== node))
    const next = holder(cluster)
    assert.equal(textOf(await cluster.settle(next.lease.read('box/a'))), 'first')
    node.ports.process.resume()
    cluster.world.fabric.heal()
    assert.equal(await cluster.settle(lost), 'SHOAL_INDETERMINATE')
    assert.equal(await cluster.settle(both), 'SHOAL_INDETERMINATE')
    await cluster.until(() => node.cluster.leases?.replica(0).position.epoch === next.lease.epoch)
    const aside = (await cluster.settle(allOf(node.cluster.leases?.setAside()))).map(({ actor, epoch, state }) => [
      actor,
      epoch,
      textOf(state)
    ])
    assert.deepEqual(aside, [
      ['box/a', lease.epoch, 'lost'],
      ['box/b', lease.epoch, 'lost']
    ])
    assert.equal(textOf(node.cluster.leases?.replica(0).read('box/a')), 'first')
    assert.equal(node.cluster.leases?.replica(0).read('box/b'), undefined)
  }
})

test('what has to be replaced on a disk that was cut off may be larger than a record on the wire', async () => {
  const cluster = await started(1)
  const { node, lease } = holder(cluster)
  const large = (mark: string) =>
    Array.from({ length: 12 }, (_, i) => lease.append(`box/${i}`, bytes(mark.repeat(500_000))))
  await cluster.settle(Promise.all(large('a')))
  const { self } = node.ports.network
  for (const { id } of cluster.machines) if (id !== self) cluster.world.fabric.cut(self, id)
  for (const appended of large('b')) appended.catch(() => {})
  await cluster.run(100)
  node.ports.process.pause()
  await cluster.until(() => cluster.holders(0).some(other => other !== node))
  const next = holder(cluster)
  node.ports.process.resume()
  cluster.world.fabric.heal()
  await cluster.until(() => node.cluster.leases?.replica(0).position.epoch === next.lease.epoch)
  for (let i = 0; i < 12; i++) assert.equal(node.cluster.leases?.replica(0).read(`box/${i}`)?.[0], 97)
})

test('a lease store that is away for a minute costs the leases for as long, and no epoch', async () => {
  for (const seed of seeds) {
    const cluster = await started(seed)
    const { node, lease } = holder(cluster)
    await cluster.settle(lease.append('box/a', bytes('first')))
    cluster.registers.conditions.isDown = true
    await cluster.run(60_000)
    assert.equal(lease.isValid(), false)
    cluster.registers.conditions.isDown = false
    await cluster.until(() => allHeld(cluster), 5000)
    assert.equal(holder(cluster).node, node)
    assert.equal(holder(cluster).lease.epoch, lease.epoch)
    assert.equal(textOf(await cluster.settle(lease.read('box/a'))), 'first')
  }
})

test('an owner that lets go is followed at once by another, which has everything', async () => {
  const gaps: number[] = []
  for (const seed of seeds) {
    const cluster = await started(seed)
    const { node, lease } = holder(cluster)
    const appended = Array.from({ length: 20 }, (_, i) => lease.append(`box/${i}`, bytes(`${i}`)))
    const fromMs = cluster.world.time.nowMs
    await cluster.settle(lease.release())
    await Promise.all(appended)
    node.ports.process.pause()
    await cluster.until(() => cluster.holders(0).length === 1, 2000)
    gaps.push(cluster.world.time.nowMs - fromMs)
    for (let i = 0; i < 20; i++)
      assert.equal(textOf(await cluster.settle(holder(cluster).lease.read(`box/${i}`))), `${i}`)
  }
  // Those who want to own ask every few hundred milliseconds here; a lease lasts two seconds.
  assert.ok(Math.max(...gaps) < 1000, `${gaps}`)
})

test('a replica that was away for many entries fetches them, and one that has nothing fetches everything', async () => {
  for (const seed of seeds) {
    const cluster = await started(seed, { nodes: 3 })
    const { node, lease } = holder(cluster)
    const other = [...cluster.running.values()].find(({ number }) => number !== node.number)
    const machine = cluster.machines[other?.number ?? -1]
    if (machine === undefined) throw new Error('there is no other node')
    cluster.kill(machine)
    for (let round = 0; round < 60; round++) {
      const round100 = Array.from({ length: 100 }, (_, i) => lease.append(`box/${i * 7}`, bytes(`${round}`)))
      await cluster.settle(Promise.all(round100))
    }
    cluster.boot(machine)
    await cluster.until(() => cluster.running.get(machine) !== undefined)
    await cluster.settle(lease.append('box/last', bytes('all'), 'all'))
    const replica = cluster.running.get(machine)?.cluster.leases?.replica(0)
    for (let i = 0; i < 100; i++) assert.equal(textOf(replica?.read(`box/${i * 7}`)), '59')
  }
})

test('a lease store that knows nothing of what the disks have is taken for another one, and nothing opens', async () => {
  const cluster = await started(7)
  const { node, lease } = holder(cluster)
  await cluster.settle(lease.append('box/a', bytes('first')))
  cluster.registers.forget(ownershipKey(0))
  for (const machine of cluster.machines) cluster.kill(machine)
  for (const machine of cluster.machines) cluster.boot(machine)
  await cluster.until(() => cluster.node(node.number) !== undefined)
  const again = cluster.node(node.number)?.cluster.leases
  await cluster.run(1000)
  const error = await cluster.settle(
    again?.open(0, cluster.setOf(0, node.number)).catch((reason: unknown) => reason) ?? Promise.resolve()
  )
  assert.ok(isShoalError(error) && error.code === 'SHOAL_LEASE_STORE' && !error.retryable, String(error))
  assert.deepEqual(cluster.holders(0), [])
})
