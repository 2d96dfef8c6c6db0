/** Batches of deltas: what is shared is said once, and what comes out is what went in. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { encodeWithOrigins } from '../../src/crdt/codec.ts'
import {
  type Batch,
  type BatchUpdate,
  CausalContext,
  type Delta,
  decodeBatch,
  emptyState,
  encodeBatch,
  encodeDelta,
  joinDeltas,
  lwwRegister,
  maxBatchUpdates,
  openView,
  orMap,
  orSet,
  pnCounter,
  Transaction,
  type View
} from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { anySpecs } from './support/fields.ts'
import { anySteps, runHistory } from './support/history.ts'
import { holds } from './support/profile.ts'

function ofOrigin(context: CausalContext, origin: string): CausalContext {
  return context.minus(context.minus(CausalContext.fromSpans([[origin, [1, Number.MAX_SAFE_INTEGER]]])))
}

function show({ origin, updates }: Batch) {
  return {
    origin,
    updates: updates.map(({ shard, name, seqs, after, delta }) => ({
      shard,
      name,
      seqs: [...seqs.intervals(origin)],
      after,
      context: delta.context.encode(),
      delta: encodeDelta(delta)
    }))
  }
}

const anyName = fc.oneof(
  fc.constantFrom('a', 'counter/a', 'counter/ab', 'counter/abc', 'counter/é', 'counter/è', 'counter/𝒳', 'counter/𝒴'),
  fc.constantFrom('a', 'b', 'ba').map(end => 'x'.repeat(70) + end),
  fc.string({ minLength: 1, maxLength: 80, unit: 'grapheme' }).filter(name => name.isWellFormed())
)

/** Deltas of real histories, as updates of the replica that wrote some of them, and as repeats. */
const anyBatch: fc.Arbitrary<Batch> = fc
  .record({
    specs: anySpecs,
    steps: anySteps(10),
    origin: fc.constantFrom('node-0.01', 'node-1.01', 'node-2.01', 'node-9.01'),
    places: fc.array(fc.tuple(fc.nat(3), anyName, fc.boolean(), fc.nat(10)), { minLength: 1, maxLength: 10 })
  })
  .map(({ specs, steps, origin, places }) => {
    const { deltas } = runHistory(specs, steps)
    const updates = new Map<string, BatchUpdate>()
    for (const [i, [shard, name, isRepeat, before]] of places.entries()) {
      // Several to one actor, joined while they waited, have gaps between their seqs.
      const some = deltas.filter((_, at) => at % places.length === i || at % 3 === i % 3)
      const delta: Delta = some
        .slice(1)
        .reduce(joinDeltas, some[0] ?? { state: emptyState, context: CausalContext.empty })
      const seqs = isRepeat ? CausalContext.empty : ofOrigin(delta.context, origin)
      const after = Math.max(0, Math.min(seqs.next(origin) - 2, before))
      updates.set(`${shard} ${seqs.isEmpty()} ${name}`, { shard: shard * 100, name, seqs, after, delta })
    }
    return { origin, updates: [...updates.values()] }
  })

test('what comes out of a batch is what went in, in the order of shards and names', () => {
  const property = fc.property(anyBatch, batch => {
    const bytes = encodeBatch(batch)
    const again = decodeBatch(bytes)
    const sorted = batch.updates.toSorted(
      (a, b) =>
        a.shard - b.shard ||
        Number(a.seqs.isEmpty()) - Number(b.seqs.isEmpty()) ||
        (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
    )
    assert.deepEqual(show(again), show({ ...batch, updates: sorted }))
    assert.deepEqual(encodeBatch(again), bytes)
    assert.deepEqual(encodeBatch({ ...batch, updates: batch.updates.toReversed() }), bytes, 'in any order')
  })
  holds(300, property)
})

function decodeOrRefuse(bytes: Uint8Array): Batch | undefined {
  try {
    return decodeBatch(bytes)
  } catch (error) {
    assert.ok(isShoalError(error) && error.code === 'SHOAL_MALFORMED', String(error))
    return undefined
  }
}

test('every truncation and every flipped bit of a batch is refused or is another batch', () => {
  let accepted = 0
  const property = fc.property(anyBatch, batch => {
    const bytes = encodeBatch(batch)
    for (let length = 0; length < bytes.length; length++)
      assert.equal(decodeOrRefuse(bytes.slice(0, length)), undefined, 'what is cut short is refused')
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const damaged = bytes.slice()
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7))
      const other = decodeOrRefuse(damaged)
      if (other === undefined) continue
      accepted++
      assert.deepEqual(encodeBatch(other), damaged, 'what is accepted is canonical')
    }
  })
  holds(6, property)
  assert.ok(accepted > 0)
})

