/** A stream that goes on where one broke off brings all that the first had begun, and no context says more than what came. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type ResumeBounds, type ResumeMistake, resumeModel } from './resume.model.ts'

const byIndex = { order: 'index', updates: 3, streams: 2 } as const
const byName = { ...byIndex, order: 'names' } as const
/**
 * It takes four updates and three streams to leave out what moved between the second and the third. With pushes to the receiver that is
 * 2,791,085 states, none of them bad.
 */
const twice = { order: 'index', updates: 4, streams: 3, begun: 2, onlyStreams: true } as const

for (const bounds of [byIndex, byName, twice, { ...twice, order: 'names' } as const])
  test(`streams of ${bounds.order}, up to ${bounds.streams}, that break off and go on, with either sender, end right`, t => {
    const exploration = explore(resumeModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    const skip = bounds.order === 'index' ? ['skip'] : []
    for (const event of ['add', 'remove', 'push', 'ask', 'refuse', 'part', 'break', 'complete', ...skip])
      assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })

const wrong = /unequal states|is lost|is back/
const mistakes: [ResumeMistake, ResumeBounds][] = [
  ['joins the context of the stream that went on', byIndex],
  ['joins the context of the stream that went on', byName],
  ['goes on with a sender that lacks what was begun', byIndex],
  ['goes on with a sender that lacks what was begun', byName],
  ['goes on with a sender that is behind the last one', twice],
  ['skips an actor because of an entry before the cursor', byIndex]
]

for (const [mistake, bounds] of mistakes) {
  test(`caught: a receiver that ${mistake}, by ${bounds.order}`, t => {
    const exploration = explore(resumeModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', wrong)
  })
}
