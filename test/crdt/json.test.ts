/** JSON on Yjs, as a field. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeState, emptyState, encodeState, type Json, json, plainValue } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { Desk } from './support/shop.ts'

const schema = { form: json() }

function formOf(desk: Desk<typeof schema>): Record<string, Json> {
  return plainValue(schema, desk.state).form
}

function pair(): [Desk<typeof schema>, Desk<typeof schema>] {
  const [a, b] = [new Desk(schema, 0), new Desk(schema, 1)]
  a.do(({ form }) => form.set(['user'], { name: 'Ada', tags: ['x', 'y'], address: { town: 'London' } }))
  b.replica.catchUp(a.replica)
  return [a, b]
}

function exchange(a: Desk<typeof schema>, b: Desk<typeof schema>): Record<string, Json> {
  a.replica.catchUp(b.replica)
  b.replica.catchUp(a.replica)
  assert.deepEqual(formOf(a), formOf(b))
  return formOf(a)
}

test('places are set, read and removed by their path', () => {
  const desk = new Desk(schema)
  desk.do(({ form }) => {
    assert.deepEqual(form.value, {})
    assert.deepEqual(form.get(), {})
    assert.equal(form.get('user', 'name'), undefined)
    form.set(['user'], { name: 'Ada', tags: ['x'] })
    form.set(['user', 'age'], 36)
    form.push(['user', 'tags'], 'y', { deep: [true] })
    form.insert(['user', 'tags'], 1, 'between')
    form.set(['user', 'tags', 0], 'first')
    form.push(['user', 'tags', 3, 'deep'], null)
    assert.equal(form.get('user', 'name'), 'Ada')
    assert.deepEqual(form.get('user', 'tags', 3), { deep: [true, null] })
    form.remove(['user', 'tags', 1])
    form.remove(['user', 'name'])
    form.remove(['user', 'nothing', 'there'])
    assert.equal(form.get('user', 'name'), undefined)
  })
  assert.deepEqual(formOf(desk), { user: { age: 36, tags: ['first', 'y', { deep: [true, null] }] } })
})

test('concurrent changes of different places both stay', () => {
  const [a, b] = pair()
  a.do(({ form }) => {
    form.set(['user', 'name'], 'Grace')
    form.push(['user', 'tags'], 'a')
  })
  b.do(({ form }) => {
    form.set(['user', 'address', 'street'], 'Main')
    form.insert(['user', 'tags'], 0, 'b')
    form.remove(['user', 'tags', 1])
  })
  assert.deepEqual(exchange(a, b), {
    user: { name: 'Grace', tags: ['b', 'y', 'a'], address: { town: 'London', street: 'Main' } }
  })
})

test('of concurrent changes of one place one wins everywhere', () => {
  const [a, b] = pair()
  a.do(({ form }) => form.set(['user', 'name'], 'Grace'))
  b.do(({ form }) => form.set(['user', 'name'], { first: 'Ada' }))
  const form = exchange(a, b)
  const name = (form['user'] as Record<string, Json>)['name']
  assert.ok(name === 'Grace' || JSON.stringify(name) === '{"first":"Ada"}')
})

test('a change inside an object that is removed concurrently goes with it', () => {
  const [a, b] = pair()
  a.do(({ form }) => form.remove(['user', 'address']))
  b.do(({ form }) => form.set(['user', 'address', 'town'], 'Paris'))
  assert.deepEqual(exchange(a, b), { user: { name: 'Ada', tags: ['x', 'y'] } })
})

test('objects that are made concurrently at different keys are in one object', () => {
  const [a, b] = [new Desk(schema, 0), new Desk(schema, 1)]
  a.do(({ form }) => form.set(['a'], 1))
  b.do(({ form }) => form.set(['b'], [2]))
  assert.deepEqual(exchange(a, b), { a: 1, b: [2] })
})

test('every JSON object comes back as it was, whatever its keys', () => {
  const property = fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { maxKeys: 4 }), values => {
    const object: Record<string, Json> = JSON.parse(JSON.stringify(values))
    const desk = new Desk(schema)
    desk.do(({ form }) => {
      for (const [key, value] of Object.entries(object)) form.set([key], value)
    })
    assert.deepEqual(formOf(desk), object)
    assert.deepEqual(plainValue(schema, decodeState(encodeState(desk.state))).form, object)
  })
  fc.assert(property, { numRuns: 60 })
  const desk = new Desk(schema)
  desk.do(({ form }) => {
    form.set(['__proto__'], { __proto__x: 1 })
    form.set(['__proto__', '__proto__'], [1])
    form.set(['constructor'], -0)
    assert.deepEqual(form.get('__proto__', '__proto__', 0), 1)
    assert.equal(form.get('toString'), undefined)
  })
  const read = formOf(desk)
  assert.deepEqual(Object.keys(read).sort(), ['__proto__', 'constructor'])
  assert.equal(JSON.stringify(read['constructor']), '0')
})

test('paths that lead nowhere and values that are not JSON are refused with what is there, and leave no trace', () => {
  const [desk] = pair()
  const { state } = desk
  const deep = JSON.parse(`${'{"a":'.repeat(64)}1${'}'.repeat(64)}`)
  const refused: [
    RegExp,
    (form: ReturnType<typeof json> extends { open(cell: never): infer V } ? V : never) => void
  ][] = [
    [/root of a document is an object/, form => form.set([], 1)],
    [/root of a document cannot be removed/, form => form.remove([])],
    [/there is nothing at "nobody", so "name" has no place/, form => form.set(['nobody', 'name'], 1)],
    [/there is a scalar, not an object, at "user"\."name"/, form => form.set(['user', 'name', 'x'], 1)],
    [/there is an array, not an object, at "user"\."tags"/, form => form.set(['user', 'tags', 'x'], 1)],
    [/there is an object, not an array, at "user"/, form => form.set(['user', 0], 1)],
    [/there is no item 2 at "user"\."tags": use insert or push/, form => form.set(['user', 'tags', 2], 1)],
    [/there is no array, but an object, at "user"/, form => form.push(['user'], 1)],
    [/there is nothing at "x"/, form => form.push(['x'], 1)],
    [/position 3 is not in an array of 2 items/, form => form.insert(['user', 'tags'], 3, 1)],
    [/a step of a path/, form => form.set([-1], 1)],
    [/a step of a path/, form => form.get(0.5)],
    [/a path is an array/, form => form.set('user' as never, 1)],
    [/a path of more than 64/, form => form.get(...Array.from({ length: 65 }, () => 'a'))],
    [/more than 4096 characters/, form => form.set(['k'.repeat(4097)], 1)],
    [/lone surrogate/, form => form.set(['\ud800'], 1)],
    [/well-formed/, form => form.set(['a'], ['\ud800'])],
    [/nested deeper than 64/, form => form.set(['a'], deep)],
    [/JSON value, not undefined/, form => form.set(['a'], undefined as never)]
  ]
  for (const [message, change] of refused) {
    desk.do(({ form }) => {
      assert.throws(
        () => change(form),
        error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT' && message.test(error.message),
        String(message)
      )
    })
    assert.equal(desk.state, state)
  }
})

test('a value may be as deep as the limit, at the root and inside', () => {
  const desk = new Desk(schema)
  const inner = JSON.parse(`${'['.repeat(62)}${']'.repeat(62)}`)
  desk.do(({ form }) => {
    form.set(['a'], {})
    form.set(['a', 'b'], inner)
    const innermost = ['a', 'b', ...Array.from({ length: 61 }, () => 0)]
    form.push(innermost, 1)
    assert.throws(() => form.push(innermost, []), /nested deeper than 64/)
    assert.throws(() => form.set(['a', 'c'], [inner]), /nested deeper than 64/)
  })
  assert.equal(JSON.stringify(formOf(desk)), `{"a":{"b":${'['.repeat(62)}1${']'.repeat(62)}}}`)
})

test('nothing that is not there is removed, without a dot', () => {
  const desk = new Desk(schema)
  desk.do(({ form }) => {
    form.remove(['a'])
    form.remove(['a', 0])
  })
  assert.equal(desk.state, emptyState)
})
