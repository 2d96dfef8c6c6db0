/** Event-sourced lease kinds on whole nodes in virtual time: every command's events once, in one order, whoever serves the actor. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, eventSourced, exclusive, isShoalError, query, refuse } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { served } from './support/served.ts'

type Entry = { readonly type: 'deposited' | 'withdrawn'; readonly amount: number; readonly by: string }

interface Account {
  readonly balance: number
  readonly entries: number
}

const movement = z.object({ amount: z.int().min(1), by: z.string() })

const Account = exclusive(
  'ledger',
  eventSourced({
    initial: { balance: 0, entries: 0 } as Account,
    apply: (state, { type, amount }: Entry) => ({
      balance: state.balance + (type === 'deposited' ? amount : -amount),
      entries: state.entries + 1
    }),
    snapshotEvery: 8
  }),
  {
    deposit: command(movement, ({ emit }, entry) => emit({ type: 'deposited', ...entry }).balance),
    withdraw: command(movement, ({ state, emit }, entry) => {
      if (state.balance < entry.amount) throw refuse('INSUFFICIENT_FUNDS', `balance is ${state.balance}`)
      return emit({ type: 'withdrawn', ...entry }).balance
    }),
    /** Both or neither. */
    exchange: command(movement, async context => {
      context.emit({ type: 'deposited', amount: 1, by: 'exchange' })
      await Promise.resolve()
      if (context.state.balance > 100) throw refuse('FULL', 'no more')
      context.emit({ type: 'withdrawn', amount: 1, by: 'exchange' })
      return context.revision
    }),
    balance: query(({ state }) => state.balance),
    lastBy: query(({ history, revision }) => history({ from: revision, limit: 1 })[0]?.event.by ?? null)
  },
  { partition: 'lease' }
)

const leaseMs = 2000
const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account], seed: 1, leases: { leaseMs }, ...options })

const ownerOf = (cluster: TestCluster, id: string) =>
  cluster.world.machines().findIndex(machine => machine.id === cluster.nodes()[0]?.owner(Account, id))

test('commands emit events, and the state, the history and the past are seen from every node', async () => {
  await using cluster = await start()
  const account = (node: number) => cluster.actor(node)(Account, 'a')
  assert.deepEqual(await cluster.settle(account(0).state()), { balance: 0, entries: 0 })
  assert.deepEqual(await cluster.settle(account(1).history()), [])
  for (let i = 0; i < 20; i++) await cluster.settle(account(i % 3).deposit({ amount: 1 + i, by: `b${i}` }))
  assert.equal(await cluster.settle(account(1).withdraw({ amount: 10, by: 'w' })), 200)
  await assert.rejects(cluster.settle(account(0).withdraw({ amount: 1000, by: 'w' })), { code: 'INSUFFICIENT_FUNDS' })
  assert.deepEqual(await cluster.settle(account(2).state()), { balance: 200, entries: 21 })
  assert.equal(await cluster.settle(account(2).lastBy()), 'w')
  const events = await cluster.settle(account(2).history({ from: 19, limit: 2 }))
  assert.deepEqual(
    events.map(({ revision, event }) => [revision, event.by]),
    [
      [19, 'b18'],
      [20, 'b19']
    ]
  )
  const past = await cluster.settle(account(1).stateAt({ revision: 3 }))
  assert.deepEqual(past, { revision: 3, state: { balance: 6, entries: 3 } })
  assert.deepEqual(await cluster.settle(account(1).stateAt({ timeMs: events[0]?.timeMs ?? 0 })), {
    revision: 19,
    state: { balance: 190, entries: 19 }
  })
  await assert.rejects(cluster.settle(account(0).stateAt({ revision: 22 })), { code: 'SHOAL_BAD_ARGUMENT' })
  // By name, as a door calls it.
  const byName = await cluster.settle(cluster.node(1).call('ledger', 'a', 'history', { limit: 1 }))
  assert.equal((byName as { revision: number }[])[0]?.revision, 1)
  for (const bad of [{ limit: 0 }, { limit: 1001 }, { from: 0 }, { more: 1 }, [], 'x'])
    await assert.rejects(cluster.settle(cluster.node(1).call('ledger', 'a', 'history', bad)), {
      code: 'SHOAL_BAD_ARGUMENT'
    })
  for (const bad of [undefined, {}, { revision: -1 }, { revision: 1, timeMs: 1 }, { timeMs: 'now' }])
    await assert.rejects(cluster.settle(cluster.node(1).call('ledger', 'a', 'stateAt', bad)), {
      code: 'SHOAL_BAD_ARGUMENT'
    })
})

test('of a command that fails no event is kept, and of one that succeeds all are', async () => {
  await using cluster = await start()
  const account = cluster.actor(0)(Account, 'a')
  assert.equal(await cluster.settle(account.exchange({ amount: 1, by: 'x' })), 2)
  await cluster.settle(account.deposit({ amount: 100, by: 'x' }))
  await assert.rejects(cluster.settle(account.exchange({ amount: 1, by: 'x' })), { code: 'FULL' })
  assert.deepEqual(await cluster.settle(account.state()), { balance: 100, entries: 3 })
})

