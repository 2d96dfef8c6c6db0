/** Catch-up between two stores, with the records between them in the hands of the test. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { CatchUpOptions } from '../../src/cluster/catch-up.ts'
import { indexKey, stateKey } from '../../src/cluster/storage-layout.ts'
import { type Bulk, decodeBulk, encodeBulk } from '../../src/cluster/wire.ts'
import { FragmentWriter } from '../../src/crdt/fragments.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { assertEqual, code, entriesOf, fill, Party, pair, sentNames, step, take } from './support/catch-up-pair.ts'
import { Replica, settle } from './support/replica.ts'

function contextsOf(...shards: number[]): Uint8Array {
  const writer = new FragmentWriter()
  for (const shard of shards) {
    writer.shard(shard)
    writer.context(CausalContext.empty)
  }
  return writer.finish()
}

test('a pull brings everything, and each side what it lacks', async () => {
  const { a, b, pull } = await pair(1)
  a.replica.write('thing/x', view => view.tags.add('from a'))
  a.replica.write('thing/y', view => view.sum.add(3), 2)
  b.replica.write('thing/x', view => view.page.insert(0, 'from b'))
  await a.replica.save()
  await b.replica.save()
  await pull(a, 'b', [0, 1, 2, 3])
  await pull(b, 'a', [0, 1, 2, 3])
  assertEqual(a, b)
  assert.deepEqual(b.replica.value('thing/x'), { tags: ['from a'], sum: 0, page: 'from b' })
})

test('what a pull brought is on disk when it ends', async () => {
  const { a, b, pull, world } = await pair(2)
  await fill(a, 10)
  await pull(b, 'a')
  world.machine('b').kill({ isPowerLoss: true })
  const again = await Replica.boot(world, 'b', 'b.2')
  assert.deepEqual(again.store.root(), a.replica.store.root())
})

test('a second pull of the same sends no actor', async () => {
  const { a, b, pull } = await pair(3)
  await fill(a, 10)
  await pull(b, 'a')
  a.sent.length = 0
  await pull(b, 'a')
  assert.deepEqual(
    a.chunks.flatMap(entriesOf).filter(entry => entry.is === 'fragment'),
    []
  )
})

test('the context grows only with the last entry of a shard, wherever the stream breaks off', async () => {
  for (let cut = 1; cut <= 4; cut++) {
    const { a, b, pull, wire } = await pair(`cut ${cut}`)
    await fill(a, 500)
    wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) < cut
    await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_UNAVAILABLE', `cut ${cut}`)
    assert.ok(b.replica.store.context(0).isEmpty(), `cut ${cut}: it says that it has what never came`)
    wire.pass = () => true
    await pull(b, 'a')
    assertEqual(a, b, `cut ${cut}`)
  }
})

test('a chunk that is missing in the middle ends the stream before anything behind it is joined', async () => {
  const { a, b, pull, wire } = await pair(4)
  await fill(a, 500)
  wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) !== 2
  await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_MALFORMED')
  assert.ok(b.replica.store.context(0).isEmpty())
})

test('a removal that the receiver made between two streams is not undone by the second', async () => {
  const { a, b, pull, wire } = await pair(5)
  await fill(a, 500)
  wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) < 3
  await assert.rejects(pull(b, 'a'))
  const seen = b.replica.value('thing/0').tags
  assert.equal(seen.length, 1, 'the first chunks arrived')
  b.replica.write('thing/0', view => view.tags.remove(seen[0] ?? ''))
  await b.replica.save()
  wire.pass = () => true
  await pull(b, 'a')
  assert.deepEqual(b.replica.value('thing/0').tags, [])
  await pull(a, 'b')
  assertEqual(a, b)
})

test('what the sender has removed is removed, whether or not its addition was known', async () => {
  const { a, b, pull } = await pair(6)
  a.replica.write('thing/x', view => view.tags.add('old'))
  a.replica.write('thing/y', view => view.tags.add('kept'))
  await a.replica.save()
  await pull(b, 'a')
  a.replica.write('thing/x', view => view.tags.remove('old'))
  a.replica.write('thing/z', view => view.tags.add('gone before it was seen'))
  a.replica.write('thing/z', view => view.tags.remove('gone before it was seen'))
  await a.replica.save()
  await pull(b, 'a')
  assert.deepEqual(
    ['x', 'y', 'z'].map(id => b.replica.value(`thing/${id}`).tags),
    [[], ['kept'], []]
  )
  assertEqual(a, b)
})

test('live elements that both have are not taken for removed', async () => {
  const { a, b, pull } = await pair(7)
  a.replica.write('thing/x', view => view.tags.add('both'))
  await a.replica.save()
  await pull(b, 'a')
  a.replica.write('thing/x', view => view.tags.add('new'))
  await a.replica.save()
  await pull(b, 'a')
  assert.deepEqual(b.replica.value('thing/x').tags, ['both', 'new'])
})

test('a full compare mends what contexts do not show', async () => {
  const { a, b, pull, wire } = await pair(8)
  await fill(a, 300)
  wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) < 2
  await assert.rejects(pull(b, 'a'))
  wire.pass = () => true
  // A third replica with b's context, which is empty, lacks what b has of a's beyond it.
  await pull(a, 'b', [0], { full: true })
  await pull(b, 'a', [0], { full: true })
  assert.equal(b.replica.value('thing/299').tags.length, 1)
})

/** Two that are about to catch up: one has nothing, and what it lacks comes by name; or it has more than it lacks. */
async function begun(order: 'by name' | 'by index', seed: string, options: CatchUpOptions) {
  const made = await pair(`${seed} ${order}`, options)
  const { a, b, pull } = made
  if (order === 'by name') return made
  for (let i = 0; i < 800; i++) a.replica.write(`thing/old-${i}`, view => view.tags.add(''))
  await a.replica.save()
  await pull(b, 'a')
  a.sent.length = 0
  b.sent.length = 0
  return made
}

