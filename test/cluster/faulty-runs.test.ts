/** Level B: seeds of loss, partition, pause, crash and restart over five nodes, every one with all checks. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FaultyRunReport, faultyRun } from './support/faulty-run.ts'

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
      throw new Error(
        `seed ${seed} failed; again with: SHOAL_SEED=${seed} SHOAL_SEEDS=1 npm test -- test/cluster/faulty-runs.test.ts`,
        { cause: error }
      )
    }
  }
  const sum = (of: (report: FaultyRunReport) => number) => reports.reduce((total, report) => total + of(report), 0)
  const times = reports.map(report => report.convergedAfterMs).sort((a, b) => a - b)
  t.diagnostic(
    `acknowledged ${sum(r => r.acknowledged)}, uncertain ${sum(r => r.uncertain)}, refused ${sum(r => r.refused)}`
  )
  t.diagnostic(`converged after heal, virtual ms: median ${times[times.length >> 1]}, worst ${times.at(-1)}`)
  t.diagnostic(`virtual seconds ${Math.round(sum(r => r.virtualMs) / 1000)}, events ${sum(r => r.events)}`)
  if (seeds < 100) return
  // A long run that never saw a kind of trouble did not test what it claims to.
  for (const fault of ['kill', 'power loss', 'partition', 'one-way cut', 'pause', 'loss', 'full disk', 'clock jump']) {
    assert.ok(
      reports.some(report => report.faults.includes(fault)),
      `no seed drew ${fault}`
    )
  }
  assert.ok(sum(r => r.uncertain) > 0, 'no write ever had an uncertain fate')
})

test('the same seed gives the same run, event for event', async () => {
  for (const seed of [7, 8, 9]) {
    const once = await faultyRun({ seed })
    const again = await faultyRun({ seed })
    assert.equal(again.trace, once.trace, `seed ${seed}`)
    assert.deepEqual(again, once)
  }
})
