/** A disk that lies: it is found out, the node says so, and what is intact goes on. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createNode, isShoalError, type NodeOptions, newClusterKey, type ShoalNode } from 'shoal'
import { Counter } from '../../examples/shop.ts'
import { LevelDisk } from '../../src/adapters/level/disk.ts'
import { repair } from '../../src/cli/repair.ts'
import { shardOf } from '../../src/cluster/hash-ring.ts'
import { eachPosition } from '../../src/cluster/index-positions.ts'
import { indexKey, shardRecordKey, stateKey } from '../../src/cluster/storage-layout.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { Replica, settle } from './support/replica.ts'

const x = 'thing/x'
const y = 'thing/y'

function code(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}

/** A replica whose disk holds two actors, and which is down; what is written then is what its disk does. */
async function damagedReplica(seed: string, damage: (a: Replica) => { key: Uint8Array; value?: Uint8Array }[]) {
  const world = new SimulatedWorld({ seed })
  const a = await Replica.boot(world, 'a', 'a.1')
  a.write(x, view => view.tags.add('old'))
  await a.save()
  const before = a.ports.disk.get(stateKey(0, x))
  a.write(x, view => view.tags.add('new'))
  a.write(x, view => view.tags.remove('old'))
  a.write(y, view => view.tags.add('tea'))
  await a.save()
  const writes = damage(a).map(({ key, value }) =>
    value === undefined ? { type: 'del' as const, key } : { type: 'put' as const, key, value }
  )
  await settle(world, a.ports.disk.write(writes))
  world.machine('a').kill()
  return { world, before, disk: a.ports.disk }
}

const losses: [string, (a: Replica) => { key: Uint8Array; value?: Uint8Array }[]][] = [
  ['a record', () => [{ key: stateKey(0, x) }]],
  ['the record of its shard', () => [{ key: shardRecordKey(0) }]],
  [
    'a bit of a record',
    a => {
      const key = stateKey(0, x)
      const value = Uint8Array.from(a.ports.disk.get(key) ?? [])
      value[9] = (value[9] ?? 0) ^ 4
      return [{ key, value }]
    }
  ],
  [
    'where a record belongs',
    a => [{ key: stateKey(1, x), value: a.ports.disk.get(stateKey(0, x)) ?? new Uint8Array(0) }]
  ]
]

for (const [what, damage] of losses) {
  test(`a disk that lost ${what} is found out, and claims nothing that is not there`, async () => {
    const { world } = await damagedReplica(what, damage)
    const again = await Replica.boot(world, 'a', 'a.2')
    const isGone = what !== 'the record of its shard' && what !== 'where a record belongs'
    assert.deepEqual(again.value(y).tags, ['tea'])
    assert.deepEqual(again.value(x).tags, isGone ? [] : ['new'])
    const context = again.store.context(0)
    assert.equal(
      context.has('a.1', 2),
      !isGone,
      'the context claims the update that is gone, or not the one that is there'
    )
    // Whoever has it fills it again.
    again.store.joining.joinActor(0, x, fragmentOf((await otherX()).state), senderOf((await otherX()).context))
    assert.deepEqual(again.value(x).tags, ['new'])
    assert.deepEqual(await again.verify(), [], 'it is of one piece')
    await again.save()
    world.machine('a').kill()
    const third = await Replica.boot(world, 'a', 'a.3')
    assert.deepEqual(third.value(x).tags, ['new'])
  })
}

/** The same history elsewhere. */
async function otherX() {
  const world = new SimulatedWorld({ seed: 'other' })
  const b = await Replica.boot(world, 'b', 'a.1')
  b.write(x, view => view.tags.add('old'))
  b.write(x, view => view.tags.add('new'))
  b.write(x, view => view.tags.remove('old'))
  return { state: b.store.actor(0, x).state, context: b.store.context(0) }
}

test('a record that is not the newest is found out, and what it has seen removed stays so', async () => {
  const { world, before } = await damagedReplica('older', () => [])
  assert.ok(before !== undefined)
  const machine = world.machine('a')
  const mender = await Replica.boot(world, 'a', 'a.x')
  await settle(world, mender.ports.disk.write([{ type: 'put', key: stateKey(0, x), value: before }]))
  machine.kill()
  const again = await Replica.boot(world, 'a', 'a.2')
  assert.deepEqual(again.value(x).tags, ['old'])
  assert.deepEqual(
    [1, 2, 3].map(seq => again.store.context(0).has('a.1', seq)),
    [true, false, false]
  )
})