for (const order of ['by name', 'by index'] as const) {
  test(`${order}, a stream that broke off goes on where it had come to`, async () => {
    const { a, b, pull, wire } = await begun(order, 'resume', { chunkBytes: 2000 })
    await fill(a, 300, 100)
    wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) <= 10
    await assert.rejects(pull(b, 'a'))
    const before = sentNames(a, 10).length
    assert.ok(before >= 100 && before < 300, `${before} actors before it broke off`)
    a.sent.length = 0
    wire.pass = () => true
    // Changed meanwhile: before the cursor and after it.
    a.replica.write('thing/0', view => view.tags.add('later'))
    await a.replica.save()
    await pull(b, 'a')
    assert.ok(sentNames(a).length <= 302 - before, `${sentNames(a).length} actors after ${before}`)
    await pull(b, 'a')
    assertEqual(a, b)
  })

  test(`${order}, what changes before the cursor while a stream is interrupted is not claimed when it ends`, async () => {
    const { a, b, pull, wire, world } = await begun(order, 'before the cursor', { chunkBytes: 2000 })
    await fill(a, 300, 100)
    wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) <= 10
    await assert.rejects(pull(b, 'a'))
    wire.pass = () => true
    const asBegun = a.replica.store.context(0)
    // Of an origin whose entries are read before those of the others.
    const early = await Replica.boot(world, 'e', '0.1')
    early.write('thing/0', view => view.tags.add('early'))
    await early.save()
    early.pushTo(a.replica, ...early.commits)
    await a.replica.save()
    await pull(b, 'a')
    assert.ok(b.replica.store.context(0).covers(asBegun), 'what was begun is complete')
    assert.ok(!b.replica.store.context(0).has('0.1', 1) || b.replica.value('thing/0').tags.includes('early'))
    await pull(b, 'a')
    assert.ok(b.replica.value('thing/0').tags.includes('early'))
    assertEqual(a, b)
  })

  test(`${order}, another peer goes on where a stream broke off, if it has what was begun`, async () => {
    const { a, b, pull, wire, world } = await begun(order, 'other source', { chunkBytes: 2000 })
    const c = new Party(await Replica.boot(world, 'c', 'c.1'), 'c', wire, { chunkBytes: 2000 })
    for (const [left, right] of [
      [a, c],
      [b, c]
    ] as const) {
      left.peers.set('c', right)
      right.peers.set(left === a ? 'a' : 'b', left)
    }
    await fill(a, 300, 100)
    await pull(c, 'a')
    a.sent.length = 0
    wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) <= 10
    await assert.rejects(pull(b, 'a'))
    const before = sentNames(a, 10).length
    await pull(b, 'c')
    assert.ok(sentNames(c).length <= 302 - before)
    assertEqual(a, b)
  })

  test(`${order}, a peer that lacks what was begun is not gone on with, and the stream after that begins anew`, async () => {
    const { a, b, pull, wire, world } = await begun(order, 'behind', { chunkBytes: 2000 })
    const before = b.replica.store.context(0)
    const c = new Party(await Replica.boot(world, 'c', 'c.1'), 'c', wire, {})
    b.peers.set('c', c)
    c.peers.set('b', b)
    await fill(a, 300, 100)
    c.replica.write('thing/of-c', view => view.tags.add('c'))
    await c.replica.save()
    wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) <= 10
    await assert.rejects(pull(b, 'a'))
    wire.pass = () => true
    await assert.rejects(pull(b, 'c'), error => code(error) === 'SHOAL_UNAVAILABLE')
    assert.ok(b.replica.store.context(0).equals(before), 'nothing is claimed that never came')
    await pull(b, 'c')
    await pull(b, 'a')
    await pull(a, 'b')
    assertEqual(a, b)
  })

  test(`${order}, a large shard arrives over a link that ends every few chunks`, async () => {
    const { a, b, pull, wire } = await begun(order, 'flapping', { chunkBytes: 2000 })
    await fill(a, 500, 100)
    let chunks = 0
    wire.pass = (record, from) => from !== 'a' || record.chunk == null || chunks++ % 7 < 5
    let pulls = 0
    for (; pulls < 40 && !b.replica.store.context(0).covers(a.replica.store.context(0)); pulls++)
      await pull(b, 'a').catch(() => {})
    assertEqual(a, b, `after ${pulls} pulls`)
    assert.ok(sentNames(a).length < 1500, `${sentNames(a).length} actors were sent`)
  })

  test(`${order}, a stream whose snapshot has grown old goes on with a new one`, async () => {
    const { a, b, pull } = await begun(order, 'old snapshot', { chunkBytes: 2000, maxSnapshotMs: 5 })
    await fill(a, 300, 100)
    await pull(b, 'a')
    const requests = b.sent.filter(record => record.catchUp != null)
    assert.ok(requests.length > 1, 'there was more than one stream')
    assert.ok(sentNames(a).length < 400, `${sentNames(a).length} actors were sent`)
    assertEqual(a, b)
  })
}

