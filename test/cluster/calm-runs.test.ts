/** Level B, without faults: planned moves of exclusive actors cost no call, and every deposit sees all that came before it. */
import { test } from 'node:test'
import { calmRun } from './support/calm-run.ts'

const seeds = Number(process.env['SHOAL_CALM_SEEDS'] ?? 80)
const first = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds of joining and leaving under load`, { timeout: 600_000 }, async t => {
  let deposits = 0
  for (let seed = first; seed < first + seeds; seed++) deposits += (await calmRun({ seed })).deposits
  t.diagnostic(`${deposits} deposits`)
})
