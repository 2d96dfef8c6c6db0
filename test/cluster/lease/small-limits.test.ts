/** Lease shards under faults where pages, batches and tails hold a handful of entries, so that a fetch has many steps to break off at. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { smallLimits } from './lease-zoo.ts'
import { loadWith } from './patched-loading.ts'

const first = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 4)

test(`seeds ${first} to ${first + seeds - 1} with small limits: nothing acknowledged is ever lost`, async t => {
  using limits = loadWith(smallLimits)
  // Not before: whatever loads the sources is to load these limits.
  const { faultyLeaseRun } = await import('./faulty-lease-run.ts')
  assert.equal(limits.patched, smallLimits.length)
  let acknowledged = 0
  for (let seed = first; seed < first + seeds; seed++)
    acknowledged += (await faultyLeaseRun(seed, { actors: 24 })).acknowledged
  t.diagnostic(`${acknowledged} acknowledged`)
  assert.ok(acknowledged > 50 * seeds)
})
