/** What a node keeps about itself: a directory that is another cluster's, or of another format, is not touched. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { claimDisk, readMeta, writeMeta } from '../../src/cluster/meta.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { settle } from './support/replica.ts'

const facts = { cluster: 'test', shards: 4, protocol: 2 }

async function disk() {
  const world = new SimulatedWorld({ seed: 1 })
  const { disk } = world.machine('a').boot({ clusterKey: new Uint8Array(32), facts })
  await settle(world, disk.open())
  return { disk, settle: <T>(promise: Promise<T>) => settle(world, promise) }
}

test('a disk belongs to the cluster that claimed it first', async () => {
  const a = await disk()
  await a.settle(claimDisk(a.disk, facts))
  await a.settle(claimDisk(a.disk, facts))
  for (const other of [
    { ...facts, cluster: 'other' },
    { ...facts, shards: 8 }
  ])
    await assert.rejects(
      a.settle(claimDisk(a.disk, other)),
      error => isShoalError(error) && error.code === 'SHOAL_CLUSTER_MISMATCH' && error.message.includes('"test"')
    )
})

test('a disk of another format is refused, and stays as it is', async () => {
  const a = await disk()
  await a.settle(claimDisk(a.disk, facts))
  const own = readMeta(a.disk, 'disk') ?? ''
  const older = own.replace(/"format":\d+/, '"format":1')
  assert.notEqual(older, own)
  await a.settle(writeMeta(a.disk, { disk: older }))
  await assert.rejects(
    a.settle(claimDisk(a.disk, facts)),
    error => isShoalError(error) && error.code === 'SHOAL_CLUSTER_MISMATCH' && error.message.includes('"format":1')
  )
  assert.equal(readMeta(a.disk, 'disk'), older)
})
