/** What a failed call becomes in a history decides whether a wrong history can hide behind it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ShoalError, type ShoalErrorCode } from 'shoal'
import type { Input, Output } from './history.ts'
import { Recorder } from './recorder.ts'

const add: Input = { op: 'add', amount: 1 }
const fail = (code: ShoalErrorCode) => () => Promise.reject<Output>(new ShoalError(code, 'so it is'))

test('a call that failed for certain is no part of a history, one that may have taken effect is, and so is one under way', async () => {
  let now = 0
  const recorder = new Recorder(() => ++now)
  const ask = (client: number, input: Input, call: () => Promise<Output>) =>
    recorder.record({ client, key: 'k', input }, call)
  assert.equal(await ask(1, add, () => Promise.resolve(1)), 1)
  assert.equal(await ask(2, add, fail('SHOAL_DEADLINE')), undefined)
  assert.equal(await ask(3, add, fail('SHOAL_INDETERMINATE')), undefined)
  assert.equal(await ask(4, add, () => Promise.reject(new Error('socket hang up'))), undefined)
  assert.equal(await ask(5, { op: 'read' }, fail('SHOAL_INDETERMINATE')), undefined)
  void ask(6, add, () => new Promise(() => {}))
  void ask(7, { op: 'read' }, () => new Promise(() => {}))
  assert.deepEqual(recorder.history(), [
    { client: 1, key: 'k', input: add, call: 1, answer: { at: 2, output: 1 } },
    { client: 3, key: 'k', input: add, call: 5, lostAt: 6 },
    { client: 4, key: 'k', input: add, call: 7, lostAt: 8 },
    { client: 6, key: 'k', input: add, call: 11 }
  ])
  assert.deepEqual([...recorder.failures.keys()].toSorted(), [
    'Error: socket hang up',
    'SHOAL_DEADLINE',
    'SHOAL_INDETERMINATE'
  ])
})
