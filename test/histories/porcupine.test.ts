/** The two judges agree. `npm run histories -- --count 10000` asks them about more. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { compare } from './comparison.ts'
import { Porcupine } from './porcupine.ts'

const count = 400

test('Porcupine says the same of some hundred random histories, half of them mutated to be wrong', async t => {
  const seed = Number(process.env['SHOAL_SEED'] ?? Date.now() % 1_000_000)
  await using porcupine = await Porcupine.build()
  if (porcupine.missing !== undefined) return t.skip(`SKIPPED, not compared with Porcupine: ${porcupine.missing}`)
  t.diagnostic(`SHOAL_SEED=${seed}`)
  const { right, wrong, stillRight, undecided } = await compare(porcupine, { seed, count })
  t.diagnostic(
    `${right} right, ${wrong} mutated and wrong, ${stillRight} mutated and right still, ${undecided} undecided`
  )
  assert.ok(Math.min(right, wrong) >= count / 2 - undecided && undecided <= count / 100)
})

test('where nothing can be compared, the program that compares fails, and in CI so does whatever asks for Porcupine', async t => {
  const scratch = await mkdtemp(join(tmpdir(), 'shoal-no-modules-'))
  t.after(() => rm(scratch, { recursive: true, force: true }))
  const { CI: _, NODE_TEST_CONTEXT: __, ...others } = process.env
  const env = { ...others, GOMODCACHE: scratch, GOPROXY: 'off' }
  const program = fileURLToPath(new URL('run.ts', import.meta.url))
  const run = ['--conditions=shoal-source', program, '--count', '1']
  const { code, said } = await new Promise<{ code: unknown; said: string }>(resolve => {
    execFile(process.execPath, run, { env }, (error, said) => resolve({ code: error?.code, said }))
  })
  assert.equal(code, 1)
  assert.match(said, /without Porcupine: /)
  await assert.rejects(Porcupine.build({ ...env, CI: 'true' }), /no Porcupine in CI: /)
})
