/** examples/bank.ts does what it says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster } from 'shoal/testing'
import { Ledger, Performance } from '../../examples/bank.ts'
import { loadActors } from '../../src/cli/load-actors.ts'

const actors = [Ledger, Performance]
const start = () => createTestCluster({ actors, seed: 1, leases: {} })

test('an account refuses what it has not, and tells what it had when', async () => {
  await using cluster = await start()
  const ledger = (node: number) => cluster.actor(node)(Ledger, 'ann')
  assert.equal(await cluster.settle(ledger(0).deposit({ amount: 500 })), 500)
  await cluster.run(1000)
  assert.equal(await cluster.settle(ledger(1).withdraw({ amount: 200, purpose: 'tea' })), 300)
  await assert.rejects(cluster.settle(ledger(2).withdraw({ amount: 301, purpose: 'cake' })), {
    code: 'INSUFFICIENT_FUNDS'
  })
  const [first, second] = await cluster.settle(ledger(2).history())
  assert.deepEqual(second?.event, { type: 'withdrawn', amount: 200, purpose: 'tea' })
  const before = await cluster.settle(ledger(0).stateAt({ timeMs: (first?.timeMs ?? 0) + 500 }))
  assert.deepEqual(before, { revision: 1, state: { balance: 500 } })
})

test('a seat is taken once, and none when it is over', async () => {
  await using cluster = await start()
  const performance = (node: number) => cluster.actor(node)(Performance, 'tonight')
  const taken = [0, 1, 2].map(node =>
    performance(node)
      .take({ seat: 'A1', guest: `guest ${node}` })
      .then(
        () => 'mine',
        ({ code }) => code
      )
  )
  assert.deepEqual((await cluster.settle(Promise.all(taken))).sort(), ['TAKEN', 'TAKEN', 'mine'])
  assert.equal(await cluster.settle(performance(1).close()), 1)
  await assert.rejects(cluster.settle(performance(2).take({ seat: 'A2', guest: 'late' })), { code: 'CLOSED' })
})

test('the command finds both kinds in the module', async () => {
  const found = await loadActors(['examples/bank.ts'])
  assert.deepEqual(found.map(({ kind }) => kind).sort(), ['ledger', 'performance'])
})