test('an actor of several records comes in pieces, and its shard is complete', async () => {
  const { a, b, pull } = await pair('large actor', {}, { maxActorBytes: 16 * 1024 * 1024 })
  const part = 'x'.repeat(4000)
  for (let i = 0; i < 1500; i++) {
    a.replica.write('thing/large', view => view.tags.add(`${i}${part}`))
    if (i % 200 === 199) await a.replica.save()
  }
  a.replica.write('thing/small', view => view.sum.add(1))
  await a.replica.save()
  await pull(b, 'a')
  assert.ok(a.sent.some(record => record.chunk?.more === true))
  assertEqual(a, b)
})

test('pieces without end are refused', async () => {
  const { a, b, wire } = await pair('pieces')
  await fill(a, 1)
  wire.pass = record => record.chunk == null
  const pulled = b.catchUp.pull('a', [0])
  pulled.catch(() => {})
  const session = Number(b.sent[0]?.catchUp?.session)
  const body = new Uint8Array(1024 * 1024)
  for (let number = 1; number <= 33; number++)
    b.receive('a', decodeBulk(encodeBulk({ chunk: { session, number, body, more: true } })))
  await assert.rejects(pulled, error => code(error) === 'SHOAL_MALFORMED')
  assert.deepEqual(b.refused, ['a'], 'its link ends')
})

