/** Replicas of lease shards that others have taken the place of, in virtual time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeHead, everyIndex, everyRecord, headKey } from '../../../src/cluster/lease/lease-layout.ts'
import { faultyLeaseRun } from './faulty-lease-run.ts'
import { LeaseCluster } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)
const first = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 6)

test(`seeds ${first} to ${first + seeds - 1}: nothing acknowledged is lost under faults while replicas move, and those of before are dropped`, async t => {
  let sum = 0
  for (let seed = first; seed < first + seeds; seed++) sum += (await faultyLeaseRun(seed, { drops: true })).dropped
  t.diagnostic(`${sum} dropped`)
  assert.ok(sum > 0)
})

function holderOf(cluster: LeaseCluster) {
  const [node] = cluster.holders(0)
  const lease = node?.leases.get(0)
  assert.ok(node !== undefined && lease !== undefined)
  return { node, lease }
}

/** The shard on its first set, with records; the number of those records on each node's disk. */
async function written(sets: number[][]) {
  const cluster = new LeaseCluster({ seed: 1, nodes: 5, shards: 1 })
  let set = sets[0] ?? []
  cluster.chosenSet = () => set
  cluster.wants = (_, node) => node === set[0]
  cluster.bootAll()
  await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 5)
  for (let i = 0; i < 20; i++) await cluster.settle(holderOf(cluster).lease.append(`box/${i}`, bytes(`${i}`), 'all'))
  const move = async (to: number[]) => {
    set = to
    await cluster.settle(holderOf(cluster).lease.release())
    await cluster.until(() => cluster.holders(0)[0]?.number === to[0])
    await cluster.settle(holderOf(cluster).lease.append('box/last', bytes(`${to}`), 'all'))
  }
  for (const to of sets.slice(1)) await move(to)
  const countOn = async (number: number, range = everyRecord) => {
    const disk = cluster.node(number)?.ports.disk
    return (await cluster.settle(disk?.range({ ...range, limit: 100 }) ?? Promise.resolve([]))).length
  }
  const drop = async (number: number, isWanted = () => false) => {
    const leases = cluster.node(number)?.cluster.leases
    assert.ok(leases !== undefined)
    const { known } = await cluster.settle(leases.records())
    await cluster.settle(leases.dropReplaced(known, isWanted, 0))
  }
  return { cluster, move, countOn, drop }
}

test('a node that is no replica any more drops what it has, keeps what it has promised, and may be one again', async () => {
  const { cluster, move, countOn, drop } = await written([
    [0, 1, 2],
    [3, 4, 2]
  ])
  const counts = async () => {
    const found: number[] = []
    for (const number of [0, 1, 2, 3, 4]) found.push(await countOn(number))
    return found
  }
  assert.deepEqual(await counts(), [20, 20, 21, 21, 21])
  for (const number of [0, 1, 2, 3, 4]) await drop(number, () => number === 1)
  assert.deepEqual(await counts(), [0, 20, 21, 21, 21])
  assert.equal(await countOn(0, everyIndex), 0)
  const { lease } = holderOf(cluster)
  const head = cluster.node(0)?.ports.disk.get(headKey(0))
  assert.ok(head !== undefined)
  assert.deepEqual(
    { ...decodeHead(0, head), isPromiseOld: false },
    { promise: lease.epoch, lineage: [], isPromiseOld: false, isLineageOld: false }
  )
  await move([0, 3, 4])
  assert.equal(await countOn(0), 21)
  for (let i = 0; i < 20; i++)
    assert.equal(textOf(await cluster.settle(holderOf(cluster).lease.read(`box/${i}`))), `${i}`)
})

test('a process that ends while it drops a replica goes on with it, or is given everything where it is one again', async () => {
  for (const isOneAgain of [false, true]) {
    const { cluster, move, countOn, drop } = await written([
      [0, 1, 2],
      [3, 4, 2]
    ])
    const machine = cluster.machines[0]
    assert.ok(machine !== undefined)
    machine.disk.conditions.writeMs = { min: 5, max: 5 }
    const leases = cluster.node(0)?.cluster.leases
    assert.ok(leases !== undefined)
    const { known } = await cluster.settle(leases.records())
    void leases.dropReplaced(known, () => false, 0)
    const head = () => cluster.node(0)?.ports.disk.get(headKey(0))
    await cluster.until(() => decodeHead(0, head() ?? new Uint8Array()).lineage.length === 0)
    cluster.kill(machine)
    cluster.boot(machine)
    await cluster.until(() => cluster.running.has(machine))
    assert.equal(await countOn(0), 20)
    if (isOneAgain) await move([0, 3, 4])
    else await drop(0)
    assert.equal(await countOn(0), isOneAgain ? 21 : 0)
    if (!isOneAgain) await move([0, 3, 4])
    for (let i = 0; i < 20; i++)
      assert.equal(textOf(await cluster.settle(holderOf(cluster).lease.read(`box/${i}`))), `${i}`)
  }
})

test('a store that was set back, a claim that names the node, and an opened epoch that does, keep it from dropping what it has', async () => {
  const { cluster, move, countOn } = await written([
    [0, 1, 2],
    [3, 4, 2]
  ])
  const leases = cluster.node(0)?.cluster.leases
  assert.ok(leases !== undefined)
  const { known } = await cluster.settle(leases.records())
  const record = known.get(0)
  assert.ok(record !== undefined)
  const id = cluster.machines[0]?.id ?? ''
  const set = [id, ...record.set.slice(1)]
  const later = { ...record, epoch: record.epoch + 1 }
  for (const named of [
    { ...later, set },
    // It has nothing of that epoch yet; but the others that have may not be a majority when they are asked.
    { ...later, opened: { ...record.opened, set } }
  ]) {
    await cluster.settle(leases.dropReplaced(new Map([[0, named]]), () => false, 0))
    assert.equal(await countOn(0), 20)
  }
  await move([0, 3, 4])
  await cluster.settle(leases.dropReplaced(known, () => false, 0))
  assert.equal(await countOn(0), 21)
})
