/** Full compares between two stores: by ranges of names, with absence as information, and with news arriving meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { bytesOfSums, noSum } from '../../src/cluster/range-sums.ts'
import { emptyState } from '../../src/crdt/index.ts'
import { assertEqual, code, entriesOf, fill, type Party, pair, sentNames, step, take } from './support/catch-up-pair.ts'
import { settle } from './support/replica.ts'

const full = { full: true }

/** Removed everything in the actor, and forgot it: every replica is said to have it. */
async function drop(party: Party, actor: string): Promise<void> {
  const { store } = party.replica
  party.replica.write(actor, view => {
    for (const tag of view.tags.values()) view.tags.remove(tag)
  })
  await party.replica.save()
  assert.equal(store.removed.forget(0, actor, store.context(0)), 'forgotten')
  await party.replica.save()
}

function absentNames(party: Party): string[] {
  return party.chunks.flatMap(entriesOf).flatMap(entry => (entry.is === 'absent' ? [entry.name] : []))
}

test('of two large replicas only the actors that differ are sent', async () => {
  const { a, b, pull } = await pair('few differ')
  await fill(a, 1000, 20)
  await pull(b, 'a')
  a.sent.length = 0
  for (const i of [3, 500, 501]) a.replica.write(`thing/${i}`, view => view.tags.add('more'))
  await a.replica.save()
  await pull(b, 'a', [0], full)
  assert.deepEqual(sentNames(a).sort(), ['thing/3', 'thing/500', 'thing/501'])
  assertEqual(a, b)
  const answers = a.sent.filter(record => record.rangeAnswer != null)
  assert.ok(answers.length <= 4, `${answers.length} answers`)
})

test('equal replicas are found equal by one answer', async () => {
  const { a, b, pull } = await pair('equal')
  await fill(a, 300, 20)
  await pull(b, 'a')
  a.sent.length = 0
  await pull(b, 'a', [0], full)
  assert.equal(a.sent.length, 1)
})

test('who does not cover the floor compares in full, and what the other has dropped is removed', async () => {
  const { a, b, pull } = await pair('floor')
  await fill(a, 100, 20)
  await pull(b, 'a')
  a.replica.write('thing/new', view => view.tags.add('new'))
  await drop(a, 'thing/7')
  await drop(a, 'thing/42')
  assert.ok(!a.replica.store.floor(0).isEmpty())
  a.sent.length = 0
  await pull(b, 'a')
  assert.deepEqual(b.replica.value('thing/7').tags, [])
  assert.deepEqual(b.replica.value('thing/42').tags, [])
  assert.deepEqual(b.replica.value('thing/new').tags, ['new'])
  assert.deepEqual(absentNames(a).sort(), ['thing/42', 'thing/7'])
  assert.deepEqual(sentNames(a), ['thing/new'])
  assertEqual(a, b)
  assert.ok(b.replica.store.floor(0).covers(a.replica.store.floor(0)), 'others cannot learn by its index either')
})

test('a bare replica takes everything in one stream, floor or not, and goes on where it broke off', async () => {
  const { a, b, pull, wire } = await pair('bare', { chunkBytes: 2000 })
  await fill(a, 300, 100)
  await drop(a, 'thing/7')
  wire.pass = (record, from) => from !== 'a' || record.chunk == null || Number(record.chunk.number) <= 10
  await assert.rejects(pull(b, 'a'))
  const before = sentNames(a, 10).length
  assert.ok(before > 0 && before < 299)
  a.sent.length = 0
  wire.pass = () => true
  await pull(b, 'a')
  assert.ok(sentNames(a).length <= 299 - before, `${sentNames(a).length} after ${before}`)
  assertEqual(a, b)
})

test('what arrives while a shard is compared, and was removed at the other, does not come back', async () => {
  const { a, b, pull, world } = await pair('late')
  a.replica.write('thing/gone', view => view.tags.add('gone'))
  await a.replica.save()
  const late = a.replica.commits.slice()
  await fill(a, 200, 20)
  await drop(a, 'thing/gone')
  b.replica.write('thing/own', view => view.tags.add('own'))
  await b.replica.save()
  const pulled = b.catchUp.pull('a', [0])
  pulled.catch(() => {})
  // The sums of all ranges have come and gone; a push that was long on its way arrives at last.
  await world.time.run({ condition: () => sentNames(a).length > 0, untilMs: world.time.nowMs + 1000 })
  a.replica.pushTo(b.replica, ...late)
  assert.deepEqual(b.replica.value('thing/gone').tags, ['gone'])
  await settle(world, pulled)
  assert.deepEqual(b.replica.value('thing/gone').tags, [])
  assert.ok(absentNames(a).includes('thing/gone'))
  await pull(a, 'b')
  assertEqual(a, b)
})

