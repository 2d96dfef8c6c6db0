/** Values of `merge` kinds: what both sides of a cut have made of one is merged by the user's function, from the latest that both had seen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertAllTold, overlappingRun } from './support/overlapping-run.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 6)
const first = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds of cuts, pauses and deaths: each update counts once in a value, and overlaps are told as of any state`, {
  timeout: 600_000
}, async t => {
  let [pairs, ran] = [0, 0]
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      const report = await overlappingRun(seed, 'value')
      assertAllTold(report)
      pairs += report.truth.size
      ran += report.ran
    } catch (error) {
      throw new Error(`seed ${seed} failed`, { cause: error })
    }
  }
  t.diagnostic(`${pairs} pairs of ${ran} commands overlapped`)
  assert.ok(pairs > 0)
})
