import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PrometheusMetrics } from '../../src/adapters/system/prometheus-metrics.ts'

test('asking twice for a name answers the same figure, and two sets of figures share nothing', async () => {
  const metrics = new PrometheusMetrics({ process: false })
  const other = new PrometheusMetrics({ process: false })
  metrics.counter('shoal_things_total', 'Things').add()
  metrics.counter('shoal_things_total', 'Things').add(2)
  other.counter('shoal_things_total', 'Things')
  metrics.gauge('shoal_level', 'Level').set(1.5)
  metrics.histogram('shoal_wait_seconds', 'Wait').observe(0.003)
  const text = await metrics.text()
  assert.match(text, /^shoal_things_total 3$/m)
  assert.match(text, /^shoal_level 1\.5$/m)
  assert.match(text, /^shoal_wait_seconds_bucket\{le="0\.005"\} 1$/m)
  assert.match(text, /^shoal_wait_seconds_count 1$/m)
  assert.match(await other.text(), /^shoal_things_total 0$/m)
})

test('a histogram counts what each bucket holds and all before it, up to its bound, and no figure is told twice', async () => {
  const metrics = new PrometheusMetrics({ process: false })
  const waits = metrics.histogram('shoal_wait_seconds', 'Wait')
  for (const seconds of [0, 0.00005, 0.00006, 9, 11]) waits.observe(seconds)
  const things = metrics.counter('shoal_things_total', 'Things')
  things.add(3)
  await metrics.text()
  things.add()
  const text = await metrics.text()
  assert.match(text, /^# TYPE shoal_wait_seconds histogram$/m)
  for (const [le, count] of [
    ['0.00005', 2],
    ['0.0002', 3],
    ['5', 3],
    ['10', 4],
    ['\\+Inf', 5]
  ])
    assert.match(text, new RegExp(`^shoal_wait_seconds_bucket\\{le="${le}"\\} ${count}$`, 'm'))
  assert.match(text, /^shoal_wait_seconds_sum 20\.00011$/m)
  assert.match(text, /^shoal_wait_seconds_count 5$/m)
  assert.match(text, /^shoal_things_total 4$/m)
})

test('the process reports on itself', async () => {
  assert.match(await new PrometheusMetrics().text(), /^process_resident_memory_bytes \d+/m)
})