test('a kind with a history has no methods of those names', () => {
  const state = eventSourced({ initial: 0, apply: (sum: number, n: number) => sum + n })
  for (const name of ['history', 'stateAt'])
    assert.throws(() => exclusive('x', state, { [name]: query(() => 1) }, { partition: 'lease' }), TypeError)
  assert.throws(() => exclusive('x', state, {}), /partition: 'lease'/)
})

test('each command has its event once, in one history, through kills, hand-offs, long pauses and cuts', async t => {
  const first = Number(process.env['SHOAL_SEED'] ?? 1)
  const seeds = Array.from({ length: Number(process.env['SHOAL_SEEDS'] ?? 2) }, (_, i) => first + i)
  for (const seed of seeds) {
    await using cluster = await start({ nodes: 4, seed })
    const random = cluster.world.random.fork('troubles')
    const acked = new Set<string>()
    const without = new Set<string>()
    let stopped = false
    let count = 0
    const client = async (number: number, id: string) => {
      const own = cluster.world.random.fork(`client/${id}/${number}`)
      while (!stopped) {
        const by = `${id}:${number}:${++count}`
        // The callers' node stays.
        const call = cluster
          .actor(0)(Account, id)
          .deposit({ amount: 1, by }, { deadlineMs: own.between(200, 3 * leaseMs) })
        await call.then(
          () => acked.add(by),
          error => {
            if (!isShoalError(error) || error.code !== 'SHOAL_INDETERMINATE') without.add(by)
          }
        )
        await new Promise<void>(resolve => cluster.world.time.schedule(20_000, undefined, resolve))
      }
    }
    const ids = ['a', 'b', 'c']
    const clients = Promise.all(ids.flatMap(id => [1, 2, 3].map(number => client(number, id))))
    for (let round = 0; round < 6; round++) {
      await cluster.run(random.between(100, 500))
      const victim = 1 + random.below(3)
      const what = random.pick(['kill', 'leave', 'pause', 'cut'])
      if (what === 'kill') cluster.kill(victim)
      else if (what === 'leave') await cluster.leave(victim)
      else if (what === 'pause') cluster.pause(victim)
      else
        cluster.partition(
          [victim],
          [0, 1, 2, 3].filter(node => node !== victim)
        )
      await cluster.run(random.between(100, 2 * leaseMs))
      if (what === 'kill' || what === 'leave') cluster.boot(victim)
      else if (what === 'pause') cluster.resume(victim)
      else cluster.heal()
      await cluster.until(() => cluster.isWhole(), 30_000)
    }
    stopped = true
    await cluster.settle(clients)
    for (const id of ids) {
      const account = cluster.actor(0)(Account, id)
      const seen = new Map<string, number>()
      const { entries } = await served(cluster, () => account.state())
      let revision = 0
      for (let page = await history(cluster, id, 1); page.length > 0; page = await history(cluster, id, revision + 1))
        for (const recorded of page) {
          assert.equal(recorded.revision, ++revision)
          seen.set(recorded.event.by, (seen.get(recorded.event.by) ?? 0) + 1)
        }
      assert.equal(revision, entries, `SHOAL_SEED=${seed}`)
      for (const [by, times] of seen) assert.equal(times, 1, `SHOAL_SEED=${seed}: ${by} is there ${times} times`)
      for (const by of acked) if (by.startsWith(`${id}:`)) assert.ok(seen.has(by), `SHOAL_SEED=${seed}: ${by} is lost`)
      for (const by of without) assert.ok(!seen.has(by), `SHOAL_SEED=${seed}: ${by} was said to have had no effect`)
      const half = await served(cluster, () => account.stateAt({ revision: revision >> 1 }))
      assert.equal(half.state.balance, revision >> 1)
    }
    assert.ok(acked.size > 100, `SHOAL_SEED=${seed}: ${acked.size} acknowledged`)
    t.diagnostic(`seed ${seed}: ${acked.size} acknowledged, ${without.size} without effect, of ${count}`)
  }
})

const history = (cluster: TestCluster, id: string, from: number) =>
  served(cluster, () => cluster.actor(0)(Account, id).history({ from, limit: 50 }))

test('an owner that comes anew, and one that has fetched everything, know the whole history', async () => {
  await using cluster = await start({ nodes: 5 })
  const account = cluster.actor(0)(Account, 'a')
  for (let i = 0; i < 50; i++) await cluster.settle(account.deposit({ amount: 1, by: String(i) }))
  const seen = new Set<number>()
  for (let i = 0; i < 4; i++) {
    const owner = ownerOf(cluster, 'a')
    seen.add(owner)
    if (owner === 0) break
    await cluster.leave(owner)
    await cluster.until(() => ownerOf(cluster, 'a') !== owner, 20_000)
    assert.equal((await served(cluster, () => account.history({ limit: 1000 }))).length, 50 + i)
    await served(cluster, () => account.deposit({ amount: 1, by: `after ${i}` }))
  }
  assert.ok(seen.size > 1)
})