test('a receiver that takes nothing more does not hold up its sender for ever', async () => {
  const { a, b, wire, world } = await pair('stuck', { chunkBytes: 2000 })
  await fill(a, 300, 100)
  wire.pass = (record, from) => from !== 'b' || record.catchUp != null
  b.catchUp.pull('a', [0]).catch(() => {})
  await world.time.run({ untilMs: world.time.nowMs + 10_000 })
  assert.ok(
    a.sent.some(record => /stalled/.test(record.end?.reason ?? '')),
    'the sender has ended it'
  )
})

test('a shard that the sender cannot speak for fails the pull, and the others come', async () => {
  const { a, b, pull } = await pair('unsound')
  a.replica.write('thing/x', view => view.sum.add(1), 0)
  a.replica.write('thing/y', view => view.sum.add(1), 1)
  await a.replica.save()
  a.isSound = shard => shard !== 0
  await assert.rejects(pull(b, 'a', [0, 1]), error => code(error) === 'SHOAL_UNAVAILABLE')
  assert.equal(b.replica.value('thing/y', 1).sum, 1)
  assert.ok(b.replica.store.context(0).isEmpty())
  a.isSound = () => true
  await pull(b, 'a', [0, 1])
  assertEqual(a, b)
})

test('a shard that has been looked through does not wait for another that has not, unless they are claimed together', async () => {
  const { a, b, world } = await pair('looked through')
  for (const shard of [0, 1, 2]) a.replica.write(`thing/${shard}`, view => view.sum.add(1), shard)
  await a.replica.save()
  const { trust } = b.replica.store
  for (const shard of [1, 2]) trust.suspect(shard)
  const sums = () => [0, 1, 2].map(shard => b.replica.value(`thing/${shard}`, shard).sum)
  const pulling = b.catchUp.pull('a', [0, 1, 2])
  const claimed = b.catchUp.pull('a', [0, 1, 2], { claim: true })
  await world.time.run({ untilMs: world.time.nowMs + 500 })
  assert.deepEqual(sums(), [1, 0, 0])
  trust.trust(2)
  await world.time.run({ untilMs: world.time.nowMs + 500 })
  assert.deepEqual(sums(), [1, 0, 0], 'those that are left are looked through in the order in which they are wanted')
  assert.ok(!a.asked.some(({ shard }) => shard === 1))
  trust.trust(1)
  await settle(world, Promise.all([pulling, claimed]))
  assert.deepEqual(sums(), [1, 1, 1])
})

test('what is abandoned under way does not make the context grow', async () => {
  const { a, b, pull, world } = await pair('abandoned', { chunkBytes: 2000 })
  await fill(a, 300, 100)
  const pulled = b.catchUp.pull('a', [0])
  pulled.catch(() => {})
  await world.time.run({ untilMs: world.time.nowMs + 8 })
  b.catchUp.abandon(0)
  await assert.rejects(settle(world, pulled))
  assert.ok(b.replica.store.context(0).isEmpty())
  await pull(b, 'a')
  assertEqual(a, b)
})

test('what is under way when a shard is dropped leaves nothing for when it is stored again', async () => {
  const { world, wire, a, b, pull } = await pair('stored again', { chunkBytes: 2000 })
  for (const party of [a, b]) {
    party.replica.store.host(5)
    await party.replica.save()
    party.replica.store.trust.watch({ work() {}, doubted: shard => party.catchUp.abandon(shard) })
  }
  const names = Array.from({ length: 40 }, (_, i) => `thing/${i}`)
  for (const name of names) a.replica.write(name, view => view.tags.add(name.padEnd(500, '.')), 5)
  await a.replica.save()
  let chunks = 0
  wire.pass = ({ chunk }, from) => !(from === 'a' && chunk != null && ++chunks > 4)
  const broken = b.catchUp.pull('a', [5]).catch(() => {})
  while (chunks < 4) await world.time.run({ untilMs: world.time.nowMs + 1 })
  await world.time.run({ untilMs: world.time.nowMs + 20 })
  assert.equal(await settle(world, b.replica.store.removal.drop(5, b.replica.store.durableShard(5).version)), true)
  await settle(world, broken)
  wire.pass = () => true
  b.replica.store.host(5)
  await b.replica.save()
  await pull(b, 'a', [5])
  assert.deepEqual(
    names.filter(name => b.replica.value(name, 5).tags.length === 0),
    []
  )
  assertEqual(a, b)
})

