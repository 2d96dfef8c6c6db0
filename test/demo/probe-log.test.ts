import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ProbeLog, quantile } from '../../src/cli/demo/probe-log.ts'

const sample = { atMs: 1000, writer: 'a', reached: 3, visibleMs: 5 }

test('a quantile is one of the values, with at least that share at or below it and no more than needed', () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(50), { minLength: 1 }),
      fc.double({ min: 0.01, max: 1, noNaN: true }),
      (values, share) => {
        const sorted = values.toSorted((one, other) => one - other)
        const found = quantile(sorted, share) ?? -1
        const below = sorted.filter(value => value < found).length
        const upTo = sorted.filter(value => value <= found).length
        assert.ok(upTo >= sorted.length * share && below < sorted.length * share, `${sorted} ${share} ${found}`)
      }
    )
  )
  assert.equal(quantile([], 0.5), null)
})

test('the figures are those of the last minute and of writes that all nodes showed', () => {
  const log = new ProbeLog(3)
  log.add({ ...sample, atMs: 0, visibleMs: 900 })
  for (const visibleMs of [4, 2, 100]) log.add({ ...sample, atMs: 50_000, visibleMs })
  log.add({ ...sample, atMs: 50_000, reached: 2, visibleMs: 1 })
  log.add({ ...sample, atMs: 50_000, visibleMs: null })
  const { medianMs, p99Ms, count } = log.since(0, 70_000)
  assert.deepEqual({ medianMs, p99Ms, count }, { medianMs: 4, p99Ms: 100, count: 3 })
})

test('a reader gets each sample once, and the log keeps a bounded number of them', () => {
  const log = new ProbeLog(3)
  for (let at = 0; at < 2000; at++) log.add(sample)
  const { samples } = log.since(0, 1000)
  assert.equal(samples.length, 600)
  assert.equal(samples.at(-1)?.number, 2000)
  assert.deepEqual(
    log.since(1999, 1000).samples.map(({ number }) => number),
    [2000]
  )
  assert.deepEqual(log.since(2000, 1000).samples, [])
})
