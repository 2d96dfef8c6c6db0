import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { loadActors } from '../../src/cli/load-actors.ts'

const counter = "{ kind: 'counter', mode: 'replicated', shape: {}, methods: {}, options: {} }"
const account = "{ kind: 'account', mode: 'exclusive', shape: {}, methods: {}, options: {} }"

async function moduleOf(t: TestContext, source: string): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'shoal-actors-'))
  t.after(() => rm(dir, { recursive: true }))
  const path = join(dir, 'actors.mjs')
  await writeFile(path, source)
  return path
}

test('every export that is a definition is found, once, among others', async t => {
  const path = await moduleOf(
    t,
    `export const Counter = ${counter}\nexport default Counter\nexport const Account = ${account}\nexport const limit = 5, none = null`
  )
  const kinds = (await loadActors([path, path])).map(definition => definition.kind)
  assert.deepEqual(kinds.toSorted(), ['account', 'counter'])
})

test('two definitions of a kind are refused', async t => {
  const path = await moduleOf(t, `export const A = ${counter}, B = ${counter}`)
  await assert.rejects(loadActors([path]), /kind "counter" is defined twice in .*actors\.mjs/)
  const other = await moduleOf(t, `export const C = ${counter}`)
  const one = await moduleOf(t, `export const D = ${counter}`)
  await assert.rejects(loadActors([other, one]), /kind "counter" is defined in .* and in /)
})

test('a path that gives no definitions says why', async t => {
  await assert.rejects(loadActors(['/nowhere/actors.ts']), /no file \/nowhere\/actors\.ts/)
  await assert.rejects(loadActors([tmpdir()]), /not a file/)
  await assert.rejects(loadActors([await moduleOf(t, 'export const a = 1')]), /exports no actor definition/)
  await assert.rejects(loadActors([await moduleOf(t, '')]), /exports no actor definition/)
  await assert.rejects(loadActors([await moduleOf(t, 'export const =')]), /cannot be loaded: .*SyntaxError/s)
  await assert.rejects(loadActors([await moduleOf(t, "throw new Error('boom')")]), /cannot be loaded: .*boom/s)
})
