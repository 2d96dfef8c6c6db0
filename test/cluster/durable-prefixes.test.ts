/** Who is asked whether its disk covers ours: what counts as a yes, and what makes it void. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { DurablePrefixes, type PrefixRound } from '../../src/cluster/durable-prefixes.ts'
import type { Bulk } from '../../src/cluster/wire.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { encodeShort, shortened } from '../../src/crdt/short-context.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica, settle } from './support/replica.ts'

/** Two replicas and the line between them; what is sent may be looked at, or lost. */
async function pair(t: TestContext) {
  const world = new SimulatedWorld({ seed: t.name })
  const [a, b] = [await Replica.boot(world, 'a', 'a.1'), await Replica.boot(world, 'b', 'b.1')]
  const sent: Bulk[] = []
  let isLost = false
  const sides: Record<'a' | 'b', DurablePrefixes> = {
    a: new DurablePrefixes({ store: a.store, clock: a.ports.clock, send: (_, message) => deliver('b', 'a', message) }),
    b: new DurablePrefixes({ store: b.store, clock: b.ports.clock, send: (_, message) => deliver('a', 'b', message) })
  }
  function deliver(to: 'a' | 'b', from: 'a' | 'b', message: Bulk): boolean {
    sent.push(message)
    if (isLost) return true
    if (message.prefixQuery != null) sides[to].receiveQuery(from, message.prefixQuery)
    if (message.prefixReply != null) sides[to].receiveReply(from, message.prefixReply)
    return true
  }
  const ask = (shards: number[]): Promise<PrefixRound> => settle(world, sides.a.ask(shards, new Map([['b', shards]])))
  return { world, a, b, sides, sent, ask, lose: (is: boolean) => (isLost = is) }
}

test('a member with an equal shard confirms by its hash: no context is sent', async t => {
  const { a, b, sent, ask } = await pair(t)
  a.write('k/x', view => view.tags.add('1'))
  await a.save()
  a.pushTo(b, ...a.commits)
  await b.save()
  const round = await ask([0, 1])
  assert.ok(round.has(0, 'b') && round.has(1, 'b'))
  assert.ok(round.asked.get(0)?.equals(a.store.context(0)))
  assert.equal(sent.length, 2)
  assert.ok(sent.every(message => (message.prefixQuery?.prefixes ?? []).every(prefix => prefix.context == null)))
})

test('a member that has more confirms by the context, one that has less does not', async t => {
  const { a, b, ask } = await pair(t)
  a.write('k/x', view => view.tags.add('1'))
  a.write('k/y', view => view.tags.add('1'), 1)
  await a.save()
  a.pushTo(b, ...a.commits.map(commit => ({ ...commit, updates: commit.updates.filter(({ shard }) => shard === 0) })))
  b.write('k/z', view => view.tags.add('2'))
  await b.save()
  const round = await ask([0, 1])
  assert.deepEqual([round.has(0, 'b'), round.has(1, 'b'), round.has(0, 'c')], [true, false, false])
})

test('what is only in a member’s memory is not confirmed', async t => {
  const { world, a, b, sides, sent } = await pair(t)
  a.write('k/x', view => view.tags.add('1'))
  await a.save()
  a.pushTo(b, ...a.commits)
  assert.ok(b.store.context(0).covers(a.store.context(0)))
  sides.b.receiveQuery('a', {
    number: 1,
    prefixes: [{ shard: 0, context: encodeShort(shortened(a.store.context(0))) }]
  })
  assert.deepEqual(sent.at(-1)?.prefixReply?.shards, [])
  await settle(world, b.store.durable())
  sides.b.receiveQuery('a', {
    number: 1,
    prefixes: [{ shard: 0, context: encodeShort(shortened(a.store.context(0))) }]
  })
  assert.deepEqual(sent.at(-1)?.prefixReply?.shards, [0])
})

test('an answer is void when the link it came by has ended, and late answers are none', async t => {
  const { a, b, sides, ask } = await pair(t)
  a.write('k/x', view => view.tags.add('1'))
  await a.save()
  a.pushTo(b, ...a.commits)
  await b.save()
  const round = await ask([0])
  const other = await ask([0])
  other.end()
  sides.a.unlinked('b')
  assert.equal(round.has(0, 'b'), false)
  sides.a.receiveReply('b', { number: 1, shards: [0] })
  assert.equal(round.has(0, 'b'), false)
})

