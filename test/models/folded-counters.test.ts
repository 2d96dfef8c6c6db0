/** Why entries of ended lives are not folded: members that were forgotten may come back with more of them (docs/adr/0023). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type Bounds, foldedCountersModel, type Rule } from './folded-counters.model.ts'

const calm: Bounds = { replicas: 2, updates: 4, restarts: 2, forgets: false, restores: 0 }

const histories: { title: string; bounds: Bounds; events: readonly string[] }[] = [
  { title: 'two members', bounds: calm, events: ['fold', 'pull', 'restart'] },
  { title: 'three members', bounds: { ...calm, replicas: 3, updates: 3, restarts: 1 }, events: ['fold'] },
  { title: 'a disk that is put back', bounds: { ...calm, updates: 3, restores: 1 }, events: ['fold', 'restore'] }
]

for (const { title, bounds, events } of histories) {
  test(`folding holds while nobody is forgotten: ${title}`, t => {
    const exploration = explore(foldedCountersModel(bounds, 'leaves the entry out'))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of events) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const outcomes: [Rule, RegExp][] = [
  ['adds the entry', /counted twice|lost/],
  ['leaves the entry out', /lost/],
  ['refuses who was forgotten', /lost/]
]

for (const [rule, reason] of outcomes) {
  test(`members return with more of folded lives, and whoever ${rule} is wrong`, t => {
    const exploration = explore(foldedCountersModel({ ...calm, forgets: true }, rule))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
