/** Commands that leased actors send to others: a part of the effect of what sent them, and carried out once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  command,
  exclusive,
  type HandlerContext,
  isShoalError,
  pnCounter,
  query,
  type Reference,
  Refusal,
  refuse,
  replicated,
  type Send,
  value
} from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'

interface Ledger {
  balance: number
  isClosed: boolean
  /** Of each transfer that came. */
  came: string[]
}

const initial: Ledger = { balance: 0, isClosed: false, came: [] }

let late: Send | undefined

const counter = { count: pnCounter() }
const methods = {
  add: command(({ state }: HandlerContext<typeof counter>) => state.count.add(1)),
  send: command(({ send }: HandlerContext<typeof counter>) => send(Account, 'b').close())
}
const Merged = exclusive('merged', counter, methods)
const Copied = replicated('copied', counter, methods)

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
    take: command(z.int(), ({ state }, amount) => {
      if (state.balance < amount) throw refuse('INSUFFICIENT_FUNDS', `balance is ${state.balance}`)
      state.balance -= amount
    }),
    sendTake: command(z.object({ to: z.string(), amount: z.int() }), ({ send }, { to, amount }) => {
      send(Account, to).take(amount)
    }),
    /** As often as it says, to itself and another in turn. */
    pass: command(z.object({ to: z.string(), left: z.int() }), ({ state, self, send }, { to, left }) => {
      state.balance++
      if (left > 0) send(Account, to).pass({ to: self.id, left: left - 1 })
    }),
    sendMany: command(z.int(), ({ send }, count) => {
      for (let i = 0; i < count; i++) send(Account, 'b').deposit({ amount: 1, name: '' })
    }),
    sendLarge: command(z.int(), ({ send }, length) => {
      send(Account, 'b').deposit({ amount: 1, name: 'x'.repeat(length) })
    }),
    sendLate: command(({ send }) => {
      late = send
    }),
    sendBad: command(({ send }) => {
      send(Account, 'b').deposit({ amount: 1.5, name: '' })
    }),
    sendElsewhere: command(z.enum(['merge', 'copied']), ({ send }, kind) => {
      send(kind === 'merge' ? Merged : Copied, 'x').add()
    }),
    sendInQuery: query(({ send }) => {
      send(Account, 'b').close()
    }),
    view: query(({ state }) => state),
    outbox: query(({ outbox }) => outbox())
  },
  { partition: 'lease' }
)

const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account, Merged, Copied], seed: 1, nodes: 4, leases: { leaseMs: 1000 }, ...options })

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

test('a commit that nobody asks about is delivered after all nodes have lost their power', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').fund(100))
  await cluster.run(2000)
  for (const ms of [150, 3, 0]) {
    await cluster.settle(
      cluster
        .actor(1)(Account, 'a')
        .transfer({ to: 'b', amount: 10, name: `after ${ms}` })
    )
    await cluster.run(ms)
    for (let i = 0; i < 4; i++) cluster.kill(i, { isPowerLoss: true })
    await cluster.run(2000)
    for (let i = 0; i < 4; i++) cluster.boot(i)
    await cluster.run(10_000)
  }
  const { balance, came } = await viewOf(cluster, 'b')
  assert.deepEqual([balance, came], [30, ['after 150', 'after 3', 'after 0']])
})

test('while the other actor is away commands wait, however long, and others are not kept waiting', async () => {
  await using cluster = await start({ nodes: 6 })
  const ids = Array.from({ length: 40 }, (_, i) => `t${i}`)
  const setOf = async (id: string) => (await cluster.settle(cluster.node(0).describe('account', id))).replicas
  await cluster.settle(cluster.actor(0)(Account, 'a').fund(100))
  const own = await setOf('a')
  let [away, near] = ['', '']
  for (const id of ids) {
    await cluster.settle(cluster.actor(0)(Account, id).fund(0))
    const common = (await setOf(id)).filter(node => own.includes(node))
    if (common.length <= 1) away = id
    if (common.length === 3) near = id
  }
  assert.ok(away !== '' && near !== '')
  const awaySet = await setOf(away)
  const dead = cluster.world.machines().flatMap(({ id }, i) => (awaySet.includes(id) && !own.includes(id) ? [i] : []))
  for (const number of dead.slice(0, 2)) cluster.kill(number)
  const at = cluster.world.machines().findIndex(({ id }) => own[0] === id)
  await cluster.run(3000)
  const send = (to: string, name: string) =>
    cluster.settle(cluster.actor(at)(Account, 'a').transfer({ to, amount: 10, name }))
  await send(away, 'one')
  await send(near, 'two')
  await cluster.run(5000)
  assert.deepEqual((await viewOf(cluster, near, at)).came, ['two'])
  assert.equal((await cluster.settle(cluster.actor(at)(Account, 'a').outbox())).waiting, 1)
  await cluster.run(5 * 60_000)
  for (const number of dead.slice(0, 2)) cluster.boot(number)
  await cluster.run(60_000)
  assert.deepEqual((await viewOf(cluster, away, at)).came, ['one'])
  assert.equal((await cluster.settle(cluster.actor(at)(Account, 'a').outbox())).waiting, 0)
})

const machineOf = (cluster: TestCluster, id: string | null | undefined) =>
  cluster.world.machines().findIndex(machine => machine.id === id)

