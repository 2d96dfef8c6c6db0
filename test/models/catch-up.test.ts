/**
 * The rules of catch-up hold in every state that small histories can reach, and each of them is needed: a model that leaves one
 * out is caught.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bounds, catchUpModel, type Mistake } from './catch-up.model.ts'
import { explore, told } from './explore.ts'

const everyEvent = ['add', 'remove', 'push', 'ask', 'snapshot', 'part', 'break', 'complete']

const histories: { bounds: Bounds; expectedStates: number }[] = [
  { bounds: { replicas: 2, updates: 3, streams: 1, replaces: true }, expectedStates: 17_025 },
  { bounds: { replicas: 2, updates: 3, streams: 2, replaces: false }, expectedStates: 275_554 },
  { bounds: { replicas: 3, updates: 3, streams: 1, replaces: false }, expectedStates: 434_955 }
]

for (const { bounds, expectedStates } of histories) {
  const { replicas, updates, streams } = bounds
  test(`${replicas} replicas, ${updates} updates and ${streams} ${streams === 1 ? 'stream' : 'streams'}, however interleaved, end equal and right`, t => {
    const exploration = explore(catchUpModel(bounds))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    assert.ok(
      exploration.states >= expectedStates,
      `only ${exploration.states} of ${expectedStates} states were explored`
    )
    for (const event of everyEvent) assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const two: Bounds = { replicas: 2, updates: 3, streams: 1, replaces: false }
const three: Bounds = { ...two, replicas: 3 }
const mistakes: [Mistake, Bounds, RegExp][] = [
  ['forgets a removal that comes before what it removes', three, /unequal states|is back/],
  // Two replicas are too few: whoever wrote an update has no gap in it.
  ['stops the scan at its contiguous vector', three, /is lost/],
  ['answers a gap by a range of the index', two, /unequal states|is lost/],
  ['takes the context over when the stream starts', two, /unequal states|is lost/],
  ['leaves out which dots are held', two, /is lost/],
  ['sends nothing of an actor that is empty', two, /is back/],
  ['leaves out its extra dots', three, /is back/]
]

for (const [mistake, bounds, reason] of mistakes) {
  test(`caught: a replica that ${mistake}`, t => {
    const exploration = explore(catchUpModel(bounds, mistake))
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', reason)
  })
}
