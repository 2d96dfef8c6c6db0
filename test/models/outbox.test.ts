/** A command that was sent has one effect or is refused, whatever sleeps, repeats itself and forgets; each rule of it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type OutboxBounds, type OutboxMistake, outboxModel } from './outbox.model.ts'

const small: OutboxBounds = { commands: 1, owners: 2, stamps: 2 }
const two: OutboxBounds = { commands: 2, owners: 1, stamps: 1 }
/** SHOAL_DEEP=1: half a minute. */
const both: OutboxBounds = { commands: 2, owners: 2, stamps: 1 }

const histories: { bounds: OutboxBounds; expectedStates: number }[] = [
  { bounds: small, expectedStates: 4_000 },
  { bounds: two, expectedStates: 1_000 },
  ...(process.env['SHOAL_DEEP'] === undefined ? [] : [{ bounds: both, expectedStates: 125_000 }])
]

for (const { bounds, expectedStates } of histories)
  test(`${bounds.commands} of them, ${bounds.owners} owners and ${bounds.stamps} stamps`, t => {
    const exploration = explore(outboxModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(exploration.states >= expectedStates, `only ${exploration.states} states were explored`)
    for (const event of 'send commit deliver run refuse again over stale tell forget told other'.split(' '))
      assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })

const mistakes: OutboxMistake[] = [
  'sends what is not committed',
  'tells what is not committed',
  'uses a later stamp before it is committed',
  'raises no horizon',
  'forgets without being told',
  'keeps no refusal',
  'stamps by the clock alone',
  'sends all to one target at once',
  'sends on before a refusal is committed'
]

for (const mistake of mistakes)
  test(`caught: who ${mistake}`, t => {
    const needsTwo = mistake === 'sends all to one target at once' || mistake === 'stamps by the clock alone'
    const needsBoth = mistake === 'sends on before a refusal is committed'
    const bounds = needsBoth ? both : needsTwo ? two : small
    const exploration = explore(outboxModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.notEqual(exploration.violation, undefined)
  })
