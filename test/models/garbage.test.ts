/**
 * Removed actors may lose their records and their index entries, as long as the floor rises with them; and each rule of it is
 * needed: a model that leaves one out is caught.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type Bounds, garbageModel, type Mistake } from './garbage.model.ts'

const calm: Bounds = {
  replicas: 2,
  actors: 1,
  updates: 3,
  rounds: 1,
  givesUp: false,
  restores: 0,
  damages: 0,
  crashes: 0,
  joins: false,
  isAged: false
}

const aged: Bounds = { ...calm, replicas: 3, updates: 4, rounds: 0, joins: true, isAged: true }

const histories: { title: string; bounds: Bounds; events: readonly string[] }[] = [
  {
    title: 'two members, two actors, two rounds',
    bounds: { ...calm, actors: 2, updates: 3, rounds: 2 },
    events: ['scan', 'confirm', 'drop']
  },
  {
    title: 'three members, one of them given up',
    bounds: { ...calm, replicas: 3, givesUp: true },
    events: ['scan', 'compare', 'drop']
  },
  {
    title: 'a disk that is restored or lost',
    bounds: { ...calm, restores: 1 },
    events: ['compare', 'restore', 'lose']
  },
  {
    title: 'a disk that has lost a record',
    bounds: { ...calm, actors: 2, damages: 1 },
    events: ['damage', 'compare', 'drop']
  },
  { title: 'crashes', bounds: { ...calm, crashes: 2 }, events: ['crash', 'commit', 'drop'] },
  { title: 'a member that joins late', bounds: aged, events: ['join', 'compare', 'scan'] },
  { title: 'a member that joins', bounds: { ...calm, replicas: 3, joins: true }, events: ['join', 'compare', 'drop'] }
]

for (const { title, bounds, events } of histories) {
  test(`garbage goes away and nothing else: ${title}`, t => {
    const exploration = explore(garbageModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of events) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const three: Bounds = { ...calm, replicas: 3, givesUp: true }
const mistakes: [Mistake, Bounds, RegExp][] = [
  ['drops without raising its floor', three, /is back|unequal states/],
  ['answers by the index whatever its floor is', three, /is back|unequal states/],
  ['drops without asking anybody', calm, /lacks/],
  ['confirms what is only in its memory', { ...calm, crashes: 1 }, /lacks/],
  ['counts what an earlier life has confirmed', { ...calm, restores: 1 }, /lacks/],
  ['drops what the round did not ask about', { ...calm, updates: 4 }, /lacks/],
  ['drops an actor that has extra dots', three, /is back|unequal states|lost/],
  ['drops the record and leaves the index entries', calm, /not there/],
  ['takes absence for ignorance', three, /is back|unequal states/],
  ['takes over no floor after a full compare', { ...three, joins: true }, /is back|unequal states/],
  ['takes over the floor alone where equal actors were skipped', aged, /is back|unequal states/],
  ['skips an equal actor that has extra dots', aged, /is back|unequal states/]
]

for (const [mistake, bounds, reason] of mistakes) {
  test(`caught: a replica that ${mistake}`, t => {
    const exploration = explore(garbageModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
