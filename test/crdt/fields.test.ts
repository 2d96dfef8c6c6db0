/** What a handler can do with the fields of its state, and what is refused. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  checkSchema,
  decodeState,
  emptyState,
  encodeState,
  type FieldType,
  flag,
  gCounter,
  isEmptyState,
  lwwRegister,
  mvRegister,
  type NestableType,
  openView,
  orMap,
  orSet,
  plainValue,
  pnCounter,
  type Scalar,
  Transaction,
  text
} from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { Desk, everything, fullDesk } from './support/shop.ts'

function refuses(code: string) {
  return (error: unknown): boolean => isShoalError(error) && error.code === code
}

test('a state reads as plain data', () => {
  const desk = fullDesk()
  assert.deepEqual(plainValue(everything, desk.state), {
    visits: 1,
    stock: -7,
    seen: [2.5],
    tags: ['b', 'ü'],
    isOpen: true,
    isWelcome: false,
    note: 'hello',
    price: [
      { amount: 5, currency: 'GBP' },
      { amount: 4, currency: 'USD' }
    ],
    lines: { tea: 4 },
    rooms: { a: { b: ['c'] } },
    floors: { '-1': 'cellar' },
    letter: 'My ar 𝄞'
  })
})

test('a state that nobody wrote to reads as its defaults', () => {
  const plain = plainValue(everything, emptyState)
  assert.deepEqual(plain, {
    visits: 0,
    stock: 0,
    seen: [],
    tags: [],
    isOpen: false,
    isWelcome: true,
    note: 'none',
    price: [],
    lines: {},
    rooms: {},
    floors: {},
    letter: ''
  })
})

test('a view reads its own changes', () => {
  new Desk(everything).do(state => {
    state.stock.add(2)
    state.stock.add(-5)
    assert.equal(state.stock.value, -3)
    state.visits.add()
    assert.equal(state.visits.value, 1)
    state.tags.add('b')
    state.tags.add('a')
    assert.deepEqual([state.tags.values(), state.tags.size, state.tags.has('a')], [['a', 'b'], 2, true])
    state.tags.remove('a')
    assert.equal(state.tags.has('a'), false)
    state.isOpen.enable()
    assert.equal(state.isOpen.value, true)
    state.isWelcome.disable()
    assert.equal(state.isWelcome.value, false)
    state.note.set('x')
    assert.equal(state.note.value, 'x')
    state.price.set({ amount: 1, currency: 'EUR' })
    assert.deepEqual(state.price.values, [{ amount: 1, currency: 'EUR' }])
    const tea = state.lines.at('tea')
    assert.equal(state.lines.has('tea'), false, 'a child comes into being when it is written')
    tea.add(3)
    state.lines.at('rum').add(0)
    assert.deepEqual(state.lines.keys(), ['rum', 'tea'])
    assert.deepEqual(state.lines.values(), [0, 3])
    assert.deepEqual(state.lines.entries(), [
      ['rum', 0],
      ['tea', 3]
    ])
    state.lines.remove('tea')
    assert.deepEqual([state.lines.size, state.lines.has('tea'), tea.value], [1, false, 0])
    tea.add(5)
    assert.deepEqual([state.lines.size, state.lines.has('tea'), tea.value], [2, true, 5])
    state.floors.at(10).set('ten')
    state.floors.at(9).set('nine')
    assert.deepEqual(state.floors.keys(), [9, 10])
  })
})

test('a key that is removed is gone with all that is under it', () => {
  const desk = new Desk({ rooms: orMap(orMap(orSet())), counts: orMap(orMap(pnCounter())), notes: orMap(flag()) })
  desk.do(state => {
    state.rooms.at('a').at('b').add('c')
    state.counts.at('a').at('b').add(2)
    state.notes.at('a').enable()
  })
  desk.do(state => {
    state.rooms.remove('a')
    state.counts.remove('a')
    state.notes.at('a').disable()
  })
  assert.deepEqual(plainValue(desk.schema, desk.state), { rooms: {}, counts: {}, notes: {} })
})

test('a state without counters that is emptied leaves nothing behind', () => {
  const desk = new Desk({ rooms: orMap(orMap(orSet())), isOpen: flag() })
  desk.do(state => {
    state.rooms.at('a').at('b').add('c')
    state.isOpen.enable()
  })
  assert.ok(!isEmptyState(desk.state))
  desk.do(state => {
    state.rooms.remove('a')
    state.isOpen.disable()
  })
  assert.ok(isEmptyState(desk.state))
})

test('what does nothing takes no dot and makes no delta', () => {
  const desk = new Desk(everything)
  desk.do(state => {
    state.tags.remove('a')
    state.isOpen.disable()
    state.isWelcome.enable()
    state.lines.remove('a')
    state.rooms.at('a').remove('b')
  })
  assert.ok(desk.replica.context.isEmpty())
})

test('a read-only transaction refuses every change before it draws a dot', () => {
  const transaction = new Transaction({
    state: fullDesk().state,
    covers: { has: () => false, hasRange: () => false },
    origin: 'origin-0',
    nextDot: () => assert.fail('drew a dot'),
    now: () => 0,
    clientId: () => 1,
    readOnly: true
  })
  const state = openView(everything, transaction)
  const changes = [
    () => state.visits.add(),
    () => state.stock.add(1),
    () => state.seen.add(1),
    () => state.tags.add('x'),
    () => state.tags.remove('b'),
    () => state.isOpen.enable(),
    () => state.isWelcome.disable(),
    () => state.note.set('x'),
    () => state.price.set({ amount: 1, currency: '' }),
    () => state.lines.remove('tea'),
    () => state.lines.at('tea').add(1),
    () => state.letter.insert(0, 'x'),
    () => state.letter.remove(0, 1)
  ]
  for (const change of changes) assert.throws(change, refuses('SHOAL_READ_ONLY'))
  assert.equal(transaction.delta, undefined)
  assert.equal(state.note.value, 'hello')
})

test('a change that is refused draws no dot', () => {
  const transaction = new Transaction({
    state: emptyState,
    covers: { has: () => false, hasRange: () => false },
    origin: 'origin-0',
    nextDot: () => assert.fail('drew a dot'),
    now: () => 0,
    clientId: () => 1
  })
  const state = openView(everything, transaction)
  const changes = [
    () => state.visits.add(-1),
    () => state.stock.add(0.5),
    () => state.stock.add(Number.NaN),
    () => state.stock.add(2 ** 53),
    () => state.tags.add('\ud800'),
    () => state.tags.add('x'.repeat(4097)),
    () => state.seen.add(Number.NaN),
    () => state.seen.add(Number.POSITIVE_INFINITY),
    () => state.lines.at('\udc00').add(1),
    () => state.letter.insert(1, 'x'),
    () => state.letter.remove(0, 1)
  ]
  for (const change of changes) assert.throws(change, refuses('SHOAL_BAD_ARGUMENT'))
  for (const wrong of [null, undefined, {}, [], 1n, Symbol('x')]) {
    assert.throws(() => state.tags.add(wrong as unknown as string), refuses('SHOAL_BAD_ARGUMENT'))
    assert.throws(() => state.lines.at(wrong as unknown as string), refuses('SHOAL_BAD_ARGUMENT'))
  }
  assert.throws(() => state.floors.at('1' as unknown as number), refuses('SHOAL_BAD_ARGUMENT'))
  assert.equal(transaction.state, emptyState)
})

test('a counter ends at the safe integers', () => {
  const desk = new Desk({ count: pnCounter() })
  desk.do(({ count }) => count.add(Number.MAX_SAFE_INTEGER))
  desk.do(({ count }) => assert.throws(() => count.add(1), refuses('SHOAL_LIMIT')))
  const other = new Desk({ count: pnCounter() }, 1)
  other.do(({ count }) => count.add(Number.MAX_SAFE_INTEGER))
  desk.replica.catchUp(other.replica)
  assert.equal(
    plainValue(desk.schema, desk.state).count,
    Number.MAX_SAFE_INTEGER,
    'and stays there when others add too'
  )
})

test('registers take any JSON and nothing else', () => {
  const desk = new Desk({ any: lwwRegister<unknown>(null), many: mvRegister<unknown>() })
  const good = [
    null,
    true,
    -0.5,
    1e21,
    '',
    '\ud800',
    [],
    {},
    [1, [2, { a: null }]],
    JSON.parse('{"__proto__":{"a":1},"constructor":2}')
  ]
  for (const value of good) {
    desk.do(({ any, many }) => {
      any.set(value)
      many.set(value)
      assert.deepEqual(any.value, value)
    })
    const again = plainValue(desk.schema, decodeState(encodeState(desk.state)))
    assert.equal(JSON.stringify(again), JSON.stringify({ any: value, many: [value] }))
  }
  const cycle: unknown[] = []
  cycle.push(cycle, cycle)
  let deep: unknown = 1
  for (let i = 0; i < 65; i++) deep = [deep]
  let wide: unknown = 1
  for (let i = 0; i < 60; i++) wide = { a: wide, b: wide }
  const bad = [
    undefined,
    Number.NaN,
    1n,
    () => 1,
    Symbol('x'),
    [undefined],
    { a: undefined },
    new Map(),
    cycle,
    deep,
    wide
  ]
  for (const value of bad) {
    desk.do(({ any }) => assert.throws(() => any.set(value), refuses('SHOAL_BAD_ARGUMENT')))
  }
})

test('a value that was set cannot be changed from outside', () => {
  const desk = new Desk({ box: lwwRegister({ items: ['a'] }) })
  const value = { items: ['b'] }
  desk.do(({ box }) => {
    box.value.items.push('nothing')
    assert.deepEqual(box.value, { items: ['a'] })
    box.set(value)
    value.items.push('c')
    box.value.items.push('d')
  })
  assert.deepEqual(plainValue(desk.schema, desk.state), { box: { items: ['b'] } })
})

test('a register is not frozen by a clock that was far ahead', () => {
  const desk = new Desk({ note: lwwRegister('') })
  desk.replica.nowMs = 8e15
  desk.do(({ note }) => note.set('from the future'))
  desk.replica.nowMs = 1000
  for (const value of ['one', 'two', 'three']) {
    desk.do(({ note }) => note.set(value))
    assert.equal(plainValue(desk.schema, desk.state).note, value)
  }
})

test('keys named like properties of objects are keys like any other', () => {
  const proto = '__proto__'
  const schema = { lines: orMap(pnCounter()), [proto]: gCounter() }
  const desk = new Desk(schema)
  desk.do(state => {
    for (const key of ['__proto__', 'constructor', 'toString', '', '\0', '😀']) state.lines.at(key).add(1)
    state[proto].add(2)
  })
  const json = JSON.stringify(plainValue(schema, desk.state))
  const expected = '{"lines":{"":1,"\\u0000":1,"__proto__":1,"constructor":1,"toString":1,"😀":1},"__proto__":2}'
  assert.equal(json, expected)
  assert.equal(Object.getPrototypeOf({}), Object.prototype)
})

test('elements of different kinds are different, and -0 is 0', () => {
  const desk = new Desk({ set: orSet<Scalar>() })
  desk.do(({ set }) => {
    for (const element of [1, '1', true, 'true', -0, 0, 0.5, -3, 10, 9]) set.add(element)
    assert.ok(set.has(-0))
    assert.deepEqual(set.values(), [true, -3, 0, 0.5, 1, 9, 10, '1', 'true'])
  })
})

test('one name with two types is two fields', () => {
  const desk = new Desk({ x: pnCounter() })
  desk.do(({ x }) => x.add(4))
  const other = { x: lwwRegister('none') }
  assert.deepEqual(plainValue(other, desk.state), { x: 'none' })
  const transaction = desk.replica.begin(0)
  openView(other, transaction).x.set('both')
  assert.deepEqual(plainValue(desk.schema, transaction.state), { x: 4 })
  assert.deepEqual(plainValue(other, transaction.state), { x: 'both' })
})

test('schemas that cannot be are refused', () => {
  assert.throws(() => checkSchema({ '': flag() }), refuses('SHOAL_BAD_ARGUMENT'))
  assert.throws(() => checkSchema({ '\0mine': flag() }), refuses('SHOAL_BAD_ARGUMENT'))
  assert.throws(() => checkSchema({ ['x'.repeat(5000)]: flag() }), refuses('SHOAL_BAD_ARGUMENT'))
  checkSchema(everything)
  assert.throws(() => orMap(text() as FieldType as NestableType), refuses('SHOAL_BAD_ARGUMENT'))
  let deep: NestableType = flag()
  for (let depth = 0; depth < 15; depth++) deep = orMap(deep)
  assert.throws(() => orMap(deep), refuses('SHOAL_BAD_ARGUMENT'))
  assert.throws(() => lwwRegister<unknown>(undefined), refuses('SHOAL_BAD_ARGUMENT'))
})

test('a dot that was used before is a bug that shows', () => {
  const desk = fullDesk()
  const transaction = new Transaction({
    state: desk.state,
    covers: desk.replica.context,
    origin: desk.replica.origin,
    nextDot: () => ({ origin: desk.replica.origin, seq: 1 }),
    now: () => 0,
    clientId: () => 1
  })
  assert.throws(() => openView(everything, transaction).visits.add(), /was used before/)
})
