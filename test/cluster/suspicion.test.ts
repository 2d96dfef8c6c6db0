import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Suspicions } from '../../src/cluster/suspicion.ts'

const times = { timeoutMinMs: 900, timeoutMaxMs: 1800, confirmationsMax: 3 }

/** When a member that is accused by so many of so many others is due. */
function dueAfterMs(accusers: number, others: number): number {
  const suspicions = new Suspicions(times)
  suspicions.start('accused', 'first', 0)
  for (let number = 1; number < accusers; number += 1) suspicions.confirm('accused', `accuser ${number}`)
  let nowMs = 0
  while (suspicions.due(nowMs, others).length === 0) nowMs += 1
  return nowMs
}

test('the more agree, the sooner a suspect is due', () => {
  const dues = [1, 2, 3, 4, 5].map(accusers => dueAfterMs(accusers, 8))
  assert.deepEqual(dues, [1800, 1350, 1087, 900, 900])
})

test('a suspect has longer in a larger cluster, where news takes its time', () => {
  assert.deepEqual(
    [8, 98, 998].map(others => dueAfterMs(1, others)),
    [1800, 3600, 5400]
  )
})

test('where nobody else could agree, one accuser is enough', () => {
  assert.equal(dueAfterMs(1, 0), 900)
  assert.equal(dueAfterMs(1, -1), 900)
  assert.equal(dueAfterMs(2, 1), 900)
})

test('the same accuser counts once', () => {
  const suspicions = new Suspicions(times)
  suspicions.start('accused', 'a', 0)
  assert.equal(suspicions.confirm('accused', 'a'), false)
  assert.equal(suspicions.confirm('accused', 'b'), true)
  assert.equal(suspicions.confirm('accused', 'b'), false)
  assert.equal(suspicions.confirm('nobody', 'b'), false)
})

test('a standstill of the observer is not counted, and a reprieve is given once', () => {
  const suspicions = new Suspicions(times)
  suspicions.start('accused', 'a', 0)
  suspicions.postpone(5000)
  assert.deepEqual(suspicions.due(5899, 0), [])
  assert.deepEqual(suspicions.due(5900, 0), ['accused'])
  assert.equal(suspicions.reprieve('accused', 5900), true)
  assert.deepEqual(suspicions.due(6799, 0), [])
  assert.equal(suspicions.reprieve('accused', 6800), false)
  assert.deepEqual(suspicions.due(6800, 0), ['accused'])
  suspicions.cancel('accused')
  assert.deepEqual(suspicions.due(9999, 0), [])
})
