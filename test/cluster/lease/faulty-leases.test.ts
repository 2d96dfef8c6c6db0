/** Lease shards under faults, seed after seed: SHOAL_SEED and SHOAL_SEEDS choose which. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultyLeaseRun } from './faulty-lease-run.ts'

const first = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 6)

test(`seeds ${first} to ${first + seeds - 1}: one accepted writer per epoch, and nothing acknowledged is ever lost`, async t => {
  const sums: Record<string, number> = {}
  for (let seed = first; seed < first + seeds; seed++) {
    const { epochs, setAside, outcomes } = await faultyLeaseRun(seed)
    for (const [what, count] of Object.entries({ epochs, setAside, ...outcomes }))
      sums[what] = (sums[what] ?? 0) + count
  }
  t.diagnostic(JSON.stringify(sums))
  assert.ok((sums['acknowledged'] ?? 0) > 100 * seeds)
})

test('an owner may hear late that all replicas have an entry, when one of them has been replaced and has dropped it', async () => {
  const { dropped } = await faultyLeaseRun(200096, { drops: true })
  assert.ok(dropped > 0)
})
