/**
 * A counter under a key of a map shows exactly the additions that no removal has seen, in every state that small histories can
 * reach; and each rule that makes it so is needed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CounterState, pnCounterType } from '../../src/crdt/counter.ts'
import { SortedMap } from '../../src/crdt/sorted-map.ts'
import { mapValues } from '../../src/crdt/sorted-map-join.ts'
import { explore, told } from './explore.ts'
import { type Bounds, nestedCounterModel, type Rules, shippingRules } from './nested-counter.model.ts'

const histories: Bounds[] = [
  { replicas: 2, operations: 5 },
  { replicas: 3, operations: 4 }
]

for (const bounds of histories) {
  test(`${bounds.operations} operations of ${bounds.replicas} replicas, however interleaved, show what they should`, t => {
    const exploration = explore(nestedCounterModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of ['add', 'remove', 'see']) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event}`)
  })
}

const mistakes: [string, Partial<Rules>][] = [
  ['a removal leaves no base', { clear: () => pnCounterType.empty }],
  ['a counter forgets what was removed', { join: (a, b) => withoutRemoved(shippingRules.join(a, b)) }],
  [
    'an origin goes on with its run after all of it was removed, and its base is lost',
    {
      add(state, origin, seq, amount) {
        const before = state.get(origin)
        const share = { run: before?.run ?? 1, seq, up: (before?.up ?? 0) + amount, down: 0, base: undefined }
        return { state: state.set(origin, share), fragment: SortedMap.of(origin, share) }
      }
    }
  ],
  [
    'an origin begins a run for every addition',
    {
      add(state, origin, seq, amount) {
        const share = { run: seq, seq, up: amount, down: 0, base: undefined }
        return { state: state.set(origin, share), fragment: SortedMap.of(origin, share) }
      }
    }
  ]
]

function withoutRemoved(state: CounterState): CounterState {
  return mapValues(state, share => (share.base?.seq === share.seq ? undefined : share))
}

for (const [mistake, rules] of mistakes) {
  test(`it would show where ${mistake}`, () => {
    const { violation } = explore(nestedCounterModel({ replicas: 2, operations: 5 }, { ...shippingRules, ...rules }))
    assert.ok(violation)
  })
}
