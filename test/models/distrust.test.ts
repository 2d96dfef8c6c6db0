/**
 * A disk that loses something claims afterwards what it can prove, in every state that small histories can reach, and each rule of it
 * is needed: a model that leaves one out is caught.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bounds, distrustModel, type Mistake } from './distrust.model.ts'
import { explore, told } from './explore.ts'

const everyEvent = ['add', 'remove', 'push', 'pull', 'lose', 'check', 'rot', 'notice', 'restart']

const histories: { bounds: Bounds; expectedStates: number }[] = [
  { bounds: { updates: 3, pulls: 2 }, expectedStates: 71_607 },
  { bounds: { updates: 4, pulls: 0 }, expectedStates: 467_014 }
]

for (const { bounds, expectedStates } of histories) {
  test(`${bounds.updates} updates, ${bounds.pulls} pulls and a loss anywhere: no replica is told that what was lost is removed`, t => {
    const exploration = explore(distrustModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(
      exploration.states >= expectedStates,
      `only ${exploration.states} of ${expectedStates} states were explored`
    )
    for (const event of everyEvent)
      if (event !== 'pull' || bounds.pulls > 0)
        assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const three: Bounds = { updates: 3, pulls: 1 }
const untrue = /shows what it knows to be removed|does not show an add that it knows/
const mistakes: [Mistake, RegExp][] = [
  ['keeps the old context', untrue],
  [
    'claims live dots and positions, and forgets what else its records have seen',
    /shows what it knows to be removed|unequal/
  ],
  ['tells nobody of removals that no position names', /unequal states/],
  ['takes all below a position for seen', /does not show an add that it knows|is lost/],
  ['takes a record for the newest one', /is lost|does not show/],
  ['claims what the index names, though the record is gone', untrue],
  ['believes its old context before it is checked', /is lost|does not show/],
  ['is served before it is checked', untrue],
  ['believes what it reads while it runs', untrue],
  ['sends what it reads while it runs', untrue]
]

for (const [mistake, reason] of mistakes) {
  test(`caught: a replica that ${mistake}`, t => {
    const exploration = explore(distrustModel(three, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
