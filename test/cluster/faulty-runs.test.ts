/** Level B: seeds of loss, partition, pause, crash and restart over five nodes, every one with all checks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neverSeen, seedsToSeeAll } from '../simulate/must-see.ts'
import { type FaultyRunReport, faultyRun } from './support/faulty-run.ts'
import { restlessKinds } from './support/scenario.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 1000)
const first = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds of faults: all nodes converge and no acknowledged write is lost`, {
  timeout: 1_200_000
}, async t => {
  const reports: FaultyRunReport[] = []
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      reports.push(await faultyRun({ seed }))
    } catch (error) {
      throw new Error(`seed ${seed} failed; again with: npm run simulate -- --seed ${seed}`, { cause: error })
    }
  }
  const sum = (of: (report: FaultyRunReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  const times = reports.map(report => report.convergedAfterMs).sort((a, b) => a - b)
  t.diagnostic(
    `acknowledged ${sum(r => r.acknowledged)}, uncertain ${sum(r => r.uncertain)}, refused ${sum(r => r.refused)}`
  )
  t.diagnostic(`converged after heal, virtual ms: median ${times[times.length >> 1]}, worst ${times.at(-1)}`)
  t.diagnostic(`virtual seconds ${Math.round(sum(r => r.virtualMs) / 1000)}, events ${sum(r => r.events)}`)
  assert.ok(sum(r => r.uncertain) > 0 || seeds < 100, 'no write ever had an uncertain fate')
  // A long run that never saw a kind of trouble did not test what it claims to.
  if (seeds < seedsToSeeAll) return
  const sightings = new Map<string, number>()
  for (const report of reports)
    for (const [what, count] of Object.entries(report.sightings))
      sightings.set(what, (sightings.get(what) ?? 0) + count)
  assert.deepEqual(neverSeen(sightings), [], 'never seen')
})

test('replicas that move whenever somebody stands still lose nothing on the way', async () => {
  for (let seed = first; seed < first + Math.max(1, Math.floor(seeds / 25)); seed++) {
    try {
      await faultyRun({ seed, kinds: restlessKinds, isRestless: true })
    } catch (error) {
      throw new Error(`seed ${seed} failed; again with: npm run simulate -- --restless --seed ${seed}`, {
        cause: error
      })
    }
  }
})

test('every seed of a sample gives the same run twice, event for event', async () => {
  const sample = Number(process.env['SHOAL_TWICE'] ?? 20)
  for (let seed = first; seed < first + sample; seed++) {
    const once = await faultyRun({ seed })
    const again = await faultyRun({ seed })
    assert.equal(again.trace, once.trace, `seed ${seed}`)
    assert.deepEqual(again, once, `seed ${seed}`)
  }
})
