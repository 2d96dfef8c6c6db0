/** Escrow holds in every state that small histories can reach, and the models see it where it does not. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type EscrowBounds, type EscrowMistake, escrowModel } from './escrow.model.ts'
import { explore, told } from './explore.ts'

const histories: { bounds: EscrowBounds; expectedStates: number }[] = [
  { bounds: { replicas: 2, operations: 5, start: 2 }, expectedStates: 1_010 },
  { bounds: { replicas: 3, operations: 4, start: 2 }, expectedStates: 97_972 }
]

for (const { bounds, expectedStates } of histories) {
  const { replicas, operations } = bounds
  test(`${replicas} replicas and ${operations} operations, seen in any order, never stand below the bound`, t => {
    const exploration = explore(escrowModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(exploration.states >= expectedStates, `only ${exploration.states} states were explored`)
    for (const event of ['spend', 'give', 'see']) assert.ok((exploration.events.get(event) ?? 0) > 0, event)
  })
}

const mistakes: [EscrowMistake, RegExp][] = [
  ['a row travels without those it rests on', /below the bound/],
  ['spends by the value', /below the bound|more was spent/],
  ['a giver keeps what it gave', /more was spent|rights of|below the bound/]
]

for (const [mistake, reason] of mistakes) {
  test(`caught: ${mistake}`, t => {
    const exploration = explore(escrowModel({ replicas: 3, operations: 4, start: 2 }, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
