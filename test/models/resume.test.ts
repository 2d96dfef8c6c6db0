/** A stream that goes on where one broke off brings all that the first had begun, and no context says more than what came. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { explore, told } from './explore.ts'
import { type ResumeMistake, resumeModel } from './resume.model.ts'

const bounds = { updates: 3, streams: 2 }

test('a stream that breaks off and goes on, with either sender, ends right', t => {
  const exploration = explore(resumeModel(bounds))
  t.diagnostic(told(exploration))
  assert.equal(exploration.violation, undefined)
  for (const event of ['add', 'remove', 'push', 'ask', 'refuse', 'part', 'skip', 'break', 'complete'])
    assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
})

const mistakes: [ResumeMistake, RegExp][] = [
  ['joins the context of the stream that went on', /unequal states|is lost|is back/],
  ['goes on with a sender that lacks what was begun', /unequal states|is lost|is back/],
  ['skips an actor because of an entry before the cursor', /unequal states|is lost|is back/]
]

for (const [mistake, reason] of mistakes) {
  test(`caught: a receiver that ${mistake}`, t => {
    const exploration = explore(resumeModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
