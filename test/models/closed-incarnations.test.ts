/** What was seen of ended incarnations may leave the contexts, whoever does it when; and each rule of it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bounds, closedIncarnationsModel, type Mistake } from './closed-incarnations.model.ts'
import { explore, told } from './explore.ts'

const calm: Bounds = { replicas: 2, updates: 3, restarts: 1, forgets: false, restores: 0 }

const histories: { title: string; bounds: Bounds; events: readonly string[] }[] = [
  { title: 'two restarts', bounds: { ...calm, restarts: 2 }, events: ['close', 'pull', 'push'] },
  { title: 'three members', bounds: { ...calm, replicas: 3 }, events: ['close', 'pull'] },
  { title: 'a member that is forgotten and returns', bounds: { ...calm, forgets: true }, events: ['close', 'forget'] },
  { title: 'a disk that is put back', bounds: { ...calm, restores: 1 }, events: ['close', 'restore'] }
]

for (const { title, bounds, events } of histories) {
  test(`closing origins changes nothing else: ${title}`, t => {
    const exploration = explore(closedIncarnationsModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of events) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const mistakes: [Mistake, Bounds, RegExp][] = [
  ['leaves closed origins out, to whomever', calm, /unequal|is back|lost|never/],
  ['leaves out what the other has closed, whatever it has of it', calm, /unequal|is back|lost|never/],
  ['takes every dot of a closed origin for seen', calm, /lost/],
  ['keeps a closed entry as it is', calm, /unequal|is back|lost|never/]
]

for (const [mistake, bounds, reason] of mistakes) {
  test(`caught: a replica that ${mistake}`, t => {
    const exploration = explore(closedIncarnationsModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
