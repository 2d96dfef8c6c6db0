/** Causal contexts are sets of dots: every operation agrees with the same operation on plain sets. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { surelyDisjoint } from '../../src/crdt/covers.ts'
import { CausalContext, type Dot, either } from '../../src/crdt/index.ts'
import { isShoalError } from '../../src/ports/errors.ts'
import { holds } from './support/profile.ts'

const origins = ['a', 'b', 'c']
const maxSeq = 14

const anyDot = fc.record({ origin: fc.constantFrom(...origins), seq: fc.integer({ min: 1, max: maxSeq }) })
const anyDots = fc.array(anyDot, { maxLength: 25, size: 'max' })

function nameOf({ origin, seq }: Dot): string {
  return `${origin}${seq}`
}

function setOf(dots: readonly Dot[]): Set<string> {
  return new Set(dots.map(nameOf))
}

function dotsOf(context: CausalContext): Set<string> {
  const dots = new Set<string>()
  for (const origin of context.origins()) {
    const spans = context.intervals(origin)
    for (let i = 0; i < spans.length; i += 2) {
      for (let seq = spans[i] ?? 0; seq <= (spans[i + 1] ?? 0); seq++) dots.add(nameOf({ origin, seq }))
    }
  }
  return dots
}

function built(dots: readonly Dot[]): CausalContext {
  return dots.reduce((context, { origin, seq }) => context.with(origin, seq), CausalContext.empty)
}

test('a context is the set of its dots, however it was made', () => {
  const property = fc.property(anyDots, dots => {
    const context = CausalContext.of(dots)
    assert.deepEqual(dotsOf(context), setOf(dots))
    assert.ok(built(dots).equals(context))
    assert.deepEqual(built(dots).encode(), context.encode())
    assert.ok(CausalContext.decode(context.encode()).equals(context))
    assert.ok(context.encode().length <= context.bytesAtMost())
    assert.equal(context.isEmpty(), dots.length === 0)
    for (const origin of origins) {
      for (let seq = 1; seq <= maxSeq + 1; seq++) {
        assert.equal(context.has(origin, seq), setOf(dots).has(nameOf({ origin, seq })))
      }
    }
  })
  holds(300, property)
})

test('adding an interval adds its seqs', () => {
  const seq = fc.integer({ min: 1, max: maxSeq })
  const property = fc.property(anyDots, seq, seq, (dots, one, other) => {
    const from = Math.min(one, other)
    const to = Math.max(one, other)
    const expected = setOf(dots)
    for (let i = from; i <= to; i++) expected.add(nameOf({ origin: 'a', seq: i }))
    const before = CausalContext.of(dots)
    const after = before.with('a', from, to)
    assert.deepEqual(dotsOf(after), expected)
    assert.equal(after === before, expected.size === setOf(dots).size, 'nothing new is the same context')
    assert.ok(after.equals(CausalContext.decode(after.encode())))
  })
  holds(300, property)
})

test('union, difference, inclusion and disjointness are those of sets', () => {
  const property = fc.property(anyDots, anyDots, (left, right) => {
    const a = CausalContext.of(left)
    const b = CausalContext.of(right)
    const [setA, setB] = [setOf(left), setOf(right)]
    assert.deepEqual(dotsOf(a.union(b)), setA.union(setB))
    assert.deepEqual(a.union(b).encode(), b.union(a).encode())
    assert.equal(a.union(b) === a, setB.isSubsetOf(setA), 'nothing new is the same context')
    assert.deepEqual(dotsOf(a.minus(b)), setA.difference(setB))
    assert.deepEqual(a.minus(b).encode(), CausalContext.decode(a.minus(b).encode()).encode())
    assert.equal(a.covers(b), setB.isSubsetOf(setA))
    assert.equal(a.isDisjoint(b), setA.isDisjointFrom(setB))
    assert.equal(surelyDisjoint(either(a, b), b), setA.union(setB).isDisjointFrom(setB))
    assert.equal(surelyDisjoint(a, either(b, a)), setA.isDisjointFrom(setB.union(setA)))
    assert.equal(a.equals(b), setA.symmetricDifference(setB).size === 0)
  })
  holds(500, property)
})

test('a context has a range where it has each seq of it', () => {
  const property = fc.property(anyDots, anyDots, fc.integer({ min: 1, max: maxSeq }), fc.nat(5), (a, b, from, more) => {
    const [one, other] = [CausalContext.of(a), CausalContext.of(b)]
    for (const origin of origins) {
      const seqs = Array.from({ length: more + 1 }, (_, i) => from + i)
      const inOne = seqs.every(seq => one.has(origin, seq))
      const inOther = seqs.every(seq => other.has(origin, seq))
      assert.equal(one.hasRange(origin, from, from + more), inOne)
      assert.equal(either(one, other).hasRange(origin, from, from + more), inOne || inOther)
    }
  })
  holds(200, property)
})

test('next and firstMissing tell where an origin stands', () => {
  const property = fc.property(anyDots, anyDots, (left, right) => {
    const a = CausalContext.of(left)
    const b = CausalContext.of(right)
    for (const origin of origins) {
      const seqs = left.filter(dot => dot.origin === origin).map(dot => dot.seq)
      assert.equal(a.next(origin), Math.max(0, ...seqs) + 1)
      const missing = seqs.filter(seq => !b.has(origin, seq))
      assert.equal(a.firstMissing(origin, b), missing.length === 0 ? undefined : Math.min(...missing))
    }
  })
  holds(200, property)
})

test('seqs go up to the largest safe integer and not beyond', () => {
  const last = CausalContext.empty.with('a', Number.MAX_SAFE_INTEGER)
  assert.ok(CausalContext.decode(last.encode()).equals(last))
  assert.throws(() => CausalContext.empty.with('a', Number.MAX_SAFE_INTEGER + 1), RangeError)
  assert.throws(() => CausalContext.empty.with('a', 0), RangeError)
  assert.throws(() => CausalContext.empty.with('a', 3, 2), RangeError)
  const bytes = last.encode()
  // The same interval, one longer.
  bytes[bytes.length - 1] = 1
  assert.throws(
    () => CausalContext.decode(bytes),
    error => isShoalError(error) && error.code === 'SHOAL_MALFORMED'
  )
})

test('origins are written once, in order', () => {
  const context = CausalContext.empty.with('b', 1).with('a', 1)
  // Format, two origins, then of each its place and its name, one interval, its gap and its length.
  assert.deepEqual([...context.encode()], [2, 2, 0, 1, 97, 1, 0, 0, 1, 1, 98, 1, 0, 0])
  const swapped = Uint8Array.of(2, 2, 0, 1, 98, 1, 0, 0, 1, 1, 97, 1, 0, 0)
  assert.throws(() => CausalContext.decode(swapped), isShoalError)
})
