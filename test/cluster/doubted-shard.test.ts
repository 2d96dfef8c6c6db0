/** A shard that this process has not looked through: what it may claim meanwhile, take in, serve and forget. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stateKey } from '../../src/cluster/storage-layout.ts'
import { CausalContext, liveDots } from '../../src/crdt/index.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { assertEqual, code, fill, pair } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

const x = 'thing/x'
const y = 'thing/y'

/** A replica that had the updates 1 and 2 of `o.1`, whose disk has lost the actor of the second, and that starts on that. */
async function lossy(seed: string) {
  const world = new SimulatedWorld({ seed })
  const writer = await Replica.boot(world, 'o', 'o.1')
  const before = await Replica.boot(world, 'a', 'a.1')
  writer.write(y, view => view.tags.add('1'))
  writer.write(x, view => view.tags.add('2'))
  await writer.save()
  writer.pushTo(before, ...writer.commits)
  await before.save()
  await settle(world, before.ports.disk.write([{ type: 'del', key: stateKey(0, x) }]))
  world.machine('a').kill()
  const replica = await Replica.bootUnchecked(world, 'a', 'a.2')
  writer.write(x, view => view.tags.add('3'))
  await writer.save()
  const { state } = writer.store.actor(0, x)
  /** All that the writer has of the actor, as one push of these seqs. */
  const push = (...seqs: number[]) => {
    const own = CausalContext.of(seqs.map(seq => ({ origin: 'o.1', seq })))
    const delta = { state, context: own.union(liveDots(state)) }
    return replica.store.joining.joinBatch(0, 'o.1', own, [
      { actor: x, seq: 3, after: Math.min(...seqs, 3) - 1, delta }
    ])
  }
  return { replica, writer, push }
}

test('a push of what the shard claims in part, or a repeat, is not taken while it may claim what is lost', async () => {
  for (const seqs of [[2, 3], []]) {
    const { replica, push } = await lossy(`claims ${seqs}`)
    const joined = push(...seqs)
    assert.deepEqual([joined.isNew, joined.isStored], [false, false])
    assert.deepEqual(await settle(replica.world, replica.verify()), [0])
    assert.deepEqual(replica.value(y).tags, ['1'])
    push(2, 3)
    assert.deepEqual(replica.value(x).tags.toSorted(), ['2', '3'], 'when it comes again it is whole')
  }
})

test('a push of what the shard does not claim is taken, and only that is confirmed of it', async () => {
  const { replica, writer, push } = await lossy('fresh')
  const { updates } = writer.commits.at(-1) ?? assert.fail()
  const deltas = updates.map(({ actor, delta }) => ({ actor, seq: 3, after: 2, delta }))
  const fresh = CausalContext.of([{ origin: 'o.1', seq: 3 }])
  const joined = replica.store.joining.joinBatch(0, 'o.1', fresh, deltas)
  assert.deepEqual([joined.isNew, joined.isStored], [true, true])
  assert.equal(push(2).isStored, false)
  await settle(replica.world, replica.verify())
  assert.deepEqual(replica.value(x).tags, ['3'])
  assert.deepEqual(
    [1, 2, 3].map(seq => replica.store.context(0).has('o.1', seq)),
    [true, false, true]
  )
  push(2)
  assert.deepEqual(replica.value(x).tags.toSorted(), ['2', '3'])
})

test('what is written over a hole before the look claims no more than what it has seen', async () => {
  const world = new SimulatedWorld({ seed: 'hole' })
  const writer = await Replica.boot(world, 'o', 'o.1')
  const before = await Replica.boot(world, 'a', 'a.1')
  for (const tag of ['1', '2']) {
    writer.write(x, view => view.tags.add(tag))
    await writer.save()
    if (tag === '2') break
    writer.pushTo(before, ...writer.commits)
    await before.save()
  }
  await settle(world, before.ports.disk.write([{ type: 'del', key: stateKey(0, x) }]))
  world.machine('a').kill()
  const replica = await Replica.bootUnchecked(world, 'a', 'a.2')
  writer.pushTo(replica, ...writer.commits.slice(1))
  await replica.save()
  assert.deepEqual(await settle(world, replica.verify()), [0])
  const { store } = writer
  const { state } = store.actor(0, x)
  replica.store.joining.joinActor(
    0,
    x,
    fragmentOf(state, { positions: [{ origin: 'o.1', seq: 2 }] }),
    senderOf(store.context(0))
  )
  assert.deepEqual(replica.value(x).tags.toSorted(), ['1', '2'], 'the first is not taken for removed')
})

test('a shard that was cut down to what is intact has no floor beyond what it claims', async () => {
  const { world, b, store, forget } = await removed('cut floor')
  assert.equal(forget(), 'forgotten')
  await b.save()
  assert.ok(!store.floor(0).isEmpty())
  b.write(y, view => view.tags.add('salt'))
  await b.save()
  store.passivate(() => 0)
  await settle(world, b.ports.disk.write([{ type: 'del', key: stateKey(0, y) }]))
  store.suspect(0)
  assert.deepEqual(await settle(world, b.verify()), [0])
  assert.ok(store.context(0).covers(store.floor(0)))
})

test('nothing is asked for by what the shard claims before it was looked through', async () => {
  const { a, b, world } = await pair('asked')
  await fill(a, 10)
  b.replica.store.suspect(0)
  const pulled = b.catchUp.pull('a', [0])
  await world.time.run({ untilMs: world.time.nowMs + 1000 })
  assert.equal(b.sent.length, 0)
  b.replica.store.trust.trust(0)
  await settle(world, pulled)
  assertEqual(a, b)
})

