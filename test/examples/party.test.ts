/** examples/party.ts does what it says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
import { Party } from '../../examples/party.ts'

test('who was invited or called off on either side of a cut is so on the one list after it', async () => {
  await using cluster = await createTestCluster({ actors: [Party], seed: 1 })
  const party = (node: number) => cluster.actor(node)(Party, 'summer')
  await cluster.settle(party(0).invite({ guest: 'ann', seats: 2 }))
  await cluster.settle(party(1).invite({ guest: 'bob', seats: 3 }))
  cluster.partition([0], [1, 2])
  await cluster.run(8000)
  await cluster.settle(party(0).invite({ guest: 'ann', seats: 1 }))
  await cluster.settle(party(0).cancel({ guest: 'bob' }))
  await cluster.settle(party(1).invite({ guest: 'ann', seats: 4 }))
  await cluster.settle(party(2).invite({ guest: 'constructor', seats: 5 }))
  cluster.heal()
  await cluster.until(() => cluster.isWhole(), 60_000)
  await cluster.run(1000)
  for (const node of [0, 1, 2]) assert.deepEqual(await cluster.settle(party(node).state()), { ann: 7, constructor: 5 })
  assert.equal(await cluster.settle(party(0).seats()), 12)
  await assert.rejects(cluster.settle(party(2).cancel({ guest: 'bob' })), { code: 'NOT_INVITED' })
})
