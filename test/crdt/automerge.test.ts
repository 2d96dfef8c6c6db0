/** Texts, lists and JSON on Automerge, as fields of an actor. What holds for the engine alone is in automerge-engine.test.ts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { automergeJson, automergeList, automergeText } from '../../src/automerge.ts'
import { maxEditOps, maxEditRemovals } from '../../src/crdt/automerge/change.ts'
import {
  type ActorState,
  decodeState,
  encodeState,
  identityOf,
  type Json,
  joinStates,
  openView,
  plainValue,
  text
} from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { pickOf } from './support/kinds.ts'
import { type Batch, Replica } from './support/replica.ts'
import { Desk } from './support/shop.ts'

const schema = { body: automergeText(), items: automergeList<Json>(), form: automergeJson() }

function plainOf(state: ActorState) {
  return plainValue(schema, state)
}

function meet(a: Replica, b: Replica): void {
  a.catchUp(b)
  b.catchUp(a)
}

function isLimit(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_LIMIT'
}

function isBadArgument(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT'
}

test('a field that was never written is empty', () => {
  const desk = new Desk(schema)
  assert.deepEqual(plainOf(desk.state), { body: '', items: [], form: {} })
  desk.do(({ body, items, form }) => {
    assert.equal(body.length, 0)
    assert.equal(items.length, 0)
    assert.equal(items.get(0), undefined)
    assert.deepEqual(form.value, {})
    assert.equal(form.get('a'), undefined)
    body.remove(0, 0)
    items.remove(0, 0)
    form.remove(['a'])
  })
  assert.deepEqual(plainOf(desk.state), { body: '', items: [], form: {} })
})

test('text is inserted and removed at a place', () => {
  const desk = new Desk(schema)
  desk.do(({ body }) => {
    body.insert(0, 'hello world')
    body.remove(5, 6)
    body.insert(5, ', you 𝄞')
    assert.equal(body.toString(), 'hello, you 𝄞')
    assert.equal(body.length, 13)
    assert.throws(() => body.insert(12, 'x'), isBadArgument)
    assert.throws(() => body.remove(12, 1), isBadArgument)
    assert.throws(() => body.insert(14, 'x'), isBadArgument)
  })
  assert.equal(plainOf(desk.state).body, 'hello, you 𝄞')
})

test('items of a list come and go', () => {
  const desk = new Desk(schema)
  desk.do(({ items }) => {
    items.push(1, 'two', { three: [3] })
    items.insert(1, null)
    assert.deepEqual(items.values(), [1, null, 'two', { three: [3] }])
    items.remove(0, 2)
    assert.equal(items.length, 2)
    assert.deepEqual(items.get(1), { three: [3] })
    assert.throws(() => items.insert(3, 1), isBadArgument)
    assert.throws(() => items.push(undefined as never), isBadArgument)
  })
  assert.deepEqual(plainOf(desk.state).items, ['two', { three: [3] }])
})

test('JSON is changed place by place', () => {
  const desk = new Desk(schema)
  desk.do(({ form }) => {
    form.set(['title'], 'a')
    form.set(['rows'], [{ n: 1 }, { n: 2 }])
    form.set(['rows', 0, 'n'], 1.5)
    form.insert(['rows'], 1, { n: -7 })
    form.push(['rows'], 'end')
    form.remove(['rows', 2])
    form.remove(['title'])
    assert.deepEqual(form.get('rows', 1), { n: -7 })
    assert.equal(form.get('rows', 9), undefined)
    assert.throws(() => form.set(['nowhere', 'x'], 1), isBadArgument)
    assert.throws(() => form.set(['rows', 3], 1), isBadArgument)
    assert.throws(() => form.insert(['rows', 0], 0, 1), isBadArgument)
  })
  assert.deepEqual(plainOf(desk.state).form, { rows: [{ n: 1.5 }, { n: -7 }, 'end'] })
})

test('concurrent insertions stay whole, and changes of different places both stay', () => {
  const a = new Desk(schema, 0)
  const b = new Desk(schema, 1)
  a.do(({ body, items, form }) => {
    body.insert(0, '<>')
    items.push('first')
    form.set(['address'], { street: 'old', city: 'old' })
  })
  meet(a.replica, b.replica)
  a.do(({ body, items, form }) => {
    body.insert(1, 'abc')
    items.push('a1', 'a2')
    form.set(['address', 'street'], 'a')
    form.set(['winner'], 'a')
  })
  b.do(({ body, items, form }) => {
    body.insert(1, 'xyz')
    items.push('b1', 'b2')
    form.set(['address', 'city'], 'b')
    form.set(['winner'], 'b')
  })
  meet(a.replica, b.replica)
  const { body, items, form } = plainOf(a.state)
  assert.deepEqual(plainOf(b.state), { body, items, form })
  assert.match(body, /^<(abcxyz|xyzabc)>$/)
  assert.match(items.join(), /^first,(a1,a2,b1,b2|b1,b2,a1,a2)$/)
  assert.deepEqual(form['address'], { street: 'a', city: 'b' })
  assert.match(String(form['winner']), /^[ab]$/)
})

test('a transaction that is dropped leaves no trace, and the next may use its place', () => {
  const { replica } = new Desk(schema)
  for (let round = 0; round < 3; round++) {
    const kept = replica.actor(0).state
    const before = plainOf(kept)
    const dropped = replica.begin(0)
    const view = openView(schema, dropped)
    view.body.insert(0, `dropped ${round} `)
    view.items.push('dropped')
    view.form.set(['k'], 'dropped')
    assert.deepEqual(plainOf(kept), before)
    assert.equal(view.form.get('k'), 'dropped', 'reading the old state does not move the new one')
    replica.run(0, schema, ({ body, items, form }) => {
      body.insert(0, `kept ${round} `)
      items.push(round)
      form.set(['k'], round)
    })
    const after = plainOf(replica.actor(0).state)
    assert.equal(after.body, `kept ${round} ${before.body}`)
    assert.deepEqual(after.items, [...before.items, round])
    assert.deepEqual(after.form, { k: round })
    assert.equal(plainOf(dropped.state).form['k'], 'dropped', 'nor does another change')
  }
})

test('a refused change leaves the state as it was, and the document usable', () => {
  const desk = new Desk(schema)
  desk.do(({ body }) => body.insert(0, 'x'.repeat(maxEditRemovals)))
  desk.do(({ body }) => body.insert(0, 'y'))
  const { state } = desk
  desk.do(({ body }) => {
    assert.throws(() => body.remove(0, maxEditRemovals + 1), isLimit)
    assert.throws(() => body.insert(0, 'x'.repeat(maxEditOps + 1)), isLimit)
    assert.equal(body.length, maxEditRemovals + 1)
  })
  assert.equal(desk.state, state)
  desk.do(({ body }) => body.remove(10, 5000))
  assert.equal(plainOf(desk.state).body.length, maxEditRemovals + 1 - 5000)
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
    assert.equal(plainOf(actor.state).body, '')
    actor.state = decodeState(encodeState(actor.state))
  }
  late.receive(pickOf(batches, 0))
  assert.equal(plainOf(late.actor(0).state).body, 'a')
  late.receive(pickOf(batches, 1))
  assert.equal(plainOf(late.actor(0).state).body, 'abcde')
  assert.deepEqual(identityOf(late.actor(0).state), identityOf(desk.state))
})

test('many edits fold into a snapshot, which changes nothing but the bytes', () => {
  const desk = new Desk(schema)
  const other = new Desk(schema, 1)
  let longest = 0
  for (let i = 0; i < 1500; i++) {
    desk.do(({ body }) => body.insert(i % (body.length + 1), 'word '))
    longest = Math.max(longest, encodeState(desk.state).length)
    if (i === 700) other.replica.catchUp(desk.replica)
  }
  assert.ok(encodeState(desk.state).length < longest, 'it was folded')
  other.do(({ body }) => body.insert(0, 'other '))
  const joined = joinStates(desk.state, desk.replica.context, other.state, other.replica.context)
  meet(desk.replica, other.replica)
  assert.deepEqual(identityOf(desk.state), identityOf(other.state))
  assert.deepEqual(identityOf(desk.state), identityOf(joined))
  assert.equal(plainOf(desk.state).body, plainOf(other.state).body)
  assert.equal(plainOf(desk.state).body.length, 1500 * 5 + 6)
})

test('one name may be a text of Yjs here and of Automerge there', () => {
  const yjs = { body: text() }
  const desk = new Desk(schema)
  const other = new Replica(1, 1)
  desk.do(({ body }) => body.insert(0, 'automerge'))
  other.run(0, yjs, ({ body }) => body.insert(0, 'yjs'))
  meet(desk.replica, other)
  assert.equal(plainOf(desk.state).body, 'automerge')
  assert.equal(plainValue(yjs, desk.state).body, 'yjs')
})

test('more documents than are open at once take turns', () => {
  const desks = Array.from({ length: 300 }, (_, i) => new Desk(schema, i))
  for (let round = 0; round < 2; round++) {
    for (const [i, desk] of desks.entries()) desk.do(({ body }) => body.insert(body.length, `${i}.${round} `))
  }
  for (const [i, desk] of desks.entries()) assert.equal(plainOf(desk.state).body, `${i}.0 ${i}.1 `)
})