test('random bytes after a good beginning are refused or are a batch', () => {
  // Format, one origin 'a', the batch's origin, one field 'x' that is a set, shards.
  const heads = [[2], [2, 0, 1, 97], [2, 0, 1, 97, 1, 4, 4, 1, 120], [2, 0, 1, 97, 1, 4, 4, 1, 120, 1, 0, 2]]
  const property = fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 40 }), (head, tail) => {
    const bytes = Uint8Array.of(...head, ...tail)
    const batch = decodeOrRefuse(bytes)
    if (batch !== undefined) assert.deepEqual(encodeBatch(batch), bytes)
  })
  holds(3000, property)
})

test('a batch that no node may make is refused before it is written', () => {
  const seqs = CausalContext.of([{ origin: 'a', seq: 1 }])
  const delta = { state: emptyState, context: seqs }
  const update = { shard: 0, name: 'x', seqs, after: 0, delta }
  const wrong: [string, readonly BatchUpdate[]][] = [
    ['no shard', [{ ...update, shard: -1 }]],
    ['a shard beyond two bytes', [{ ...update, shard: 65_536 }]],
    ['seqs of another origin', [{ ...update, seqs: CausalContext.of([{ origin: 'b', seq: 1 }]) }]],
    ['seqs that the delta does not cover', [{ ...update, seqs: seqs.with('a', 2) }]],
    ['an update after itself', [{ ...update, after: 1 }]],
    ['an update after half of one', [{ ...update, after: -0.5 }]],
    ['one state twice', [update, update]],
    ['a long name', [{ ...update, name: 'é'.repeat(2049) }]],
    ['a torn name', [{ ...update, name: '\ud800' }]],
    ['too many', Array.from({ length: maxBatchUpdates + 1 }, (_, i) => ({ ...update, name: `${i}` }))]
  ]
  encodeBatch({ origin: 'a', updates: [update] })
  for (const [what, updates] of wrong)
    assert.throws(
      () => encodeBatch({ origin: 'a', updates }),
      error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT',
      what
    )
})

test('a batch of repeats that say nothing can be read again', () => {
  const delta = { state: emptyState, context: CausalContext.empty }
  const updates = [0, 7, 9].map(shard => ({ shard, name: '', seqs: CausalContext.empty, after: 0, delta }))
  const batch = { origin: 'a', updates }
  assert.deepEqual(show(decodeBatch(encodeBatch(batch))), show(batch))
})

test('a name is refused by its own length, not by what was made room for before', () => {
  const seqs = CausalContext.of([{ origin: 'a', seq: 1 }])
  const update = { shard: 0, name: 'x', seqs, after: 0, delta: { state: emptyState, context: seqs } }
  const names = (...lengths: readonly number[]) => ({
    origin: 'a',
    updates: lengths.map((length, shard) => ({ ...update, shard, name: 'x'.repeat(length) }))
  })
  const longest = names(700, 700, 1400, 1400, 4096)
  assert.deepEqual(show(decodeBatch(encodeBatch(longest))), show(longest))
  assert.throws(
    () => encodeBatch(names(700, 700, 1400, 1400, 4097)),
    error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT'
  )
})

