/** A node that leaves, with trouble: what it had stays with those who stay, no call fails that they could have served, and it tells the truth of its disk. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AnyDefinition,
  boundedCounter,
  command,
  exclusive,
  isShoalError,
  pnCounter,
  query,
  replicated
} from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'

const Account = exclusive(
  'account',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) }
)
/** Each is on one node. */
const Single = replicated('single', Account.shape, Account.methods, { replication: 1 })
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`)

async function started(actors: readonly AnyDefinition[], nodes: number): Promise<TestCluster> {
  const cluster = await createTestCluster({ actors, nodes, shards: 16, seed: 3 })
  // Before that, those who have just come make no majority.
  await cluster.run(2500)
  return cluster
}

const ownedBy = (cluster: TestCluster, owner: number, ids: readonly string[]) =>
  ids.filter(id => cluster.node(0).owner(Account, id) === cluster.machine(owner).id)

test('two that leave at once rest on each other for nothing: where the third could not take it, both say so', async () => {
  await using cluster = await started([Account], 3)
  cluster.machine(2).disk.conditions.writeMs = { min: 12_000, max: 12_000 }
  const ids = names('a', 20).filter(id => !ownedBy(cluster, 2, [id]).includes(id))
  await cluster.settle(Promise.all(ids.map(id => cluster.actor(0)(Account, id).add())))
  const outcomes = await cluster.settle(Promise.all([cluster.node(0).leave(), cluster.node(1).leave()]))
  assert.deepEqual(outcomes, [{ handedOver: false }, { handedOver: false }])
})

for (const nodes of [2, 3]) {
  test(`two of ${nodes} that leave at once do not wait for each other, and the last one says that its disk is needed`, async () => {
    await using cluster = await started([Account], nodes)
    await cluster.settle(cluster.actor(0)(Account, 'a').add())
    const sinceMs = cluster.world.time.nowMs
    const outcomes = await cluster.settle(Promise.all([cluster.node(0).leave(), cluster.node(1).leave()]))
    assert.equal(
      outcomes.every(({ handedOver }) => handedOver),
      nodes > 2
    )
    assert.ok(cluster.world.time.nowMs - sinceMs < 400)
  })
}

test('of a member without a link is not thought that it has everything', async () => {
  await using cluster = await started([Account], 5)
  const [self, ...others] = [4, 0, 1, 2].map(number => cluster.machine(number).id) as [string, ...string[]]
  for (const other of others) {
    cluster.world.fabric.reset(self, other)
    cluster.world.fabric.cut(self, other, { detectionMs: { min: 0, max: 1 } })
  }
  await cluster.run(50)
  assert.deepEqual(cluster.node(4).links(), [cluster.machine(3).id])
  const left = cluster.node(4).leave()
  await cluster.run(2000)
  assert.equal(cluster.node(4).unready(), 'leaving')
  for (const other of others) cluster.world.fabric.heal(self, other)
  const sinceMs = cluster.world.time.nowMs
  assert.deepEqual(await cluster.settle(left), { handedOver: true })
  assert.ok(cluster.world.time.nowMs - sinceMs < 3000)
})

test('a node whose disk stands still gives up what it owns, though it cannot leave', async () => {
  await using cluster = await started([Account], 3)
  const ids = ownedBy(cluster, 2, names('a', 20))
  cluster.machine(2).disk.conditions.writeMs = { min: 3_600_000, max: 3_600_000 }
  const underWay = Promise.allSettled(
    ids.map(id => cluster.actor(0)(Account, id).add(undefined, { deadlineMs: 60_000 }))
  )
  await cluster.run(100)
  cluster
    .node(2)
    .leave()
    .catch(() => {})
  await cluster.until(() => ownedBy(cluster, 2, ids).length === 0, 20_000)
  // It may be done there, some day: so nobody else does it.
  for (const outcome of await cluster.settle(underWay)) {
    assert.ok(outcome.status === 'rejected' && isShoalError(outcome.reason), outcome.status)
    assert.equal(outcome.reason.code, 'SHOAL_INDETERMINATE')
  }
  for (const id of ids) await cluster.settle(cluster.actor(0)(Account, id).add())
})

test('calls of others to the only replica are answered while it leaves, and what was answered stays', async () => {
  await using cluster = await started([Single], 4)
  const { time } = cluster.world
  const ids: string[] = []
  for (const id of names('s', 24)) {
    const { replicas } = await cluster.settle(cluster.node(0).describe('single', id))
    if (replicas.includes(cluster.machine(3).id)) ids.push(id)
  }
  const answered = new Map<string, number>()
  let isOver = false
  let longestMs = 0
  const call = async (id: string, by: number) => {
    while (!isOver) {
      const sinceMs = time.nowMs
      await cluster.actor(by)(Single, id).add()
      longestMs = Math.max(longestMs, time.nowMs - sinceMs)
      answered.set(id, (answered.get(id) ?? 0) + 1)
      await new Promise<void>(resolve => time.schedule(2000, undefined, resolve))
    }
  }
  const calls = Promise.all(ids.map((id, n) => call(id, n % 3)))
  await cluster.run(200)
  assert.deepEqual(await cluster.leave(3), { handedOver: true })
  await cluster.run(300)
  isOver = true
  await cluster.settle(calls)
  assert.ok(ids.length > 2 && longestMs < 100, `${ids.length} actors; ${longestMs} ms without an answer`)
  for (const id of ids) {
    assert.equal(await cluster.settle(cluster.actor(0)(Single, id).sum()), answered.get(id), id)
  }
})

test('a node that gives its rights away goes on to take calls to actors that others own', async () => {
  const Stock = exclusive('stock', { left: boundedCounter() }, { add: command(({ state }) => state.left.add(1)) })
  await using cluster = await started([Stock], 3)
  const owned = (owner: number) =>
    names('s', 40).find(id => cluster.node(0).owner(Stock, id) === cluster.machine(owner).id) ?? ''
  const [own, other] = [owned(2), owned(0)]
  await cluster.settle(cluster.actor(2)(Stock, own).add())
  cluster.machine(2).disk.conditions.writeMs = { min: 100, max: 100 }
  const left = cluster.node(2).leave()
  const outcomes: Promise<void>[] = []
  for (let ms = 0; ms < 300; ms += 10) {
    outcomes.push(cluster.actor(2)(Stock, other).add())
    await cluster.run(10)
  }
  await cluster.settle(Promise.all(outcomes))
  assert.deepEqual(await cluster.settle(left), { handedOver: true })
})

test('rights that commands bring while a node gives its own away stay with those who stay', async () => {
  const Stock = exclusive(
    'stock',
    { left: boundedCounter() },
    {
      add: command(({ state }) => state.left.add(1)),
      takeAll: command(({ state }) => state.left.subtract(state.left.value)),
      left: query(({ state }) => state.left.value)
    }
  )
  await using cluster = await started([Stock], 3)
  const id = names('s', 40).find(id => cluster.node(0).owner(Stock, id) === cluster.machine(2).id) ?? ''
  const stock = cluster.actor(0)(Stock, id)
  await cluster.settle(stock.add())
  cluster.machine(2).disk.conditions.writeMs = { min: 100, max: 100 }
  const left = cluster.node(2).leave()
  const added: Promise<void>[] = []
  while (cluster.node(0).owner(Stock, id) === cluster.machine(2).id) {
    added.push(stock.add())
    await cluster.run(10)
  }
  await cluster.settle(Promise.all(added))
  assert.deepEqual(await cluster.settle(left), { handedOver: true })
  await cluster.settle(stock.takeAll())
  assert.equal(await cluster.settle(stock.left()), 0)
})

test('a command that waits in its mailbox while the node leaves is done and given to the others, or refused', async () => {
  let pause = () => Promise.resolve()
  const Everywhere = replicated('everywhere', Account.shape, {
    ...Account.methods,
    add: command(async ({ state }) => {
      await pause()
      state.sum.add(1)
    })
  })
  await using cluster = await started([Everywhere], 3)
  pause = () => new Promise<void>(resolve => cluster.world.time.schedule(60_000, undefined, resolve))
  let done = 0
  const codes = new Set<string>()
  const calls = Promise.all(
    Array.from({ length: 20 }, () =>
      cluster
        .actor(2)(Everywhere, 'e')
        .add()
        .then(
          () => done++,
          error => codes.add(isShoalError(error) ? error.code : String(error))
        )
    )
  )
  await cluster.run(100)
  // Nothing that it writes from now on comes by itself.
  const [self, ...others] = [2, 0, 1].map(number => cluster.machine(number).id) as [string, ...string[]]
  for (const other of others) cluster.world.fabric.setConditions({ publishLoss: 1 }, { from: self, to: other })
  assert.deepEqual(await cluster.leave(2), { handedOver: true })
  await cluster.settle(calls)
  assert.deepEqual([...codes], ['SHOAL_STOPPED'])
  assert.ok(done > 0 && done < 20, `${done}`)
  assert.equal(await cluster.settle(cluster.actor(0)(Everywhere, 'e').sum()), done)
})
