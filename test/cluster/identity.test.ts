import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { isIncarnation, newIncarnation, originOf, startMsOf } from '../../src/cluster/identity.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { seededRandom } from './member-world.ts'

const clockAt = (nowMs: number): Clock => ({
  now: () => nowMs,
  elapsed: () => 0,
  after: () => ({ cancel() {} }),
  soon() {}
})
const dayMs = 24 * 3600 * 1000
const startMs = fc.integer({ min: 0, max: 36 ** 9 - 1 })
const near = (ms: number) => fc.integer({ min: Math.max(0, ms - 10 * dayMs), max: ms + 10 * dayMs })
const seed = fc.integer()

test('a later process has a greater incarnation', () => {
  fc.assert(
    fc.property(startMs, startMs, seed, (a, b, chance) => {
      const random = seededRandom(chance)
      const [first, second] = [newIncarnation(clockAt(a), random), newIncarnation(clockAt(b), random)]
      if (a !== b) assert.equal(first < second, a < b)
      assert.ok(isIncarnation(first) && first.length === 22)
      assert.equal(startMsOf(first), a)
    })
  )
})

test('an incarnation sorts after the one before it, though the wall clock was set back', () => {
  fc.assert(
    fc.property(near(1_700_000_000_000), near(1_700_000_000_000), seed, (a, b, chance) => {
      const random = seededRandom(chance)
      const previous = newIncarnation(clockAt(a), random)
      const next = newIncarnation(clockAt(b), random, previous)
      if (a <= b + dayMs) assert.ok(next > previous)
      else assert.equal(startMsOf(next), b, 'the one before was drawn by a clock that was wrong')
    })
  )
})

test('two processes that start in the same millisecond have different incarnations', () => {
  const random = seededRandom(1)
  const drawn = new Set(Array.from({ length: 10_000 }, () => newIncarnation(clockAt(1_700_000_000_000), random)))
  assert.equal(drawn.size, 10_000)
})

test('a wall clock out of range still gives a well-formed incarnation', () => {
  for (const nowMs of [-1, 0, 1.5, Number.MAX_SAFE_INTEGER]) {
    assert.ok(isIncarnation(newIncarnation(clockAt(nowMs), seededRandom(1))), `${nowMs}`)
  }
})

test('an origin names node and incarnation in at most 64 characters', () => {
  const incarnation = newIncarnation(clockAt(1_700_000_000_000), seededRandom(1))
  const origin = originOf('12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf', incarnation)
  assert.equal(origin, `oGTxrMLvKXtf.${incarnation}`)
  assert.ok(origin.length <= 64)
})
