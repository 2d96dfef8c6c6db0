/** The examples of docs/data-types.md: two replicas agree, change the state without seeing each other, then see both changes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  flag,
  gSet,
  lwwRegister,
  mvRegister,
  orMap,
  orSet,
  type Plain,
  plainValue,
  pnCounter,
  type Schema,
  text,
  type View
} from '../../src/crdt/index.ts'
import { Desk } from './support/shop.ts'

/** What both show in the end. */
function concurrently<S extends Schema>(
  schema: S,
  first: (state: View<S>) => void,
  onA: (state: View<S>) => void,
  onB: (state: View<S>) => void
): Plain<S> {
  const [a, b] = [new Desk(schema, 0), new Desk(schema, 1)]
  a.replica.nowMs = 1000
  b.replica.nowMs = 2000
  a.do(first)
  b.replica.catchUp(a.replica)
  assert.deepEqual(plainValue(schema, a.state), plainValue(schema, b.state))
  a.do(onA)
  b.do(onB)
  a.replica.catchUp(b.replica)
  b.replica.catchUp(a.replica)
  assert.deepEqual(plainValue(schema, a.state), plainValue(schema, b.state))
  return plainValue(schema, a.state)
}

const nothing = (): void => {}

test('all additions to a counter count', () => {
  const shown = concurrently(
    { n: pnCounter() },
    ({ n }) => n.add(10),
    ({ n }) => n.add(3),
    ({ n }) => n.add(-1)
  )
  assert.equal(shown.n, 12)
})

test('an add to a set wins over a concurrent removal', () => {
  const shown = concurrently(
    { tags: orSet(), all: gSet() },
    ({ tags }) => tags.add('tea'),
    ({ tags, all }) => {
      tags.remove('tea')
      all.add('a')
    },
    ({ tags, all }) => {
      tags.add('tea')
      all.add('b')
    }
  )
  assert.deepEqual(shown, { tags: ['tea'], all: ['a', 'b'] })
})

test('a removal that sees the adds takes them away', () => {
  const shown = concurrently(
    { tags: orSet() },
    ({ tags }) => tags.add('tea'),
    ({ tags }) => tags.remove('tea'),
    nothing
  )
  assert.deepEqual(shown.tags, [])
})

test('a flag is what the winning side says', () => {
  for (const [wins, expected] of [
    ['enable', true],
    ['disable', false]
  ] as const) {
    const schema = { on: flag({ wins }) }
    const shown = concurrently(
      schema,
      ({ on }) => on.enable(),
      ({ on }) => on.disable(),
      ({ on }) => on.enable()
    )
    assert.equal(shown.on, expected)
  }
})

test('the last write of a register stays, and one that saw another is later', () => {
  const schema = { colour: lwwRegister('') }
  const shown = concurrently(
    schema,
    nothing,
    ({ colour }) => colour.set('red'),
    ({ colour }) => colour.set('blue')
  )
  assert.equal(shown.colour, 'blue')
  const [slow, fast] = [new Desk(schema, 0), new Desk(schema, 1)]
  slow.replica.nowMs = 1000
  fast.replica.nowMs = 999_000
  fast.do(({ colour }) => colour.set('blue'))
  slow.replica.catchUp(fast.replica)
  slow.do(({ colour }) => colour.set('red'))
  fast.replica.catchUp(slow.replica)
  assert.equal(plainValue(schema, fast.state).colour, 'red')
})

test('a multi-value register keeps concurrent writes until one has seen them', () => {
  const schema = { colour: mvRegister<string>() }
  const shown = concurrently(
    schema,
    ({ colour }) => colour.set('grey'),
    ({ colour }) => colour.set('red'),
    ({ colour }) => colour.set('blue')
  )
  assert.deepEqual(shown.colour, ['red', 'blue'])
  const again = concurrently(
    schema,
    nothing,
    ({ colour }) => colour.set('red'),
    ({ colour }) => colour.set('red')
  )
  assert.deepEqual(again.colour, ['red'])
  const { price } = concurrently(
    { price: mvRegister<{ amount: number; currency: string }>() },
    nothing,
    state => state.price.set({ amount: 3, currency: 'EUR' }),
    state => state.price.set({ currency: 'EUR', amount: 3 })
  )
  assert.deepEqual(price, [{ amount: 3, currency: 'EUR' }])
})

test('a counter under a removed key keeps only what the remover did not see', () => {
  const schema = { lines: orMap(pnCounter()) }
  const first = ({ lines }: View<typeof schema>): void => lines.at('tea').add(3)
  const remove = ({ lines }: View<typeof schema>): void => lines.remove('tea')
  assert.deepEqual(concurrently(schema, first, remove, first).lines, { tea: 3 })
  assert.deepEqual(concurrently(schema, first, remove, nothing).lines, {})
  assert.deepEqual(concurrently(schema, first, remove, remove).lines, {})
  const removeAndAdd = (state: View<typeof schema>): void => {
    remove(state)
    state.lines.at('tea').add(1)
  }
  assert.deepEqual(concurrently(schema, first, removeAndAdd, first).lines, { tea: 4 })
  assert.deepEqual(concurrently(schema, first, removeAndAdd, removeAndAdd).lines, { tea: 2 })
})

test('of any child under a removed key only what the remover did not see stays', () => {
  const shown = concurrently(
    { sets: orMap(orSet()), notes: orMap(lwwRegister('')), deep: orMap(orMap(flag())) },
    ({ sets, notes, deep }) => {
      sets.at('k').add('old')
      notes.at('k').set('old')
      deep.at('k').at('old').enable()
    },
    ({ sets, notes, deep }) => {
      sets.remove('k')
      notes.remove('k')
      deep.remove('k')
    },
    ({ sets, notes, deep }) => {
      sets.at('k').add('new')
      notes.at('k').set('new')
      deep.at('k').at('new').enable()
    }
  )
  assert.deepEqual(shown, { sets: { k: ['new'] }, notes: { k: 'new' }, deep: { k: { new: true } } })
})

test('insertions into a text stay whole, and a removal takes what its author saw', () => {
  const shown = concurrently(
    { body: text() },
    ({ body }) => body.insert(0, 'one two'),
    ({ body }) => body.remove(4, 3),
    ({ body }) => body.insert(4, 'new ')
  )
  assert.equal(shown.body, 'one new ')
})
