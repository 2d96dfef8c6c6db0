/** Collaborative text as a value. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  type ActorState,
  CausalContext,
  decodeState,
  emptyState,
  encodeState,
  identityOf,
  joinStates,
  openView,
  plainValue,
  Transaction,
  text
} from '../../src/crdt/index.ts'
import { findUpdateFault } from '../../src/crdt/yjs/update.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { pickOf } from './support/fields.ts'
import { type Batch, Replica } from './support/replica.ts'
import { Desk } from './support/shop.ts'

const schema = { body: text() }

function textOf(state: ActorState): string {
  return plainValue(schema, state).body
}

test('insertions and removals at a place do what they say', () => {
  const desk = new Desk(schema)
  desk.do(({ body }) => {
    assert.equal(body.length, 0)
    body.insert(0, 'hello world')
    body.remove(5, 6)
    body.insert(5, ', you')
    assert.equal(body.toString(), 'hello, you')
    assert.equal(body.length, 10)
  })
  assert.equal(textOf(desk.state), 'hello, you')
})

test('concurrent insertions both stay whole', () => {
  const a = new Desk(schema, 0)
  const b = new Desk(schema, 1)
  a.do(({ body }) => body.insert(0, '<>'))
  b.replica.catchUp(a.replica)
  a.do(({ body }) => body.insert(1, 'abc'))
  b.do(({ body }) => body.insert(1, 'xyz'))
  a.replica.catchUp(b.replica)
  b.replica.catchUp(a.replica)
  assert.equal(textOf(a.state), textOf(b.state))
  assert.match(textOf(a.state), /^<(abcxyz|xyzabc)>$/)
})

test('a concurrent insertion into a removed stretch stays', () => {
  const a = new Desk(schema, 0)
  const b = new Desk(schema, 1)
  a.do(({ body }) => body.insert(0, 'one two three'))
  b.replica.catchUp(a.replica)
  a.do(({ body }) => body.remove(0, 13))
  b.do(({ body }) => body.insert(4, 'NEW '))
  a.replica.catchUp(b.replica)
  assert.equal(textOf(a.state), 'NEW ')
})

test('positions out of range, inside a character, and half characters are refused, and leave no trace', () => {
  const desk = new Desk(schema)
  desk.do(({ body }) => body.insert(0, 'a𝄞b'))
  const { state } = desk
  const refused: [number, number | string][] = [
    [-1, 'x'],
    [5, 'x'],
    [0.5, 'x'],
    [Number.NaN, 'x'],
    [2, 'x'],
    [0, '\ud834'],
    [0, 'x'.repeat(1024 * 1024 + 1)],
    [0, 5],
    [1, 1],
    [2, 1],
    [0, -1],
    [0, Number.NaN]
  ]
  for (const [at, what] of refused) {
    desk.do(({ body }) => {
      const change = (): void => (typeof what === 'string' ? body.insert(at, what) : body.remove(at, what))
      assert.throws(change, error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT', `${at} ${what}`)
    })
    assert.equal(desk.state, state)
  }
  desk.do(({ body }) => body.remove(1, 2))
  assert.equal(textOf(desk.state), 'ab')
})

test('an edit that changes nothing takes no dot', () => {
  const desk = new Desk(schema)
  desk.do(({ body }) => {
    body.insert(0, '')
    body.remove(0, 0)
  })
  assert.equal(desk.state, emptyState)
})

test('a transaction that is dropped leaves its first state as it was, and the next may use its place', () => {
  const { replica } = new Desk(schema)
  for (let round = 0; round < 3; round++) {
    const kept = replica.actor(0).state
    const dropped = replica.begin(0)
    openView(schema, dropped).body.insert(0, `dropped ${round} `)
    const text = openView(schema, dropped).body.toString()
    assert.equal(textOf(kept), round === 0 ? '' : `kept ${round - 1} ${round === 1 ? '' : 'kept 0 '}`)
    assert.equal(openView(schema, dropped).body.toString(), text, 'reading the old state does not move the new one')
    replica.run(0, schema, ({ body }) => body.insert(0, `kept ${round} `))
    assert.equal(textOf(replica.actor(0).state), `kept ${round} ${textOf(kept)}`)
    assert.equal(textOf(dropped.state), text, 'nor does another change')
  }
})

test('updates that come before what they depend on wait, also across a restart', () => {
  const desk = new Desk(schema)
  const batches: Batch[] = []
  for (const word of ['a', 'b', 'c', 'd', 'e']) {
    const batch = desk.replica.run(0, schema, ({ body }) => body.insert(body.length, word))
    if (batch !== undefined) batches.push(batch)
  }
  const late = new Replica(7, 1)
  for (const index of [4, 2, 3]) {
    late.receive(pickOf(batches, index))
    const actor = late.actor(0)
    actor.state = decodeState(encodeState(actor.state))
  }
  assert.equal(textOf(late.actor(0).state), '')
  late.receive(pickOf(batches, 0))
  assert.equal(textOf(late.actor(0).state), 'a')
  late.receive(pickOf(batches, 1))
  assert.equal(textOf(late.actor(0).state), 'abcde')
  assert.deepEqual(identityOf(late.actor(0).state), identityOf(desk.state))
})

test('an update that is known answers the same state, waiting or not', () => {
  const desk = new Desk(schema)
  const first = desk.replica.run(0, schema, ({ body }) => body.insert(0, 'abc'))
  const second = desk.replica.run(0, schema, ({ body }) => body.remove(1, 1))
  assert.ok(first && second)
  const late = new Replica(7, 1)
  for (const batch of [second, first]) {
    late.receive(batch)
    const { state } = late.actor(0)
    for (const again of batch === second ? [second] : [first, second]) late.receive(again)
    assert.equal(late.actor(0).state, state)
  }
})

test('a long chain of edits without an encoding keeps its text and can be read anywhere', () => {
  let state = emptyState
  let context = CausalContext.empty
  const states: ActorState[] = []
  for (let seq = 1; seq <= 700; seq++) {
    const transaction = new Transaction({
      state,
      covers: context,
      origin: 'a',
      nextDot: () => ({ origin: 'a', seq }),
      now: () => 0,
      clientId: () => 5
    })
    openView(schema, transaction).body.insert(0, String(seq % 10))
    state = transaction.state
    context = context.with('a', seq)
    states.push(state)
  }
  for (const index of [699, 3, 698, 255, 256, 0]) {
    assert.equal(textOf(pickOf(states, index)).length, index + 1)
    assert.equal(textOf(pickOf(states, index))[0], String((index + 1) % 10))
  }
})

test('many replicas typing at once end with the same text', () => {
  const edits = fc.array(fc.record({ replica: fc.nat(2), at: fc.nat(30), length: fc.nat(5), isInsert: fc.boolean() }), {
    maxLength: 40,
    size: 'max'
  })
  const property = fc.property(edits, fc.array(fc.nat(1000), { minLength: 5, maxLength: 5 }), (list, order) => {
    const desks = [0, 1, 2].map(index => new Desk(schema, index))
    const batches: Batch[] = []
    for (const [i, { replica, at, length, isInsert }] of list.entries()) {
      const batch = pickOf(desks, replica).replica.run(0, schema, ({ body }) => {
        const place = at % (body.length + 1)
        if (isInsert) body.insert(place, 'abcdefgh'.slice(i % 4, (i % 4) + length))
        else body.remove(place, Math.min(length, body.length - place))
      })
      if (batch !== undefined) batches.push(batch)
      if (batches.length > 0) pickOf(desks, i).replica.receive(pickOf(batches, order[i % order.length]))
    }
    for (const [i, desk] of desks.entries()) {
      const mine = i === 0 ? batches : batches.toReversed()
      for (const batch of mine) desk.replica.receive(batch)
    }
    for (const desk of desks) {
      assert.equal(textOf(desk.state), textOf(pickOf(desks, 0).state))
      assert.deepEqual(identityOf(desk.state), identityOf(pickOf(desks, 0).state))
    }
  })
  fc.assert(property, { numRuns: 60 })
})

test('states with equal identities stay equal when both receive more', () => {
  const a = new Desk(schema, 0)
  const b = new Desk(schema, 1)
  a.do(({ body }) => body.insert(0, 'shared'))
  b.replica.catchUp(a.replica)
  const restored = decodeState(encodeState(b.state))
  a.do(({ body }) => body.remove(2, 2))
  const context = a.replica.context
  const one = joinStates(restored, b.replica.context, a.state, context)
  const two = joinStates(b.state, b.replica.context, a.state, context)
  assert.deepEqual(identityOf(one), identityOf(two))
  assert.equal(textOf(one), 'shed')
})

test('only updates of text in the one root pass the structural check', () => {
  const item = (info: number, ...rest: number[]): number[] => [1, 1, 5, 0, info, ...rest]
  const root = [1, 4, ...new TextEncoder().encode('text')]
  const good = [...item(4, ...root, 1, 120), 0]
  assert.equal(findUpdateFault('text', Uint8Array.from(good)), undefined)
  const faulty: [string, number[]][] = [
    ['nothing in it', [0, 0]],
    ['its end missing', good.slice(0, -1)],
    ['surplus bytes', [...good, 0]],
    ['another root', [...item(4, 1, 4, 116, 101, 120, 116 + 1, 1, 120), 0]],
    ['another root', [...item(4, 0, 5, 0, 1, 120), 0]],
    ['content of kind 7', [...item(7, ...root, 1), 0]],
    ['content of kind 8', [...item(8, ...root, 1, 127), 0]],
    ['content of kind 9', [...item(9, ...root, 1, 120), 0]],
    ['a keyed item', [...item(4 | 0x20, ...root, 1, 120, 1, 120), 0]],
    ['an item that refers to itself', [...item(4 | 0x80, 5, 0, 1, 120), 0]],
    ['an item that refers to itself', [...item(4 | 0x40, 5, 9, 1, 120), 0]],
    ['an empty item', [...item(4, ...root, 0), 0]],
    ['text that is not UTF-8', [...item(4, ...root, 1, 0x80), 0]],
    ['a length of 0', [...item(0, 0), 0]],
    ['client 0', [1, 1, 0, 0, 0, 1, 0]],
    ['more entries than bytes', [100, 1, 5, 0, 0, 1, 0]],
    ['more entries than bytes', [1, 100, 5, 0, 0, 1, 0]],
    ['clients out of order', [2, 1, 5, 0, 0, 1, 1, 5, 0, 0, 1, 0]],
    ['a clock beyond 2^53', [1, 2, 5, 0, 0, 255, 255, 255, 255, 255, 255, 255, 15, 0, 1, 0]],
    ['a number beyond 2^53', [255, 255, 255, 255, 255, 255, 255, 255, 255, 1]]
  ]
  for (const [fault, bytes] of faulty)
    assert.equal(findUpdateFault('text', Uint8Array.from(bytes)), fault, bytes.join(' '))
})

test('what passes the structural check is merged or refused, never anything else', () => {
  const desk = new Desk(schema)
  desk.do(({ body }) => body.insert(0, 'hello 𝄞'))
  desk.do(({ body }) => body.remove(2, 1))
  const bytes = encodeState(desk.state)
  const property = fc.property(fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }), damage => {
    const damaged = bytes.slice()
    for (const [at, byte] of damage) damaged[at] = byte
    try {
      const state = decodeState(damaged)
      const joined = joinStates(desk.state, desk.replica.context, state, CausalContext.empty)
      assert.equal(typeof textOf(joined), 'string')
      assert.ok(identityOf(joined).length > 0)
    } catch (error) {
      assert.ok(isShoalError(error) && error.code === 'SHOAL_MALFORMED', String(error))
    }
    assert.equal(textOf(desk.state), 'helo 𝄞', 'the state that was there is not touched')
  })
  fc.assert(property, { numRuns: 1500 })
})
