/** Bounded counters of leased actors: never below the bound, and the present owner may spend all that is above it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedCounter, command, exclusive, isShoalError, query, value } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { Kinds } from '../../src/actors/definitions/kinds.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { codeOf } from './outcome.ts'
import { served } from './support/served.ts'

const lease = { partition: 'lease' } as const

const Stock = exclusive(
  'stock',
  { left: boundedCounter({ min: 2 }) },
  {
    add: command(z.int(), ({ state }, amount) => {
      state.left.add(amount)
      return state.left.value
    }),
    take: command(z.int(), ({ state }, amount) => {
      state.left.subtract(amount)
      return state.left.value
    }),
    left: query(({ state }) => state.left.value)
  },
  lease
)

const Order = exclusive(
  'order',
  value({ placed: 0 }),
  {
    place: command(z.int(), ({ state, send }, amount) => {
      state.placed++
      send(Stock, 'a').take(amount)
    }),
    refused: query(({ outbox }) => outbox().refused.map(({ code }) => code)),
    waiting: query(({ outbox }) => outbox().waiting)
  },
  lease
)

const leaseMs = 1000

function ownerOf(cluster: TestCluster, id: string): number {
  const owner = cluster.nodes()[0]?.owner(Stock, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

test('each owner after another draws a counter down by all that it likes, the last one to the bound, and asks nobody for rights', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({
    actors: [Stock],
    nodes: 4,
    seed: 3,
    leases: { leaseMs },
    metrics: () => metrics
  })
  const stock = (node: number) => cluster.actor(node)(Stock, 'a')
  assert.equal(await cluster.settle(stock(0).add(30)), 32)
  let left = 32
  const owners = new Set<number>()
  for (const how of ['kill', 'leave', 'kill'] as const) {
    const owner = ownerOf(cluster, 'a')
    owners.add(owner)
    const caller = (owner + 1) % 4
    left -= 9
    assert.equal(await served(cluster, () => stock(caller).take(9)), left)
    if (how === 'leave') await cluster.leave(owner)
    else cluster.kill(owner)
    await cluster.until(() => ownerOf(cluster, 'a') !== owner)
    left -= 1
    assert.equal(await served(cluster, () => stock(caller).take(1)), left)
    cluster.boot(owner)
    await cluster.until(() => cluster.isWhole(), 20_000)
  }
  assert.equal(left, 2)
  const startMs = cluster.world.time.nowMs
  for (const node of [0, 1, 2, 3]) {
    const taken = cluster.settle(stock(node).take(1))
    await assert.rejects(taken, { code: 'SHOAL_INSUFFICIENT_RIGHTS', retryable: false })
    assert.equal(await cluster.settle(stock(node).left()), 2)
  }
  assert.ok(cluster.world.time.nowMs - startMs < 500, 'there is nobody to wait for')
  assert.equal(metrics.all()['shoal_rights_requests_total'], 0)
})

test('what was sent to a counter that has too little is refused, once, and what comes after it goes on', async () => {
  await using cluster = await createTestCluster({ actors: [Stock, Order], seed: 1, leases: { leaseMs } })
  const order = cluster.actor(0)(Order, 'o')
  await cluster.settle(cluster.actor(0)(Stock, 'a').add(5))
  for (const amount of [3, 4, 2]) await cluster.settle(order.place(amount))
  await cluster.run(3000)
  assert.equal(await cluster.settle(order.waiting()), 0)
  assert.deepEqual(await cluster.settle(order.refused()), ['SHOAL_INSUFFICIENT_RIGHTS'])
  assert.equal(await cluster.settle(cluster.actor(1)(Stock, 'a').left()), 2)
})

test('a node that leaves has no rights of leased counters to give away', () => {
  const Merged = exclusive('merged', Stock.shape, {})
  assert.deepEqual(new Kinds([Stock, Merged], 0).withRights(), ['merged'])
})

const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 2)

for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
  test(`seed ${seed}: under cuts and stops of owners no client ever sees less than the bound, and what was acknowledged adds up`, async () => {
    const random = new SeededRandom(`bounded/${seed}`)
    await using cluster = await createTestCluster({ actors: [Stock], nodes: 5, seed, shards: 4, leases: { leaseMs } })
    let isOver = false
    const sure = { added: 0, taken: 0 }
    const perhaps = { added: 0, taken: 0 }
    let lacking = 0
    const client = async (number: number) => {
      const own = new SeededRandom(`client/${seed}/${number}`)
      while (!isOver) {
        const stock = cluster.actor(number % 5)(Stock, 'a')
        const what = own.chance(0.3) ? 'added' : 'taken'
        const amount = 1 + own.below(what === 'added' ? 6 : 9)
        try {
          const shown = await (what === 'added'
            ? stock.add(amount, { deadlineMs: 800 })
            : stock.take(amount, { deadlineMs: 800 }))
          assert.ok(shown >= 2, `${shown} was shown`)
          sure[what] += amount
        } catch (error) {
          if (!isShoalError(error)) throw error
          if (error.code === 'SHOAL_INSUFFICIENT_RIGHTS') lacking++
          if (error.code === 'SHOAL_INDETERMINATE') perhaps[what] += amount
        }
        await new Promise<void>(resolve => cluster.world.time.schedule(5_000 + own.below(20_000), undefined, resolve))
      }
    }
    const clients = Array.from({ length: 8 }, (_, number) => client(number))
    const owners = new Set<number>()
    for (const trouble of ['cut', 'stop', 'cut', 'stop']) {
      const owner = ownerOf(cluster, 'a')
      const other = random.pick([0, 1, 2, 3, 4].filter(node => node !== owner))
      if (trouble === 'cut') {
        cluster.partition(
          [owner, other],
          [0, 1, 2, 3, 4].filter(node => node !== owner && node !== other)
        )
        await cluster.run(random.between(300, 1500))
        cluster.heal()
      } else {
        // Others take over.
        cluster.pause(owner)
        await cluster.run(random.between(2500, 3500))
        owners.add(cluster.world.machines().findIndex(({ id }) => id === cluster.node(other).owner(Stock, 'a')))
        cluster.resume(owner)
      }
      owners.add(owner)
      await cluster.run(random.between(200, 1000))
    }
    assert.ok(owners.size > 1, 'nobody has taken over')
    isOver = true
    await cluster.settle(Promise.all(clients))
    const left = await served(cluster, () => cluster.actor(0)(Stock, 'a').left())
    const known = 2 + sure.added - sure.taken
    assert.ok(
      left >= 2 && left >= known - perhaps.taken && left <= known + perhaps.added,
      `${left}: ${JSON.stringify({ sure, perhaps })}`
    )
    assert.ok(lacking > 5 && sure.taken > 50, `${lacking} refused, ${sure.taken} taken`)
    // All that is left may go, wherever it is asked for.
    const last = await served(cluster, () =>
      cluster
        .actor(random.below(5))(Stock, 'a')
        .take(left - 2)
    )
    assert.equal(last, 2)
    assert.equal(await cluster.settle(cluster.actor(0)(Stock, 'a').take(1).catch(codeOf)), 'SHOAL_INSUFFICIENT_RIGHTS')
  })
