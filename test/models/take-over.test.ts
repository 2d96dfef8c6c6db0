/** Rights of ended lives are taken over once at most, whatever disks forget; each rule of it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type TakeOverBounds, type TakeOverMistake, takeOverModel } from './take-over.model.ts'

const two: TakeOverBounds = { nodes: 2, start: 1, operations: 3, crashes: 2, restores: 1 }
const three: TakeOverBounds = { nodes: 3, start: 1, operations: 2, crashes: 1, restores: 1 }

const histories: { bounds: TakeOverBounds; expectedStates: number }[] = [
  { bounds: two, expectedStates: 24_024 },
  { bounds: three, expectedStates: 22_564 }
]

for (const { bounds, expectedStates } of histories) {
  const { nodes, crashes } = bounds
  test(`${nodes} nodes and ${crashes} ${crashes === 1 ? 'crash' : 'crashes'}, one of which restores an old disk, spend no right twice`, t => {
    const exploration = explore(takeOverModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(exploration.states >= expectedStates, `only ${exploration.states} states were explored`)
    for (const event of ['spend', 'give', 'crash', 'restore', 'boot', 'sync', 'push', 'ask', 'absorb'])
      assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const mistakes: TakeOverMistake[] = [
  'asks nobody',
  'asks only those that are up',
  'counts answers to an earlier life',
  'takes pushes of ended lives',
  'compares only the row of the life it takes over'
]

for (const mistake of mistakes) {
  test(`caught: a node that ${mistake}`, t => {
    const exploration = explore(takeOverModel(two, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', /below the bound/)
  })
}
