/**
 * A disk that loses something under a running process, without an error: nothing is written over it and nothing is said of it before it
 * was looked through, so that nobody takes what is lost for removed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError, ShoalError } from 'shoal'
import { shardRecordKey, stateKey } from '../../src/cluster/storage-layout.ts'
import { isEmptyState } from '../../src/crdt/index.ts'
import type { DiskWrite } from '../../src/ports/disk.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fill, type Party, pair } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

const x = 'thing/x'
const y = 'thing/y'
const key = stateKey(0, x)

type Pair = Awaited<ReturnType<typeof pair>>
type Loss = (before: Uint8Array) => DiskWrite

const losses: [string, Loss][] = [
  ['vanishes', () => ({ type: 'del', key })],
  ['is an older one again', before => ({ type: 'put', key, value: before })]
]

/** Two equal replicas with two actors, nothing of them in memory; of one, the record of an actor is then lost. */
async function withLoss(seed: string, loss: Loss) {
  const made = await pair(seed, {}, { maxCachedActors: 0 })
  const { world, a, b, pull } = made
  b.replica.write(x, view => view.tags.add('old'))
  await b.replica.save()
  await pull(a, 'b')
  const before = a.replica.ports.disk.get(key)
  assert.ok(before !== undefined)
  b.replica.write(x, view => view.tags.add('new'))
  b.replica.write(y, view => view.tags.add('salt'))
  await b.replica.save()
  await pull(a, 'b')
  a.replica.store.passivate(() => 0)
  await settle(world, a.replica.ports.disk.write([loss(before)]))
  return made
}

function isRetryable(error: unknown): boolean {
  return isShoalError(error) && error.retryable
}

/** It was found out, is mended, filled again, and nothing is lost anywhere. */
async function assertMends({ world, a, b, pull }: Pair): Promise<void> {
  assert.ok(!a.replica.store.isVerified(0), 'it is under suspicion')
  assert.deepEqual(await settle(world, a.replica.verify()), [0])
  assert.deepEqual(a.replica.failures, [], 'it has written nothing here')
  await pull(b, 'a')
  await pull(a, 'b')
  for (const { replica } of [a, b]) {
    assert.deepEqual(replica.value(x).tags.toSorted(), ['new', 'old'])
    assert.deepEqual(replica.value(y).tags, ['salt'])
  }
}

const uses: [string, (made: Pair) => unknown][] = [
  ['a command', ({ a }) => a.replica.write(x, view => view.tags.add('more'))],
  ['a read', ({ a }) => a.replica.value(x)],
  [
    'a push',
    ({ a, b }) => {
      b.replica.write(x, view => view.tags.remove('nothing'))
      b.replica.write(x, view => view.tags.add('new'))
      return settleAndPush(b, a)
    }
  ],
  ['a peer that lacks it', ({ a, b }) => settle(a.replica.world, pullAfresh(a, b, {}))],
  ['a peer that compares in full', ({ a, b }) => settle(a.replica.world, pullAfresh(a, b, { full: true }))]
]

async function settleAndPush(from: Party, to: Party): Promise<void> {
  await from.replica.save()
  const commit = from.replica.commits.at(-1)
  assert.ok(commit !== undefined)
  from.replica.pushTo(to.replica, commit)
}

/** A third replica, which has nothing, asks the damaged one. */
async function pullAfresh(a: Party, b: Party, how: { full?: boolean }): Promise<void> {
  b.peers.set('a', a)
  b.catchUp.abandon(0)
  const { store } = b.replica
  assert.ok(await store.removal.drop(0, store.durableShard(0).version))
  store.host(0)
  await store.durable()
  await b.catchUp.pull('a', [0], how)
}

for (const [what, loss] of losses)
  for (const [who, use] of uses)
    test(`a record that ${what} is noticed by ${who}, before anything is written or said`, async () => {
      const made = await withLoss(`${what} ${who}`, loss)
      const stored = made.a.replica.ports.disk.get(key)
      await assert.rejects(async () => use(made), isRetryable)
      assert.deepEqual(made.a.replica.ports.disk.get(key), stored)
      if (who.startsWith('a peer')) return
      await assertMends(made)
    })

test('who asks for everything of a shard takes nothing over from a disk that has lost a record', async () => {
  const made = await withLoss('everything', () => ({ type: 'del', key }))
  const { a, b, world } = made
  await assert.rejects(settle(world, pullAfresh(a, b, { full: true })), isRetryable)
  assert.ok(b.replica.store.context(0).isEmpty())
})

test('who compares in full hears nothing of a shard of which a record is lost, though it is one that both have not', async () => {
  const { world, a, b, pull } = await withLoss('compare', () => ({ type: 'del', key: stateKey(0, 'thing/none') }))
  a.replica.write('thing/z', view => view.tags.add('new'))
  await a.replica.save()
  a.replica.store.passivate(() => 0)
  await settle(world, a.replica.ports.disk.write([{ type: 'del', key: stateKey(0, 'thing/z') }]))
  const before = b.replica.store.context(0)
  await assert.rejects(pull(b, 'a', [0], { full: true }), isRetryable)
  assert.ok(b.replica.store.context(0).equals(before))
})

