/** What a majority of a shard's home has acknowledged stays readable while the home changes; each rule of it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type ReplicaSetsBounds, type ReplicaSetsMistake, replicaSetsModel } from './replica-sets.model.ts'

const joining: ReplicaSetsBounds = { nodes: 4, members: 3, replicas: 3, joins: 1, deaths: 1, forgets: 1, leaves: 0 }
const dying: ReplicaSetsBounds = { nodes: 4, members: 4, replicas: 3, joins: 0, deaths: 2, forgets: 1, leaves: 0 }
const leaving: ReplicaSetsBounds = { nodes: 5, members: 5, replicas: 3, joins: 0, deaths: 1, forgets: 0, leaves: 2 }

const always = ['write', 'push', 'fetch', 'complete', 'acknowledge', 'die', 'return']
const runs: [ReplicaSetsBounds, string[]][] = [
  [joining, [...always, 'join', 'drop', 'forget', 'readmit']],
  [dying, [...always, 'replace', 'forget', 'readmit']],
  [leaving, [...always, 'replace', 'leave']]
]
for (const [bounds, expected] of runs) {
  const { members, joins, deaths, forgets, leaves } = bounds
  const title = `${members} members, ${joins} joins, ${deaths} deaths, ${forgets} forgotten, ${leaves} leave: nothing acknowledged is lost`
  test(title, t => {
    const exploration = explore(replicaSetsModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of expected) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const mistakes: ReplicaSetsMistake[] = [
  'counts before it has fetched',
  'keeps what it had as a substitute',
  'fetches from one member only',
  'counts itself among those it has fetched from',
  'drops before others have it',
  'counts substitutes in majorities',
  'returns as whole'
]

for (const mistake of mistakes) {
  test(`caught: a node that ${mistake}`, t => {
    const exploration = explore(replicaSetsModel(dying, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', / write/)
  })
}

test('caught: an operator who forgets the next before the first is replaced', t => {
  const two = { ...dying, nodes: 5, members: 5, deaths: 2, forgets: 2 }
  const exploration = explore(replicaSetsModel(two, 'forgets the next before the first is replaced'))
  t.diagnostic(told(exploration))
  assert.match(exploration.violation?.reason ?? 'nothing found', /acknowledged write/)
})
