/** What a delta brings: joining one into a state tells which part of it was new there. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  CausalContext,
  type Delta,
  either,
  emptyState,
  encodeDelta,
  gCounter,
  identityOf,
  isEmptyState,
  joinDelta,
  joinDeltas,
  joinStates,
  lwwRegister,
  openView,
  orMap,
  orSet,
  pnCounter,
  type View
} from '../../src/crdt/index.ts'
import { anySpecs, pickOf } from './support/fields.ts'
import { anySteps, runHistory, scale } from './support/history.ts'
import { Replica } from './support/replica.ts'

const schema = {
  count: gCounter(),
  stock: pnCounter(),
  tags: orSet(),
  note: lwwRegister(''),
  lines: orMap(pnCounter())
}

function deltaOf(replica: Replica, change: (view: View<typeof schema>) => void): Delta {
  const transaction = replica.begin(0)
  change(openView(schema, transaction))
  assert.ok(transaction.delta)
  return transaction.delta
}

test('a delta that is all new is its own news, and one that is known is none', () => {
  const a = new Replica(0, 1)
  const delta = deltaOf(a, ({ count, tags }) => {
    count.add(2)
    tags.add('tea')
  })
  const first = joinDelta(emptyState, CausalContext.empty, delta)
  assert.equal(first.news, delta)
  const again = joinDelta(first.state, delta.context, delta)
  assert.equal(again.news, undefined)
  assert.equal(again.state, first.state)
})

test('a removal of something that has not come yet is news without a state', () => {
  const removal: Delta = { state: emptyState, context: CausalContext.of([{ origin: 'x', seq: 3 }]) }
  const { state, news } = joinDelta(emptyState, CausalContext.empty, removal)
  assert.equal(state, emptyState)
  assert.ok(news?.context.equals(removal.context))
  assert.equal(joinDelta(state, removal.context, removal).news, undefined)
})

test('of two joined deltas, of which one is known, the other is the news', () => {
  const a = new Replica(0, 1)
  const b = new Replica(1, 1)
  const known = deltaOf(a, ({ tags }) => tags.add('a'))
  const fresh = deltaOf(b, ({ tags }) => tags.add('b'))
  const { news } = joinDelta(known.state, known.context, joinDeltas(known, fresh))
  assert.ok(news)
  assert.deepEqual(encodeDelta(news), encodeDelta(fresh))
})

test('the news of a delta does what the delta does, for every schema and history', () => {
  const property = fc.property(anySpecs, anySteps(25), fc.array(fc.nat(1000), { minLength: 6, maxLength: 6 }), check)
  function check(specs: Parameters<typeof runHistory>[0], steps: Parameters<typeof runHistory>[1], picks: number[]) {
    const { snapshots, deltas } = runHistory(specs, steps)
    if (deltas.length === 0) return
    const all: Delta[] = [...snapshots, ...deltas]
    for (let i = 0; i + 1 < picks.length; i++) {
      const a = pickOf(all, picks[i])
      const delta = pickOf(all, picks[i + 1])
      const whole = joinStates(a.state, a.context, delta.state, delta.context)
      const { state, news } = joinDelta(a.state, a.context, delta)
      assert.deepEqual(identityOf(state), identityOf(whole), 'joins as joinStates does')
      if (news === undefined) {
        assert.equal(state, a.state, 'where nothing is news nothing changed')
        assert.ok(a.context.covers(delta.context))
        continue
      }
      assert.ok(delta.context.covers(news.context))
      const again = joinStates(a.state, a.context, news.state, news.context)
      assert.deepEqual(identityOf(again), identityOf(whole), 'the news brings what the delta brings')
      assert.ok(a.context.union(news.context).equals(a.context.union(delta.context)), 'and every dot of it')
      assert.equal(joinDelta(state, either(a.context, delta.context), delta).news, undefined, 'a second time: nothing')
      assert.equal(joinDelta(state, either(a.context, delta.context), news).news, undefined, 'nor of the news')
      assert.ok(isEmptyState(news.state) || state !== a.state, 'news changes something')
    }
  }
  fc.assert(property, { numRuns: 150 * scale })
})
