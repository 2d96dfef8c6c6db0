/** A register that voters keep is linearizable, whatever is lost, late or doubled; each rule of it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bounds, casPaxosModel, type Mistake } from './caspaxos.model.ts'
import { explore, told } from './explore.ts'

const write = (tries: number, on?: number) => ({ what: 'write' as const, tries, ...(on === undefined ? {} : { on }) })
const read = (tries: number) => ({ what: 'read' as const, tries })

const asked = ['begin', 'promise', 'accept', 'late']
const runs: Record<string, { operations: Bounds['operations']; events: string[] }> = {
  'two writes on nothing, each tried twice': { operations: [write(2), write(2)], events: ['retry', 'lost'] },
  'a write tried twice and a read that must have it accepted': {
    operations: [write(2), read(2)],
    events: ['retry', 'look', 'lost']
  },
  'a write and two reads that only look': { operations: [write(1), read(0), read(0)], events: ['look', 'lost'] },
  'a write, another on it, and a read': { operations: [write(2), write(1, 0), read(0)], events: ['retry', 'look'] },
  'two writes on nothing and a read': { operations: [write(1), write(1), read(0)], events: ['look', 'lost'] }
}

for (const [name, { operations, events }] of Object.entries(runs)) {
  test(`${name}: linearizable`, t => {
    const exploration = explore(casPaxosModel({ operations, isDiskLost: events.includes('lost') }))
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of [...asked, ...events])
      assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

const mistakes: [Mistake, keyof typeof runs][] = [
  ['does not store its promise', 'two writes on nothing, each tried twice'],
  ['accepts below its promise', 'two writes on nothing, each tried twice'],
  ['votes with an empty disk', 'two writes on nothing, each tried twice'],
  ['takes any of the values promised', 'two writes on nothing, each tried twice'],
  ['counts a minority', 'two writes on nothing, each tried twice'],
  ['goes on with what it chose under an older ballot', 'two writes on nothing, each tried twice'],
  ['reads from one voter', 'a write tried twice and a read that must have it accepted'],
  ['reads the newest of a majority without having it accepted', 'a write and two reads that only look'],
  ['says conflict about what was not accepted', 'two writes on nothing and a read'],
  ['says conflict after an earlier try of its own', 'a write, another on it, and a read']
]

for (const [mistake, name] of mistakes) {
  test(`caught: one that ${mistake}`, t => {
    const operations = runs[name]?.operations ?? []
    const exploration = explore(
      casPaxosModel({ operations, isDiskLost: mistake === 'votes with an empty disk' }, mistake)
    )
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', /both replaced|saw more|fits in/)
  })
}
