/** Actors of `lease` kinds on whole nodes in virtual time: who serves them, and what becomes of what was acknowledged. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  command,
  createNode,
  exclusive,
  isShoalError,
  lwwRegister,
  pnCounter,
  query,
  Refusal,
  refuse,
  replicated
} from 'shoal'
import { createTestCluster, TestCluster, type TestClusterOptions } from 'shoal/testing'
import { z } from 'zod'
import { ownershipFrom } from '../../src/cluster/lease/lease-registers.ts'

const Account = exclusive(
  'account',
  { balance: pnCounter(), note: lwwRegister('') },
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
    balance: query(({ state }) => state.balance.value)
  },
  { partition: 'lease' }
)

const leaseMs = 2000
const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors: [Account], seed: 1, leases: { leaseMs }, ...options })

/** The number of the node that owns the actor by the ring. */
function ownerOf(cluster: TestCluster, id: string): number {
  const owner = cluster.nodes()[0]?.owner(Account, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

test('a call from any node reaches the one owner, and is answered when a majority of the epoch has its effect', async () => {
  await using cluster = await start()
  for (const node of [0, 1, 2]) await cluster.settle(cluster.actor(node)(Account, 'a').deposit(10))
  assert.equal(await cluster.settle(cluster.actor(1)(Account, 'a').balance()), 30)
  assert.equal(await cluster.settle(cluster.actor(2)(Account, 'a').withdraw(25)), 5)
  await assert.rejects(cluster.settle(cluster.actor(0)(Account, 'a').withdraw(25)), { code: 'INSUFFICIENT_FUNDS' })
  assert.deepEqual(await cluster.settle(cluster.actor(0)(Account, 'a').state()), { balance: 5, note: '' })
})

test('an actor is described with the nodes that its epoch needs a majority of', async () => {
  await using cluster = await start({ nodes: 5 })
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(1))
  const owner = ownerOf(cluster, 'a')
  const { shard, replicas } = await cluster.settle(cluster.node(owner).describe('account', 'a'))
  const register = cluster.leaseStore.register(`shard/${shard}`)
  assert.ok(register !== undefined)
  assert.deepEqual(replicas, ownershipFrom(register).set)
  assert.equal(replicas.length, 3)
  const elsewhere = await cluster.settle(cluster.node((owner + 1) % 5).describe('account', 'a'))
  assert.deepEqual([...elsewhere.replicas].sort(), [...replicas].sort())
})

test('after the owner is killed its calls are refused at once, until the lease is over, and then all that was acknowledged is there', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  const owner = ownerOf(cluster, 'a')
  const other = (owner + 1) % 3
  cluster.kill(owner)
  await cluster.until(() => ownerOf(cluster, 'a') !== owner)
  const startMs = cluster.world.time.nowMs
  await assert.rejects(cluster.settle(cluster.actor(other)(Account, 'a').deposit(1)), { code: 'SHOAL_UNAVAILABLE' })
  assert.ok(cluster.world.time.nowMs - startMs < 100)
  let balance: number | undefined
  while (balance === undefined) {
    await cluster.run(100)
    balance = await cluster.settle(
      cluster
        .actor(other)(Account, 'a')
        .deposit(1)
        .catch(() => undefined)
    )
    assert.ok(cluster.world.time.nowMs - startMs < leaseMs * 1.5, 'served again within a lease and a half')
  }
  assert.equal(balance, 11)
})

