/** The shard store: nothing is seen, told or promised before it is on disk, and what is on disk is always of one piece. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { eachPosition } from '../../src/cluster/index-positions.ts'
import { decodeIndexEntry, indexRange, shardRecordKey, stateKey } from '../../src/cluster/storage-layout.ts'
import { documentsOf, withVetted } from '../../src/crdt/document/documents-of-state.ts'
import { liveDots } from '../../src/crdt/index.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { fragmentOf, senderOf } from './support/arrived.ts'
import { noSeqs, Replica, settle } from './support/replica.ts'

const actor = 'thing/x'

function code(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}

test('everything that changes in one turn shares one commit', async () => {
  const world = new SimulatedWorld({ seed: 1 })
  const a = await Replica.boot(world, 'a', 'a.1')
  for (let i = 0; i < 20; i++) a.write(`thing/${i}`, view => view.sum.add(1), i % 4)
  await a.save()
  assert.equal(a.commits.length, 1)
  assert.equal(a.commits[0]?.updates.length, 20)
})

test('an update is told to nobody before it is on disk', async () => {
  const world = new SimulatedWorld({ seed: 2 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const { conditions } = world.machine('a').disk
  conditions.writeMs = { min: 50, max: 50 }
  a.write(actor, view => view.tags.add('tea'))
  let isDurable = false
  void a.store.durable().then(() => {
    isDurable = true
  })
  await world.time.run({ untilMs: world.time.nowMs + 40 })
  assert.deepEqual([isDurable, a.commits.length], [false, 0])
  assert.ok(a.store.durableShard(0).context.isEmpty(), 'a beacon would speak of what may be lost')
  assert.equal(a.store.durableShard(0).isSettled, false)
  await world.time.run({ untilMs: world.time.nowMs + 40 })
  assert.deepEqual([isDurable, a.commits.length], [true, 1])
  assert.equal(a.store.durableShard(0).isSettled, true)
})

test('what changes while a commit is under way is durable with the next one, not with this', async () => {
  const world = new SimulatedWorld({ seed: 3 })
  const a = await Replica.boot(world, 'a', 'a.1')
  world.machine('a').disk.conditions.writeMs = { min: 50, max: 50 }
  a.write(actor, view => view.tags.add('first'))
  await world.time.run({ untilMs: world.time.nowMs + 10 })
  a.write(actor, view => view.tags.add('second'))
  const second = a.store.durable()
  let isDurable = false
  void second.then(() => {
    isDurable = true
  })
  await world.time.run({ untilMs: world.time.nowMs + 50 })
  assert.equal(a.commits.length, 1)
  assert.equal(isDurable, false)
  await settle(world, second)
  assert.deepEqual(
    a.commits.map(commit => commit.updates.length),
    [1, 1]
  )
})

test('a commit that fails acknowledges nothing, ends the incarnation, and the next process starts from the disk', async () => {
  for (let seed = 0; seed < 20; seed++) {
    const world = new SimulatedWorld({ seed: `failed commit ${seed}` })
    const a = await Replica.boot(world, 'a', 'a.1')
    a.write(actor, view => view.tags.add('kept'))
    await a.save()
    const { conditions } = world.machine('a').disk
    conditions.isFull = true
    a.write(actor, view => view.tags.add('maybe'))
    const durable = a.store.durable()
    await assert.rejects(settle(world, durable), error => code(error) === 'SHOAL_DISK')
    assert.deepEqual([a.failures, a.commits.length], [['SHOAL_DISK'], 1])
    assert.throws(
      () => a.write(actor, view => view.tags.add('late')),
      error => code(error) === 'SHOAL_DISK'
    )
    await assert.rejects(a.store.durable(), error => code(error) === 'SHOAL_DISK')
    conditions.isFull = false
    world.machine('a').kill()
    const again = await Replica.boot(world, 'a', 'a.2')
    const { tags } = again.value(actor)
    assert.ok(tags.includes('kept') && !tags.includes('late'), `seed ${seed}: ${tags}`)
    // The write may have reached the disk; then its seq must be in the context, so that nobody uses it twice.
    assert.deepEqual(again.store.context(0).intervals('a.1'), tags.includes('maybe') ? [1, 2] : [1, 1], `seed ${seed}`)
  }
})

test('after a crash, context, states and index are of one moment', async () => {
  for (let seed = 0; seed < 30; seed++) {
    const world = new SimulatedWorld({ seed: `torn ${seed}` })
    const a = await Replica.boot(world, 'a', 'a.1')
    for (let i = 0; i < 12; i++) {
      a.write(`thing/${i % 3}`, view => view.sum.add(1))
      await world.time.run({ untilMs: world.time.nowMs + (seed % 5) / 3 })
    }
    world.machine('a').kill({ isPowerLoss: true })
    const again = await Replica.boot(world, 'a', 'a.2')
    const seen = again.store.context(0).next('a.1') - 1
    const sum = [0, 1, 2].reduce((total, i) => total + again.value(`thing/${i}`).sum, 0)
    assert.equal(sum, seen, `seed ${seed}: the context says ${seen}, the states ${sum}`)
    const entries = await settle(world, again.ports.disk.range({ ...indexRange(0, 'a.1', 1), limit: 100 }))
    assert.equal(entries.length, Math.min(seen, 3), `seed ${seed}: one index entry per actor`)
  }
})

test('seqs go up without holes, and those that came to nothing are given out again or marked as seen', async () => {
  const world = new SimulatedWorld({ seed: 4 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const [one, two, three] = [a.store.writing.takeSeq(0), a.store.writing.takeSeq(0), a.store.writing.takeSeq(0)]
  a.store.writing.returnSeqs(0, [two, three])
  assert.equal(a.store.writing.takeSeq(0), 2, 'the newest come back')
  const four = a.store.writing.takeSeq(0)
  a.store.writing.returnSeqs(0, [one])
  a.store.writing.returnSeqs(0, [2, four])
  await a.save()
  assert.deepEqual(a.own(), [1, 1], 'one below others counts as an update without effect')
  assert.equal(a.store.writing.takeSeq(0), 2)
  assert.equal(a.store.writing.takeSeq(1), 1, 'each shard counts for itself')
})

test('an element whose removal came first does not appear when its addition comes', async () => {
  const world = new SimulatedWorld({ seed: 5 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const b = await Replica.boot(world, 'b', 'b.1')
  const c = await Replica.boot(world, 'c', 'c.1')
  a.write(actor, view => view.tags.add('tea'))
  await a.save()
  a.pushTo(b, ...a.commits)
  b.write(actor, view => view.tags.remove('tea'))
  await b.save()
  b.pushTo(c, ...b.commits)
  await c.save()
  // In between, the removal must survive passivation and a crash: it is on disk with the actor.
  c.store.passivate(() => 0)
  world.machine('c').kill()
  const again = await Replica.boot(world, 'c', 'c.2')
  assert.ok(!again.store.actor(0, actor).extra.isEmpty(), 'it remembers a dot that its shard has not seen')
  a.pushTo(again, ...a.commits)
  await again.save()
  assert.deepEqual(again.value(actor).tags, [])
  assert.ok(again.store.actor(0, actor).extra.isEmpty(), 'covered dots are stripped')
})

test('what a replica has already is neither written again nor shown to watchers', async () => {
  const world = new SimulatedWorld({ seed: 14 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const b = await Replica.boot(world, 'b', 'b.1')
  const commits = () => b.commits.map(commit => commit.actors.map(each => each.name))
  a.write(actor, view => view.tags.add('tea'))
  a.write('thing/y', view => view.sum.add(1))
  await a.save()
  a.pushTo(b, ...a.commits)
  await b.save()
  assert.deepEqual(commits(), [[actor, 'thing/y']])
  const known = a.store.actor(0, actor)
  const delta = { state: known.state, context: liveDots(known.state) }
  const repeat = () => b.store.joining.joinBatch(0, 'a.1', noSeqs, [{ actor, seq: 0, after: 0, delta }])
  assert.deepEqual(repeat(), { isNew: true, isStored: true, redundantDeltas: 1 })
  assert.equal(
    b.store.joining.joinActor(
      0,
      actor,
      fragmentOf(known.state, { positions: [...eachPosition(known.index)] }),
      senderOf(a.store.context(0))
    ),
    false
  )
  await b.save()
  assert.equal(commits().length, 1, 'nothing to commit')
  // A new update that brings nothing to see moves the index, and its seq must be remembered.
  b.write(actor, view => view.tags.remove('tea'))
  a.write(actor, view => view.tags.remove('tea'))
  await a.save()
  await b.save()
  a.pushTo(b, ...a.commits)
  await b.save()
  assert.deepEqual(commits(), [[actor, 'thing/y'], [actor], []])
  assert.deepEqual(b.store.context(0).intervals('a.1'), [1, 3])
})

test('a batch with an actor that cannot be read is refused before any of it is joined', async () => {
  const world = new SimulatedWorld({ seed: 15 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const b = await Replica.boot(world, 'b', 'b.1')
  b.write('thing/y', view => view.sum.add(1))
  await b.save()
  b.store.passivate(() => 0)
  const before = b.store.context(0)
  await settle(world, b.ports.disk.write([{ type: 'put', key: stateKey(0, 'thing/y'), value: Uint8Array.of(1) }]))
  a.write(actor, view => view.sum.add(1))
  a.write('thing/y', view => view.sum.add(1))
  await a.save()
  const deltas = a.commits.flatMap(commit =>
    commit.updates.map(update => ({ ...update, seq: update.seqs.next('a.1') - 1 }))
  )
  assert.throws(
    () => b.store.joining.joinBatch(0, 'a.1', a.store.context(0), deltas),
    error => code(error) === 'SHOAL_CORRUPT'
  )
  assert.equal(b.value(actor).sum, 0)
  assert.equal(b.store.actor(0, actor).pins, 0)
  assert.ok(b.store.context(0).equals(before))
})

test('the index names an actor once per origin, at its newest update', async () => {
  const world = new SimulatedWorld({ seed: 6 })
  const a = await Replica.boot(world, 'a', 'a.1')
  for (let i = 0; i < 10; i++) {
    a.write('thing/x', view => view.sum.add(1))
    a.write('thing/y', view => view.sum.add(1))
    if (i % 3 === 0) await a.save()
  }
  await a.save()
  const entries = await settle(world, a.ports.disk.range({ ...indexRange(0, 'a.1', 1), limit: 100 }))
  assert.deepEqual(
    entries.map(({ key, value }) => decodeIndexEntry(key, value)),
    ['thing/x', 'thing/y']
  )
})

test('replicas that saw the same updates in any order have equal hashes, and others do not', async () => {
  const world = new SimulatedWorld({ seed: 7 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const b = await Replica.boot(world, 'b', 'b.1')
  for (let i = 0; i < 6; i++) {
    a.write(`thing/${i % 2}`, view => view.page.insert(0, `a${i}`), i % 2)
    b.write(`thing/${i % 2}`, view => view.tags.add(`b${i}`), i % 2)
    await a.save()
    await b.save()
  }
  const [fromA, fromB] = [[...a.commits], [...b.commits]]
  a.pushTo(b, ...fromA.toReversed())
  assert.notDeepEqual(a.store.root(), b.store.root())
  b.pushTo(a, ...fromB)
  a.pushTo(b, ...fromA)
  await a.save()
  await b.save()
  assert.deepEqual(a.store.root(), b.store.root())
  world.machine('b').kill()
  const again = await Replica.boot(world, 'b', 'b.2')
  assert.deepEqual(again.store.root(), a.store.root(), 'and the disk agrees')
})

test('a state at its limit takes no more, but can be made smaller', async () => {
  const world = new SimulatedWorld({ seed: 8 })
  const a = await Replica.boot(world, 'a', 'a.1', { maxActorBytes: 2000 })
  const add = (i: number) => a.write(actor, view => view.tags.add(`${i}`.padStart(100, '.')))
  let added = 0
  // All in one turn, so that nothing is committed in between.
  assert.throws(
    () => {
      for (; added < 100; added++) add(added)
    },
    error => code(error) === 'SHOAL_LIMIT'
  )
  assert.ok(added > 10 && added < 20, `${added} elements of 100 bytes fit into 2000`)
  await a.save()
  const record = a.ports.disk.get(stateKey(0, actor))
  assert.ok(record !== undefined && record.length < 2500, 'nor does it pass the limit inside one commit')
  a.write(actor, view => {
    for (const tag of view.tags.values().slice(0, 5)) view.tags.remove(tag)
  })
  await a.save()
  assert.equal(a.value(actor).tags.length, added - 5)
  add(1000)
})

/** Characters that nothing compresses. */
function noise(length: number): string {
  let text = ''
  for (let x = length; text.length < length; text += x.toString(36)) x = (x * 48271) % 2147483647
  return text.slice(0, length)
}

