/** Majorities that are counted in different lists of members see each other's writes; each rule of it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type HomeViewsBounds, type HomeViewsMistake, homeViewsModel } from './home-views.model.ts'

const none = { joins: 0, deaths: 0, forgets: 0, cuts: 0 }
const single: HomeViewsBounds = { ...none, nodes: 4, members: 2, replicas: 1, joins: 2, cuts: 1 }
const pair: HomeViewsBounds = { ...none, nodes: 4, members: 2, replicas: 2, joins: 2, cuts: 1 }
const fresh: HomeViewsBounds = { ...none, nodes: 3, members: 2, replicas: 2, joins: 1, cuts: 1, areNew: true }
const islands: HomeViewsBounds = { ...none, nodes: 4, members: 4, replicas: 2, island: 2 }
const returning: HomeViewsBounds = { ...none, nodes: 3, members: 2, replicas: 2, joins: 1, deaths: 1, forgets: 1 }

const runs: [string, HomeViewsBounds][] = [
  ['two join, on either side of a cut, the only replica moves', single],
  ['one joins a cluster that has never counted', fresh],
  ['two clusters meet', islands],
  ['one joins, one dies, is forgotten and returns', returning]
]
for (const [title, bounds] of runs) {
  test(`${title}: no majority hides what another acknowledged`, t => {
    const exploration = explore(homeViewsModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of ['write', 'fetch', 'complete', 'settle'])
      assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const mistakes: [HomeViewsMistake, HomeViewsBounds][] = [
  ['is whole when it has fetched from anybody', pair],
  ['does not pass on what it was told', single],
  ['begins with what newcomers were in', single],
  ['does not ask strangers where they come from', islands]
]
for (const [mistake, bounds] of mistakes) {
  test(`caught: a node that ${mistake}`, t => {
    const exploration = explore(homeViewsModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', /acknowledged write/)
  })
}
