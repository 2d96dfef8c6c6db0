/** The key of shards: unknown outside, the same for ever, and a disk knows which it is. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNode, isShoalError, newClusterKey } from 'shoal'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { shardOf } from '../../src/cluster/hash-ring.ts'
import { readMeta } from '../../src/cluster/meta.ts'
import { shardKeyFrom } from '../../src/cluster/shard-key.ts'
import { metaKeys } from '../../src/cluster/storage-layout.ts'
import { parseClusterKey } from '../../src/cluster-key.ts'
import { differingFact } from '../../src/ports/differing-fact.ts'
import { actors } from '../support/shop.ts'

const secret = (byte: number) => new Uint8Array(32).fill(byte)

test('ids that were chosen to meet in one shard by the cluster’s name are spread evenly by its key', () => {
  const shards = 64
  const { key } = shardKeyFrom(secret(1), 'shop')
  const chosen: string[] = []
  for (let i = 0; chosen.length < 2000; i++) if (shardOf('cart', `c${i}`, shards, 'shop') === 7) chosen.push(`c${i}`)
  const loads = new Array<number>(shards).fill(0)
  for (const id of chosen) loads[shardOf('cart', id, shards, key)] = (loads[shardOf('cart', id, shards, key)] ?? 0) + 1
  const mean = chosen.length / shards
  assert.ok(Math.max(...loads) < mean + 4.5 * Math.sqrt(mean), `${Math.max(...loads)} in one shard, ${mean} on average`)
})

test('the key follows from the secret and the name, for ever; its placement tells it from others', () => {
  assert.deepEqual(shardKeyFrom(secret(1), 'shop'), {
    key: '660a80267b33c76eccc27298e5b0725b96399368b651e04287c5f4e1b77f2b68',
    placement: '2f98980a815faf68'
  })
  const keys = [shardKeyFrom(secret(1), 'shop'), shardKeyFrom(secret(1), 'shop2'), shardKeyFrom(secret(2), 'shop')]
  assert.equal(new Set(keys.map(({ key }) => key)).size, 3)
  assert.equal(new Set(keys.map(({ placement }) => placement)).size, 3)
})

test('nodes whose shards are made under different keys are no peers', () => {
  const facts = { cluster: 'shop', shards: 4, protocol: 3 }
  const [one, two] = [secret(1), secret(2)].map(key => ({
    ...facts,
    placement: shardKeyFrom(key, 'shop').placement ?? ''
  }))
  assert.equal(differingFact(one ?? facts, two ?? facts)?.fact, 'placement')
  assert.deepEqual(differingFact(facts, one ?? facts), { fact: 'placement', here: 'by name', there: one?.placement })
  assert.equal(differingFact(one ?? facts, one ?? facts), undefined)
})

test('a changed cluster key is refused by the disk, unless the first one is given beside it', {
  timeout: 300_000
}, async t => {
  const data = await mkdtemp(join(tmpdir(), 'shoal-shard-key-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  const [first, second] = [newClusterKey(), newClusterKey()]
  const begin = (options: { clusterKey: string; shardKey?: string }) =>
    createNode({ data, actors, shards: 64, ...options })
  const node = await begin({ clusterKey: first })
  await node.call('counter', 'c', 'add', 5)
  await node.stop()
  const isMismatch = (error: unknown) =>
    isShoalError(error) && error.code === 'SHOAL_CLUSTER_MISMATCH' && /--shard-key/.test(error.message)
  await assert.rejects(begin({ clusterKey: second }), isMismatch)
  await assert.rejects(begin({ clusterKey: first, shardKey: 'name' }), isMismatch)
  const again = await begin({ clusterKey: second, shardKey: first })
  assert.equal(await again.call('counter', 'c', 'value', undefined), 5)
  await again.stop()
  const disk = new LevelDisk(join(data, 'store'))
  await disk.open()
  const note = readMeta(disk, 'disk') ?? ''
  await disk.close()
  const { key, placement } = shardKeyFrom(parseClusterKey(first), 'shoal')
  assert.ok(note.includes(`"placement":"${placement}"`) && !note.includes(key), note)
})

test('a disk from before goes on by the cluster’s name, and nothing has to be said', { timeout: 300_000 }, async t => {
  const data = await mkdtemp(join(tmpdir(), 'shoal-shard-key-'))
  t.after(() => rm(data, { recursive: true, force: true }))
  const options = { data, actors, shards: 64, clusterKey: newClusterKey() }
  const node = await createNode({ ...options, shardKey: 'name' })
  await node.call('counter', 'c', 'add', 5)
  await node.stop()
  const again = await createNode(options)
  t.after(() => again.stop())
  assert.equal(await again.call('counter', 'c', 'value', undefined), 5)
  assert.equal((await again.describe('counter', 'c')).shard, shardOf('counter', 'c', 64, 'shoal'))
})

for (const made of ['by name', 'by the cluster key'] as const) {
  for (const how of ['lost', 'damaged'] as const) {
    test(`a disk whose note is ${how} says by its actors that its shards were made ${made}`, {
      timeout: 300_000
    }, async t => {
      const data = await mkdtemp(join(tmpdir(), 'shoal-shard-key-'))
      t.after(() => rm(data, { recursive: true, force: true }))
      const options = { data, actors, shards: 64, clusterKey: newClusterKey() }
      const ids = Array.from({ length: 20 }, (_, i) => `c${i}`)
      const node = await createNode(made === 'by name' ? { ...options, shardKey: 'name' } : options)
      for (const id of ids) await node.call('counter', id, 'add', 5)
      await node.stop()
      const disk = new LevelDisk(join(data, 'store'))
      await disk.open()
      const nonsense = Uint8Array.from({ length: 9 }, (_, i) => i)
      await disk.write(
        metaKeys('disk').map(key => (how === 'lost' ? { type: 'del', key } : { type: 'put', key, value: nonsense }))
      )
      await disk.close()
      await assert.rejects(
        createNode({ ...options, shardKey: newClusterKey() }),
        error => isShoalError(error) && error.code === 'SHOAL_CLUSTER_MISMATCH'
      )
      const again = await createNode(options)
      const sums = []
      for (const id of ids) sums.push(await again.call('counter', id, 'value', undefined))
      await again.stop()
      assert.deepEqual(
        sums,
        ids.map(() => 5)
      )
    })
  }
}
