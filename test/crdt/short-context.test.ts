/** Contexts in two parts, and said shortly: whoever expands one gets that very context, or nothing. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CausalContext, type Dot, isShoalError } from '../../src/crdt/index.ts'
import { canExpand, decodeShort, encodeShort, expanded, shortened } from '../../src/crdt/short-context.ts'
import { holds } from './support/profile.ts'

/** Lives of two nodes, one whose name begins with another's and one that is no life at all. */
const origins = ['n.a', 'n.b', 'n.c', 'n.c.x', 'm.a', 'm.b', 'n', 'nn.a', 'nn.b']
const anyDot = fc.record({ origin: fc.constantFrom(...origins), seq: fc.integer({ min: 1, max: 4 }) })
const anyContext = fc.array(anyDot, { maxLength: 14, size: 'max' }).map(dots => CausalContext.of(dots))
/** So many lives that rows are looked up and shared. */
const manyLives = fc
  .array(fc.record({ node: fc.integer({ max: 3, min: 0 }), life: fc.integer({ min: 10, max: 30 }) }), {
    maxLength: 40,
    size: 'max'
  })
  .map(lives =>
    CausalContext.of(lives.map(({ node, life }): Dot => ({ origin: `node${node}.${life}`, seq: 1 + (life % 3) })))
  )
const either = fc.oneof(anyContext, manyLives)

test('a context is its last lives and its ended ones, and neither has what the other has', () => {
  holds(
    300,
    fc.property(either, context => {
      const [last, ended] = [context.last(), context.ended()]
      assert.ok(last.union(ended).equals(context))
      assert.ok(ended.union(last).equals(context))
      assert.ok(last.isDisjoint(ended))
      assert.ok(last.ended().isEmpty())
      assert.ok(context.endedBefore(last).equals(ended))
      assert.deepEqual(last.union(ended).encode(), context.encode())
    })
  )
})

test('of each node one life is the last', () => {
  const context = CausalContext.of(['a.1', 'a.2', 'a.3', 'b.7', 'c'].map(origin => ({ origin, seq: 1 })))
  assert.deepEqual(context.last().origins(), ['a.3', 'b.7', 'c'])
  assert.deepEqual(context.ended().origins(), ['a.1', 'a.2'])
})

test('what has ended stays the same object until something is new of it', () => {
  const before = CausalContext.of(['a.1', 'a.2', 'b.1'].map(origin => ({ origin, seq: 1 })))
  const ended = before.ended()
  const after = before.with('a.2', 2).with('b.1', 3, 9)
  assert.equal(after.ended(), ended)
  assert.deepEqual(after.with('a.1', 3).ended().intervals('a.1'), [1, 1, 3, 3])
  assert.deepEqual(after.with('a.3', 1).ended().origins(), ['a.1', 'a.2'])
})

test('adding dots one by one ends in the same two parts', () => {
  holds(
    200,
    fc.property(either, fc.array(anyDot, { maxLength: 10 }), (context, dots) => {
      let grown = context
      for (const { origin, seq } of dots) {
        grown.ended()
        grown = grown.with(origin, seq)
      }
      const fresh = CausalContext.decode(grown.encode())
      assert.ok(grown.ended().equals(fresh.ended()))
      assert.ok(grown.last().equals(fresh.last()))
    })
  )
})

test('a short context is expanded to that context, or not at all', () => {
  holds(
    500,
    fc.property(either, either, (told, own) => {
      const short = decodeShort(encodeShort(shortened(told)))
      const known = expanded(short, own)
      if (known !== undefined) assert.ok(known.equals(told))
      else assert.ok(!own.endedBefore(told.last()).equals(told.ended()))
      const mine = expanded(short, told)
      assert.ok(mine?.equals(told))
    })
  )
})

test('who has equal intervals of the ended lives expands it, whatever else it has', () => {
  holds(
    300,
    fc.property(either, either, (told, other) => {
      const last = told.last()
      // Nothing of the ended lives but what the other has of them.
      const own = other.minus(other.endedBefore(last)).union(told.ended())
      const expandedTold = expanded(shortened(told), own)
      assert.ok(expandedTold?.equals(told))
    })
  )
})

test('it can be expanded exactly where the lives before its last ones are equal, whatever else ended there', () => {
  holds(
    500,
    fc.property(either, either, (told, other) => {
      for (const own of [other, other.union(told), other.minus(other.endedBefore(told.last())).union(told.ended())])
        assert.equal(canExpand(told, own), expanded(shortened(told), own)?.equals(told) === true)
    })
  )
  const [first, second] = ['n.2', 'n.3'].map(last =>
    CausalContext.of(['n.1', last].map(origin => ({ origin, seq: 1 })))
  )
  assert.ok(first !== undefined && second !== undefined && first.ended().equals(second.ended()))
  assert.equal(canExpand(second, first), false)
})

test('two lives of one node are not told as its last', () => {
  const two = CausalContext.of(['a.1', 'a.2'].map(origin => ({ origin, seq: 1 })))
  const bytes = encodeShort({ last: two, endedHash: new Uint8Array(0) })
  assert.throws(
    () => decodeShort(bytes),
    error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
  )
  const hash = encodeShort({ last: two.last(), endedHash: new Uint8Array(7) })
  assert.throws(
    () => decodeShort(hash),
    error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
  )
})

test('long rows of equal names are one, and are told from others', () => {
  const lives = (skipped: number) =>
    CausalContext.of(
      Array.from({ length: 40 }, (_, life) => ({ origin: `n.${life + 10}`, seq: 1 })).toSpliced(skipped, 1)
    )
  const [one, same, another] = [lives(20), CausalContext.decode(lives(20).encode()), lives(21)]
  assert.equal(one.origins(), same.origins())
  assert.notDeepEqual(one.origins(), another.origins())
})
