/** What holds for every data type and every composition of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ActorState,
  CausalContext,
  type Delta,
  decodeState,
  emptyState,
  encodeState,
  identityOf,
  isEmptyState,
  joinDeltas,
  joinStates
} from '../../src/crdt/index.ts'
import { anySpecs, leafNames, pickOf, type Spec, type Specs } from './support/fields.ts'
import { actorCount, anySteps, type History, runHistory, scale } from './support/history.ts'
import { group, Replica, type Snapshot } from './support/replica.ts'

const eachType: readonly Spec[] = [
  ...leafNames,
  ...leafNames.map(map => ({ map })),
  { map: { map: 'pnCounter' } },
  { map: { map: 'orSet' } },
  'text'
]

function nameOf(spec: Spec): string {
  return typeof spec === 'string' ? spec : `orMap(${nameOf(spec.map)})`
}

function assertSame(a: ActorState, b: ActorState, message: string): void {
  assert.deepEqual(identityOf(a), identityOf(b), message)
}

function join(a: Snapshot, b: Snapshot): Snapshot {
  return { state: joinStates(a.state, a.context, b.state, b.context), context: a.context.union(b.context) }
}

function assertSemilattice(a: Snapshot, b: Snapshot, c: Snapshot): void {
  assertSame(join(a, b).state, join(b, a).state, 'commutative')
  assertSame(join(join(a, b), c).state, join(a, join(b, c)).state, 'associative')
  assert.equal(join(a, a).state, a.state, 'idempotent')
  const both = join(a, b)
  assert.equal(join(both, a).state, both.state, 'monotone: the join holds what one side brings')
  assert.equal(join(both, b).state, both.state, 'monotone: the join holds what the other side brings')
}

function assertConverges(history: History, order: readonly number[]): void {
  const orders = [history.batches, history.batches.toReversed(), shuffled(history.batches, order)]
  for (const [index, replica] of history.replicas.entries()) {
    for (const batch of pickOf(orders, index)) replica.receive(batch)
  }
  const fresh = new Replica(9, actorCount)
  for (let actor = 0; actor < actorCount; actor++) {
    const batches = shuffled(history.batches, order.toReversed()).filter(batch => batch.actor === actor)
    if (batches.length > 0) fresh.receive(group(batches))
  }
  for (const replica of [...history.replicas, fresh]) {
    for (let actor = 0; actor < actorCount; actor++) {
      const expected = pickOf(history.replicas, 0).actor(actor).state
      assertSame(replica.actor(actor).state, expected, 'replicas that have seen the same are the same')
      assert.ok(replica.actor(actor).extra.isEmpty(), 'nothing is remembered beside the context of the shard')
    }
    assert.ok(replica.context.equals(pickOf(history.replicas, 0).context), 'contexts are equal')
  }
}

function shuffled<T>(list: readonly T[], order: readonly number[]): T[] {
  const rest = [...list]
  const result: T[] = []
  for (let i = 0; rest.length > 0; i++) result.push(...rest.splice((order[i % order.length] ?? 0) % rest.length, 1))
  return result
}

const anyOrder = fc.array(fc.nat(1000), { minLength: 8, maxLength: 8 })

function checkLaws(specs: fc.Arbitrary<Specs>, runs: number): void {
  const property = fc.property(specs, anySteps(30), anyOrder, (specs, steps, order) => {
    const history = runHistory(specs, steps)
    for (const { state } of history.snapshots) {
      assert.deepEqual(encodeState(decodeState(encodeState(state))), encodeState(state), 'decode then encode')
      assertSame(decodeState(encodeState(state)), state, 'encode then decode')
    }
    const empty: Snapshot = { state: emptyState, context: CausalContext.empty }
    const all = [empty, ...history.snapshots, ...history.deltas.map((delta): Snapshot => delta)]
    for (let i = 0; i + 2 < order.length; i++) {
      assertSemilattice(pickOf(all, order[i]), pickOf(all, order[i + 1]), pickOf(all, order[i + 2]))
    }
    assertConverges(history, order)
  })
  fc.assert(property, { numRuns: runs * scale })
}

for (const spec of eachType) {
  test(`${nameOf(spec)} keeps the laws`, () => checkLaws(fc.constant([spec]), 60))
}

test('random schemas keep the laws', () => checkLaws(anySpecs, 150))

test('joining deltas is a join too', () => {
  const property = fc.property(anySpecs, anySteps(20), anyOrder, (specs, steps, order) => {
    const { deltas } = runHistory(specs, steps)
    if (deltas.length === 0) return
    const [a, b, c] = [pickOf(deltas, order[0]), pickOf(deltas, order[1]), pickOf(deltas, order[2])] as [
      Delta,
      Delta,
      Delta
    ]
    assertSame(joinDeltas(a, b).state, joinDeltas(b, a).state, 'commutative')
    assertSame(joinDeltas(joinDeltas(a, b), c).state, joinDeltas(a, joinDeltas(b, c)).state, 'associative')
    assert.equal(joinDeltas(a, a), a, 'idempotent')
    const both = joinDeltas(a, b)
    assert.equal(joinDeltas(both, b), both, 'monotone')
  })
  fc.assert(property, { numRuns: 100 * scale })
})

test('a replica that has seen all and holds nothing takes everything away that has dots', () => {
  const property = fc.property(anySteps(20), steps => {
    const { replicas } = runHistory([{ map: 'orSet' }, 'lww', 'enable'], steps)
    const { state, context } = pickOf(replicas, 0).snapshot(0)
    assert.ok(isEmptyState(joinStates(state, context, emptyState, context)))
  })
  fc.assert(property, { numRuns: 50 * scale })
})
