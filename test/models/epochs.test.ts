/**
 * The data path of a `lease` shard: whatever is lost, late or torn, however owners die and replica sets change, an epoch opens with
 * all that was acknowledged before it, and one number of an entry means one state. Every rule is needed.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bounds, epochsModel, type Mistake } from './epochs.model.ts'
import { explore, told } from './explore.ts'

const three = { nodes: 3, sets: [[0, 1, 2]], epochs: 3, actors: 1, writes: 1, parts: 0 }
const torn: Bounds = { ...three, epochs: 2, writes: 2, parts: 1 }
const twoActors: Bounds = { ...torn, actors: 2, writes: 3 }
const apart: Bounds = { ...three, nodes: 2, sets: [[0], [1]], epochs: 4 }
const pairs: Bounds = {
  nodes: 3,
  sets: [
    [0, 1],
    [1, 2],
    [2, 0]
  ],
  epochs: 3,
  actors: 2,
  writes: 2,
  parts: 1
}
const grown: Bounds = { ...three, nodes: 4, sets: [[0], [1, 2, 3]] }
const moved: Bounds = {
  ...three,
  nodes: 4,
  sets: [
    [0, 1, 2],
    [0, 1, 3]
  ]
}

const shrunk: Bounds = { ...three, epochs: 2, sets: [[0, 1, 2], [2]] }
const forgetful: Bounds = { ...three, writes: 2, epochs: 2, losses: 2 }
const short: Bounds = { ...three, parts: 2, named: 2 }
const dropping: Bounds = { ...pairs, actors: 1, drops: 1 }
const taught: Bounds = { ...moved, epochs: 2, writes: 2, learners: true }
const unwritten: Bounds = { ...short, epochs: 2, writes: 0 }

const always = ['claim', 'seal', 'adopt', 'open', 'append']
const shared = [...always, 'fetched', 'accept']
const runs: { what: string; bounds: Bounds; events: string[]; expectedStates: number }[] = [
  { what: 'three owners, two writes', bounds: { ...three, writes: 2 }, events: shared, expectedStates: 77_777 },
  { what: 'a fetch that breaks off', bounds: twoActors, events: [...shared, 'part'], expectedStates: 37_143 },
  { what: 'sets that do not meet', bounds: { ...apart, writes: 2 }, events: always, expectedStates: 5_000 },
  { what: 'sets that meet in one node', bounds: pairs, events: [...shared, 'part'], expectedStates: 80_625 },
  { what: 'a set of one becomes a set of three', bounds: grown, events: shared, expectedStates: 6_504 },
  { what: 'a replica is replaced', bounds: moved, events: shared, expectedStates: 113_107 },
  {
    what: 'a replica is replaced by one that was taught before',
    bounds: taught,
    events: shared,
    expectedStates: 16_220
  },
  { what: 'two replicas forget', bounds: forgetful, events: [...shared, 'loss'], expectedStates: 17_007 },
  { what: 'lineages of two epochs', bounds: short, events: [...shared, 'part', 'lower'], expectedStates: 73_398 },
  { what: 'a replica that is none any more', bounds: dropping, events: [...shared, 'drop'], expectedStates: 74_595 },
  {
    what: 'nothing is ever written',
    bounds: unwritten,
    events: ['seal', 'adopt', 'open', 'fetched'],
    expectedStates: 64
  }
]
for (const { what, bounds, events, expectedStates } of runs) {
  test(`${what}: each epoch opens with all that was acknowledged`, t => {
    const exploration = explore(epochsModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    const { states } = exploration
    assert.ok(states >= expectedStates, `only ${states} of ${expectedStates} states were explored`)
    for (const event of events) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const lost = /has opened without an acknowledged write/
const mistakes: [Mistake, Bounds, RegExp][] = [
  ['seals nothing', torn, lost],
  ['accepts what does not follow', twoActors, /are at 1:2 and differ/],
  ['asks its own replica set only', shrunk, lost],
  ['asks the set that was claimed last', apart, lost],
  ['loses its promise when it restarts', torn, lost],
  ['opens before a majority has the cut', grown, /nobody can open the shard/],
  ['opens without compare-and-set', apart, lost],
  ['claims again under the same epoch', torn, /two entries have the number 1:1/],
  ['asks less than a majority of a set', torn, lost],
  ['compares positions by number only', apart, lost],
  ['keeps entries above the cut', torn, /keeps an entry above a cut/],
  ['keeps its position while it sets entries aside', { ...torn, epochs: 3 }, /keeps an entry above a cut/],
  ['moves its position with every page', twoActors, /are at 1:2 and differ/],
  ['keeps the stamps of what stands above the cut', torn, /keeps an entry above a cut/],
  ['gives a vote to who has forgotten', forgetful, lost],
  ['believes any epoch when it has forgotten', forgetful, lost],
  ['drops what was claimed without it', { ...moved, drops: 1 }, lost],
  ['drops what a claim is to have', dropping, /nobody can open the shard/],
  ['drops what it has promised to a later owner', dropping, /nobody can open the shard/],
  ['names each try in its lineage', short, /nobody can open the shard/],
  ['names no opened epoch without entries', unwritten, /nobody can open the shard/]
]
for (const [mistake, bounds, reason] of mistakes) {
  test(`caught: a node that ${mistake}`, t => {
    const exploration = explore(epochsModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
