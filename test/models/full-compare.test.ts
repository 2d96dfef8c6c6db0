/** A full compare leaves no context that says more than the state, here and at those who learn from it; and it loses nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type CompareBounds, type CompareMistake, fullCompareModel } from './full-compare.model.ts'

const living: CompareBounds = { updates: 3, compares: 1, loses: false }
const losing: CompareBounds = { updates: 2, compares: 0, loses: true }

for (const [name, bounds, events] of [
  ['under pushes and writes', living, ['add', 'remove', 'push', 'compare', 'skip', 'fetch', 'finish', 'give']],
  ['after a loss that no check saw', losing, ['add', 'remove', 'push', 'lose']]
] as const) {
  test(`a full compare ${name} ends right`, t => {
    const exploration = explore(fullCompareModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of events) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const mistakes: [CompareMistake, CompareBounds][] = [
  ['compares states alone, not what the index tells of them', living],
  ['does not compare what an actor lacks', living],
  ['joins the last context that it was told', living],
  ['takes for removed what one of two equal records lacks', losing],
  ['keeps what one of two unequal records lacks', living]
]

for (const [mistake, bounds] of mistakes) {
  test(`caught: a receiver that ${mistake}`, t => {
    const exploration = explore(fullCompareModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', /unequal states|is lost|is back|stay at/)
  })
}
