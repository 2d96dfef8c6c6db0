/** Elements of sets and keys of maps: strings, numbers, booleans and bytes, each in one encoding. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { lwwMap, orMap, orSet, pnCounter, Replica, type Scalar } from '../../src/crdt/index.ts'
import { compareScalarKeys, scalarKey, scalarOf } from '../../src/crdt/scalar.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { holds } from './support/profile.ts'

function badArgument(error: unknown): boolean {
  return isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT'
}

const anyScalar: fc.Arbitrary<Scalar> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.uint8Array({ maxLength: 8 })
)

test('a scalar comes back from its key and over the wire', () => {
  const property = fc.property(fc.array(anyScalar, { maxLength: 12 }), scalars => {
    const keys = new Set(scalars.map(scalarKey))
    for (const scalar of scalars) assert.equal(scalarKey(scalarOf(scalarKey(scalar))), scalarKey(scalar))
    const schema = { tags: orSet<Scalar>() }
    const one = new Replica(schema, { origin: 'a.1' })
    one.change(({ tags }) => {
      for (const scalar of scalars) tags.add(scalar)
    })
    const other = new Replica(schema, { origin: 'b.1' })
    other.apply(one.save())
    other.change(({ tags }) => {
      assert.deepEqual(tags.values().map(scalarKey), [...keys].sort(compareScalarKeys))
      for (const scalar of scalars) assert.ok(tags.has(scalar))
    })
    assert.deepEqual(other.plain, one.plain)
    assert.deepEqual(JSON.parse(JSON.stringify(one.plain)), one.plain, 'plain values are JSON')
  })
  holds(150, property)
})

test('elements are sorted: booleans, numbers by size, strings, bytes', () => {
  const replica = new Replica({ tags: orSet<Scalar>() }, { origin: 'a.1' })
  const sorted = [false, true, -10, -2.5, 9, 10, 'a', 'b', Uint8Array.of(), Uint8Array.of(1), Uint8Array.of(200, 1)]
  replica.change(({ tags }) => {
    for (const element of sorted.toReversed()) tags.add(element)
    assert.deepEqual(tags.values(), sorted)
  })
  assert.deepEqual(replica.plain.tags, [false, true, -10, -2.5, 9, 10, 'a', 'b', '', 'AQ==', 'yAE='])
})

test('bytes are keys by their content, and nobody can change them afterwards', () => {
  const replica = new Replica({ stock: orMap(pnCounter(), { keys: 'bytes' }) }, { origin: 'a.1' })
  const key = Uint8Array.of(1, 2, 255)
  replica.change(({ stock }) => {
    stock.at(key).add(2)
    key[0] = 9
    stock.at(Uint8Array.of(1, 2, 255)).add(3)
    assert.equal(stock.has(key), false)
    const [first] = stock.keys()
    assert.deepEqual(first, Uint8Array.of(1, 2, 255))
    first?.fill(0)
    assert.deepEqual(stock.keys(), [Uint8Array.of(1, 2, 255)])
    assert.deepEqual(stock.entries(), [[Uint8Array.of(1, 2, 255), 5]])
  })
  assert.deepEqual(replica.plain, { stock: { 'AQL/': 5 } })
  replica.change(({ stock }) => stock.remove(Buffer.from([1, 2, 255])))
  assert.deepEqual(replica.plain, { stock: {} })
})

test('keys are of the kind that the map has', () => {
  const replica = new Replica(
    { numbers: lwwMap(0, { keys: 'number' }), bytes: lwwMap(0, { keys: 'bytes' }) },
    { origin: 'a' }
  )
  const wrong = (
    use: (view: { numbers: { has(key: unknown): boolean }; bytes: { has(key: unknown): boolean } }) => void
  ) => assert.throws(() => replica.change(view => use(view as never)), badArgument)
  wrong(view => view.numbers.has('1'))
  wrong(view => view.numbers.has(Uint8Array.of(1)))
  wrong(view => view.bytes.has('1'))
  wrong(view => view.bytes.has([1]))
  assert.throws(() => orMap(pnCounter(), { keys: 'date' as 'string' }), badArgument)
})

test('what is no scalar, or too long, is refused', () => {
  const wrong: unknown[] = [
    'x'.repeat(4097),
    new Uint8Array(4097),
    '\ud800',
    Number.NaN,
    Infinity,
    null,
    undefined,
    {},
    [1],
    1n
  ]
  for (const value of wrong) assert.throws(() => scalarKey(value), badArgument, String(value))
  for (const value of ['x'.repeat(4096), new Uint8Array(4096)]) assert.equal(scalarKey(value).length, 4097)
})
