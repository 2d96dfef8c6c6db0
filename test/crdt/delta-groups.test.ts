/** Deltas that merge: a group is as long as its effect, however many changes made it, and so is the state that they leave. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type Delta,
  decodeDelta,
  encodeDelta,
  encodeState,
  flag,
  joinDeltas,
  lwwMap,
  lwwRegister,
  mvRegister,
  orMap,
  orSet,
  pnCounter,
  Replica,
  type View
} from '../../src/crdt/index.ts'
import { anySpecs, isDocument, pickOf } from './support/fields.ts'
import { anySteps, runHistory } from './support/history.ts'
import { holds } from './support/profile.ts'

const schema = {
  count: pnCounter(),
  note: lwwRegister(0),
  choice: mvRegister<number>(),
  tags: orSet(),
  isOpen: flag(),
  lines: orMap(pnCounter()),
  prices: lwwMap(0)
}

const repeatable: Record<string, (view: View<typeof schema>, i: number) => void> = {
  'an addition': ({ count }) => count.add(1),
  'a write': ({ note }, i) => note.set(i % 10),
  'a write to a multi-value register': ({ choice }, i) => choice.set(i % 10),
  'an add of one element': ({ tags }) => tags.add('tea'),
  'an enable': ({ isOpen }) => isOpen.enable(),
  'an addition in a map': ({ lines }) => lines.at('tea').add(1),
  'a write in a map': ({ prices }, i) => prices.set('tea', i % 10)
}

/** The seqs and the sums of a thousand changes need two bytes more than those of one, three times over. */
const growth = 8

for (const [what, change] of Object.entries(repeatable)) {
  test(`${what} that is made a thousand times is as long as one, in one handler or in many`, () => {
    const start = (): Replica<typeof schema> => {
      const replica = new Replica(schema, { origin: 'a.1', now: () => 1_700_000_000_000 })
      replica.change(view => change(view, 0))
      return replica
    }
    const one = start().change(view => change(view, 1))
    const inOne = start().change(view => {
      for (let i = 1; i <= 1000; i++) change(view, i)
    })
    const many = start()
    const deltas: Delta[] = []
    for (let i = 1; i <= 1000; i++) {
      const delta = many.change(view => change(view, i))
      assert.ok(delta)
      deltas.push(decodeDelta(delta))
    }
    const group = encodeDelta(deltas.reduce(joinDeltas))
    assert.ok(one && inOne)
    assert.deepEqual(inOne, group, 'one handler and many give the same')
    assert.ok(group.length <= one.length + growth, `${one.length} bytes became ${group.length}`)
  })
}

test('what comes and goes within a group leaves only its seqs', () => {
  const replica = new Replica(schema, { origin: 'a.1' })
  const delta = replica.change(({ tags, prices }) => {
    for (let i = 0; i < 500; i++) {
      tags.add(`tag ${i}`)
      tags.remove(`tag ${i}`)
      prices.set(`key ${i}`, i)
      prices.remove(`key ${i}`)
    }
  })
  assert.ok(delta && delta.length < 20, `${delta?.length} bytes`)
})

test('a group of deltas is no longer than its deltas together', () => {
  const property = fc.property(
    anySpecs,
    anySteps(25),
    fc.array(fc.nat(1000), { maxLength: 6 }),
    (specs, steps, picks) => {
      if (specs.some(isDocument)) return
      const { deltas } = runHistory(specs, steps)
      if (deltas.length === 0) return
      const group = picks.map(pick => pickOf(deltas, pick))
      if (group.length === 0) return
      const together = group.reduce((sum, delta) => sum + encodeDelta(delta).length, 0)
      const length = encodeDelta(group.reduce(joinDeltas)).length
      assert.ok(length <= together, `${length} bytes instead of ${together}`)
    }
  )
  holds(150, property)
})

test('ten keys that are overwritten over and over leave a state of ten keys', () => {
  const replica = new Replica({ prices: lwwMap(0) }, { origin: 'a.1', now: () => 1_700_000_000_000 })
  const sizes: number[] = []
  let next = 1
  for (let i = 1; i <= 100_000; i++) {
    replica.change(({ prices }) => prices.set(`key ${i % 10}`, i % 10))
    if (i < next) continue
    next *= 10
    sizes.push(replica.save().length)
  }
  const [, ten = 0] = sizes
  assert.equal(sizes.length, 6)
  // Ten seqs, which grow from one byte to three.
  for (const size of sizes.slice(2)) assert.ok(size <= ten + 10 * 2 + 4, `${sizes.join(', ')} bytes at 1, 10, 100, …`)
})

test('overwrites by many replicas that hear each other leave one write per key', () => {
  const replicas = Array.from({ length: 5 }, (_, i) => new Replica({ prices: lwwMap(0) }, { origin: `${i}.1` }))
  for (let i = 0; i < 2000; i++) {
    const delta = pickOf(replicas, i).change(({ prices }) => prices.set(`key ${i % 10}`, i % 10))
    assert.ok(delta)
    for (const replica of replicas) if (replica !== pickOf(replicas, i)) replica.apply(delta)
  }
  const [first] = replicas
  assert.ok(first)
  const { state } = decodeDelta(first.save())
  for (const replica of replicas) assert.deepEqual(encodeState(decodeDelta(replica.save()).state), encodeState(state))
  assert.ok(encodeState(state).length < 300, `${encodeState(state).length} bytes for ten keys`)
})