test('a stream of a shard that comes into doubt at its sender ends, and nothing is claimed of it', async () => {
  const { a, b, pull, wire, world } = await pair('sender', { chunkBytes: 2000 })
  await fill(a, 300, 100)
  let chunks = 0
  wire.pass = ({ chunk }) => {
    if (chunk != null && ++chunks === 5) a.catchUp.abandon(0)
    return true
  }
  const startMs = world.time.nowMs
  await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_UNAVAILABLE')
  assert.ok(world.time.nowMs - startMs < 1000, 'it is ended, and does not stall')
  assert.ok(b.replica.store.context(0).isEmpty())
  await pull(b, 'a')
  assertEqual(a, b)
})

test('a shard that is dropped comes into doubt, so that nothing that is under way counts when it is stored again', async () => {
  const world = new SimulatedWorld({ seed: 'dropped' })
  const { store, failures } = await Replica.boot(world, 'a', 'a.1')
  const doubted: number[] = []
  store.trust.watch({ work() {}, doubted: shard => doubted.push(shard) })
  store.host(5)
  await settle(world, store.durable())
  const before = store.trust.suspicions(5)
  assert.equal(await settle(world, store.removal.drop(5, store.durableShard(5).version)), true)
  assert.deepEqual(doubted, [5])
  assert.ok(store.trust.suspicions(5) > before, 'a look that began before does not count')
  store.host(5)
  assert.ok(store.isVerified(5), 'nothing of it is there that could be wrong')
  assert.deepEqual(failures, [])
})

// ---- forgetting ----------------------------------------------------------------------------------------------------------------

/** A removed actor: added by `a.1`, removed by `b.1`, and of no more use at `b`, which has seen all of it. */
async function removed(seed: string) {
  const world = new SimulatedWorld({ seed })
  const a = await Replica.boot(world, 'a', 'a.1')
  const b = await Replica.boot(world, 'b', 'b.1')
  a.write(x, view => view.tags.add('tea'))
  await a.save()
  a.pushTo(b, ...a.commits)
  b.write(x, view => view.tags.remove('tea'))
  await b.save()
  const { store } = b
  return { world, a, b, store, forget: (stable = store.context(0)) => store.removed.forget(0, x, stable) }
}

test('a removed actor that all have is forgotten, and the floor says of which updates nothing is left', async () => {
  const { b, store, forget } = await removed('forgotten')
  assert.equal(forget(), 'forgotten')
  assert.ok(store.floor(0).has('a.1', 1) && store.floor(0).has('b.1', 1))
  await b.save()
  assert.equal(b.ports.disk.get(stateKey(0, x)), undefined)
  assert.ok(store.durableShard(0).floor.equals(store.floor(0)), 'in the same batch')
})

test('an actor is not forgotten while its shard is in doubt, while it is in use, or while there is something in it', async () => {
  const { b, store, forget } = await removed('kept')
  store.suspect(0)
  assert.equal(forget(), 'kept')
  store.trust.trust(0)
  const actor = store.actor(0, x)
  actor.pins++
  assert.equal(forget(), 'kept')
  actor.pins--
  b.write(x, view => view.tags.add('again'))
  await b.save()
  assert.equal(forget(), 'kept')
  assert.ok(store.floor(0).isEmpty())
  assert.deepEqual(b.value(x).tags, ['again'])
})

test('an actor is not forgotten while somebody may lack any of the updates that ended in its removal', async () => {
  const { store, forget } = await removed('lacked')
  const all = store.context(0)
  for (const lacked of [
    { origin: 'a.1', seq: 1 },
    { origin: 'b.1', seq: 1 }
  ])
    assert.equal(forget(all.minus(CausalContext.of([lacked]))), 'kept', lacked.origin)
  assert.ok(store.floor(0).isEmpty(), 'a floor that rose with half of them would stay')
  assert.equal(forget(), 'forgotten')
})

test('a removal that came before what it removes is not forgotten', async () => {
  const { world, a, b } = await removed('early')
  const c = await Replica.boot(world, 'c', 'c.1')
  b.pushTo(c, ...b.commits)
  await c.save()
  assert.ok(!c.store.context(0).has('a.1', 1))
  assert.equal(c.store.removed.forget(0, x, a.store.context(0).union(b.store.context(0))), 'kept')
  await c.save()
  a.pushTo(c, ...a.commits)
  assert.deepEqual(c.value(x).tags, [])
})

test('the floor covers nothing that this replica has not seen', async () => {
  const { a, b, store, forget } = await removed('floor')
  // An update of another actor that is on its way, and then one that is here.
  a.write(y, view => view.tags.add('late'))
  await a.save()
  a.write(x, view => view.tags.add('tea'))
  await a.save()
  a.pushTo(b, ...a.commits.slice(2))
  b.write(x, view => view.tags.remove('tea'))
  await b.save()
  assert.ok(!store.context(0).has('a.1', 2))
  const stable = () => a.store.context(0).union(store.context(0))
  assert.equal(forget(stable()), 'kept')
  assert.ok(store.floor(0).isEmpty())
  a.pushTo(b, ...a.commits)
  assert.equal(forget(stable()), 'forgotten')
  assert.ok(store.floor(0).hasRange('a.1', 1, 3))
})
