import assert from 'node:assert/strict'
import { test } from 'node:test'
import { audit, isSpotless } from './support/audit.ts'

const answered = (number: number) => ({ number, book: 'a', failure: undefined })
const failed = (number: number, failure: string) => ({ number, book: 'a', failure })

test('books in which each answered call is once are spotless, and no others', () => {
  const both = [answered(1), answered(2)]
  assert.ok(isSpotless(audit(both, new Map([['a', { 1: 1, 2: 1 }]]))))
  for (const [name, book, number] of [
    ['lost', { 1: 1 }, 2],
    ['doubled', { 1: 1, 2: 2 }, 2],
    ['strange', { 1: 1, 2: 1, 3: 1 }, 'a/3']
  ] as const) {
    const found = audit(both, new Map([['a', book as Record<string, number>]]))
    assert.deepEqual(found[name], [number])
    assert.ok(!isSpotless(found), name)
  }
  const elsewhere = audit(both, new Map([['b', { 1: 1, 2: 1 }]]))
  assert.deepEqual(
    [elsewhere.lost, elsewhere.strange],
    [
      [1, 2],
      ['b/1', 'b/2']
    ],
    'a call belongs into one book'
  )
})

test('a failed call spoils the books; in doubt it may be there once, and refused it may not', () => {
  const calls = [failed(1, 'SHOAL_INDETERMINATE'), failed(2, 'SHOAL_INDETERMINATE'), failed(3, 'SHOAL_UNAVAILABLE')]
  const fair = audit(calls, new Map([['a', { 1: 1 }]]))
  assert.deepEqual([fair.lost, fair.doubled, fair.untold], [[], [], []])
  assert.deepEqual(
    [...fair.failed],
    [
      ['SHOAL_INDETERMINATE', 2],
      ['SHOAL_UNAVAILABLE', 1]
    ]
  )
  assert.ok(!isSpotless(fair))
  const unfair = audit(calls, new Map([['a', { 2: 2, 3: 1 }]]))
  assert.deepEqual([unfair.doubled, unfair.untold], [[2], [3]])
})
