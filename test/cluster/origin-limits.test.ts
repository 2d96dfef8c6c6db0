/** A shard names a limited number of writers: what goes beyond is refused whole, and nobody's updates are lost or half taken. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { checkOrigins, maxOrigins } from '../../src/cluster/origin-limits.ts'
import { contextFrom } from '../../src/cluster/wire.ts'
import { CausalContext, emptyState } from '../../src/crdt/index.ts'
import { maxRecordBytes } from '../../src/ports/network.ts'
import { SimulatedWorld } from '../../src/simulation/world.ts'
import { Replica } from './support/replica.ts'

const actor = 'thing/x'

/** As long as real ones. */
function strangers(count: number, from = 0): CausalContext {
  const name = (at: number) => `stranger${String(at).padStart(4, '0').slice(-4)}.${String(at).padStart(22, '0')}`
  return CausalContext.of(Array.from({ length: count }, (_, at) => ({ origin: name(from + at), seq: 2 ** 40 + at })))
}

function code(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}

const malformed = (error: unknown) => code(error) === 'SHOAL_MALFORMED'
const full = (error: unknown) => isShoalError(error) && error.code === 'SHOAL_LIMIT' && error.retryable

test('a context of as many origins as may be goes into a record twice, and one of more is not well-formed', () => {
  const bytes = strangers(maxOrigins).encode()
  assert.ok(2 * bytes.length + 512 * 1024 < maxRecordBytes, `${bytes.length} bytes`)
  assert.equal(contextFrom(bytes).origins().length, maxOrigins)
  const more = strangers(maxOrigins + 1)
  assert.throws(() => contextFrom(more.encode()), malformed)
  assert.throws(() => checkOrigins(more), malformed)
})

test('a shard that names as many writers as it may takes no stranger more, goes on for all others, and refuses fresh lives', async () => {
  const world = new SimulatedWorld({ seed: 1 })
  const a = await Replica.boot(world, 'a', 'a.1')
  const b = await Replica.boot(world, 'b', 'b.1')
  for (const replica of [a, b]) {
    replica.write(actor, view => view.tags.add(replica.store.origin))
    await replica.save()
  }
  b.pushTo(a, ...b.commits.splice(0))
  a.store.joining.joinContext(0, strangers(maxOrigins - 2))
  const before = a.store.context(0)
  assert.equal(before.origins().length, maxOrigins)
  assert.throws(() => a.store.joining.joinContext(0, strangers(10, maxOrigins)), full)
  const stranger = CausalContext.empty.with('c.1', 1)
  const delta = { state: emptyState, context: stranger }
  assert.throws(() => a.store.joining.joinBatch(0, 'c.1', stranger, [{ actor, seq: 1, after: 0, delta }]), full)
  assert.equal(a.store.context(0), before, 'nothing of it was taken')
  b.write(actor, view => view.tags.add('more'))
  await b.save()
  b.pushTo(a, ...b.commits.splice(0))
  a.write(actor, view => view.sum.add(1))
  await a.save()
  assert.deepEqual(a.value(actor), { tags: ['a.1', 'b.1', 'more'], sum: 1, page: '' })
  assert.deepEqual(a.failures, [])
})

test('a fresh life is refused its first write while there still is room for those of others who know no better', async () => {
  const world = new SimulatedWorld({ seed: 2 })
  const [a, b] = [await Replica.boot(world, 'a', 'a.1'), await Replica.boot(world, 'b', 'b.1')]
  b.write(actor, view => view.tags.add('tea'))
  await b.save()
  a.store.joining.joinContext(0, strangers(maxOrigins - 1024))
  assert.throws(
    () => a.write(actor, view => view.tags.add('late')),
    error => code(error) === 'SHOAL_LIMIT'
  )
  assert.equal(a.store.context(0).next('a.1'), 1, 'no seq was drawn')
  a.write(actor, view => view.tags.add('elsewhere'), 1)
  b.pushTo(a, ...b.commits)
  assert.deepEqual(a.value(actor).tags, ['tea'])
})

test('gaps between the updates of one origin are limited, and close', async () => {
  const a = await Replica.boot(new SimulatedWorld({ seed: 3 }), 'a', 'a.1')
  const push = (seq: number) => {
    const seqs = CausalContext.empty.with('b.1', seq)
    a.store.joining.joinBatch(0, 'b.1', seqs, [{ actor, seq, after: 0, delta: { state: emptyState, context: seqs } }])
  }
  const every = CausalContext.of(Array.from({ length: 16_384 }, (_, at) => ({ origin: 'b.1', seq: 2 * at + 1 })))
  a.store.joining.joinContext(0, every)
  assert.throws(() => push(40_001), full)
  push(2)
  push(40_001)
  assert.throws(() => push(40_003), full)
})

test('an actor remembers dots of a limited number of origins for what may come, and a batch past that is refused whole', async () => {
  const a = await Replica.boot(new SimulatedWorld({ seed: 4 }), 'a', 'a.1')
  const push = (seq: number, removed: CausalContext) => {
    const seqs = CausalContext.empty.with('b.1', seq)
    const first = { actor: 'thing/first', seq, after: 0, delta: { state: emptyState, context: seqs } }
    const second = { actor, seq, after: 0, delta: { state: emptyState, context: seqs.union(removed) } }
    a.store.joining.joinBatch(0, 'b.1', seqs, [first, second])
  }
  push(1, strangers(maxOrigins))
  const index = a.store.actor(0, 'thing/first').index
  assert.throws(() => push(2, strangers(5, maxOrigins)), full)
  assert.equal(a.store.actor(0, 'thing/first').index, index, 'not half of it')
  assert.equal(a.store.context(0).next('b.1'), 2)
  push(2, CausalContext.empty)
  await a.save()
})
