/** What decoded states take in memory. Measured in a process of its own, because others' garbage would count. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Measured } from './support/heap-of-decoded.ts'

const script = fileURLToPath(new URL('./support/heap-of-decoded.ts', import.meta.url))

/** What a decoder takes whatever it reads. */
const allowance = 4096

test('no state takes more than sixteen times its bytes, and a small actor less than a kibibyte', async t => {
  const options = ['--expose-gc', ...process.execArgv.filter(each => each.startsWith('--conditions')), script]
  const { stdout } = await promisify(execFile)(process.execPath, options, { timeout: 300_000 })
  const all: Measured[] = JSON.parse(stdout)
  assert.ok(all.length > 15)
  for (const { name, bytes, heap } of all) {
    t.diagnostic(`${name}: ${bytes} bytes, ${heap} of heap, ${(heap / bytes).toFixed(1)} times as much`)
    assert.ok(heap > bytes, `${name} was measured`)
    assert.ok(heap <= 16 * bytes + allowance, `${name}: ${heap} bytes of heap for ${bytes}`)
  }
  const small = all.find(({ name }) => name === 'a small actor')
  assert.ok(small !== undefined && small.heap < 1024, `a small actor takes ${small?.heap} bytes`)
})