test('what one of two replicas with equal contexts has lost is given back', async () => {
  const { a, b, pull } = await pair('lost')
  for (const actor of ['thing/x', 'thing/y']) {
    a.replica.write(actor, view => view.tags.add('one'))
    a.replica.write(actor, view => view.tags.add('two'))
  }
  await a.replica.save()
  await pull(b, 'a')
  // A bug, or a disk that lies so well that no check sees it.
  const { store } = b.replica
  store.writing.reform(store.actor(0, 'thing/x'), emptyState, true)
  await b.replica.save()
  const other = a.replica.store
  other.writing.reform(other.actor(0, 'thing/y'), emptyState, true)
  await a.replica.save()
  assert.ok(store.context(0).equals(other.context(0)))
  await pull(a, 'b', [0], { full: true, keepsBoth: true })
  await pull(b, 'a', [0], { full: true, keepsBoth: true })
  for (const party of [a, b])
    for (const actor of ['thing/x', 'thing/y']) assert.deepEqual(party.replica.value(actor).tags, ['one', 'two'], actor)
  assertEqual(a, b)
})

test('where contexts are not equal, a removal is a removal', async () => {
  const { a, b, pull } = await pair('removal')
  a.replica.write('thing/x', view => view.tags.add('one'))
  await a.replica.save()
  await pull(b, 'a')
  b.replica.write('thing/x', view => view.tags.remove('one'))
  await b.replica.save()
  await pull(a, 'b', [0], { full: true, keepsBoth: true })
  assert.deepEqual(a.replica.value('thing/x').tags, [])
  assertEqual(a, b)
})

test('ranges that a peer makes up are refused, and end the compare', async () => {
  const sums = bytesOfSums([noSum, noSum])
  const lies = [
    [{ cuts: ['thing/5'], sums: bytesOfSums([noSum]) }],
    [{ cuts: ['thing/5', 'thing/4'], sums: bytesOfSums([noSum, noSum, noSum]) }],
    [{ cuts: ['thing/5', 'thing/5'], sums: bytesOfSums([noSum, noSum, noSum]) }],
    [{ actors: ['thing/5', 'thing/4'], sums }],
    [{ actors: ['no name', 'thing/4'], sums }],
    [],
    [{ actors: ['thing/5'], sums: bytesOfSums([noSum]) }, { actors: [] }]
  ]
  for (const [i, ranges] of lies.entries()) {
    const { a, b, wire, world, pull } = await pair(`lies ${i}`)
    await fill(b, 100, 20)
    wire.pass = record => {
      if (record.rangeQuery == null) return true
      const { session } = record.rangeQuery
      b.replica.ports.clock.after(1, () => b.receiveForged('a', { rangeAnswer: { session: session ?? 0, ranges } }))
      return false
    }
    await assert.rejects(pull(b, 'a', [0], full), error => code(error) === 'SHOAL_MALFORMED', `lie ${i}`)
    assert.ok(a.replica.store.context(0).isEmpty())
    await world.time.run({ untilMs: world.time.nowMs + 100 })
  }
})

test('a cut that is no smaller than its range is refused', async () => {
  const { b, wire, pull } = await pair('no smaller')
  await fill(b, 100, 20)
  let queries = 0
  wire.pass = record => {
    if (record.rangeQuery == null) return true
    const session = record.rangeQuery.session ?? 0
    const ranges = record.rangeQuery.ranges ?? []
    queries++
    // The whole range again, as if it had been cut.
    const cut = ranges[0]?.from || 'a/a'
    const answer = { cuts: [cut], sums: bytesOfSums([noSum, 'ffffffffffffffff']) }
    b.replica.ports.clock.after(1, () =>
      b.receiveForged('a', { rangeAnswer: { session, ranges: ranges.map(() => answer) } })
    )
    return false
  }
  await assert.rejects(pull(b, 'a', [0], full), error => code(error) === 'SHOAL_MALFORMED')
  assert.ok(queries <= 3, `${queries} queries`)
})

