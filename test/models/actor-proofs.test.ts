/** What an actor's record proves holds though a stream has passed over the actor, in every state that small histories can reach. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { actorProofsModel, type Bounds, type Mistake } from './actor-proofs.model.ts'
import { explore, told } from './explore.ts'

const everyEvent = ['add', 'remove', 'replace', 'push', 'stream', 'compare']

const histories: { bounds: Bounds; expectedStates: number }[] = [
  { bounds: { replicas: 2, updates: 4, meetings: 2 }, expectedStates: 40_416 },
  { bounds: { replicas: 3, updates: 3, meetings: 2 }, expectedStates: 69_388 }
]

for (const { bounds, expectedStates } of histories) {
  const { replicas, updates, meetings } = bounds
  test(`${replicas} replicas, ${updates} updates, ${meetings} streams and compares of which one passes over an actor: nothing is lost or comes back`, t => {
    const exploration = explore(actorProofsModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(
      exploration.states >= expectedStates,
      `only ${exploration.states} of ${expectedStates} states were explored`
    )
    for (const event of everyEvent) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const mistakes: Mistake[] = [
  'believes the context of a shard',
  'takes all below a position for seen',
  'takes for seen what its context covers below a position',
  'takes for seen what is held back'
]

for (const mistake of mistakes) {
  test(`caught: a replica that ${mistake}`, t => {
    const exploration = explore(actorProofsModel({ replicas: 3, updates: 3, meetings: 2 }, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', /is lost/)
  })
}
