/** A peer makes this node hash no more than so much a second. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { wantedFrom } from '../../src/cluster/catch-up-request.ts'
import { HashBudget } from '../../src/cluster/hash-budget.ts'
import { FragmentWriter } from '../../src/crdt/fragments.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { shortened } from '../../src/crdt/short-context.ts'
import type { Clock } from '../../src/ports/clock.ts'

test('what was spent comes back with time, and never more than a second’s worth', () => {
  let nowMs = 0
  const budget = new HashBudget({ elapsed: () => nowMs } as unknown as Clock)
  assert.equal(budget.take(60_000), true)
  assert.equal(budget.take(6000), false)
  nowMs = 100
  assert.equal(budget.take(6000), true)
  nowMs = 1_000_000
  assert.equal(budget.take(65_536), true)
  assert.equal(budget.take(1), false)
})

test('a short context that would take a hash of its own is asked for in full once the budget is spent', () => {
  const context = (...lives: string[]) => CausalContext.of(lives.map(origin => ({ origin, seq: 1 })))
  const contexts = new FragmentWriter()
  contexts.shard(0)
  contexts.short(shortened(context('x.1', 'x.2', 'x.3')))
  const request = { shards: [{ shard: 0 }], contexts: contexts.finish() }
  const inFullOf = (own: CausalContext, mayHash: () => boolean) => wantedFrom(request, 4, () => own, mayHash).inFull
  const newer = context('x.1', 'x.2', 'x.3', 'x.4')
  assert.deepEqual(
    inFullOf(newer, () => true),
    []
  )
  assert.deepEqual(
    inFullOf(newer, () => false),
    [0]
  )
  assert.deepEqual(
    inFullOf(context('x.1', 'x.2', 'x.3', 'y.1'), () => false),
    [],
    'the hash of its own is known'
  )
})
