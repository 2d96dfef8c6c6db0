/**
 * What an origin adds to its own entry of a counter, or types into a text, rests on what it wrote before: an origin that has forgotten
 * that may not go on, or it undoes at the others what they have of it.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { stateKey } from '../../src/cluster/storage-layout.ts'
import { pair } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

const x = 'thing/x'

test('an incarnation whose disk lost what it wrote ends, and the next undoes nothing of it', async () => {
  const { world, a, b, pull } = await pair('rot', {}, { maxCachedActors: 0 })
  a.replica.write(x, view => {
    view.sum.add(5)
    view.page.insert(0, 'old')
  })
  await a.replica.save()
  await pull(b, 'a')
  a.replica.store.passivate(() => 0)
  await settle(world, a.replica.ports.disk.write([{ type: 'put', key: stateKey(0, x), value: new Uint8Array(40) }]))
  assert.throws(() => a.replica.value(x))
  assert.deepEqual(await settle(world, a.replica.verify()), [0])
  assert.deepEqual(a.replica.failures, ['SHOAL_DISK'])
  assert.throws(
    () => a.replica.write(x, view => view.sum.add(1)),
    error => isShoalError(error) && error.code === 'SHOAL_DISK' && error.retryable
  )

  world.machine('a').kill()
  const next = await Replica.boot(world, 'a', 'a.2')
  next.write(x, view => {
    view.sum.add(1)
    view.page.insert(0, 'new')
  })
  await next.save()
  next.pushTo(b.replica, ...next.commits)
  const { sum, page } = b.replica.value(x)
  assert.equal(sum, 6)
  assert.match(page, /old/)
  assert.match(page, /new/)
})

test('what was damaged before an incarnation wrote does not end it', async () => {
  const { world, a } = await pair('before', {}, { maxCachedActors: 0 })
  a.replica.write(x, view => view.sum.add(5))
  await a.replica.save()
  await settle(world, a.replica.ports.disk.write([{ type: 'put', key: stateKey(0, x), value: new Uint8Array(40) }]))
  world.machine('a').kill()
  const next = await Replica.boot(world, 'a', 'a.2')
  next.write(x, view => view.sum.add(1))
  await next.save()
  assert.deepEqual([next.failures, next.value(x).sum], [[], 1])
})

test('a shard that was dropped and is stored again takes no writes of this process before it has the earlier ones', async () => {
  const { world, a, b, pull } = await pair('again')
  for (const { replica } of [a, b]) {
    replica.store.host(5)
    await replica.save()
  }
  a.replica.write(x, view => view.sum.add(5), 5)
  await a.replica.save()
  await pull(b, 'a', [5])
  a.catchUp.abandon(5)
  assert.ok(await settle(world, a.replica.store.removal.drop(5, a.replica.store.durableShard(5).version)))
  a.replica.store.host(5)
  await a.replica.save()
  assert.throws(
    () => a.replica.write(x, view => view.sum.add(1), 5),
    error => isShoalError(error) && error.code === 'SHOAL_UNAVAILABLE' && error.retryable
  )
  await pull(a, 'b', [5])
  a.replica.write(x, view => view.sum.add(1), 5)
  await a.replica.save()
  await pull(b, 'a', [5])
  assert.deepEqual([a.replica.value(x, 5).sum, b.replica.value(x, 5).sum], [6, 6])
})
