import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ClockOffsets } from '../../src/cluster/clock-offsets.ts'
import type { Clock } from '../../src/ports/clock.ts'

const limitMs = 60_000
const tenYearsMs = 10 * 365 * 24 * 3600 * 1000

/** A node whose clocks are set by hand, and peers whose clocks are so far ahead of the truth. */
function desk() {
  let elapsedMs = 0
  let skewMs = 0
  const clock: Clock = {
    now: () => 1_000_000_000_000 + elapsedMs + skewMs,
    elapsed: () => elapsedMs,
    after: () => ({ cancel() {} }),
    soon: () => {}
  }
  const offsets = new ClockOffsets(clock, limitMs)
  return {
    offsets,
    jump: (byMs: number) => {
      skewMs += byMs
    },
    /** The peer answers `lateMs` after the middle of a round trip. */
    hear: (peer: string, aheadMs: number, roundTripMs = 2, lateMs = 0) => {
      elapsedMs += 300 + roundTripMs
      offsets.sample(peer, 1_000_000_000_000 + elapsedMs - roundTripMs / 2 + lateMs + aheadMs, roundTripMs)
    }
  }
}

test('the shortest round trip of the last ones says how far a clock is off', () => {
  const { offsets, hear } = desk()
  assert.equal(offsets.offsetMs('p'), undefined)
  hear('p', 500, 900, 400)
  hear('p', 500, 2)
  hear('p', 500, 700, -300)
  assert.equal(offsets.offsetMs('p'), 500)
  offsets.forget('p')
  assert.equal(offsets.offsetMs('p'), undefined)
})

test('a clock that is off by more than the limit is refused, and one that is only slow to answer is not', () => {
  const { offsets, hear } = desk()
  hear('near', limitMs - 1)
  hear('far', tenYearsMs)
  hear('stopped', 0, 400_000, 150_000)
  assert.deepEqual(
    ['near', 'far', 'stopped'].map(peer => offsets.isRefused(peer)),
    [false, true, false]
  )
})

test('whose clock is off against most others refuses nobody: they refuse it', () => {
  const { offsets, hear } = desk()
  for (const peer of ['a', 'b']) hear(peer, tenYearsMs)
  assert.ok(!offsets.isRefused('a'))
  assert.ok(offsets.admits('c', tenYearsMs))
  assert.ok(!offsets.admits('d', -tenYearsMs), 'alone with its time, as we are')
})

test('one wrong clock is refused by all others, and by whoever knows nobody else', () => {
  const { offsets, hear } = desk()
  hear('a', 3)
  hear('b', -7)
  hear('wrong', tenYearsMs)
  assert.deepEqual(
    ['a', 'b', 'wrong'].map(peer => offsets.isRefused(peer)),
    [false, false, true]
  )
  const alone = desk()
  assert.ok(!alone.offsets.admits('wrong', tenYearsMs))
})

test('a jump of our own clock shows at once, one of a peer at the next answer', () => {
  const { offsets, hear, jump } = desk()
  hear('a', 0)
  hear('b', 0)
  jump(tenYearsMs)
  assert.equal(offsets.offsetMs('a'), -tenYearsMs)
  assert.ok(!offsets.isRefused('a'), 'it is our clock that is wrong')
  jump(-tenYearsMs)
  hear('a', 120_000, 20)
  assert.equal(offsets.offsetMs('a'), 120_000)
  assert.ok(offsets.isRefused('a'))
})

test('a time that is no number is nobody’s reason to be linked', () => {
  const { offsets } = desk()
  assert.ok(!offsets.admits('p', Number.POSITIVE_INFINITY))
})
