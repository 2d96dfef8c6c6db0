/** Commands that leased actors send to others: a part of the effect of what sent them, and carried out once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, query, Refusal, refuse, value } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'

interface Ledger {
  balance: number
  isClosed: boolean
  /** Of each transfer that came. */
  came: string[]
}

const initial: Ledger = { balance: 0, isClosed: false, came: [] }

const Account = exclusive(
  'account',
  value(initial),
  {
    fund: command(z.int(), ({ state }, amount) => {
      state.balance += amount
    }),
    transfer: command(z.object({ to: z.string(), amount: z.int(), name: z.string() }), (context, transfer) => {
      const { to, amount, name } = transfer
      context.send(Account, to).deposit({ amount, name })
      if (context.state.balance < amount) throw refuse('INSUFFICIENT_FUNDS', `balance is ${context.state.balance}`)
      context.state.balance -= amount
    }),
    deposit: command(z.object({ amount: z.int(), name: z.string() }), ({ state }, { amount, name }) => {
      if (state.isClosed) throw refuse('CLOSED', 'this account is closed')
      state.balance += amount
      state.came.push(name)
    }),
    close: command(({ state }) => {
      state.isClosed = true
    }),
    sendOnly: command(z.string(), ({ send }, to) => {
      send(Account, to).deposit({ amount: 1, name: 'sent' })
    }),
    view: query(({ state }) => state),
    outbox: query(({ outbox }) => outbox())
  },
  { partition: 'lease' }
)

const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account], seed: 1, nodes: 4, leases: { leaseMs: 1000 }, ...options })

const viewOf = (cluster: TestCluster, id: string, node = 0) => cluster.settle(cluster.actor(node)(Account, id).view())

function codeOf(error: unknown): string {
  return isShoalError(error) || error instanceof Refusal ? error.code : String(error)
}

test('what is sent is carried out once, in order, and nothing is left over', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').fund(100))
  for (const name of ['one', 'two', 'three'])
    await cluster.settle(cluster.actor(1)(Account, 'a').transfer({ to: 'b', amount: 10, name }))
  await cluster.run(2000)
  assert.deepEqual(await viewOf(cluster, 'a'), { balance: 70, isClosed: false, came: [] })
  assert.deepEqual(await viewOf(cluster, 'b'), { balance: 30, isClosed: false, came: ['one', 'two', 'three'] })
  assert.deepEqual(await cluster.settle(cluster.actor(2)(Account, 'a').outbox()), { waiting: 0, refused: [] })
})

test('a handler that throws, or is refused, sends nothing', async () => {
  await using cluster = await start()
  const told = cluster.actor(0)(Account, 'a').transfer({ to: 'b', amount: 10, name: 'one' }).then(String, codeOf)
  assert.equal(await cluster.settle(told), 'INSUFFICIENT_FUNDS')
  await cluster.run(2000)
  assert.deepEqual(await viewOf(cluster, 'b'), initial)
})

test('a command that does nothing but send, sends', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').sendOnly('a'))
  await cluster.settle(cluster.actor(0)(Account, 'a').sendOnly('b'))
  await cluster.run(1000)
  for (const id of ['a', 'b']) assert.equal((await viewOf(cluster, id)).balance, 1)
})

test('what the other actor refuses is kept at the sender', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'b').close())
  await cluster.settle(cluster.actor(0)(Account, 'a').fund(100))
  await cluster.settle(cluster.actor(1)(Account, 'a').transfer({ to: 'b', amount: 10, name: 'one' }))
  await cluster.run(2000)
  const { waiting, refused } = await cluster.settle(cluster.actor(2)(Account, 'a').outbox())
  assert.equal(waiting, 0)
  const argument = { amount: 10, name: 'one' }
  const code = { code: 'CLOSED', message: 'this account is closed' }
  const [{ timeMs, ...one } = { timeMs: 0 }, ...more] = refused
  assert.ok(timeMs > 0)
  assert.deepEqual([one, more], [{ kind: 'account', id: 'b', method: 'deposit', argument, ...code }, []])
})