test('nothing leaves before what sent it is accepted', async () => {
  await using cluster = await start({ nodes: 6, leases: { leaseMs: 20_000 } })
  const describe = (id: string) => cluster.settle(cluster.node(0).describe('account', id))
  await cluster.settle(cluster.actor(0)(Account, 'a').fund(100))
  const sender = await describe('a')
  let to = ''
  for (let i = 0; to === ''; i++) {
    const { owner } = await describe(`t${i}`)
    if (!sender.replicas.includes(owner ?? '')) to = `t${i}`
  }
  assert.deepEqual(await viewOf(cluster, to), initial)
  const owner = sender.owner ?? ''
  const others = sender.replicas.filter(id => id !== owner)
  for (const other of others) cluster.world.fabric.cut(owner, other)
  const at = machineOf(cluster, owner)
  const sent = cluster.actor(at)(Account, 'a').transfer({ to, amount: 10, name: 'one' })
  await cluster.run(500)
  assert.equal((await viewOf(cluster, to, at)).balance, 0)
  cluster.heal()
  await cluster.settle(sent)
  await cluster.run(1000)
  assert.equal((await viewOf(cluster, to, at)).balance, 10)
})

/** The owner of 'b' stands still with a copy of what was sent to it, which is over elsewhere, and is the owner again. */
async function whileOneSleeps(
  cluster: TestCluster,
  send: (sender: Reference<typeof Account>) => Promise<void>,
  between: (target: Reference<typeof Account>) => Promise<void> = async () => {}
): Promise<{ target: Ledger; refused: string[] }> {
  const ownerOf = (id: string) => machineOf(cluster, cluster.node(0).owner(Account, id))
  const sleeper = ownerOf('b')
  const from = ['a', 'c', 'd', 'e'].find(id => ownerOf(id) !== sleeper) ?? ''
  const at = cluster.actor(ownerOf(from))
  await cluster.settle(at(Account, from).fund(100))
  cluster.pause(sleeper)
  await cluster.settle(send(at(Account, from)))
  const outbox = () => cluster.settle(at(Account, from).outbox())
  for (let tries = 0; (await outbox()).waiting > 0; tries++) {
    assert.ok(tries < 200)
    await cluster.run(50)
  }
  await cluster.settle(between(at(Account, 'b')))
  await cluster.run(1000)
  cluster.resume(sleeper)
  await cluster.run(10_000)
  assert.equal(ownerOf('b'), sleeper)
  return {
    target: await cluster.settle(at(Account, 'b').view()),
    refused: (await outbox()).refused.map(one => one.code)
  }
}

test('a copy that slept in a node that stood still has no second effect, though the sender is long forgotten', async () => {
  await using cluster = await start({ nodes: 5, leases: { leaseMs: 5000 } })
  const one = { to: 'b', amount: 10, name: 'one' }
  const { target, refused } = await whileOneSleeps(cluster, sender => sender.transfer(one))
  assert.deepEqual([target.came, refused], [['one'], []])
})

test('a copy that slept has no effect where the command was refused, though it would not be any more', async () => {
  await using cluster = await start({ nodes: 5, leases: { leaseMs: 5000 } })
  const send = (sender: Reference<typeof Account>) => sender.sendTake({ to: 'b', amount: 10 })
  const { target, refused } = await whileOneSleeps(cluster, send, other => other.fund(100))
  assert.deepEqual([target.balance, refused], [100, ['INSUFFICIENT_FUNDS']])
})

test('actors that send to themselves and to each other in circles do not wait for each other', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').pass({ to: 'b', left: 20 }))
  await cluster.settle(cluster.actor(0)(Account, 'b').pass({ to: 'a', left: 20 }))
  await cluster.settle(cluster.actor(0)(Account, 'c').pass({ to: 'c', left: 5 }))
  await cluster.run(5000)
  const balances: number[] = []
  for (const id of ['a', 'b', 'c']) balances.push((await viewOf(cluster, id)).balance)
  assert.deepEqual(balances, [21, 21, 6])
})

test('what cannot be sent is refused by its code, and the command has no effect', async () => {
  await using cluster = await start()
  const one = cluster.actor(0)(Account, 'a')
  const codes = async (...calls: Promise<unknown>[]) =>
    cluster.settle(Promise.all(calls.map(call => call.then(() => '', codeOf))))
  assert.deepEqual(await codes(one.sendMany(1025), one.sendLarge(64 * 1024)), ['SHOAL_OVERLOADED', 'SHOAL_OVERLOADED'])
  const elsewhere = codes(one.sendElsewhere('merge'), one.sendElsewhere('copied'))
  assert.deepEqual(await elsewhere, ['SHOAL_NO_OUTBOX', 'SHOAL_NO_OUTBOX'])
  const from = codes(cluster.actor(0)(Merged, 'x').send(), cluster.actor(0)(Copied, 'x').send())
  assert.deepEqual(await from, ['SHOAL_NO_OUTBOX', 'SHOAL_NO_OUTBOX'])
  assert.deepEqual(await codes(one.sendInQuery(), one.sendBad()), ['SHOAL_READ_ONLY', 'SHOAL_BAD_ARGUMENT'])
  await cluster.settle(one.sendLate())
  assert.throws(() => late?.(Account, 'b').close(), { code: 'SHOAL_DEADLINE' })
  await cluster.run(2000)
  assert.deepEqual(await viewOf(cluster, 'b'), initial)
  assert.equal((await cluster.settle(one.outbox())).waiting, 0)
})

test('an actor takes commands of more senders than it remembers at once, and forgets who is done', async () => {
  await using cluster = await start({ nodes: 3 })
  const sendFrom = (count: number) =>
    Promise.all(Array.from({ length: count }, (_, i) => cluster.actor(0)(Account, `s${i}`).pass({ to: 'b', left: 1 })))
  await cluster.settle(sendFrom(1100))
  await cluster.run(20_000)
  await cluster.settle(sendFrom(50))
  await cluster.run(2000)
  assert.equal((await viewOf(cluster, 'b')).balance, 1150)
})
