import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createKey, parseKey, readKey } from '../../src/cli/cluster-key.ts'
import { newClusterKey } from '../../src/cluster-key.ts'

test('a new key reads back as 32 bytes, and no two are equal', () => {
  const first = newClusterKey()
  assert.match(first, /^shoal-key-1:[A-Za-z0-9_-]{43}$/)
  assert.equal(parseKey(`${first}\n`, 'f').length, 32)
  assert.notDeepEqual(parseKey(first, 'f'), parseKey(newClusterKey(), 'f'))
})

test('what is no key is refused with a message that names the file', () => {
  const key = newClusterKey()
  const broken = [
    '',
    'secret',
    key.slice(0, -1),
    `${key}A`,
    `${key}\n${newClusterKey()}`,
    key.replace(/.$/, '!'),
    key.replace('-1:', '-2:')
  ]
  for (const text of broken) assert.throws(() => parseKey(text, 'the-file'), /the-file/, JSON.stringify(text))
  // The last character carries two spare bits: a key has one spelling.
  const spare = `shoal-key-1:${'A'.repeat(42)}B`
  assert.throws(() => parseKey(spare, 'the-file'), /damaged/)
})

test('a key file is made for its owner only, and never overwritten', async t => {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-key-'))
  t.after(() => rm(dir, { recursive: true }))
  const path = join(dir, 'deep', 'cluster.key')
  await createKey(path)
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  assert.equal((await readKey(path)).isExposed, false)
  const before = await readFile(path, 'utf8')
  await assert.rejects(createKey(path), /never overwritten/)
  assert.equal(await readFile(path, 'utf8'), before)
  await chmod(path, 0o644)
  assert.equal((await readKey(path)).isExposed, true)
  await assert.rejects(readKey(join(dir, 'missing')), /no such file/)
  await assert.rejects(readKey(dir), /EISDIR|too long/)
  await writeFile(path, 'x'.repeat(100_000))
  await assert.rejects(readKey(path), /too long/)
})
