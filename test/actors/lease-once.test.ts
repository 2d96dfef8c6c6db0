/** What is done once: calls to `lease` kinds, and calls whose handlers make such calls. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query, Refusal, refuse, replicated } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { ownershipFrom } from '../../src/cluster/lease/lease-registers.ts'

const Account = exclusive(
  'account',
  { balance: pnCounter() },
  {
    deposit: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    }),
    withdraw: command(z.int(), ({ state }, amount) => {
      if (state.balance.value < amount) throw refuse('INSUFFICIENT_FUNDS', `balance is ${state.balance.value}`)
      state.balance.add(-amount)
      return state.balance.value
    }),
    note: command(z.string(), ({ state }, text) => {
      state.balance.add(1)
      return text
    }),
    balance: query(({ state }) => state.balance.value)
  },
  { partition: 'lease' }
)

const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account], seed: 1, nodes: 4, leases: { leaseMs: 1000 }, ...options })

/** The number of the node that owns the actor by the ring, and the others'. */
function nodesOf(cluster: TestCluster, id = 'a'): { owner: number; others: [number, number, ...number[]] } {
  const machines = cluster.world.machines()
  const owner = machines.findIndex(machine => machine.id === cluster.nodes()[0]?.owner(Account, id))
  const [first = 0, second = 0, ...more] = machines.map((_, number) => number).filter(number => number !== owner)
  return { owner, others: [first, second, ...more] }
}

function codeOf(error: unknown): string {
  return isShoalError(error) || error instanceof Refusal ? error.code : String(error)
}

const balanceAt = (cluster: TestCluster, node: number) => cluster.settle(cluster.actor(node)(Account, 'a').balance())

/** The answers of the owner do not reach `caller` any more. */
function silence(cluster: TestCluster, owner: number, caller: number): void {
  cluster.world.fabric.cutOneWay(cluster.machine(owner).id, cluster.machine(caller).id)
}

test('a handler that lets through that a leased actor is not served runs once, wherever its caller is', async () => {
  let runs = 0
  const run = command(async ({ actor }) => {
    runs++
    await actor(Account, 'a').deposit(1)
  })
  const Job = replicated('job', {}, { run }, { replication: 1 })
  await using cluster = await start({ actors: [Account, Job] })
  const { owner, others } = nodesOf(cluster)
  let job: string | undefined
  for (let i = 0; job === undefined; i++) {
    const { replicas } = await cluster.settle(cluster.node(0).describe('job', `j${i}`))
    if (replicas[0] === cluster.machine(owner).id) job = `j${i}`
  }
  await cluster.settle(cluster.actor(owner)(Account, 'a').deposit(1))
  cluster.leaseStore.conditions.isDown = true
  await cluster.run(3000)
  for (const caller of [owner, others[0]]) {
    runs = 0
    const told: Promise<string> = cluster.actor(caller)(Job, job).run().then(String, codeOf)
    assert.deepEqual([await cluster.settle(told), runs], ['SHOAL_UNAVAILABLE', 1])
  }
})

test('a node with more commands under way than an actor remembers is told of none twice, and none takes effect twice', async () => {
  for (const count of [300, 1100]) {
    await using cluster = await start()
    const { owner, others } = nodesOf(cluster)
    const [caller, other] = others
    await cluster.settle(cluster.actor(caller)(Account, 'a').deposit(0))
    silence(cluster, owner, caller)
    const calls = Array.from({ length: count }, () =>
      cluster
        .actor(caller)(Account, 'a')
        .deposit(1, { deadlineMs: 30_000 })
        .then(() => '', codeOf)
    )
    const outcomes = Promise.all(calls)
    await cluster.run(100)
    assert.equal(await balanceAt(cluster, other), count)
    cluster.kill(owner)
    cluster.heal()
    const told = await cluster.settle(outcomes, 60_000)
    assert.equal(await balanceAt(cluster, other), count)
    const doubts = told.filter(code => code !== '')
    assert.deepEqual([...new Set(doubts)], count > 1024 ? ['SHOAL_INDETERMINATE'] : [])
    assert.equal(doubts.length, Math.max(0, count - 1024))
  }
})

test('a command that slept in a stopped node does not take effect after its caller was told that it was refused', async () => {
  for (const seed of [1, 2]) {
    await using cluster = await start({ seed, nodes: 5, leases: { leaseMs: 5000 } })
    const { owner, others } = nodesOf(cluster)
    const [caller, other] = others
    cluster.pause(owner)
    const refused = cluster.actor(caller)(Account, 'a').withdraw(7).then(String, codeOf)
    assert.equal(await cluster.settle(refused), 'INSUFFICIENT_FUNDS')
    assert.equal(await cluster.settle(cluster.actor(other)(Account, 'a').deposit(10)), 10)
    await cluster.run(300)
    cluster.resume(owner)
    await cluster.run(10_000)
    assert.equal(nodesOf(cluster).owner, owner)
    assert.equal(await balanceAt(cluster, other), 10, `seed ${seed}`)
  }
})

test('a command that slept for longer than it is remembered has no second effect', async () => {
  await using cluster = await start({ nodes: 5, leases: { leaseMs: 200_000 } })
  const { owner, others } = nodesOf(cluster)
  const [caller, other] = others
  cluster.pause(owner)
  assert.equal(await cluster.settle(cluster.actor(caller)(Account, 'a').deposit(7)), 7)
  await cluster.run(80_000)
  assert.equal(await cluster.settle(cluster.actor(other)(Account, 'a').deposit(100)), 107)
  cluster.resume(owner)
  await cluster.run(10_000)
  assert.equal(nodesOf(cluster).owner, owner)
  assert.equal(await balanceAt(cluster, other), 107)
})

