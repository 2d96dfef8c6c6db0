/** What peers tell of their shards: read within limits, and looked up as it was told. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Holdings, runsOf, shardsOf } from '../../src/cluster/holdings.ts'
import { isShoalError } from '../../src/ports/errors.ts'

const slices = 8
const numbered = fc.uniqueArray(fc.integer({ min: slices, max: 16 * slices - 1 }), { maxLength: 60 })
const rising = (shards: readonly number[]) => [...shards].sort((a, b) => a - b)
const isMalformed = (error: unknown) => isShoalError(error) && error.code === 'SHOAL_MALFORMED'

test('what a peer tells of its shards is what is found later, and no more', () => {
  fc.assert(
    fc.property(numbered, numbered, (stored, whole) => {
      const holdings = new Holdings(slices)
      holdings.take('p', { stored: runsOf(rising(stored)), whole: runsOf(rising(whole)) })
      for (let shard = slices; shard < 16 * slices; shard++) {
        assert.equal(holdings.stores('p', shard), stored.includes(shard))
        assert.equal(holdings.isWhole('p', shard), whole.includes(shard))
        assert.deepEqual(holdings.holdersOf(shard), whole.includes(shard) ? ['p'] : [])
      }
      assert.deepEqual(
        [...holdings.replicaCounts()].sort((a, b) => a - b),
        [...new Set(rising(stored).map(shard => Math.floor(shard / slices)))]
      )
    })
  )
})

test('runs name what they were made of, and are not spelt out past a limit', () => {
  fc.assert(fc.property(numbered, shards => assert.deepEqual(shardsOf(runsOf(rising(shards)), 1000), rising(shards))))
  assert.equal(shardsOf([8, 2 ** 31], 100).length, 100)
})

test('runs that overlap, go back, name what every member stores or what no cluster has are malformed', () => {
  for (const stored of [[8], [9, 8], [8, 10, 10, 12], [12, 13, 8, 9], [0, 3], [8, 16 * slices], [8.5, 9], [-1, 9]]) {
    const holdings = new Holdings(slices)
    assert.throws(() => holdings.take('p', { stored }), isMalformed, stored.join())
    assert.equal(holdings.hasTold('p'), false)
  }
})

test('a peer can fill no more than there are shards, and nothing is kept of one that is gone', () => {
  const holdings = new Holdings(slices)
  const most = Array.from({ length: 15 * slices }, (_, i) => slices + i)
  assert.throws(() => holdings.take('p', { stored: [...most.flatMap(shard => [shard, shard]), 127, 127] }), isMalformed)
  holdings.take('p', { stored: most.flatMap(shard => [shard, shard]) })
  holdings.unlinked('p')
  assert.equal(holdings.stores('p', slices), false)
  assert.deepEqual(holdings.storersOf(slices), [])
})