test('an older record is not sent, though the entry that leads to it is of both', async () => {
  const { world, a, b, pull } = await pair('older', {}, { maxCachedActors: 0 })
  a.replica.write(x, view => view.tags.add('mine'))
  await a.replica.save()
  const before = a.replica.ports.disk.get(key) ?? new Uint8Array(0)
  b.replica.write(x, view => view.tags.add('theirs'))
  await settleAndPush(b, a)
  await a.replica.save()
  a.replica.store.passivate(() => 0)
  await settle(world, a.replica.ports.disk.write([{ type: 'put', key, value: before }]))
  await assert.rejects(pull(b, 'a'), isRetryable)
  assert.deepEqual(b.replica.value(x).tags, ['theirs'])
})

test('a record that is lost while a peer compares is not said to be absent', async () => {
  const { world, wire, a, b, pull } = await withLoss('named', () => ({ type: 'del', key: stateKey(0, 'thing/none') }))
  a.replica.write(x, view => view.tags.add('more'))
  await a.replica.save()
  a.replica.store.passivate(() => 0)
  wire.pass = record => {
    if (record.rangeAnswer != null) world.machine('a').disk.append([{ type: 'del', key }])
    return true
  }
  await assert.rejects(pull(b, 'a', [0], { full: true }), isRetryable)
  assert.deepEqual(b.replica.value(x).tags.toSorted(), ['new', 'old'])
})

test('an actor in memory is whole, whatever has become of its record, and its next commit writes it again', async () => {
  const made = await withLoss('in memory', () => ({ type: 'del', key: stateKey(0, y) }))
  const { world, a, b, pull } = made
  const held = a.replica.store.actor(0, x)
  await settle(world, a.replica.ports.disk.write([{ type: 'del', key }]))
  assert.equal(a.replica.store.actor(0, x), held)
  a.replica.write(x, view => view.tags.add('more'))
  await a.replica.save()
  await pull(b, 'a')
  assert.deepEqual(b.replica.value(x).tags.toSorted(), ['more', 'new', 'old'])
})

test('a shard that goes back to an earlier state as a whole is noticed by the next look, though all of it fits together', async () => {
  const { world, a, b, pull } = await pair('all back', {}, { maxCachedActors: 0 })
  b.replica.write(x, view => view.tags.add('old'))
  await b.replica.save()
  await pull(a, 'b')
  const { disk } = a.replica.ports
  const before = [key, shardRecordKey(0)].map(key => ({
    type: 'put' as const,
    key,
    value: disk.get(key) ?? new Uint8Array(0)
  }))
  b.replica.write(x, view => view.tags.add('new'))
  await b.replica.save()
  await pull(a, 'b')
  a.replica.store.passivate(() => 0)
  await settle(world, disk.write(before))
  const scan = await settle(
    world,
    a.replica.store.mending.scan(0, async () => {})
  )
  assert.ok(scan?.faults.includes('its own record is not the newest'))
})

test('what is read while a shard is looked through first must be what the look sees', async () => {
  const world = new SimulatedWorld({ seed: 'during' })
  const first = await Replica.boot(world, 'a', 'a.1')
  first.write(x, view => view.tags.add('tea'))
  await first.save()
  world.machine('a').kill()
  const { store, ports } = await Replica.bootUnchecked(world, 'a', 'a.2')
  const { disk } = ports
  const look = store.mending.look(0, async () => {
    if (!disk.get(key)) return
    await disk.write([{ type: 'del', key }])
    assert.ok(isEmptyState(store.actor(0, x).state), 'nothing tells yet that there is more of it')
  })
  await assert.rejects(settle(world, look), { code: 'SHOAL_DISK', retryable: true })
  assert.ok(!store.isVerified(0))
})

/** A stream of many chunks by `a`, whose record of an actor in memory went back, and which writes to it when the first is on its way. */
async function streamOfHot(seed: string, loss: (before: Uint8Array) => DiskWrite) {
  const made = await pair(seed, { chunkBytes: 1 })
  const { world, wire, a, b, pull } = made
  b.replica.write(x, view => view.tags.add('old'))
  await b.replica.save()
  await pull(a, 'b')
  const before = a.replica.ports.disk.get(key) ?? new Uint8Array(0)
  b.replica.write(x, view => view.tags.add('new'))
  await b.replica.save()
  await pull(a, 'b')
  await fill(a, 8, 10)
  a.replica.write(x, view => view.tags.add('mine'))
  await a.replica.save()
  await settle(world, a.replica.ports.disk.write([loss(before)]))
  let isFirst = true
  wire.pass = record => {
    if (record.chunk != null && isFirst) a.replica.write(x, view => view.tags.add('later'))
    isFirst &&= record.chunk == null
    return true
  }
  return made
}

