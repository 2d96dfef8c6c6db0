/** Seeds of members that leave, die for good, restart and come back, while few or none call: what was acknowledged is there with who is left. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { SeededRandom } from '../../src/simulation/random.ts'

const Account = exclusive(
  'account',
  { balance: pnCounter() },
  {
    deposit: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    }),
    balance: query(({ state }) => state.balance.value)
  },
  { partition: 'lease' }
)

const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 6)

for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
  test(`seed ${seed}: members go one after the other, and take nothing with them`, async () => {
    const random = new SeededRandom(`lease churn/${seed}`)
    const nodes = 4 + random.below(3)
    await using cluster = await createTestCluster({
      actors: [Account],
      seed,
      nodes,
      leases: { leaseMs: random.chance(0.5) ? 1000 : 3000 }
    })
    // Who has no link with its replicas yet refuses.
    await cluster.until(() => cluster.nodes().every(node => node.links().length === nodes - 1))
    const balances = new Map<string, number>()
    const out = new Set<number>()
    const there = () => Array.from({ length: nodes }, (_, i) => i).filter(i => !out.has(i))
    const deposit = async (id: string) => {
      const at = random.pick(there())
      for (let tries = 1; ; tries++)
        try {
          balances.set(id, await cluster.settle(cluster.actor(at)(Account, id).deposit(1), 60_000))
          return
        } catch (error) {
          // It had no effect: links may be missing still.
          if (!isShoalError(error) || error.code !== 'SHOAL_UNAVAILABLE' || tries === 20) throw error
          await cluster.run(1000)
        }
    }
    for (let i = 0; i < 15; i++) await deposit(`a${i}`)
    // Until the third replica has a shard for the first time, the loss of one of the others shuts it.
    await cluster.run(5000)
    while (there().length > 1) {
      if (there().length === 3) forgetTheDead(cluster)
      const goer = random.pick(there())
      await goes(cluster, goer, random, there().length, out)
      if (random.chance(0.3)) for (let i = 0; i < 3; i++) await deposit(`a${random.below(15)}`)
      await cluster.run(10_000)
    }
    const [last = 0] = there()
    for (const [id, balance] of balances)
      assert.equal(await cluster.settle(cluster.actor(last)(Account, id).balance(), 60_000), balance, id)
  })

/** Leaves, or dies, for good or for a moment. Where few are left, the operator says who does not come back. */
async function goes(
  cluster: TestCluster,
  goer: number,
  random: SeededRandom,
  left: number,
  out: Set<number>
): Promise<void> {
  const deed = random.pick(left > 3 ? (['restart', 'leave', 'die'] as const) : (['restart', 'leave'] as const))
  if (deed === 'leave') {
    out.add(goer)
    assert.deepEqual(await cluster.leave(goer), { handedOver: true }, `node ${goer}`)
    return
  }
  cluster.kill(goer, { isPowerLoss: random.chance(0.5) })
  await cluster.run(1000 + random.below(30_000))
  if (deed === 'restart') {
    cluster.boot(goer)
    await cluster.run(20_000)
    return
  }
  out.add(goer)
  await cluster.run(30_000)
  const isForgotten = random.chance(0.5)
  if (isForgotten) forgetTheDead(cluster)
  await cluster.run(isForgotten ? 20_000 : 180_000)
}

function forgetTheDead(cluster: TestCluster): void {
  const [teller] = cluster.nodes()
  for (const { id, status } of teller?.members().members ?? []) if (status === 'dead') teller?.forget(id)
}
