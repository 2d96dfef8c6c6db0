import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { constants } from 'node:fs'
import { mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { LineWriter } from '../../src/adapters/system/line-writer.ts'

async function temporaryDirectory(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-lines-'))
  t.after(() => rm(dir, { recursive: true }))
  return dir
}

test('lines arrive whole and in order', async t => {
  const path = join(await temporaryDirectory(t), 'log')
  const file = await open(path, 'w')
  const lines = new LineWriter(file.fd)
  const written = Array.from({ length: 1000 }, (_, number) => `line ${number} ä\n`)
  for (const line of written) {
    lines.write(line)
    if (line.endsWith('50 ä\n')) await new Promise(setImmediate)
  }
  await lines.flush(10_000)
  await file.close()
  assert.equal(await readFile(path, 'utf8'), written.join(''))
  assert.equal(lines.dropped, 0)
})

test('a reader that does not read costs lines, and one that goes away costs nothing more', async t => {
  const path = join(await temporaryDirectory(t), 'pipe')
  execFileSync('mkfifo', [path])
  const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writer = await open(path, 'w')
  const lines = new LineWriter(writer.fd, { maxWaiting: 100_000 })
  for (let number = 0; number < 100; number++) lines.write(`${'x'.repeat(9_999)}\n`)
  await new Promise(setImmediate)
  for (let number = 0; number < 100; number++) lines.write(`${'x'.repeat(9_999)}\n`)
  assert.ok(lines.dropped > 100, `${lines.dropped} lines dropped`)
  await lines.flush(1)
  await reader.close()
  await lines.flush(10_000)
  const before = lines.dropped
  lines.write('nobody reads this\n')
  assert.equal(lines.dropped, before + 1)
  await writer.close()
})
