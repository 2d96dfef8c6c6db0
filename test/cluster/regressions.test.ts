/**
 * Scenarios that once failed, made smaller by `npm run simulate -- --seed N --shrink --keep test/cluster/regressions/what.json`. Each
 * says how; those that are named for a bug of the zoo failed with that bug planted.
 */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runScenario } from './support/run-scenario.ts'
import type { Scenario } from './support/scenario.ts'

const folder = join(import.meta.dirname, 'regressions')

for (const file of readdirSync(folder)) {
  const kept = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Scenario & { failure: string }
  test(`${file}: no more "${kept.failure.slice(0, 60)}"`, async () => {
    const report = await runScenario(kept)
    assert.ok(report.acknowledged + report.uncertain > 0, 'nothing was written')
  })
}
