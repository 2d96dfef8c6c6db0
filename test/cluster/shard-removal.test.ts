/** A shard that goes from the disk while its process ends: the next one removes the rest, and takes nothing of it for damage. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { everyMeta, stateRange, wholeIndexRange } from '../../src/cluster/storage-layout.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica, settle } from './support/replica.ts'

const shard = 5

/** A drop of some thousand entries, of which so many batches have been begun. */
async function dropping(seed: string, batches: number) {
  const world = new SimulatedWorld({ seed })
  const a = await Replica.boot(world, 'a', 'a.1')
  a.store.host(shard)
  for (let i = 0; i < 1500; i++) a.write(`thing/${i}`, view => view.tags.add('t'), shard)
  await a.save()
  const { disk } = a.ports
  const write = disk.write.bind(disk)
  let begun = 0
  disk.write = batch => {
    begun++
    return write(batch)
  }
  const dropped = a.store.removal.drop(shard, a.store.durableShard(shard).version)
  dropped.catch(() => {})
  await world.time.run({ condition: () => begun >= batches, untilMs: world.time.nowMs + 10_000 })
  assert.ok(begun >= batches)
  return { world, a, dropped }
}

async function assertNothingLeft(world: SimulatedWorld): Promise<void> {
  const next = await Replica.bootUnchecked(world, 'a', 'a.3')
  assert.ok(!next.store.hosts(shard))
  assert.deepEqual(await settle(world, next.verify()), [], 'nothing is damaged')
  const { disk } = next.ports
  for (const range of [stateRange(shard), wholeIndexRange(shard), ...everyMeta])
    assert.deepEqual(await settle(world, disk.range({ ...range, limit: 1 })), [])
}

test('a process that is killed while it drops a shard leaves what the next one removes', async () => {
  for (const batches of [1, 2, 4, 6, 8]) {
    const { world } = await dropping(`killed ${batches}`, batches)
    world.machine('a').kill()
    const next = await Replica.bootUnchecked(world, 'a', 'a.2')
    // Of a kill before the first batch was on the disk all is there.
    if (next.store.hosts(shard)) {
      assert.equal(batches, 1)
      assert.deepEqual(await settle(world, next.verify()), [])
      continue
    }
    world.machine('a').kill()
    await assertNothingLeft(world)
  }
})

test('a process that is stopped while it drops a shard ends when that is done', async () => {
  const { world, a, dropped } = await dropping('stopped', 3)
  await settle(world, a.store.close())
  assert.equal(await settle(world, dropped), true)
  await settle(world, a.ports.disk.close())
  world.machine('a').kill()
  await assertNothingLeft(world)
})