test('a pull of many shards with long contexts is made in several records', async () => {
  const { a, b, pull } = await pair(9)
  const seqs = Array.from({ length: 150_000 }, (_, i) => 2 * i + 1)
  const context = CausalContext.of(seqs.map(seq => ({ origin: 'long-gone.1', seq })))
  for (const shard of [0, 1, 2, 3]) b.replica.store.joining.joinContext(shard, context)
  await b.replica.save()
  await fill(a, 1)
  await pull(b, 'a', [0, 1, 2, 3])
  const requests = b.sent.filter(record => record.catchUp != null)
  assert.ok(requests.length >= 2, `${requests.length} records`)
  assert.equal(b.replica.value('thing/0').tags.length, 1)
})

test('a stream brings nothing that a crash of its sender may take back', async () => {
  for (let seed = 0; seed < 100; seed++) {
    const { a, b, world } = await pair(`unsynced ${seed}`)
    a.replica.write('thing/x', view => view.tags.add('synced'))
    await a.replica.save()
    world.machine('a').disk.conditions.writeMs = { min: 20, max: 20 }
    // One commit after the other, so that there is always one on its way.
    for (let i = 0; i < 10; i++) {
      a.replica.write('thing/x', view => view.tags.add(`${i}`))
      if (i === 5) b.catchUp.pull('a', [0]).catch(() => {})
      await world.time.run({ untilMs: world.time.nowMs + 1.7 })
    }
    world.machine('a').kill({ isPowerLoss: true })
    const again = await Replica.boot(world, 'a', 'a.2')
    assert.ok(again.store.context(0).covers(b.replica.store.context(0)), `seed ${seed}`)
  }
})

test('a claim waits until the other has let go, and brings what it did last', async () => {
  const { a, b, pull } = await pair(10)
  await fill(a, 3)
  a.seal = async () => {
    a.replica.write('thing/last', view => view.sum.add(7))
  }
  await pull(b, 'a', [0], { claim: true })
  assert.equal(b.replica.value('thing/last').sum, 7)
})

test('a claim that is refused says so', async () => {
  const { a, b, pull } = await pair(11)
  a.seal = () => Promise.reject(new ShoalError('SHOAL_NOT_OWNER', 'mine', { retryable: true }))
  await assert.rejects(pull(b, 'a', [0], { claim: true }), error => code(error) === 'SHOAL_NOT_OWNER')
  await pull(b, 'a', [0])
})

test('in a large cluster a claim says its members by a hash, and by name only where the other knows of others', async () => {
  const { a, b, pull } = await pair('a large cluster')
  await fill(a, 3)
  const granted: number[] = []
  let known = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  a.table = () => ({ hash: known, isLarge: true })
  b.table = () => ({ hash: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8), isLarge: true })
  a.seal = async members => {
    granted.push(members.length)
  }
  const claims = () => b.sent.flatMap(({ catchUp }) => (catchUp == null ? [] : [catchUp.members?.length ?? 0]))
  await pull(b, 'a', [0], { claim: true })
  assert.deepEqual([claims(), granted, b.told.length], [[0], [0], 0], 'tables are equal: no record is told')
  known = new Uint8Array(8)
  await pull(b, 'a', [0], { claim: true })
  assert.deepEqual(claims(), [0, 0, 1], 'it is asked again')
  assert.deepEqual(granted, [0, 1], 'nothing is let go before the members of the claim are known')
  assert.equal(b.told.length, 2, 'the refusal and the grant tell the members of the other')
  a.seal = async members => {
    granted.push(members.length)
    if (members.length > 0) known = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8)
  }
  await pull(b, 'a', [0], { claim: true })
  assert.deepEqual([claims(), granted, b.told.length], [[0, 0, 1, 0, 1], [0, 1, 1], 3], 'tables have become equal')
  a.seal = async () => {
    known = new Uint8Array(8)
  }
  await pull(b, 'a', [0], { claim: true })
  assert.equal(b.told.length, 4, 'what the other learned before it granted is told')
  a.seal = () => Promise.reject(new ShoalError('SHOAL_NOT_OWNER', 'mine', { retryable: true }))
  b.sent.length = 0
  await assert.rejects(pull(b, 'a', [0], { claim: true }), error => code(error) === 'SHOAL_NOT_OWNER')
  assert.deepEqual(claims(), [0, 1], 'it is asked twice, and no more')
})

