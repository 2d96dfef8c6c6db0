/**
 * Nodes are restarted one after the other under calls of both modes, each with its number: no answered call is lost, none takes effect twice, and who
 * is refused is told truly. Whether calls fail depends on how busy the machine is: with `SHOAL_STRICT=1`, for one that has nothing else to do, none
 * may. `npm run rolling-restart` does it with eight nodes, 1,000 calls a second, and any lease store.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { quantile } from '../histories/take-over.ts'
import { RollingRestart } from './support/rolling-restart.ts'

const isStrict = process.env['SHOAL_STRICT'] === '1'

test('nodes with voters as lease store are restarted under load, and each answered call takes effect once', {
  timeout: 600_000
}, async t => {
  await using rolling = await RollingRestart.start({
    nodes: 3,
    callsPerSecond: 100,
    modes: ['merge', 'lease'],
    store: 'voters',
    books: 60,
    calmMs: 1_000
  })
  const { calls, restarts, audit } = await rolling.run()
  const times = calls.map(({ tookMs }) => tookMs)
  const [median, p99, worst] = [0.5, 0.99, 1].map(share => quantile(times, share)?.toFixed(0))
  t.diagnostic(
    `${calls.length} calls, median ${median}, p99 ${p99}, worst ${worst} ms; failed: ${JSON.stringify([...audit.failed])}`
  )
  for (const { said } of calls.filter(({ failure }) => failure !== undefined).slice(0, 10)) t.diagnostic(said)
  t.diagnostic(`each node was gone after ${restarts.map(({ leftMs }) => Math.round(leftMs)).join(' ')} ms`)
  assert.deepEqual(
    restarts.map(({ exitCode }) => exitCode),
    restarts.map(() => 0),
    'each ended as it should'
  )
  const { answered, lost, doubled, untold, strange } = audit
  assert.deepEqual({ lost, doubled, untold, strange }, { lost: [], doubled: [], untold: [], strange: [] })
  assert.ok(answered > 500, `${answered} calls were answered`)
  if (isStrict) assert.deepEqual([...audit.failed], [], 'calls that failed')
})
