/** Rights of bounded counters: commands that lack them get them from other replicas, and no replica ever stands below the bound. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedCounter, command, exclusive, isShoalError, pnCounter, query, replicated } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { stateKey } from '../../src/cluster/storage-layout.ts'
import { lookUp, orderOf } from '../../src/simulation/sorted-store.ts'
import { outcome } from './outcome.ts'

const amount = z.int().nonnegative()

const gate = Promise.withResolvers<void>()

const Journal = replicated(
  'journal',
  { notes: pnCounter() },
  {
    note: command(({ state }) => state.notes.add(1)),
    count: query(({ state }) => state.notes.value)
  }
)

const Stock = replicated(
  'stock',
  { left: boundedCounter(), reserved: boundedCounter({ min: -5 }) },
  {
    add: command(amount, ({ state }, n) => {
      state.left.add(n)
    }),
    take: command(amount, ({ state }, n) => {
      state.left.subtract(n)
      return state.left.value
    }),
    takeTwice: command(amount, async ({ state }, n) => {
      state.left.subtract(n)
      await Promise.resolve()
      state.left.subtract(n)
    }),
    takeTooMuch: command(({ state }) => {
      state.left.subtract(state.left.rights + 1)
    }),
    takeAndTell: command(amount, async ({ state, actor }, n) => {
      await actor(Journal, 'all').note()
      state.left.subtract(n)
    }),
    takeSlowly: command(amount, async ({ state }, n) => {
      state.left.subtract(n)
      await gate.promise
      return state.left.value
    }),
    rights: query(({ state }) => state.left.rights),
    value: query(({ state }) => state.left.value)
  }
)

const Till = exclusive('till', boundedCounter(), {
  add: command(amount, ({ state }, n) => state.add(n)),
  take: command(amount, ({ state }, n) => {
    state.subtract(n)
    return state.value
  })
})

const actors = [Stock, Till, Journal]

function cluster(nodes: number, seed: number): Promise<TestCluster> {
  return createTestCluster({ actors, nodes, seed, shards: 2 })
}

test('a command that lacks rights gets them from the replica that has them', async () => {
  await using it = await cluster(3, 1)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  await it.until(() => it.nodes().every(node => node.digest() === it.node(0).digest()))
  const before = it.world.time.nowMs
  assert.equal(await it.settle(it.actor(1)(Stock, 'tea').take(4)), 6)
  assert.ok(it.world.time.nowMs - before < 100, `took ${it.world.time.nowMs - before} ms of virtual time`)
  // What is lacking, and half of the rest.
  assert.equal(await it.settle(it.actor(1)(Stock, 'tea').rights()), 3)
  assert.equal(await it.settle(it.actor(0)(Stock, 'tea').rights()), 3)
})

test('rights are gathered from several replicas, and for a command that subtracts twice', async () => {
  await using it = await cluster(3, 2)
  for (const node of [0, 1, 2]) await it.settle(it.actor(node)(Stock, 'tea').add(4))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  await it.settle(it.actor(2)(Stock, 'tea').takeTwice(6))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  assert.equal(await it.settle(it.actor(0)(Stock, 'tea').value()), 0)
})

test('where nobody has enough the caller is told so at once', async () => {
  await using it = await cluster(3, 3)
  await it.settle(it.actor(0)(Stock, 'tea').add(2))
  const before = it.world.time.nowMs
  const failed = await it.settle(outcome(it.actor(1)(Stock, 'tea').take(3, { deadlineMs: 10_000 })))
  assert.equal(failed, 'SHOAL_INSUFFICIENT_RIGHTS')
  assert.ok(it.world.time.nowMs - before < 1000, `took ${it.world.time.nowMs - before} ms`)
  assert.equal(await it.settle(it.actor(1)(Stock, 'tea').value()), 2)
})

test('the owner of an exclusive actor asks, too', async () => {
  await using it = await cluster(3, 4)
  await it.settle(it.actor(0)(Till, 'front').add(10))
  const owner = it.nodes().findIndex(node => node.id === it.node(0).owner(Till, 'front'))
  const other = (owner + 1) % 3
  it.kill(owner)
  await it.until(() => it.node(other).owner(Till, 'front') !== it.machine(owner).id)
  it.boot(owner)
  await it.until(() => it.isWhole())
  assert.equal(await it.settle(it.actor(other)(Till, 'front').take(10)), 0)
})

test('a life takes over the rights of the one before it, but not while a member is down', async () => {
  await using it = await cluster(3, 5)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  it.kill(0)
  it.kill(2)
  it.boot(0)
  await it.until(() => it.running(0)?.unready() === undefined && it.running(0)?.links().length === 1)
  const failed = await it.settle(outcome(it.actor(0)(Stock, 'tea').take(1, { deadlineMs: 3000 })))
  assert.equal(failed, 'SHOAL_INSUFFICIENT_RIGHTS')
  it.boot(2)
  await it.until(() => it.isWhole())
  assert.equal(await it.settle(it.actor(0)(Stock, 'tea').take(1)), 9)
  // And gives of it.
  assert.equal(await it.settle(it.actor(1)(Stock, 'tea').take(9)), 0)
})

test('two replicas that lack rights at once do not take from each other for ever', async () => {
  await using it = await cluster(2, 6)
  for (const node of [0, 1]) await it.settle(it.actor(node)(Stock, 'tea').add(6))
  await it.until(() => it.node(0).digest() === it.node(1).digest())
  const both = [0, 1].map(node => outcome(it.actor(node)(Stock, 'tea').take(10, { deadlineMs: 4000 })))
  const outcomes = await it.settle(Promise.all(both))
  assert.deepEqual(outcomes, [2, 'SHOAL_INSUFFICIENT_RIGHTS'])
})

for (const nodes of [2, 3]) {
  test(`an old disk does not double rights: what a life spent since is seen first, by ${nodes} nodes`, async () => {
    await using it = await cluster(nodes, 7)
    await it.settle(it.actor(0)(Stock, 'tea').add(10))
    await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
    const backup = it.machine(0).disk.backup()
    await it.settle(it.actor(0)(Stock, 'tea').take(10))
    await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
    it.kill(0)
    it.machine(0).disk.restore(backup)
    it.partition([0], nodes === 2 ? [1] : [1, 2])
    it.boot(0)
    await it.until(() => it.running(0)?.unready() === undefined && it.running(0) !== undefined)
    const stock = it.actor(0)(Stock, 'tea')
    assert.equal(await it.settle(stock.value()), 10)
    // It waits when the links come up, and asks before anything of what it lacks can have come.
    const taken = outcome(stock.take(1, { deadlineMs: 8000 }))
    await it.run(500)
    it.heal()
    assert.equal(await it.settle(taken), 'SHOAL_INSUFFICIENT_RIGHTS')
    await it.until(() => it.isWhole() && new Set(it.nodes().map(node => node.digest())).size === 1)
    assert.equal(await it.settle(it.actor(1)(Stock, 'tea').value()), 0)
  })
}

test('rights are given between two messages of an actor, never in the middle of one', async () => {
  await using it = await cluster(2, 8)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  await it.until(() => it.node(0).digest() === it.node(1).digest())
  const slow = it.actor(0)(Stock, 'tea').takeSlowly(8)
  await it.run(1)
  const asked = outcome(it.actor(1)(Stock, 'tea').take(6, { deadlineMs: 2000 }))
  await it.run(300)
  gate.resolve()
  assert.equal(await it.settle(slow), 2)
  assert.equal(await it.settle(asked), 'SHOAL_INSUFFICIENT_RIGHTS')
  await it.until(() => it.node(0).digest() === it.node(1).digest())
  for (const node of [0, 1]) assert.equal(await it.settle(it.actor(node)(Stock, 'tea').value()), 2)
})

for (const seed of [9, 5]) {
  test(`a node that leaves gives its rights to others, those of its ended lives too (seed ${seed})`, async () => {
    await using it = await cluster(3, seed)
    await it.settle(it.actor(0)(Stock, 'tea').add(10))
    await it.settle(it.actor(0)(Till, 'front').add(5))
    await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
    it.kill(0)
    it.boot(0)
    await it.until(() => it.isWhole())
    // That it sees all does not mean that it has a link with each of them yet.
    await it.settle(it.actor(0)(Stock, 'rum').add(10))
    await it.leave(0)
    await it.until(() => it.node(1).digest() === it.node(2).digest())
    assert.equal(await it.settle(it.actor(1)(Stock, 'tea').take(10)), 0)
    assert.equal(await it.settle(it.actor(2)(Stock, 'rum').take(10)), 0)
    assert.equal(await it.settle(it.actor(2)(Till, 'front').take(5)), 0)
  })
}

test('a node that leaves gives on what it was only given, and has never written to', async () => {
  await using it = await cluster(3, 13)
  const ids = ['tea', 'rum', 'gin']
  for (const id of ids) await it.settle(it.actor(0)(Stock, id).add(10))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  await it.leave(0)
  await it.until(() => it.node(1).digest() === it.node(2).digest())
  const heir = (await it.settle(it.actor(1)(Stock, 'tea').rights())) === 10 ? 1 : 2
  const last = 3 - heir
  await it.leave(heir)
  for (const id of ids) assert.equal(await it.settle(it.actor(last)(Stock, id).take(10)), 0, id)
})

test('a member that does not answer keeps no rights with a node that leaves but those of its ended lives', async () => {
  await using it = await cluster(3, 14)
  const old = Array.from({ length: 40 }, (_, i) => `old-${i}`)
  const fresh = Array.from({ length: 40 }, (_, i) => `new-${i}`)
  await it.settle(Promise.all(old.map(id => it.actor(0)(Stock, id).add(10))))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  it.kill(0)
  it.boot(0)
  await it.until(() => it.isWhole())
  await it.settle(Promise.all([...old, ...fresh].map(id => it.actor(0)(Stock, id).add(1))))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  it.partition([0, 1], [2])
  await it.leave(0)
  for (const id of [...old, ...fresh]) assert.equal(await it.settle(it.actor(1)(Stock, id).rights()), 1, id)
})

test('an actor that cannot be read keeps no other from being handed over', async () => {
  await using it = await createTestCluster({ actors, nodes: 2, seed: 15, shards: 1, store: { maxCachedActors: 1 } })
  for (const id of ['bad', 'good', 'other']) await it.settle(it.actor(0)(Stock, id).add(10))
  await it.until(() => it.node(0).digest() === it.node(1).digest())
  lookUp(it.machine(0).disk.root, orderOf(stateKey(0, 'stock/bad')))?.value.fill(0, 0, 4)
  await it.leave(0)
  assert.equal(await it.settle(it.actor(1)(Stock, 'good').take(10)), 0)
})

test('a command that nobody can help draws no rights away, and delays no other', async () => {
  await using it = await cluster(3, 10)
  for (const node of [0, 1, 2]) await it.settle(it.actor(node)(Stock, 'tea').add(4))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  const stock = it.actor(0)(Stock, 'tea')
  const [hopeless, modest] = await it.settle(Promise.all([outcome(stock.take(1000)), outcome(stock.take(5))]))
  assert.equal(hopeless, 'SHOAL_INSUFFICIENT_RIGHTS')
  assert.equal(modest, 7)
  const left = await it.settle(Promise.all([1, 2].map(node => it.actor(node)(Stock, 'tea').rights())))
  assert.ok(
    left.every(rights => rights > 0),
    String(left)
  )
})

test('rights that were added a moment ago, and not told yet, are found', async () => {
  await using it = await createTestCluster({
    actors,
    nodes: 3,
    seed: 11,
    shards: 1,
    replication: { flushIntervalMs: 10_000, beaconIntervalMs: 60_000 }
  })
  await it.settle(it.actor(0)(Stock, 'tea').add(8))
  assert.equal(await it.settle(it.actor(1)(Stock, 'tea').value()), 0)
  assert.equal(await it.settle(it.actor(1)(Stock, 'tea').take(3, { deadlineMs: 2000 })), 5)
})

test('a command that wants more each time it runs comes to an end', async () => {
  await using it = await cluster(3, 12)
  await it.settle(it.actor(0)(Stock, 'tea').add(500))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  const greedy = await it.settle(outcome(it.actor(1)(Stock, 'tea').takeTooMuch()))
  assert.equal(greedy, 'SHOAL_INSUFFICIENT_RIGHTS')
  assert.equal(await it.settle(it.actor(2)(Stock, 'tea').take(500)), 0)
})

test('a command that has called another actor is not run again: its caller hears of the lack, and may repeat it', async () => {
  await using it = await cluster(3, 16)
  await it.settle(it.actor(0)(Stock, 'tea').add(10))
  await it.until(() => new Set(it.nodes().map(node => node.digest())).size === 1)
  const failed = await it.settle(
    it
      .actor(1)(Stock, 'tea')
      .takeAndTell(4)
      .catch((error: unknown) => error)
  )
  assert.ok(isShoalError(failed) && failed.code === 'SHOAL_INSUFFICIENT_RIGHTS' && failed.retryable)
  assert.equal(await it.settle(it.actor(1)(Journal, 'all').count()), 1)
  assert.equal(await it.settle(it.actor(1)(Stock, 'tea').value()), 10)
})
