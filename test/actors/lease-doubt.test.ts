/** What a leased actor's caller is told where its owner does not know, or not yet, what becomes of an entry. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import type { LeaseForm } from '../../src/actors/leased/lease-form.ts'
import { Holding, leasedMemory } from '../../src/actors/leased/lease-holding.ts'
import type { Lease } from '../../src/cluster/lease/lease.ts'
import { ownershipFrom } from '../../src/cluster/lease/lease-registers.ts'

let cluster: TestCluster
const wait = (ms: number) => new Promise<void>(resolve => cluster.world.time.schedule(ms * 1000, undefined, resolve))

const Cell = exclusive(
  'cell',
  { sum: pnCounter() },
  {
    add: command(z.int(), ({ state }, amount) => {
      state.sum.add(amount)
      return state.sum.value
    }),
    addAfter: command(z.int(), async ({ state }, ms) => {
      await wait(ms)
      state.sum.add(100)
      return state.sum.value
    }),
    sum: query(({ state }) => state.sum.value),
    sumAfter: query(z.int(), async ({ state }, ms) => {
      const { value } = state.sum
      await wait(ms)
      return value
    })
  },
  { partition: 'lease' }
)

const start = (leaseMs: number) =>
  createTestCluster({ actors: [Cell], seed: 1, nodes: 4, shards: 1, leases: { leaseMs } })

const codeOf = (error: unknown) => (isShoalError(error) ? error.code : String(error))
const idOf = (number: number) => cluster.machine(number).id
const cellAt = (node: number) => cluster.actor(node)(Cell, 'a')

/** The owner, the other two replicas, and the node that is none. */
async function parts() {
  await cluster.settle(cellAt(0).add(1))
  const owner = [0, 1, 2, 3].findIndex(number => idOf(number) === cluster.node(0).owner(Cell, 'a'))
  const register = cluster.leaseStore.register('shard/0')
  assert.ok(register)
  const { set } = ownershipFrom(register).opened
  const others = [0, 1, 2, 3].filter(number => number !== owner)
  const replicas = others.filter(number => set.includes(idOf(number)))
  const spare = others.find(number => !set.includes(idOf(number)))
  const [one = -1, two = -1] = replicas
  assert.ok(owner >= 0 && replicas.length === 2 && spare !== undefined)
  return { owner, replicas: [one, two] as const, spare }
}

test('a command that is asked for again is not answered before its entry is accepted, either', async () => {
  cluster = await start(5000)
  await using _ = cluster
  const { owner, replicas, spare } = await parts()
  const { fabric } = cluster.world
  for (const replica of replicas) fabric.cut(idOf(owner), idOf(replica))
  let told: string | undefined
  const note = (outcome: unknown) => {
    told = String(outcome)
  }
  cellAt(spare)
    .add(10)
    .then(note, error => note(codeOf(error)))
  await cluster.run(50)
  fabric.reset(idOf(spare), idOf(owner))
  await cluster.run(800)
  assert.equal(told, undefined)
  fabric.heal()
  await cluster.until(() => told !== undefined)
  assert.equal(told, '11')
})

test('a query that ran while its owner stood still is not answered with what was there before', async () => {
  cluster = await start(1000)
  await using _ = cluster
  const { owner, spare } = await parts()
  const beganMs = cluster.world.time.nowMs
  const told = cellAt(owner).sumAfter(6000, { deadlineMs: 30_000 }).then(String, codeOf)
  await cluster.run(50)
  cluster.pause(owner)
  let sum: number | undefined
  for (; sum === undefined; await cluster.run(100))
    sum = await cluster.settle(
      cellAt(spare)
        .add(10)
        .catch(() => undefined)
    )
  await cluster.run(beganMs + 5990 - cluster.world.time.nowMs)
  cluster.resume(owner)
  assert.notEqual(await cluster.settle(told, 60_000), '1')
})

test('an entry that its owner has sent when its lease ends is never told of as without effect', async () => {
  cluster = await start(1000)
  await using _ = cluster
  const { owner, spare } = await parts()
  const { fabric } = cluster.world
  const others = [0, 1, 2, 3].filter(number => number !== owner)
  for (const other of others) fabric.cutOneWay(idOf(other), idOf(owner))
  const told = cellAt(owner).add(10, { deadlineMs: 8000 }).then(String, codeOf)
  await cluster.run(50)
  cluster.pause(owner)
  cluster.partition([owner], others)
  let sum: number | undefined
  for (; sum === undefined; await cluster.run(100))
    sum = await cluster.settle(
      cellAt(spare)
        .sum()
        .catch(() => undefined)
    )
  assert.equal(sum, 11)
  // It reaches the lease store, which tells it that it owns nothing any more, and nobody else.
  cluster.resume(owner)
  assert.equal(await cluster.settle(told), 'SHOAL_INDETERMINATE')
})

test('a handler whose deadline has passed takes no effect', async () => {
  cluster = await start(1000)
  await using _ = cluster
  const { owner, spare } = await parts()
  for (const caller of [owner, spare])
    assert.equal(
      await cluster.settle(cellAt(caller).addAfter(1000, { deadlineMs: 500 }).then(String, codeOf)),
      'SHOAL_DEADLINE'
    )
  await cluster.run(3000)
  assert.equal(await cluster.settle(cellAt(spare).sum()), 1)
})

test('an actor whose last entry is not accepted stays in memory, so that nobody is shown that entry', () => {
  const lease = { epoch: 1, peek: () => undefined } as unknown as Lease
  const form = { empty: () => ({}), load: () => ({}) } as unknown as LeaseForm
  const holding = new Holding(lease, leasedMemory(10))
  const actor = holding.actor('cell/a', form, 0)
  actor.unaccepted = 1
  holding.passivate(100_000, () => 0)
  // Nor do others drive it out.
  for (let i = 0; i < 30; i++) holding.actor(`cell/${i}`, form, 0)
  assert.equal(holding.actor('cell/a', form, 100_000), actor)
  actor.unaccepted = 0
  holding.passivate(200_000, () => 0)
  assert.notEqual(holding.actor('cell/a', form, 200_000), actor)
})