test('a claim that says nothing of its members is refused', async () => {
  const { a, b, world } = await pair('no members')
  let isLetGo = false
  a.seal = async () => {
    isLetGo = true
  }
  a.receiveForged('b', { catchUp: { session: 1, claim: true, shards: [{ shard: 0 }], contexts: contextsOf(0) } })
  await world.time.run({ untilMs: world.time.nowMs + 100 })
  assert.ok(!isLetGo)
  const [end] = a.sent.flatMap(record => (record.end == null ? [] : [record.end]))
  assert.equal(end?.members?.length, 1)
  assert.ok(b.replica.store.context(0).isEmpty())
})

test('a peer that ends, falls silent or is gone ends the pull, and a link that ends both sides', async () => {
  const { a, b, pull, wire, world } = await pair(12)
  await fill(a, 500)
  b.peers.clear()
  await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_UNAVAILABLE')
  b.peers.set('a', a)
  wire.pass = () => false
  const startMs = world.time.nowMs
  await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_UNAVAILABLE')
  assert.ok(world.time.nowMs - startMs <= 5100)
  wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) < 2
  const broken = b.catchUp.pull('a', [0])
  broken.catch(() => {})
  await world.time.run({ untilMs: world.time.nowMs + 100 })
  a.catchUp.unlinked('b')
  b.catchUp.unlinked('a')
  await assert.rejects(settle(world, broken), error => code(error) === 'SHOAL_UNAVAILABLE')
  wire.pass = () => true
  await pull(b, 'a')
  assertEqual(a, b)
})

test('one peer gets so many streams and no more, and gets more when it has given the old ones up', async () => {
  const { a, b, pull, wire, world } = await pair(13, { maxStreamsPerPeer: 2 })
  await fill(a, 500)
  wire.pass = (record, from) => from !== 'b' || record.chunkTaken == null
  const stuck = [b.catchUp.pull('a', [0]), b.catchUp.pull('a', [0])]
  for (const one of stuck) one.catch(() => {})
  await world.time.run({ untilMs: world.time.nowMs + 100 })
  await assert.rejects(pull(b, 'a'), error => code(error) === 'SHOAL_UNAVAILABLE' && /busy/.test(String(error)))
  wire.pass = () => true
  await world.time.run({ untilMs: world.time.nowMs + 15_000 })
  await pull(b, 'a')
  assertEqual(a, b)
})

