import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { refuse } from '../../src/actors/definitions/refusal.ts'
import { answerFor, statusByCode } from '../../src/gateway/http-errors.ts'
import { ShoalError } from '../../src/ports/errors.ts'

/** `statusByCode` has every code of ports/errors.ts: the compiler sees to that. */
test('docs/errors.md describes every code with its status, in order', async () => {
  const text = await readFile(new URL('../../docs/errors.md', import.meta.url), 'utf8')
  const rows = [...text.matchAll(/^\| `(SHOAL_\w+)` \| (\d{3}) \| (.+) \| (.+) \|$/gm)]
  const documented = rows.map(([, code, status]) => [code, Number(status)])
  assert.deepEqual(documented, Object.entries(statusByCode))
})

test('a refusal keeps its code, also from another copy of the package', () => {
  const expected = { status: 422, body: { code: 'SOLD_OUT', message: 'none left', retryable: false } }
  assert.deepEqual(answerFor(refuse('SOLD_OUT', 'none left')), expected)
  const foreign = Object.assign(new Error('none left'), { name: 'Refusal', code: 'SOLD_OUT', retryable: false })
  assert.deepEqual(answerFor(foreign), expected)
})

test('a message does not grow without bound, and an unknown error is not shown', () => {
  const long = answerFor(new ShoalError('SHOAL_BAD_ARGUMENT', 'x'.repeat(1_000_000)))
  assert.ok((long?.body.message.length ?? Number.POSITIVE_INFINITY) <= 2000)
  for (const error of [new Error('secret'), undefined, null, 'secret', { code: 'SOLD_OUT' }, new TypeError('x')]) {
    assert.equal(answerFor(error), undefined)
  }
})
