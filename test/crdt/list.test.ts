/** Lists on Yjs, as fields. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { decodeState, emptyState, encodeState, type Json, list, plainValue } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { Desk } from './support/shop.ts'

const schema = { items: list<Json>() }

function itemsOf(desk: Desk<typeof schema>): Json[] {
  return plainValue(schema, desk.state).items
}

test('items are inserted, read and removed at positions', () => {
  const desk = new Desk(schema)
  desk.do(({ items }) => {
    assert.equal(items.length, 0)
    assert.equal(items.get(0), undefined)
    items.push('a', 'd')
    items.insert(1, 'b', 'c')
    assert.deepEqual(items.values(), ['a', 'b', 'c', 'd'])
    items.remove(0)
    items.remove(1, 2)
    assert.equal(items.length, 1)
    assert.equal(items.get(0), 'b')
    assert.equal(items.get(1), undefined)
    assert.equal(items.get(-1), undefined)
  })
  assert.deepEqual(itemsOf(desk), ['b'])
})

test('concurrent insertions both stay, in one order everywhere, and a removal takes what its author saw', () => {
  const [a, b] = [new Desk(schema, 0), new Desk(schema, 1)]
  a.do(({ items }) => items.push(1, 2, 3))
  b.replica.catchUp(a.replica)
  a.do(({ items }) => items.remove(0, 3))
  b.do(({ items }) => items.insert(1, 'new', 'er'))
  a.do(({ items }) => items.push('end'))
  a.replica.catchUp(b.replica)
  b.replica.catchUp(a.replica)
  assert.deepEqual(itemsOf(a), itemsOf(b))
  assert.deepEqual(itemsOf(a), ['new', 'er', 'end'])
})

test('lists that are made concurrently are one list', () => {
  const [a, b] = [new Desk(schema, 0), new Desk(schema, 1)]
  a.do(({ items }) => items.push('a'))
  b.do(({ items }) => items.push('b'))
  a.replica.catchUp(b.replica)
  b.replica.catchUp(a.replica)
  assert.deepEqual(itemsOf(a), itemsOf(b))
  assert.deepEqual(itemsOf(a).toSorted(), ['a', 'b'])
})

test('every JSON value is an item, whatever its keys, and comes back as it was', () => {
  const property = fc.property(fc.array(fc.jsonValue({ noUnicodeString: false }), { maxLength: 5 }), values => {
    const wellFormed = JSON.parse(JSON.stringify(values).replaceAll(/\\ud[89a-f]../g, '?'))
    const desk = new Desk(schema)
    desk.do(({ items }) => items.push(...wellFormed))
    const expected = wellFormed.length === 0 ? [] : JSON.parse(JSON.stringify(wellFormed))
    assert.deepEqual(itemsOf(desk), expected)
    assert.deepEqual(plainValue(schema, decodeState(encodeState(desk.state))).items, expected)
  })
  fc.assert(property, { numRuns: 60 })
  const desk = new Desk(schema)
  const odd = JSON.parse('[{"__proto__":{"x":1},"constructor":2},-0,1e300,"𝄞",[],{},[[null]]]')
  desk.do(({ items }) => items.push(...odd))
  assert.equal(JSON.stringify(itemsOf(desk)), JSON.stringify(odd))
})

test('an item belongs to the list: who changes the value later changes nothing', () => {
  const desk = new Desk(schema)
  const value = { a: [1] }
  desk.do(({ items }) => {
    items.push(value)
    value.a.push(2)
    const read = items.get(0) as { a: number[] }
    read.a.push(3)
    assert.deepEqual(items.get(0), { a: [1] })
  })
  assert.deepEqual(itemsOf(desk), [{ a: [1] }])
})

test('bad positions and values are refused, and leave no trace', () => {
  const desk = new Desk(schema)
  desk.do(({ items }) => items.push('a', 'b'))
  const { state } = desk
  const cyclic: unknown[] = []
  cyclic.push(cyclic)
  const deep = JSON.parse(`${'['.repeat(65)}${']'.repeat(65)}`)
  const refused: ((view: {
    insert(at: number, ...items: unknown[]): void
    remove(at: number, n?: number): void
  }) => void)[] = [
    items => items.insert(3, 'x'),
    items => items.insert(-1, 'x'),
    items => items.insert(0.5, 'x'),
    items => items.remove(2),
    items => items.remove(1, 2),
    items => items.remove(0, -1),
    items => items.insert(0, undefined),
    items => items.insert(0, Number.NaN),
    items => items.insert(0, new Date(0)),
    items => items.insert(0, cyclic),
    items => items.insert(0, deep),
    items => items.insert(0, '\ud800'),
    items => items.insert(0, { '\udfff': 1 }),
    items => items.insert(0, { ['k'.repeat(4097)]: 1 }),
    items => items.insert(0, 'x'.repeat(600_000), 'x'.repeat(600_000)),
    items => items.insert(0, ...Array.from({ length: 65_537 }, () => 1))
  ]
  for (const [i, change] of refused.entries()) {
    desk.do(({ items }) => {
      assert.throws(
        () => change(items as never),
        error => isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT',
        `case ${i}`
      )
    })
    assert.equal(desk.state, state)
  }
})

test('a change that changes nothing takes no dot', () => {
  const desk = new Desk(schema)
  desk.do(({ items }) => {
    items.push()
    items.insert(0)
    items.remove(0, 0)
  })
  assert.equal(desk.state, emptyState)
})
