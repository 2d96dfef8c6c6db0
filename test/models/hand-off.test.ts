/**
 * Exclusive actors in `merge` mode: however joins and leaves, views, claims and requests interleave, no two nodes are at work at
 * once, a request takes effect once, and whoever serves has every acknowledged effect. Crashes keep what was acknowledged; wrong
 * accusations may let two serve, until the views agree. Every rule is needed: a model that leaves one out is caught.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type Bounds, handOffModel, type Omission } from './hand-off.model.ts'

const everyChoice = [[0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]]
const calm: Bounds = {
  members: everyChoice,
  requests: 1,
  joins: 0,
  leaves: 0,
  crashes: 0,
  restarts: 0,
  wrongAccusations: 0
}

const histories: { what: string; bounds: Bounds; expectedStates: number }[] = [
  { what: 'a join under two requests', bounds: { ...calm, joins: 1, requests: 2 }, expectedStates: 4_962 },
  { what: 'two joins', bounds: { ...calm, joins: 2 }, expectedStates: 64_307 },
  { what: 'two leaves', bounds: { ...calm, leaves: 2 }, expectedStates: 4_314 },
  { what: 'a join and a leave', bounds: { ...calm, joins: 1, leaves: 1 }, expectedStates: 50_725 },
  { what: 'a join and a crash', bounds: { ...calm, joins: 1, crashes: 1 }, expectedStates: 19_303 },
  { what: 'a leave and a crash', bounds: { ...calm, leaves: 1, crashes: 1 }, expectedStates: 4_278 },
  { what: 'a crash and a restart', bounds: { ...calm, crashes: 1, restarts: 1 }, expectedStates: 38_963 },
  {
    what: 'a join to one, and a wrong accusation',
    bounds: { ...calm, members: [[0], [1], [2]], joins: 1, wrongAccusations: 1 },
    expectedStates: 11_574
  },
  { what: 'a wrong accusation', bounds: { ...calm, wrongAccusations: 1 }, expectedStates: 8_017 }
]

const happenings: Record<string, (bounds: Bounds) => boolean> = {
  join: bounds => bounds.joins > 0,
  left: bounds => bounds.leaves > 0,
  crash: bounds => bounds.crashes > 0,
  restart: bounds => bounds.restarts > 0,
  weight: bounds => bounds.joins > 0 || bounds.restarts > 0,
  wrong: bounds => bounds.wrongAccusations > 0,
  acknowledge: () => true,
  'granted:': () => true
}

for (const { what, bounds, expectedStates } of histories) {
  test(`${what}: one at work, each request once, nothing acknowledged is lost`, t => {
    const exploration = explore(handOffModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(
      exploration.states >= expectedStates,
      `only ${exploration.states} of ${expectedStates} states were explored`
    )
    for (const [event, isPossible] of Object.entries(happenings)) {
      if (isPossible(bounds)) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
    }
  })
}

const mistakes: [Omission, Partial<Bounds>, RegExp][] = [
  ['a running handler ends before the grant', { joins: 1 }, /at work at once/],
  ['a grant brings the state', { joins: 1 }, /took effect 2 times|without an acknowledged effect/],
  ['who was held for dead asks everybody again', { wrongAccusations: 1 }, /without an acknowledged effect/],
  ['a leaver says so after all have what it has', { leaves: 1 }, /at work at once|without an acknowledged effect/],
  ['a leaver waits for who joins meanwhile', { joins: 1, leaves: 1 }, /2 times|without an acknowledged effect/],
  ['a leaver confirms nothing any more', { leaves: 1, crashes: 1 }, /without an acknowledged effect/],
  ['a newcomer waits until a member names it', { joins: 2 }, /at work at once/],
  ['a newcomer waits until all members name it', { joins: 1, leaves: 2, members: [[0, 1]] }, /without an acknowledged/],
  ['a newcomer has what the members have before it owns', { joins: 1, crashes: 1 }, /without an acknowledged effect/],
  [
    'when a member goes without a grant, the others are asked again',
    { joins: 1, crashes: 1 },
    /without an acknowledged/
  ],
  ['while views differ all must confirm', { joins: 1, crashes: 1 }, /without an acknowledged effect/],
  ['an idle member is asked for what is not served yet', { joins: 2 }, /at work at once/],
  ['an idle life that takes its weight asks those that serve', { joins: 1 }, /at work at once/]
]

for (const [rule, bounds, reason] of mistakes) {
  test(`needed: ${rule}`, t => {
    const exploration = explore(handOffModel({ ...calm, ...bounds }, [rule]))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