test('all answers of one compare are of one snapshot, until it is over or has lasted too long', async () => {
  const { a, world } = await pair('one snapshot', { maxSnapshotMs: 1000 })
  await fill(a, 10)
  /** Nothing where it is the one that was told first. */
  const contextAfter = async (query: { compare: number; over?: boolean }) => {
    a.sent.length = 0
    a.receiveForged('b', { rangeQuery: { session: 1, shard: 0, ranges: [{}], ...query } })
    await world.time.run({ untilMs: world.time.nowMs + 100 })
    return a.sent[0]?.rangeAnswer?.context
  }
  const first = await contextAfter({ compare: 7 })
  assert.ok((first?.length ?? 0) > 0)
  a.replica.write('thing/new', view => view.sum.add(1))
  await a.replica.save()
  assert.equal((await contextAfter({ compare: 7 }))?.length, 0)
  assert.equal(a.sent[0]?.rangeAnswer?.same, true)
  assert.notDeepEqual(await contextAfter({ compare: 8 }), first)
  assert.equal(await contextAfter({ compare: 7, over: true }), undefined)
  const seventh = await contextAfter({ compare: 7 })
  assert.ok((seventh?.length ?? 0) > 0, 'it is gone')
  assert.notDeepEqual(seventh, first, 'it is gone')
  assert.equal((await contextAfter({ compare: 8 }))?.length, 0)
  a.replica.write('thing/newer', view => view.sum.add(1))
  await a.replica.save()
  await world.time.run({ untilMs: world.time.nowMs + 5000 })
  assert.ok(((await contextAfter({ compare: 8 }))?.length ?? 0) > 0, 'it was held long enough')
})

test('a compare whose snapshot the peer has let go of ends, and is right when it is made again', async () => {
  const { a, b, wire, pull } = await pair('let go')
  await fill(a, 200, 20)
  await pull(b, 'a')
  for (const i of [3, 90, 150]) a.replica.write(`thing/${i}`, view => view.tags.add('more'))
  await a.replica.save()
  let queries = 0
  wire.pass = record => {
    if (record.rangeQuery != null && ++queries === 2) {
      a.replica.write('thing/4', view => view.tags.add('later'))
      a.catchUp.abandon(0)
    }
    return true
  }
  await assert.rejects(
    (async () => {
      const pulled = b.catchUp.pull('a', [0], full)
      await settle(b.replica.world, pulled)
    })(),
    error => code(error) === 'SHOAL_UNAVAILABLE'
  )
  await pull(b, 'a', [0], full)
  assertEqual(a, b)
})

test('one peer has so many queries answered at a time and no more', async () => {
  const { a, b } = await pair('queries')
  await fill(a, 10)
  for (let session = 1; session <= 20; session++)
    a.receiveForged('b', { rangeQuery: { session, shard: 0, compare: session, ranges: [{}] } })
  const refused = a.sent.filter(record => /busy/.test(record.rangeAnswer?.refused ?? ''))
  assert.equal(refused.length, 16)
  assert.equal(b.sent.length, 0)
})

test('whatever was written, lost, removed and dropped, full compares make two replicas equal', async () => {
  const steps = fc.record({
    ...step,
    actor: fc.integer({ min: 0, max: 60 }).map(i => `thing/${i}`),
    next: fc.constantFrom('push', 'lose', 'lose', 'pull', 'compare', 'break off', 'drop')
  })
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(steps, { maxLength: 60 }), async (seed, steps) => {
      const two = await pair(seed)
      const { a, b, pull } = two
      for (const one of steps) {
        const { here, there } = await take(two, one)
        if (one.next === 'compare') await pull(there, one.by, [0], full)
        if (one.next === 'drop') {
          // Only what both have on their disks may be dropped.
          await there.replica.save()
          const both = here.replica.store.context(0)
          const stable = both.minus(both.minus(there.replica.store.context(0)))
          here.replica.store.removed.forget(0, one.actor, stable)
          await here.replica.save()
        }
      }
      await pull(a, 'b', [0], full)
      await pull(b, 'a', [0], full)
      assertEqual(a, b)
      for (let i = 0; i <= 60; i++) assert.deepEqual(a.replica.value(`thing/${i}`), b.replica.value(`thing/${i}`))
      assert.ok(a.replica.store.context(0).equals(b.replica.store.context(0)))
    }),
    { numRuns: 60 }
  )
})