test('malformed requests and chunks are refused, and change nothing', async () => {
  const { a, b } = await pair(14)
  await fill(a, 2)
  const root = a.replica.store.root()
  const bad: Bulk[] = [
    { catchUp: { session: 1, shards: [{ shard: 64 }], contexts: contextsOf(64) } },
    { catchUp: { session: 1, shards: [{ shard: 0 }], contexts: contextsOf() } },
    { catchUp: { session: 1, shards: [{ shard: 0 }], contexts: contextsOf(0, 0) } },
    { catchUp: { session: 1, shards: Array.from({ length: 5 }, () => ({ shard: 0 })), contexts: contextsOf(0) } },
    { catchUp: { session: 1, shards: [{ shard: 0 }], contexts: Uint8Array.of(255, 255, 255) } },
    { rangeQuery: { session: 1, shard: 0, ranges: [] } },
    { rangeQuery: { session: 1, shard: 0, ranges: Array.from({ length: 33 }, () => ({})) } },
    { rangeQuery: { session: 1, shard: 64, ranges: [{}] } }
  ]
  for (const message of bad) {
    assert.throws(
      () => a.catchUp.receive('b', decodeBulk(encodeBulk(message))),
      error => code(error) === 'SHOAL_MALFORMED'
    )
  }
  a.catchUp.receive('b', decodeBulk(encodeBulk({ chunk: { session: 77, number: 1, last: true } })))
  a.catchUp.receive('b', decodeBulk(encodeBulk({ chunkTaken: { session: 77, number: 1 } })))
  a.catchUp.receive('b', decodeBulk(encodeBulk({ end: { session: 77, reason: 'x' } })))
  assert.deepEqual(a.replica.store.root(), root)
  assert.equal(b.sent.length, 0)
})

test('whatever was written and lost on the way, two pulls make two replicas equal', async () => {
  const steps = fc.record({
    ...step,
    actor: fc.constantFrom('thing/x', 'thing/y', 'thing/z'),
    next: fc.constantFrom('push', 'lose', 'pull', 'break off')
  })
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(steps, { maxLength: 25 }), async (seed, steps) => {
      const two = await pair(seed)
      const { a, b, pull } = two
      for (const one of steps) await take(two, one)
      await pull(a, 'b')
      await pull(b, 'a')
      assertEqual(a, b)
      for (const actor of ['thing/x', 'thing/y', 'thing/z'])
        assert.deepEqual(a.replica.value(actor), b.replica.value(actor))
      assert.ok(a.replica.store.context(0).equals(b.replica.store.context(0)))
    }),
    { numRuns: 60 }
  )
})

test('an update that the index of its sender has lost under way is not taken for removed, but compared for at once', async () => {
  const { world, a, b, pull } = await pair('lost entry')
  a.replica.write('thing/x', view => view.tags.add('old'))
  await a.replica.save()
  await pull(b, 'a')
  a.replica.write('thing/x', view => view.tags.add('new'))
  await a.replica.save()
  await settle(world, a.replica.ports.disk.write([{ type: 'del', key: indexKey(0, 'a.1', 2) }]))
  await pull(b, 'a')
  assert.deepEqual(b.replica.value('thing/x').tags, ['new', 'old'])
  b.replica.write('thing/x', view => view.tags.add('more'))
  await b.replica.save()
  await pull(a, 'b')
  assert.deepEqual(a.replica.value('thing/x').tags, ['more', 'new', 'old'])
})

test('where nothing was lost no stream ends in a compare', async () => {
  const { a, b, pull } = await pair('nothing lost')
  for (let round = 0; round < 5; round++) {
    await fill(a, 20)
    b.replica.write('thing/3', view => view.tags.add(`${round}`))
    a.replica.write(`thing/${round}`, view => view.tags.remove(view.tags.values()[0] ?? ''))
    await b.replica.save()
    await a.replica.save()
    await pull(a, 'b')
    await pull(b, 'a')
  }
  assertEqual(a, b)
  assert.ok(![...a.sent, ...b.sent].some(({ rangeQuery }) => rangeQuery != null))
})

test('a record that is lost puts its own shard under suspicion, and no other of the stream', async () => {
  const { world, a, b, pull } = await pair('one of four', {}, { maxCachedActors: 0 })
  for (let shard = 0; shard < 4; shard++) a.replica.write(`thing/${shard}`, view => view.tags.add('t'), shard)
  await a.replica.save()
  a.replica.store.passivate(() => 0)
  await settle(world, a.replica.ports.disk.write([{ type: 'del', key: stateKey(3, 'thing/3') }]))
  await assert.rejects(pull(b, 'a', [0, 1, 2, 3]))
  assert.deepEqual(
    [0, 1, 2, 3].map(shard => a.replica.store.isVerified(shard)),
    [true, true, true, false]
  )
})