test('a command has one effect where the next owner’s clock is ahead of all deadlines', async () => {
  await using cluster = await start()
  const { owner, others } = nodesOf(cluster)
  const [caller, other, third = 0] = others
  await cluster.settle(cluster.actor(caller)(Account, 'a').deposit(0))
  silence(cluster, owner, caller)
  const told = cluster.actor(caller)(Account, 'a').deposit(7, { deadlineMs: 30_000 }).then(String, codeOf)
  await cluster.run(100)
  assert.equal(await balanceAt(cluster, other), 7)
  // Another's command comes first at the new owner.
  cluster.partition([caller], [other, third])
  cluster.kill(owner)
  for (const number of others) cluster.machine(number).wall.jump(200_000)
  let deposited: number | undefined
  for (; deposited === undefined; await cluster.run(5)) {
    const deposit = cluster.actor(other)(Account, 'a').deposit(100)
    deposited = await cluster.settle(deposit.catch(() => undefined))
  }
  cluster.heal()
  assert.match(await cluster.settle(told, 60_000), /^(7|SHOAL_INDETERMINATE)$/)
  assert.equal(await balanceAt(cluster, other), 107)
})

test('callers whose clocks went back behind what is forgotten are served all the same', async () => {
  await using cluster = await start()
  const { others } = nodesOf(cluster)
  const [one, other] = others
  const jump = (byMs: number) => {
    for (const machine of cluster.world.machines()) machine.wall.jump(byMs)
  }
  assert.equal(await cluster.settle(cluster.actor(one)(Account, 'a').deposit(1)), 1)
  jump(200_000)
  assert.equal(await cluster.settle(cluster.actor(other)(Account, 'a').deposit(1)), 2)
  jump(-300_000)
  for (const [node, sum] of [
    [one, 3],
    [other, 4],
    [nodesOf(cluster).owner, 5]
  ] as const)
    assert.equal(await cluster.settle(cluster.actor(node)(Account, 'a').deposit(1)), sum)
})

test('with acknowledge: all, a command that was tried again is answered when all replicas have it, too', async () => {
  await using cluster = await start({ leases: { leaseMs: 5000 } })
  const { owner } = nodesOf(cluster)
  await cluster.settle(cluster.actor(owner)(Account, 'a').deposit(1))
  const { shard } = await cluster.settle(cluster.node(owner).describe('account', 'a'))
  const register = cluster.leaseStore.register(`shard/${shard}`)
  assert.ok(register)
  const { set, epoch } = ownershipFrom(register)
  const numbers = [0, 1, 2, 3].filter(number => number !== owner)
  const replica = numbers.find(number => set.includes(cluster.machine(number).id))
  const spare = numbers.find(number => !set.includes(cluster.machine(number).id))
  assert.ok(replica !== undefined && spare !== undefined)
  // The first makes the owner open another epoch; the second is to be of it, and is not there either.
  cluster.pause(replica)
  let told: string | undefined
  const options = { acknowledge: 'all', deadlineMs: 60_000 } as const
  cluster
    .actor(owner)(Account, 'a')
    .deposit(7, options)
    .then(
      value => {
        told = String(value)
      },
      error => {
        told = codeOf(error)
      }
    )
  const now = () => cluster.leaseStore.register(`shard/${shard}`) ?? register
  // It had to be there until now, and to have everything of before.
  await cluster.until(() => ownershipFrom(now()).epoch > epoch, 20_000)
  cluster.pause(spare)
  await cluster.until(() => ownershipFrom(now()).opened.epoch > epoch, 20_000)
  await cluster.run(500)
  assert.equal(told, undefined)
  cluster.resume(replica)
  cluster.resume(spare)
  await cluster.until(() => told !== undefined, 30_000)
  assert.equal(told, '8')
})

test('who stops with a command under way says that nobody knows, and not that it had no effect', async () => {
  await using cluster = await start({ nodes: 3 })
  const { owner, others } = nodesOf(cluster)
  await cluster.settle(cluster.actor(owner)(Account, 'a').deposit(1))
  for (const other of others) silence(cluster, other, owner)
  const node = cluster.node(owner)
  const told = node.actor(Account, 'a').deposit(1, { deadlineMs: 8000 }).then(String, codeOf)
  await cluster.run(30)
  const stopped = node.stop()
  assert.equal(await cluster.settle(told), 'SHOAL_INDETERMINATE')
  await cluster.settle(stopped)
})

test('replies that are kept for their callers do not fill an actor up', async () => {
  await using cluster = await start({ nodes: 3 })
  const large = Array.from({ length: 40 }, (_, i) => String(i).padEnd(60_000, 'x'))
  const calls = large.map(text => cluster.actor(0)(Account, 'a').note(text))
  assert.deepEqual(await cluster.settle(Promise.all(calls)), large)
  const day = { deadlineMs: 24 * 3600 * 1000 }
  const huge = 'x'.repeat(340_000)
  for (const node of [0, 1, 2])
    assert.equal(await cluster.settle(cluster.actor(node)(Account, 'a').note(huge, day)), huge)
  assert.equal(
    await cluster.settle(
      cluster
        .actor(1)(Account, 'a')
        .note(large[0] ?? '')
    ),
    large[0]
  )
})