test('within a lease and a second after a kill all shards of the dead owner serve again, also those that nobody called', async () => {
  await using cluster = await start({ shards: 96, nodes: 4 })
  const ids = Array.from({ length: 400 }, (_, i) => `a${i}`)
  for (const id of ids) await cluster.settle(cluster.actor(0)(Account, id).deposit(1))
  const owner = ownerOf(cluster, 'a0')
  const lost = ids.filter(id => ownerOf(cluster, id) === owner)
  const [called, silent] = [lost.slice(0, -5), lost.slice(-5)]
  cluster.kill(owner)
  const killedMs = cluster.world.time.nowMs
  const caller = (owner + 1) % 4
  const servedMs: number[] = []
  const served = called.map(async id => {
    for (;;) {
      const isServed = await cluster
        .actor(caller)(Account, id)
        .balance()
        .then(
          () => true,
          () => false
        )
      if (isServed) return void servedMs.push(cluster.world.time.nowMs - killedMs)
      await new Promise<void>(resolve => cluster.world.time.schedule(20_000, undefined, resolve))
    }
  })
  await cluster.settle(Promise.all(served))
  servedMs.sort((a, b) => a - b)
  assert.ok((servedMs.at(-1) ?? 0) < leaseMs + 1000, `the last after ${servedMs.at(-1)} ms`)
  await cluster.run(killedMs + leaseMs + 1000 - cluster.world.time.nowMs)
  for (const id of silent) assert.equal(await cluster.settle(cluster.actor(caller)(Account, id).balance(), 100), 1)
})

test('while the lease of a dead owner lasts, shards that are called all the time cost the store a few requests each', async () => {
  const cluster = new TestCluster({ actors: [Account], seed: 1, nodes: 3, shards: 64, leases: { leaseMs: 5000 } })
  let requests = 0
  const { leaseStore } = cluster
  const open = leaseStore.open.bind(leaseStore)
  leaseStore.open = process => {
    const store = open(process)
    const read: typeof store.read = (...parts) => {
      requests++
      return store.read(...parts)
    }
    return {
      read,
      list: (...parts) => store.list(...parts),
      remove: (...parts) => store.remove(...parts),
      write: (...parts) => store.write(...parts),
      close: () => store.close()
    }
  }
  await cluster.start()
  await using _ = cluster
  const ids = Array.from({ length: 128 }, (_, i) => `a${i}`)
  const callAll = () => Promise.allSettled(ids.map(id => cluster.actor(0)(Account, id).deposit(1)))
  await cluster.settle(callAll())
  cluster.kill(2)
  await cluster.until(
    () =>
      cluster
        .nodes()[0]
        ?.members()
        .members.some(({ status }) => status === 'dead') === true
  )
  requests = 0
  for (let ms = 0; ms < 2500; ms += 100) {
    void callAll()
    await cluster.run(100)
  }
  assert.ok(requests < 3 * 64, `${requests} reads in half a lease`)
})

test('no call fails, and each takes effect once, while members leave and join', async () => {
  for (const seed of [1, 2]) {
    await using cluster = await start({ nodes: 4, seed })
    let expected = 0
    let stopped = false
    // The callers' node stays; the others come and go.
    const caller = async (id: string) => {
      while (!stopped) {
        await cluster.actor(0)(Account, id).deposit(1)
        expected++
        await new Promise<void>(resolve => cluster.world.time.schedule(10_000, undefined, resolve))
      }
    }
    const ids = ['a', 'b', 'c', 'd', 'e', 'f']
    const callers = Promise.all(ids.map(caller))
    callers.catch(() => {})
    for (const mover of [1, 2, 3, 1]) {
      await cluster.run(300)
      await cluster.leave(mover)
      await cluster.run(300)
      cluster.boot(mover)
      await cluster.until(() => cluster.isWhole(), 20_000)
    }
    stopped = true
    await cluster.settle(callers)
    let sum = 0
    for (const id of ids) sum += await cluster.settle(cluster.actor(1)(Account, id).balance())
    assert.equal(sum, expected, `seed ${seed}`)
    assert.ok(expected > 1000, `${expected} calls in seed ${seed}`)
  }
})

