/** The two judges agree. `npm run histories -- --count 10000` asks them about more. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
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