test('what is a batch when it is read is one when it is written: spans of seqs', () => {
  /** One update with so many seqs in a row. */
  const batchOf = (length: number): Uint8Array =>
    encodeWithOrigins(sink => {
      sink.origin('a')
      for (const number of [0, 1, 0, 2]) sink.varint(number)
      sink.varint(0)
      sink.text('x')
      sink.signed(length)
      sink.varint((length - 1) * 4)
      // After none, and without a state.
      for (const number of [0, 0]) sink.varint(number)
    })
  const most = 2 ** 50 + 1
  for (const length of [1, 2, most - 1, most]) {
    assert.deepEqual(encodeBatch(decodeBatch(batchOf(length))), batchOf(length))
  }
  for (const length of [most + 1, 2 ** 51]) assert.equal(decodeOrRefuse(batchOf(length)), undefined)
})

test('a declared number costs nothing before it is checked', () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f]
  const one = [2, 0, 1, 97, 1, 4, 4, 1, 120]
  for (const head of [
    [2, 0, 1, 97],
    one,
    [...one, 1],
    [...one, 1, 0],
    [...one, 1, 0, 2],
    [...one, 1, 0, 2, 0, 1, 65],
    [...one, 1, 0, 2, 0, 1, 65, 2],
    [...one, 1, 0, 2, 0, 1, 65, 2, 3],
    [...one, 1, 0, 2, 0, 1, 65, 2, 1]
  ])
    assert.equal(decodeOrRefuse(Uint8Array.of(...head, ...huge, 0, 0, 0, 0)), undefined)
})

const schema = { count: pnCounter(), note: lwwRegister(''), tags: orSet<string>(), lines: orMap(lwwRegister(0)) }
type Change = (view: View<typeof schema>, i: number) => void

/** As a node of a real cluster writes: 256 shards, each with its own count of seqs, and actors that were changed before. */
const origin = 'Q8yMMLr5jw1v.0lx3k2j9a0123456789abc'

function updateOf(i: number, change: Change): BatchUpdate {
  const shard = (i * 101) % 256
  const firstSeq = 40_000 + ((i * 31) % 400)
  let state = emptyState
  let delta: Delta | undefined
  for (const seq of [firstSeq - 300, firstSeq]) {
    const transaction = new Transaction({
      state,
      covers: CausalContext.empty,
      origin,
      nextDot: () => ({ origin, seq }),
      now: () => 1_764_000_000_000,
      clientId: () => 1
    })
    change(openView(schema, transaction), i)
    ;({ state, delta } = transaction)
  }
  assert.ok(delta !== undefined)
  const seqs = CausalContext.of([{ origin, seq: firstSeq }])
  return { shard, name: `order/${7_000_000 + i * 7919}`, seqs, after: 0, delta }
}

/** Field, value and dot with their lengths, the actor's key with its: what no encoding of one update by itself can do without. */
const kinds: readonly { name: string; change: Change; bytes: number }[] = [
  { name: 'counter', change: ({ count }) => count.add(3), bytes: 6 + 4 + 2 },
  { name: 'register', change: ({ note }, i) => note.set(`${i}`.padStart(20, 'n')), bytes: 5 + 4 + 8 + 23 },
  { name: 'set', change: ({ tags }, i) => tags.add(`${i}`.padStart(12, 't')), bytes: 5 + 4 + 13 },
  { name: 'map', change: ({ lines }, i) => lines.at(`sku-${i}`.padStart(12, 'k')).set(i), bytes: 6 + 4 + 13 + 8 + 4 }
]

test('a batch costs little more than what its updates say', t => {
  for (const { name, change, bytes } of kinds) {
    const information = bytes + 'order/7000000'.length + 1
    const each = [1, 16, 256].map(count => {
      const updates = Array.from({ length: count }, (_, i) => updateOf(i, change))
      return encodeBatch({ origin, updates }).length / count
    })
    const [one = 0, some = 0, many = 0] = each
    t.diagnostic(`${name}: ${each.map(size => size.toFixed(1)).join(', ')} bytes at 1, 16, 256; it says ${information}`)
    assert.ok(one <= information + origin.length + 24, `${name}: ${one} bytes for one`)
    assert.ok(some <= information * 1.3, `${name}: ${some} bytes each of 16`)
    assert.ok(many <= information * 1.3, `${name}: ${many} bytes each of 256`)
  }
})