for (const [what, loss] of losses)
  test(`a record that ${what} is not sent, though its actor is in memory and written again since the snapshot`, async () => {
    const { b, pull } = await streamOfHot(`hot ${what}`, loss)
    await assert.rejects(pull(b, 'a'), isRetryable)
    assert.deepEqual(b.replica.value(x).tags.toSorted(), ['new', 'old'])
  })

test('an actor that is written again and again while it is sent is no reason to break off', async () => {
  const { a, b, pull } = await streamOfHot('sound', () => ({ type: 'del', key: stateKey(0, 'thing/none') }))
  await pull(b, 'a')
  assert.ok(b.replica.value(x).tags.includes('mine'))
  assert.ok(a.replica.store.isVerified(0))
})

test('who asks for everything is sent no older record, and keeps what a push has brought', async () => {
  const { world, a, b, pull } = await pair('everything is checked', {}, { maxCachedActors: 0 })
  a.replica.write(x, view => view.tags.add('old'))
  await a.replica.save()
  const before = a.replica.ports.disk.get(key) ?? new Uint8Array(0)
  a.replica.write(x, view => view.tags.add('new'))
  await a.replica.save()
  a.replica.store.passivate(() => 0)
  await settle(world, a.replica.ports.disk.write([{ type: 'put', key, value: before }]))
  const pulled = assert.rejects(pull(b, 'a', [0], { full: true }), isRetryable)
  a.replica.pushTo(b.replica, ...a.replica.commits)
  await pulled
  assert.deepEqual(
    a.sent.filter(({ chunk }) => chunk != null),
    []
  )
  assert.deepEqual(b.replica.value(x).tags.toSorted(), ['new', 'old'])
})

test('a shard is mended though somebody goes on asking for what it has lost', async () => {
  const { world, a } = await withLoss('asked for', () => ({ type: 'del', key }))
  const { store, ports } = a.replica
  const snapshot = ports.disk.snapshot.bind(ports.disk)
  let asked = 0
  ports.disk.snapshot = () => {
    const taken = snapshot()
    const range = taken.range.bind(taken)
    taken.range = bounds => {
      assert.throws(() => a.replica.value(x), isRetryable)
      // Some other reason to look through it.
      if (asked++ < 100) store.suspect(0)
      return range(bounds)
    }
    return taken
  }
  store.suspect(0)
  assert.deepEqual(await settle(world, a.replica.verify()), [0])
  assert.ok(asked > 0 && asked < 100)
  assert.ok(store.isVerified(0))
})

test('what is lost of a shard that this process began to store is noticed, too', async () => {
  const { world, a } = await pair('hosted', {}, { maxCachedActors: 0 })
  const { store, ports } = a.replica
  store.host(5)
  a.replica.write(x, view => view.tags.add('tea'), 5)
  await a.replica.save()
  store.passivate(() => 0)
  await settle(world, ports.disk.write([{ type: 'del', key: stateKey(5, x) }]))
  assert.throws(() => a.replica.value(x, 5), isRetryable)
})

test('a look that began before a suspicion does not make the shard trusted', async () => {
  const { world, a } = await withLoss('looked before', () => ({ type: 'del', key: stateKey(0, 'thing/none') }))
  const { store } = a.replica
  store.suspect(0)
  const look = store.mending.look(0, async () => {
    await a.replica.ports.disk.write([{ type: 'del', key }])
    if (store.trust.suspicions(0) < 2) assert.throws(() => a.replica.value(x), isRetryable)
  })
  assert.equal(await settle(world, look), undefined)
  assert.ok(!store.isVerified(0))
  assert.deepEqual(await settle(world, a.replica.verify()), [0])
})

test('a store that finds something else than it has is opened anew', async () => {
  const { world, a } = await withLoss('filter', () => ({ type: 'del', key: stateKey(0, 'thing/none') }))
  const { disk } = a.replica.ports
  const get = disk.get.bind(disk)
  // A bit of a Bloom filter: it is there, and not found.
  disk.get = at => (Buffer.from(at).equals(Buffer.from(key)) ? undefined : get(at))
  const ask = () => assert.throws(() => a.replica.value(x), isRetryable)
  const snapshot = disk.snapshot.bind(disk)
  disk.snapshot = () => {
    const taken = snapshot()
    const range = taken.range.bind(taken)
    taken.range = bounds => {
      ask()
      return range(bounds)
    }
    return taken
  }
  ask()
  await assert.rejects(settle(world, a.replica.verify()), { code: 'SHOAL_DISK', retryable: true })
})

test('a read of a disk that cannot be read ends the incarnation, and may be tried again on the next', async () => {
  const { a } = await withLoss('unreadable', () => ({ type: 'del', key: stateKey(0, 'thing/none') }))
  a.replica.ports.disk.get = () => {
    throw new ShoalError('SHOAL_DISK', 'could not read')
  }
  for (let i = 0; i < 2; i++) assert.throws(() => a.replica.value(x), isRetryable)
  assert.deepEqual(a.replica.failures, ['SHOAL_DISK'])
})