test('who does not answer holds nobody up for long, and confirms nothing', async t => {
  const { a, world, ask, lose } = await pair(t)
  a.write('k/x', view => view.tags.add('1'))
  await a.save()
  lose(true)
  const startMs = world.time.nowMs
  const round = await ask([0])
  assert.equal(round.has(0, 'b'), false)
  assert.ok(world.time.nowMs - startMs < 10_000)
})

test('shards that were not asked about are not confirmed, and another peer cannot answer in its stead', async t => {
  const { world, a, sides, sent, lose } = await pair(t)
  a.write('k/x', view => view.tags.add('1'))
  await a.save()
  lose(true)
  const asked = sides.a.ask([0], new Map([['b', [0]]]))
  const number = sent.at(-1)?.prefixQuery?.number ?? 0
  const isMalformed = (error: unknown) => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
  assert.throws(() => sides.a.receiveReply('c', { number, shards: [0] }), isMalformed)
  sides.a.receiveReply('b', { number, shards: [1, 7, 99_999] })
  const round = await settle(world, asked)
  assert.deepEqual([round.has(0, 'b'), round.has(1, 'b')], [false, false])
})

test('a question about shards that are not here, or none at all, is answered with no', async t => {
  const { sides, sent } = await pair(t)
  sides.b.receiveQuery('a', { number: 5, prefixes: [{ shard: 1 }, { shard: 4096, hash: new Uint8Array(8) }] })
  assert.deepEqual(sent.at(-1)?.prefixReply, { number: 5, shards: [] })
})

test('of a shard that is not believed nothing is confirmed, neither by its hash nor by its context', async t => {
  const { a, b, ask } = await pair(t)
  for (const shard of [0, 1]) a.write('k/x', view => view.tags.add('1'), shard)
  await a.save()
  a.pushTo(b, ...a.commits)
  b.write('k/y', view => view.tags.add('1'), 1)
  await b.save()
  for (const shard of [0, 1, 2]) b.store.suspect(shard)
  const round = await ask([0, 1, 2, 3])
  assert.deepEqual(
    [0, 1, 2, 3].map(shard => round.has(shard, 'b')),
    [false, false, false, true]
  )
})

const seen = (...dots: [origin: string, seq: number][]) =>
  CausalContext.of(dots.map(([origin, seq]) => ({ origin, seq })))

test('who has seen less of an ended life confirms nothing of the shard, and who has seen more is asked in full', async t => {
  const { a, b, sent, ask } = await pair(t)
  const known: [mine: CausalContext, theirs: CausalContext][] = [
    [seen(['z.1', 1], ['z.1', 2], ['z.2', 1]), seen(['z.1', 1], ['z.2', 1], ['z.2', 2])],
    [seen(['z.1', 1], ['z.2', 1]), seen(['z.1', 1], ['z.2', 1], ['z.2', 2])],
    [seen(['z.1', 1], ['z.2', 1]), seen(['z.1', 1], ['z.1', 2], ['z.2', 1])],
    [seen(['z.1', 1], ['z.2', 1]), seen(['z.1', 1], ['z.1', 2])]
  ]
  for (const [shard, [mine, theirs]] of known.entries()) {
    a.store.joining.joinContext(shard, mine)
    b.store.joining.joinContext(shard, theirs)
  }
  await a.save()
  await b.save()
  const round = await ask([3, 1, 0, 2])
  assert.deepEqual(
    [0, 1, 2, 3].map(shard => round.has(shard, 'b')),
    [false, true, true, false]
  )
  const wholes = sent.flatMap(({ prefixQuery }) => prefixQuery?.prefixes ?? []).filter(({ whole }) => whole != null)
  assert.deepEqual(
    wholes.map(({ shard }) => shard),
    [0, 2]
  )
})

test('a question names each shard once, in order, or is malformed: each costs more than its bytes', async t => {
  const { a, sides } = await pair(t)
  a.store.joining.joinContext(0, seen(['z.1', 1], ['z.2', 1], ['z.3', 1]))
  await a.save()
  const context = encodeShort({ last: seen(['z.2', 1]), endedHash: new Uint8Array(16) })
  for (const shards of [
    [0, 0],
    [1, 0]
  ]) {
    const prefixes = shards.map(shard => ({ shard, context }))
    assert.throws(
      () => sides.a.receiveQuery('b', { number: 1, prefixes }),
      error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
    )
  }
})
