/** A register that voters keep is linearizable, whatever is lost, late or doubled; each rule of it is needed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Bounds, casPaxosModel, type Mistake } from './caspaxos.model.ts'
import { explore, told } from './explore.ts'

const write = (tries: number, on?: number) => ({ what: 'write' as const, tries, ...(on === undefined ? {} : { on }) })
const read = (tries: number) => ({ what: 'read' as const, tries })
const remove = (on: number) => ({ what: 'remove' as const, tries: 1, on })
const forget = { what: 'forget' as const, tries: 1 }
const mend = { what: 'mend' as const, tries: 1 }

const asked = ['begin', 'promise', 'accept', 'late']
const runs: Record<string, { operations: Bounds['operations']; events: string[]; start?: Bounds['start'] }> = {
  'two writes on nothing, each tried twice': { operations: [write(2), write(2)], events: ['retry', 'lost'] },
  'a write tried twice and a read that must have it accepted': {
    operations: [write(2), read(2)],
    events: ['retry', 'look', 'lost']
  },
  'a write and two reads that only look': { operations: [write(1), read(0), read(0)], events: ['look', 'lost'] },
  'a write, another on it, and a read': { operations: [write(2), write(1, 0), read(0)], events: ['retry', 'look'] },
  'two writes on nothing and a read': { operations: [write(1), write(1), read(0)], events: ['look', 'lost'] },
  'a write tried twice, its removal, and a read': { operations: [write(2), remove(0), read(0)], events: ['look'] },
  'the removal of a write, voters that forget it, and a read': {
    operations: [write(1), remove(0), forget, read(1)],
    events: ['look', 'forget'],
    start: 'written'
  },
  'two writes on nothing, and a damaged vote that is mended before': {
    operations: [mend, write(1), write(1)],
    events: ['damage']
  },
  'two writes on nothing, and a damaged vote that is mended between': {
    operations: [write(1), mend, write(1)],
    events: ['damage']
  },
  'what is being forgotten is written and removed again': {
    operations: [forget, write(1), remove(1), read(0)],
    events: ['look', 'forget'],
    start: 'forgetting'
  },
  'what is being forgotten was written, and is removed and read': {
    operations: [forget, write(1), remove(1), read(1)],
    events: ['look', 'forget'],
    start: 'rewritten'
  }
}

for (const [name, { operations, events, start }] of Object.entries(runs)) {
  test(`${name}: linearizable`, t => {
    const exploration = explore(
      casPaxosModel({
        operations,
        isDiskLost: events.includes('lost'),
        isVoteDamaged: events.includes('damage'),
        ...(start && { start })
      })
    )
    t.diagnostic(told(exploration))
    assert.equal(exploration.violation, undefined)
    for (const event of [...asked, ...events])
      assert.ok((exploration.events.get(event) ?? 0) > 0, `no ${event} ever happened`)
  })
}

/** 749,232 states, none bad: too many for every run of the suite. */
const large = { 'the removal of a write, and two reads': [write(1), remove(0), read(0), read(1)] }

const mistakes: [Mistake, string][] = [
  ['does not store its promise', 'two writes on nothing, each tried twice'],
  ['accepts below its promise', 'two writes on nothing, each tried twice'],
  ['votes with an empty disk', 'two writes on nothing, each tried twice'],
  ['takes any of the values promised', 'two writes on nothing, each tried twice'],
  ['counts a minority', 'two writes on nothing, each tried twice'],
  ['goes on with what it chose under an older ballot', 'two writes on nothing, each tried twice'],
  ['reads from one voter', 'a write tried twice and a read that must have it accepted'],
  ['reads the newest of a majority without having it accepted', 'a write and two reads that only look'],
  ['says conflict about what was not accepted', 'two writes on nothing and a read'],
  ['says conflict after an earlier try of its own', 'a write, another on it, and a read'],
  ['writes on nothing again after a try of its own', 'a write tried twice, its removal, and a read'],
  ['takes a removal and nothing for one', 'the removal of a write, and two reads'],
  ['forgets its promise with the register', 'the removal of a write, voters that forget it, and a read'],
  ['forgets when a majority has promised', 'the removal of a write, voters that forget it, and a read'],
  ['forgets a removal beside an older value', 'the removal of a write, voters that forget it, and a read'],
  ['mends under a ballot below its promise', 'two writes on nothing, and a damaged vote that is mended before'],
  ['mends with the vote of one other', 'two writes on nothing, and a damaged vote that is mended between'],
  ['forgets under a ballot below its promise', 'what is being forgotten was written, and is removed and read']
]

for (const [mistake, name] of mistakes) {
  test(`caught: one that ${mistake}`, t => {
    const { operations, start } = runs[name] ?? { operations: large[name as keyof typeof large], start: 'written' }
    const exploration = explore(
      casPaxosModel(
        {
          operations,
          isDiskLost: mistake === 'votes with an empty disk',
          isVoteDamaged: mistake.startsWith('mends'),
          ...(start && { start })
        },
        mistake
      )
    )
    t.diagnostic(told(exploration))
    assert.match(exploration.violation?.reason ?? 'nothing found', /both replaced|saw more|fits in|explains/)
  })
}