test('under a cut the side with the lease serves, the other says at once that it does not, and after it all is as the first left it', async () => {
  await using cluster = await start({ nodes: 5 })
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  const owner = ownerOf(cluster, 'a')
  const [b = 0, c = 0, d = 0, e = 0] = [0, 1, 2, 3, 4].filter(node => node !== owner)
  const machines = cluster.world.machines()
  const set = await setOf(cluster, 'a')
  const inSet = [b, c, d, e].filter(node => set.includes(machines[node]?.id ?? ''))
  const outside = [b, c, d, e].filter(node => !inSet.includes(node))
  cluster.partition([owner, ...inSet], outside)
  await cluster.run(3000)
  assert.equal(await cluster.settle(cluster.actor(owner)(Account, 'a').deposit(1)), 11)
  assert.equal(
    await cluster.settle(
      cluster
        .actor(inSet[0] ?? 0)(Account, 'a')
        .deposit(1)
    ),
    12
  )
  for (const node of outside) {
    const startMs = cluster.world.time.nowMs
    const refused = cluster.settle(cluster.actor(node)(Account, 'a').deposit(100))
    await assert.rejects(refused, { code: 'SHOAL_UNAVAILABLE', retryable: true })
    assert.ok(cluster.world.time.nowMs - startMs < 100)
  }
  cluster.heal()
  await cluster.until(() => cluster.isWhole(), 20_000)
  for (const node of outside) assert.equal(await cluster.settle(cluster.actor(node)(Account, 'a').balance()), 12)
})

test('an owner that stood still for twice its lease runs nothing of before, and what others did is not undone', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  const owner = ownerOf(cluster, 'a')
  const other = (owner + 1) % 3
  cluster.pause(owner)
  // Asked while it stands still.
  const late = cluster.actor(owner)(Account, 'a').withdraw(10, { deadlineMs: 30_000 }).then(String, codeOf)
  await cluster.run(2 * leaseMs)
  assert.equal(await retried(cluster, () => cluster.actor(other)(Account, 'a').withdraw(10)), 0)
  cluster.resume(owner)
  assert.ok(['SHOAL_UNAVAILABLE', 'INSUFFICIENT_FUNDS'].includes(await cluster.settle(late)))
  await cluster.until(() => cluster.isWhole(), 20_000)
  assert.equal(await retried(cluster, () => cluster.actor(owner)(Account, 'a').balance()), 0)
})

test('an owner that is killed and started again claims what was its own at once, with all that was acknowledged', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  const owner = ownerOf(cluster, 'a')
  cluster.kill(owner)
  cluster.boot(owner)
  const startMs = cluster.world.time.nowMs
  assert.equal(await retried(cluster, () => cluster.actor(owner)(Account, 'a').deposit(1)), 11)
  assert.ok(cluster.world.time.nowMs - startMs < 2 * leaseMs)
})

test('while the lease store is away an owner serves for as long as its lease, and then refuses at once until the store is back', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  cluster.leaseStore.conditions.isDown = true
  assert.equal(await cluster.settle(cluster.actor(1)(Account, 'a').deposit(1)), 11)
  await cluster.run(leaseMs)
  for (const node of [0, 1, 2]) {
    const refused = cluster.settle(cluster.actor(node)(Account, 'a').deposit(1))
    await assert.rejects(refused, { code: 'SHOAL_UNAVAILABLE' })
  }
  cluster.leaseStore.conditions.isDown = false
  await cluster.run(leaseMs)
  assert.equal(await cluster.settle(cluster.actor(2)(Account, 'a').deposit(1)), 12)
})

test('nobody is shown, by a query, a state or a refusal, what no majority has yet', async () => {
  await using cluster = await start()
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  const owner = ownerOf(cluster, 'a')
  const account = cluster.actor(owner)(Account, 'a')
  const others = [0, 1, 2].filter(node => node !== owner)
  cluster.partition([owner], others)
  const withdrawn = account.withdraw(10, { deadlineMs: 400 }).then(String, codeOf)
  await cluster.run(5)
  const seen = [
    account.balance(undefined, { deadlineMs: 400 }).then(String, codeOf),
    account.withdraw(1, { deadlineMs: 400 }).then(String, codeOf)
  ]
  assert.deepEqual(await cluster.settle(Promise.all(seen)), ['SHOAL_DEADLINE', 'SHOAL_DEADLINE'])
  assert.equal(await cluster.settle(withdrawn), 'SHOAL_INDETERMINATE')
})

