/** A record of a lease shard that goes bad on one disk, while the others have it whole. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordKey } from '../../../src/cluster/lease/lease-layout.ts'
import { LeaseCluster } from './lease-cluster.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const textOf = (state: Uint8Array | undefined) => new TextDecoder().decode(state)

async function written() {
  const cluster = new LeaseCluster({ seed: 1, nodes: 3, shards: 1 })
  cluster.chosenSet = (_, owner) => [owner, ...[0, 1, 2].filter(i => i !== owner)]
  cluster.wants = (_, node) => node === 0
  cluster.bootAll()
  await cluster.until(() => cluster.holders(0).length === 1 && cluster.running.size === 3)
  for (const actor of ['box/a', 'box/b', 'box/c'])
    await cluster.settle(leaseOf(cluster).append(actor, bytes('first'), 'all'))
  return cluster
}

function leaseOf(cluster: LeaseCluster) {
  const lease = cluster.holders(0)[0]?.leases.get(0)
  assert.ok(lease !== undefined)
  return lease
}

async function flip(cluster: LeaseCluster, number: number, actor: string): Promise<void> {
  const disk = cluster.node(number)?.ports.disk
  assert.ok(disk !== undefined)
  const value = Uint8Array.from(disk.get(recordKey(0, actor)) ?? [])
  value[value.length - 1] = (value.at(-1) ?? 0) ^ 1
  await cluster.settle(disk.write([{ type: 'put', key: recordKey(0, actor), value }]))
}

test('a follower with a damaged record takes what comes in its place, and all after it', async () => {
  const cluster = await written()
  await flip(cluster, 1, 'box/a')
  await cluster.settle(leaseOf(cluster).append('box/a', bytes('second'), 'all'))
  await cluster.settle(leaseOf(cluster).append('box/b', bytes('second'), 'all'))
  assert.equal(textOf(cluster.node(1)?.cluster.leases?.replica(0).read('box/a')), 'second')
})

for (const [what, owner] of [
  ['a follower with a damaged record that is to be the owner', 1],
  ['a source with a damaged record', 2],
  ['the owner, restarted as the owner,', 0]
] as const)
  test(`${what} does not keep the shard from opening, and has the record from the others`, async () => {
    const cluster = await written()
    await flip(cluster, owner === 2 ? 0 : owner, 'box/a')
    cluster.wants = (_, node) => node === owner
    await cluster.settle(leaseOf(cluster).release())
    await cluster.until(() => cluster.holders(0).length === 1, 120_000)
    const read = () => cluster.settle(leaseOf(cluster).read('box/a')).then(textOf, () => '')
    for (let i = 0; i < 20 && (await read()) !== 'first'; i++) {
      await cluster.run(1000)
      await cluster.until(() => cluster.holders(0).length === 1)
    }
    assert.equal(await read(), 'first')
    await cluster.settle(leaseOf(cluster).append('box/a', bytes('second'), 'all'))
  })

test('an owner that reads a damaged record ends its lease, and the next epoch has the record from another', async () => {
  const cluster = await written()
  const { epoch } = leaseOf(cluster)
  await flip(cluster, 0, 'box/a')
  await assert.rejects(cluster.settle(leaseOf(cluster).read('box/a')), { code: 'SHOAL_CORRUPT', retryable: true })
  await cluster.until(() => cluster.holders(0).length === 1 && leaseOf(cluster).epoch > epoch)
  assert.equal(textOf(await cluster.settle(leaseOf(cluster).read('box/a'))), 'first')
})