test('an index that lost an entry is written anew, and the shard claims all that it did', async () => {
  let lost: Uint8Array = new Uint8Array(0)
  const { world } = await damagedReplica('index', a => {
    const [position] = [...eachPosition(a.store.actor(0, y).index)]
    lost = indexKey(0, position?.origin ?? '', position?.seq ?? 0)
    return [{ key: lost }]
  })
  const again = await Replica.boot(world, 'a', 'a.2')
  assert.ok(again.ports.disk.get(lost) !== undefined)
  assert.deepEqual(again.value(x).tags, ['new'])
})

test('a record that rots while the process runs is an error that passes, and does not come back', async () => {
  const world = new SimulatedWorld({ seed: 'rot' })
  const a = await Replica.boot(world, 'a', 'a.1', { maxCachedActors: 0 })
  a.write(x, view => view.tags.add('tea'))
  a.write(y, view => view.tags.add('salt'))
  await a.save()
  a.store.passivate(() => 0)
  await settle(world, a.ports.disk.write([{ type: 'put', key: stateKey(0, x), value: new Uint8Array(40) }]))
  assert.throws(
    () => a.value(x),
    error => isShoalError(error) && error.code === 'SHOAL_CORRUPT' && error.retryable
  )
  assert.ok(!a.store.isVerified(0), 'nobody is served from it meanwhile')
  assert.throws(
    () => a.store.joining.joinContext(0, a.store.context(0)),
    error => code(error) === 'SHOAL_UNAVAILABLE'
  )
  assert.deepEqual(await settle(world, a.verify()), [0])
  assert.deepEqual([a.value(x).tags, a.value(y).tags], [[], ['salt']])
  assert.deepEqual(a.failures, ['SHOAL_DISK'], 'what this incarnation adds might rest on what is lost')
})

/** A node's directory, and what starts a node on it. In the end all of them are stopped. */
async function withNode(
  use: (parts: { options: NodeOptions; data: string; start(): Promise<ShoalNode> }) => Promise<void>
): Promise<void> {
  const data = await mkdtemp(join(tmpdir(), 'shoal-lying-'))
  const options = { data, shards: 4, actors: [Counter], clusterKey: newClusterKey(), shardKey: 'name' }
  const started: ShoalNode[] = []
  const start = async () => {
    const node = await createNode(options)
    started.push(node)
    return node
  }
  try {
    await use({ options, data, start })
  } finally {
    await Promise.all(started.map(node => node.stop()))
    await rm(data, { recursive: true, force: true })
  }
}

test('a node without others ends when its disk has lost something, starts no more, and goes on when the loss is accepted', () =>
  withNode(async ({ options, data, start }) => {
    const node = await start()
    for (const id of ['a', 'b', 'c']) await node.call('counter', id, 'add', 1)
    await node.stop()
    await lose(data, stateKey(shardOf('counter', 'a', 4, 'shoal'), 'counter/a'))

    assert.equal(await repair({ data }), 1)
    const failing = await start()
    const failed = await new Promise(resolve => failing.on('failed', ({ error }) => resolve(error)))
    assert.equal(code(failed), 'SHOAL_CORRUPT')
    await failing.stop()
    await assert.rejects(
      createNode(options),
      error => code(error) === 'SHOAL_CORRUPT' && /accept-loss/.test(String(error))
    )

    assert.equal(await repair({ data, acceptLoss: true }), 0)
    const going = await start()
    const damaged = new Promise(resolve => going.on('damaged', resolve))
    await going.call('counter', 'b', 'add', 1)
    await damaged
    assert.equal(await going.call('counter', 'b', 'value', undefined), 2)
    assert.equal(await going.call('counter', 'a', 'value', undefined), 0)
    await going.stop()
    await start()
  }))

async function lose(data: string, key: Uint8Array): Promise<void> {
  const disk = new LevelDisk(join(data, 'store'))
  await disk.open()
  assert.ok(disk.get(key) !== undefined)
  await disk.write([{ type: 'del', key }])
  await disk.close()
}

test('a node whose files had lost something does not take itself for whole, and alone it is so at once', () =>
  withNode(async ({ data, start }) => {
    const node = await start()
    await node.call('counter', 'a', 'add', 1, { acknowledge: 'majority' })
    await node.stop()
    const store = join(data, 'store')
    for (const name of await readdir(store)) if (name === 'CURRENT') await rm(join(store, name))
    const again = await start()
    assert.equal(await again.call('counter', 'a', 'add', 1, { acknowledge: 'majority' }), 2)
    assert.equal(await again.call('counter', 'a', 'value', undefined, { read: 'majority' }), 2)
  }))