test('a command whose owner dies under it is carried out once, by that owner or the next, and its caller hears of it', async () => {
  for (let delayMs = 0; delayMs < 6; delayMs++) {
    await using cluster = await start({ seed: delayMs })
    await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
    const owner = ownerOf(cluster, 'a')
    const other = (owner + 1) % 3
    const outcome = cluster.actor(other)(Account, 'a').deposit(1, { deadlineMs: 60_000 }).then(String, codeOf)
    await cluster.run(delayMs)
    cluster.kill(owner)
    const told = await cluster.settle(outcome)
    const balance = await retried(cluster, () => cluster.actor(other)(Account, 'a').balance())
    assert.deepEqual([told, balance], told === 'SHOAL_UNAVAILABLE' ? [told, 10] : ['11', 11], `after ${delayMs} ms`)
  }
})

test('nobody is left waiting by a node that stops, whatever it waits for', async () => {
  await using cluster = await start()
  const deadlineMs = 600_000
  await cluster.settle(cluster.actor(0)(Account, 'a').deposit(10))
  const node = cluster.node(ownerOf(cluster, 'a'))
  const isOwner = (id: string) => node.owner(Account, id) === node.id
  const others = Array.from({ length: 100 }, (_, i) => `x${i}`)
  // Neither its replicas nor, from now on, the store.
  const number = ownerOf(cluster, 'a')
  cluster.partition(
    [number],
    [0, 1, 2].filter(it => it !== number)
  )
  const toOpen = others.find(isOwner)
  const elsewhere = others.find(id => !isOwner(id))
  assert.ok(toOpen !== undefined && elsewhere !== undefined)
  const deposited = node.actor(Account, 'a').deposit(1, { deadlineMs })
  deposited.catch(() => {})
  await cluster.run(1)
  const calls = [
    deposited,
    node.actor(Account, 'a').balance(undefined, { deadlineMs }),
    node.actor(Account, 'a').withdraw(1000, { deadlineMs }),
    node.actor(Account, toOpen).deposit(1, { deadlineMs }),
    node.actor(Account, elsewhere).deposit(1, { deadlineMs })
  ].map(call => call.then(String, codeOf))
  await cluster.run(20)
  cluster.leaseStore.conditions.isDown = true
  const left = node.leave()
  await cluster.run(20)
  await cluster.settle(node.stop(), 5000)
  const told = await cluster.settle(Promise.all(calls), 1)
  for (const code of told) assert.match(code, /SHOAL_(STOPPED|UNAVAILABLE|INDETERMINATE)/)
  await cluster.settle(
    left.catch(() => {}),
    1
  )
})

test('a node with a lease kind and without a lease store does not start, and a kind without leases is of no lease mode', async () => {
  assert.throws(() => exclusive('x', { n: pnCounter() }, {}, { partition: 'lease', acknowledge: 'local' }), TypeError)
  assert.throws(() => replicated('x', { n: pnCounter() }, {}, { partition: 'lease' }), TypeError)
  const data = await mkdtemp(join(tmpdir(), 'shoal-lease-kinds-'))
  try {
    const started = createNode({ data, actors: [Account], clusterKey: new Uint8Array(32) })
    await assert.rejects(started, { code: 'SHOAL_BAD_CONFIGURATION' })
  } finally {
    await rm(data, { recursive: true })
  }
})

/** The replicas of the actor's shard, as the lease store has them. */
async function setOf(cluster: TestCluster, id: string): Promise<readonly string[]> {
  const { shard } = await cluster.settle(cluster.node(0).describe('account', id))
  const register = cluster.leaseStore.register(`shard/${shard}`)
  assert.ok(register)
  return ownershipFrom(register).set
}

/** Until it is not refused any more. */
async function retried<T>(cluster: TestCluster, call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await cluster.settle(call())
    } catch (error) {
      if (codeOf(error) !== 'SHOAL_UNAVAILABLE') throw error
    }
    await cluster.run(100)
  }
}

function codeOf(error: unknown): string {
  return isShoalError(error) || error instanceof Refusal ? error.code : String(error)
}
