/** What a handler or a schema gets wrong is told with the name of the field and what to do instead. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineOf } from '../../src/crdt/document/engine.ts'
import {
  checkSchema,
  clientIdOf,
  flag,
  gCounter,
  isShoalError,
  json,
  list,
  lwwMap,
  lwwRegister,
  orMap,
  orSet,
  pnCounter,
  Replica,
  type Schema,
  ShoalError,
  text,
  type View
} from '../../src/crdt/index.ts'

function says(...parts: readonly string[]) {
  return (error: unknown): boolean => {
    assert.ok(isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT', String(error))
    for (const part of parts) assert.ok(error.message.includes(part), error.message)
    return true
  }
}

const proto = '__proto__'

const schema = {
  count: pnCounter(),
  note: lwwRegister(''),
  reading: lwwRegister(0, { clock: 'custom' }),
  tags: orSet(),
  isOpen: flag(),
  lines: orMap(gCounter()),
  prices: lwwMap(0),
  letter: text(),
  form: json(),
  steps: list(),
  constructor: gCounter(),
  [proto]: gCounter()
}

function handle(change: (view: Record<string, unknown>) => void): void {
  new Replica(schema, { origin: 'a.1' }).change(view => change(view as Record<string, unknown>))
}

test('a field cannot be assigned, and the error says what it is and how it is changed', () => {
  const uses: [field: string, ...parts: string[]][] = [
    ['count', 'state.count is a pnCounter', 'state.count.add(amount)'],
    ['note', 'state.note is a lwwRegister', 'state.note.set(value)'],
    ['reading', 'state.reading is a lwwRegister(clock: custom)', 'state.reading.set(value, { stamp })'],
    ['tags', 'state.tags is a orSet', 'add(element) or remove(element)'],
    ['isOpen', 'state.isOpen is a enableWinsFlag', 'enable() or disable()'],
    ['lines', 'state.lines is a orMap(keys: string, of: gCounter)', 'at(key) or remove(key)'],
    ['prices', 'state.prices', 'set(key, value) or remove(key)'],
    ['letter', 'state.letter is a text', 'insert(at, text)']
  ]
  for (const [field, ...parts] of uses) {
    assert.throws(() => handle(view => (view[field] = 5)), says(...parts), field)
  }
})

test('a state has the fields of its schema and no others', () => {
  assert.throws(() => handle(view => (view['cuont'] = 5)), says('the state has no field "cuont"'))
  handle(view => assert.equal(view['cuont'], undefined))
  handle(view => assert.equal(view['toString'], undefined))
  handle(view => assert.deepEqual(fieldsOf(view).sort(), Object.keys(schema).sort()))
})

function fieldsOf(view: object): string[] {
  const names: string[] = []
  for (const name in view) names.push(name)
  return names
}

test('a field may have the name of something that every object has', () => {
  const replica = new Replica(schema, { origin: 'a.1' })
  replica.change(view => {
    view.constructor.add(2)
    view[proto].add(3)
  })
  assert.equal(Object.entries(replica.plain).find(([name]) => name === 'constructor')?.[1], 2)
  assert.equal(Object.entries(replica.plain).find(([name]) => name === proto)?.[1], 3)
})

test('what a view shows cannot be assigned', () => {
  for (const field of ['count', 'note', 'isOpen']) {
    const assign = (view: Record<string, unknown>) => ((view[field] as { value: unknown }).value = 5)
    assert.throws(() => handle(assign), TypeError, field)
  }
})

test('a field is one object for as long as the handler runs', () => {
  handle(view => assert.equal(view['count'], view['count']))
})

test('a schema is refused where it is written, with the field', () => {
  const wrong: [Schema, ...string[]][] = [
    [{ '': flag() }, '""'],
    [{ ['x'.repeat(5000)]: flag() }, 'xxx'],
    [{ count: pnCounter as never }, '"count"', 'call it'],
    [{ count: undefined as never }, '"count"', 'no data type'],
    [{ count: null as never }, '"count"', 'no data type'],
    [{ count: 0 as never }, '"count"', 'no data type'],
    [{ count: { type: 'pnCounter' } as never }, '"count"', 'no data type']
  ]
  for (const [mistake, ...parts] of wrong) assert.throws(() => checkSchema(mistake), says(...parts))
  checkSchema(schema)
  assert.throws(() => orMap(text() as never), says('a map cannot hold'))
  assert.throws(() => orMap(undefined as never), says('a map cannot hold'))
  assert.throws(() => flag({ wins: 'both' as never }), says("'enable' or 'disable'"))
})

test('what is no JSON is told as what it is, wherever it was to go', () => {
  const changes: ((view: View<typeof schema>) => void)[] = [
    view => view.note.set(undefined as never),
    view => view.form.set(['a'], undefined as never),
    view => view.steps.push(undefined as never),
    view => view.steps.push((() => {}) as never)
  ]
  for (const change of changes) {
    assert.throws(() => new Replica(schema, { origin: 'a.1' }).change(change), says('this takes a JSON value, not'))
  }
  assert.throws(
    () => new Replica(schema, { origin: 'a.1' }).change(view => view.form.set(['a'], undefined as never)),
    says('remove(path)')
  )
})

test('a stamp is asked for where the clock is a custom one, and refused where it is not', () => {
  const set = (field: string, ...given: unknown[]) =>
    handle(view => (view[field] as { set(...given: unknown[]): void }).set(...given))
  assert.throws(() => set('reading', 1), says("clock 'custom'", 'set(value, { stamp })'))
  assert.throws(() => set('reading', 1, {}), says('set(value, { stamp })'))
  assert.throws(() => set('note', 'x', { stamp: 1 }), says("clock 'default'", 'takes no stamp'))
  set('reading', 1, { stamp: 1 })
  set('note', 'x')
  set('note', 'x', {})
})

test('an engine that is not there is named with the entry that brings it', () => {
  const lacks = (entry: string) => (error: unknown) =>
    isShoalError(error) && error.message.includes(`import '${entry}'`)
  assert.throws(() => engineOf('automerge', 'text'), lacks('shoal/automerge'))
  assert.throws(() => engineOf('yjs', 'table' as never), lacks('shoal/crdt'))
})

test('what a program needs to handle errors and to name client ids comes with shoal/crdt', () => {
  assert.ok(isShoalError(new ShoalError('SHOAL_LIMIT', 'x')))
  assert.equal(clientIdOf('a.1', 'x'), clientIdOf('a.1', 'x'))
  assert.notEqual(clientIdOf('a.1', 'x'), clientIdOf('a.2', 'x'))
})
