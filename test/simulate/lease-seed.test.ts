/** Random clusters with kinds of the `lease` mode: SHOAL_SEED and SHOAL_SEEDS choose which; `npm run simulate -- --leases` runs many. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { clusterSeed } from './lease-seed.ts'

const first = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 2)

for (let seed = first; seed < first + seeds; seed++)
  test(`seed ${seed}: whatever befalls nodes, links and the lease store, clients see one actor at a time, and all are served after the heal`, async t => {
    const { counts } = await clusterSeed(seed)
    t.diagnostic(JSON.stringify(Object.fromEntries(counts)))
    assert.ok((counts.get('answers') ?? 0) > 50)
    assert.ok((counts.get('epochs') ?? 0) > 0)
  })

test('a seed is the same run each time', async () => {
  const [one, other] = [await clusterSeed(7), await clusterSeed(7)]
  assert.deepEqual(one, other)
})
