/** What a node has promised to another owner ends what it does itself. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TailRoom } from '../../../src/cluster/lease/entry-tail.ts'
import { Journal } from '../../../src/cluster/lease/journal.ts'
import { LeaseShard } from '../../../src/cluster/lease/lease-shard.ts'
import { Sealing } from '../../../src/cluster/lease/sealing.ts'
import { Turns } from '../../../src/cluster/lease/turns.ts'
import { silentLogger } from '../../../src/ports/logger.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { SimulatedWorld } from '../../../src/simulation/world.ts'

function shardOf() {
  const world = new SimulatedWorld({ seed: 1 })
  const facts = { cluster: 'w', shards: 1, protocol: 3 }
  const { clock, disk } = world.machine('a').boot({ clusterKey: new Uint8Array(32), facts })
  const logger = silentLogger
  const none = () => {}
  const journal = new Journal({ disk, clock, logger, metrics: noMetrics, stored: none, damaged: none, failed: none })
  const replica = journal.replica(0)
  const told: string[] = []
  const shard = new LeaseShard({
    ...{ self: 'a', clock, logger, journal, replica, tails: new TailRoom(), fetches: new Turns(1) },
    send: (peer, epoch, { kind }) => told.push(`${peer} ${epoch} ${kind}`) > 0
  })
  return { world, clock, shard, replica, told }
}

test('a claimant that has promised a later epoch itself learns it at once, and not by a message to itself', async () => {
  const { world, clock, shard, replica, told } = shardOf()
  replica.promiseTo(5)
  const parts = { clock, epoch: 4, self: 'a', set: ['a', 'b'], isFirst: true, needsAll: false }
  const sealing = new Sealing({ ...parts, ask: peer => (peer === 'a' ? shard.sealSelf(4) : shard.askToSeal(peer, 4)) })
  shard.sealing = sealing
  await assert.rejects(sealing.run(), { code: 'SHOAL_NOT_OWNER' })
  assert.ok(!told.some(line => line.startsWith('a ')), `${told}`)
  told.length = 0
  await world.time.run({ untilMs: 5000 })
  assert.deepEqual(told, [], 'it asks no more')
})

test('a promise that was made by what the lease store says ends the owner of an epoch below', async () => {
  const { shard, replica } = shardOf()
  replica.promiseTo(4)
  const writer = shard.write(4, ['a', 'b', 'c'], 0)
  // As ClaimCheck does: 5000 was claimed, and the message is of an epoch between.
  replica.promiseTo(5000)
  shard.receiveChecked('b', { shard: 0, epoch: 3000, kind: 'seal' })
  assert.ok(writer.isFenced)
})