test('a document at its limit takes no more, but can be made smaller', async () => {
  const world = new SimulatedWorld({ seed: 10 })
  const a = await Replica.boot(world, 'a', 'a.1', { maxActorBytes: 20_000 })
  const isLimit = (error: unknown) => code(error) === 'SHOAL_LIMIT'
  const fill = (length: number) => {
    for (let i = 0; i < 1000; i++) a.write(actor, view => view.page.insert(0, noise(length)))
  }
  assert.throws(() => fill(1000), isLimit)
  assert.throws(() => fill(1), isLimit)
  await a.save()
  const full = a.value(actor).page.length
  assert.ok(full > 19_000, `${full} characters fit into 20,000 bytes`)
  const stored = () => a.ports.disk.get(stateKey(0, actor))?.length ?? 0
  assert.ok(stored() <= 20_100, `${stored()} bytes`)
  for (const length of [1, 100, 10_000]) a.write(actor, view => view.page.remove(0, length))
  await a.save()
  assert.equal(a.value(actor).page.length, full - 10_101)
  for (let i = 0; i < 9; i++) a.write(actor, view => view.page.insert(0, noise(1000)))
  await a.save()
  assert.ok(stored() <= 20_100, `${stored()} bytes`)
})

test('a document that others filled beyond the limit can be made smaller, and not larger', async () => {
  const world = new SimulatedWorld({ seed: 11 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const b = await Replica.boot(world, 'b', 'b.1', { maxActorBytes: 10_000 })
  for (let i = 0; i < 30; i++) a.write(actor, view => view.page.insert(0, noise(1000)))
  await a.save()
  a.pushTo(b, ...a.commits)
  const held = b.store.actor(0, actor)
  for (const document of documentsOf(held.state)) withVetted(held.state, document.field, document.untrusted)
  const replace = (removed: number, added: number) => () =>
    b.write(actor, view => {
      view.page.remove(0, removed)
      view.page.insert(0, noise(added))
    })
  replace(5000, 1000)()
  await b.save()
  assert.throws(replace(1, 100), error => code(error) === 'SHOAL_LIMIT')
  assert.throws(replace(0, 1), error => code(error) === 'SHOAL_LIMIT')
  replace(1000, 1)()
  assert.equal(b.value(actor).page.length, 25_001)
})

test('an actor in use stays the one object of its name, however full the memory', async () => {
  const world = new SimulatedWorld({ seed: 9 })
  const a = await Replica.boot(world, 'a', 'a.1', { maxCachedActors: 10 })
  const held = a.store.actor(0, actor)
  held.pins++
  for (let i = 0; i < 100; i++) a.store.actor(0, `thing/${i}`)
  assert.equal(a.store.actor(0, actor), held)
  held.pins--
  for (let i = 0; i < 100; i++) a.store.actor(0, `thing/${i}`)
  assert.notEqual(a.store.actor(0, actor), held)
  assert.ok(a.store.passivate(() => 1e9) <= 11)
})

test('passivation forgets what is idle and saved, and nothing else', async () => {
  const world = new SimulatedWorld({ seed: 10 })
  const a = await Replica.boot(world, 'a', 'a.1')
  a.write('thing/idle', view => view.sum.add(1))
  await a.save()
  await world.time.run({ untilMs: world.time.nowMs + 100 })
  a.write('thing/new', view => view.sum.add(2))
  assert.equal(
    a.store.passivate(() => 50),
    1
  )
  await a.save()
  assert.equal(a.value('thing/idle').sum, 1)
  assert.equal(a.value('thing/new').sum, 2)
})

test('of two shards that have an actor of one name, as a peer may say, each has its own', async () => {
  const world = new SimulatedWorld({ seed: 11 })
  const a = await Replica.boot(world, 'a', 'a.1')
  a.write(actor, view => view.tags.add('here'), 0)
  a.write(actor, view => view.tags.add('there'), 1)
  const [here, there] = [a.store.actor(0, actor), a.store.actor(1, actor)]
  assert.deepEqual([here.shard, there.shard], [0, 1])
  assert.ok(here === a.store.actor(0, actor) && there === a.store.actor(1, actor), 'one object of each')
  await a.save()
  a.store.passivate(() => 0)
  assert.notEqual(a.store.actor(1, actor), there)
  for (const shard of [0, 1]) assert.equal(liveDots(a.store.actor(shard, actor).state).next('a.1'), 2)
})

test('updates under our own origin that we never made end this incarnation', async () => {
  const world = new SimulatedWorld({ seed: 12 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const copy = await Replica.boot(world, 'b', 'a.1')
  copy.write(actor, view => view.tags.add('twin'))
  await copy.save()
  assert.throws(
    () => copy.pushTo(a, ...copy.commits),
    error => code(error) === 'SHOAL_CORRUPT'
  )
  assert.deepEqual(a.failures, ['SHOAL_CORRUPT'])
})

test('a shard that has changed since it was agreed upon, or is in use, is not dropped', async () => {
  const world = new SimulatedWorld({ seed: 'drop' })
  const a = await Replica.boot(world, 'a', 'a.1')
  a.store.host(5)
  a.write('x', view => view.sum.add(1), 5)
  await a.save()
  const { version } = a.store.durableShard(5)
  // It waits for the commit before it removes anything: what is written until then must not be lost.
  a.write('y', view => view.sum.add(1))
  await world.time.run({ untilMs: world.time.nowMs })
  const dropping = a.store.removal.drop(5, version)
  a.write('x', view => view.sum.add(1), 5)
  assert.equal(await settle(world, dropping), false)
  await a.save()
  assert.equal(await settle(world, a.store.removal.drop(5, version)), false)
  assert.equal(a.value('x', 5).sum, 2)
  const now = a.store.durableShard(5).version
  const used = a.store.actor(5, 'x')
  used.pins++
  assert.equal(await settle(world, a.store.removal.drop(5, now)), false)
  used.pins--
  assert.equal(await settle(world, a.store.removal.drop(5, now)), true)
  assert.equal(a.store.hosts(5), false)
  a.store.host(5)
  assert.equal(a.value('x', 5).sum, 0)
})

test('a shard that cannot be removed whole ends the incarnation, which would else begin it anew over what is left', async () => {
  for (let writes = 0; writes < 3; writes++) {
    const world = new SimulatedWorld({ seed: `half dropped/${writes}` })
    const a = await Replica.boot(world, 'a', 'a.1')
    a.store.host(5)
    a.write('x', view => view.sum.add(2), 5)
    await a.save()
    const { disk } = a.ports
    const { write } = disk
    let done = 0
    disk.write = batch => (done++ < writes ? write.call(disk, batch) : Promise.reject(new Error('no room')))
    await assert.rejects(
      settle(world, a.store.removal.drop(5, a.store.durableShard(5).version)),
      error => code(error) === 'SHOAL_DISK'
    )
    assert.deepEqual(a.failures, ['SHOAL_DISK'])
    assert.throws(() => a.store.host(5), { code: 'SHOAL_DISK' })
    world.machine('a').kill()
    const next = await Replica.boot(world, 'a', 'a.2')
    // Either nothing of the removal is on the disk, or the start has gone on with it.
    assert.equal(next.store.hosts(5), writes === 0)
    if (next.store.hosts(5)) assert.equal(next.value('x', 5).sum, 2)
    assert.deepEqual(await next.verify(), [])
  }
})

for (const [of, keyIn] of [
  ['a record of a shard', shardRecordKey],
  ['a record of an actor', (shard: number) => stateKey(shard, actor)]
] as const)
  test(`${of} under a number that no shard has makes this node store nothing more`, async () => {
    const world = new SimulatedWorld({ seed: 14 })
    const a = await Replica.boot(world, 'a', 'a.1')
    a.write(actor, view => view.sum.add(1))
    await a.save()
    const value = a.ports.disk.get(keyIn(0))
    assert.ok(value !== undefined)
    const bent = { type: 'put', key: keyIn(0x4000), value } as const
    await settle(world, a.ports.disk.write([{ type: 'del', key: keyIn(0) }, bent]))
    for (const origin of ['a.2', 'a.3']) {
      world.machine('a').kill()
      const { store } = await Replica.boot(world, 'a', origin)
      assert.deepEqual(store.hosted(), [0, 1, 2, 3])
    }
  })

test('after close nothing is changed any more', async () => {
  const world = new SimulatedWorld({ seed: 13 })
  const a = await Replica.boot(world, 'a', 'a.1')
  a.write(actor, view => view.sum.add(1))
  await settle(world, a.store.close())
  assert.equal(a.commits.length, 1)
  assert.throws(
    () => a.write(actor, view => view.sum.add(1)),
    error => code(error) === 'SHOAL_STOPPED'
  )
})
