/** A node whose disk has lost a record and who the other members are: they may have what is lost, so it waits for them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'
import { shardOf } from '../../src/cluster/hash-ring.ts'
import { metaKeys, stateKey } from '../../src/cluster/storage-layout.ts'
import { SimulatedDisk } from '../../src/simulation/disk.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'

const shards = 16
const record = stateKey(shardOf('counter', 'a', shards, 'test'), 'counter/a')

/** Takes these from the disk of a node that is down. */
async function lose(cluster: TestCluster, number: number, keys: readonly Uint8Array[]): Promise<void> {
  const process = new SimulatedProcess('thief', cluster.world.time)
  const disk = new SimulatedDisk(process, cluster.machine(number).disk)
  await cluster.settle(disk.open())
  for (const key of keys) assert.ok(disk.get(key) !== undefined, 'there is something to lose')
  await cluster.settle(disk.write(keys.map(key => ({ type: 'del', key }))))
  process.kill()
}

/** Two nodes that have the counter, of which the second is down and the first has lost its record. */
async function damaged(seed: number, alsoLost: readonly string[]): Promise<TestCluster> {
  const cluster = await createTestCluster({ nodes: 2, seed, shards, actors: [Counter] })
  await cluster.settle(cluster.node(0).actor(Counter, 'a').add(3, { acknowledge: 'all' }))
  // Who the members are is on the disks.
  await cluster.run(3000)
  for (const number of [1, 0]) cluster.kill(number)
  await lose(cluster, 0, [record, ...alsoLost.flatMap(metaKeys)])
  cluster.boot(0)
  return cluster
}

function failure(cluster: TestCluster): unknown {
  const error = cluster.startError(0)
  return isShoalError(error) ? error.code : error
}

for (const lost of [['members'], ['met'], []])
  test(`without ${lost.join() || 'no note'}, a damaged node that has met others waits for them, over restarts, and is filled by them`, async () => {
    await using cluster = await damaged(1, lost)
    for (let restart = 0; restart < 2; restart++) {
      await cluster.run(90_000)
      assert.equal(failure(cluster), undefined)
      assert.ok(cluster.running(0) !== undefined)
      cluster.kill(0)
      cluster.boot(0)
    }
    cluster.boot(1)
    await cluster.until(() => cluster.isWhole() && cluster.node(0).digest() === cluster.node(1).digest(), 20_000)
    assert.equal(await cluster.settle(cluster.node(0).actor(Counter, 'a').value()), 3)
  })

test('with both notes lost it knows of nobody, and refuses loudly once nobody has come', async () => {
  await using cluster = await damaged(2, ['members', 'met'])
  await cluster.run(9000)
  assert.equal(failure(cluster), undefined, 'somebody may come')
  await cluster.run(20_000)
  assert.equal(failure(cluster), 'SHOAL_CORRUPT')
})
