/** Hand-offs of lease shards while handlers run that take their time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'

const lease = { partition: 'lease' } as const
let cluster: TestCluster
let runs = 0
const wait = (ms: number) => new Promise<void>(resolve => cluster.world.time.schedule(ms * 1000, undefined, resolve))

const Cell = exclusive(
  'cell',
  { sum: pnCounter() },
  {
    add: command(({ state }) => {
      state.sum.add(1)
      return state.sum.value
    }),
    addLater: command(z.int(), async ({ state }, ms) => {
      runs++
      await wait(ms)
      state.sum.add(1)
      return state.sum.value
    }),
    addBoth: command(z.string(), async ({ state, actor }, other) => {
      await wait(100)
      await actor(Other, other).add()
      state.sum.add(1)
      return state.sum.value
    }),
    sum: query(({ state }) => state.sum.value),
    sumLater: query(z.int(), async ({ state }, ms) => {
      await wait(ms)
      return state.sum.value
    })
  },
  lease
)
const Other = exclusive('other', { sum: pnCounter() }, { add: command(({ state }) => state.sum.add(1)) }, lease)

const start = (shards: number) =>
  createTestCluster({ actors: [Cell, Other], seed: 1, shards, leases: { leaseMs: 5000 } })

function codeOf(error: unknown): string {
  return isShoalError(error) ? error.code : String(error)
}

/** The number of the node that owns the actor by the ring. */
function ownerOf(kind: typeof Cell | typeof Other, id: string): number {
  const owner = cluster.nodes()[0]?.owner(kind, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

/** The one shard's owner leaves and is back: from the moment that this resolves it is to have its shard again. */
async function moveBack(): Promise<{ readonly home: number; readonly away: number; readonly caller: number }> {
  const home = ownerOf(Cell, 'a')
  await cluster.settle(cluster.actor(home)(Cell, 'a').add())
  await cluster.leave(home)
  const away = ownerOf(Cell, 'a')
  const caller = [0, 1, 2].find(number => number !== home && number !== away) ?? 0
  await cluster.settle(cluster.actor(caller)(Cell, 'a').add())
  return { home, away, caller }
}

test('a handler that soon ends is waited for, and runs once', async () => {
  cluster = await start(1)
  await using _ = cluster
  const { home, caller } = await moveBack()
  runs = 0
  cluster.boot(home)
  const told = cluster.actor(caller)(Cell, 'a').addLater(700)
  assert.equal(await cluster.settle(told), 3)
  assert.equal(runs, 1)
  await cluster.until(() => ownerOf(Cell, 'a') === home)
})

for (const [name, slow] of [
  ['query', () => cluster.actor(0)(Cell, 'a').sumLater(30_000, { deadlineMs: 60_000 })],
  ['command', () => cluster.actor(0)(Cell, 'a').addLater(30_000, { deadlineMs: 90_000 })]
] as const)
  test(`a slow ${name} keeps no other actor of its shard from its new owner, and is answered by that one`, async () => {
    cluster = await start(1)
    await using _ = cluster
    const { home, caller } = await moveBack()
    const told = slow()
    await cluster.run(50)
    cluster.boot(home)
    let longestMs = 0
    const beganMs = cluster.world.time.nowMs
    while (cluster.world.time.nowMs < beganMs + 8000) {
      const atMs = cluster.world.time.nowMs
      await cluster.settle(cluster.actor(caller)(Cell, 'b').add())
      longestMs = Math.max(longestMs, cluster.world.time.nowMs - atMs)
      await cluster.run(50)
    }
    assert.equal(ownerOf(Cell, 'a'), home)
    assert.ok(longestMs < 2000, `${longestMs} ms`)
    assert.equal(await cluster.settle(told, 90_000), name === 'query' ? 2 : 3)
    assert.equal(await cluster.settle(cluster.actor(caller)(Cell, 'a').sum()), name === 'query' ? 2 : 3)
  })

test('a handler that waits for another actor of its node does not hold up the leave of that node', async () => {
  cluster = await start(16)
  await using _ = cluster
  const owner = ownerOf(Other, 'o')
  const caller = (owner + 1) % 3
  const id = Array.from({ length: 100 }, (_, n) => `c${n}`).find(one => ownerOf(Cell, one) === owner)
  assert.ok(id !== undefined)
  assert.equal(await cluster.settle(cluster.actor(caller)(Cell, id).addBoth('o')), 1)
  const told = cluster.actor(caller)(Cell, id).addBoth('o').then(String, codeOf)
  await cluster.run(50)
  const beganMs = cluster.world.time.nowMs
  await cluster.settle(cluster.node(owner).leave())
  const tookMs = cluster.world.time.nowMs - beganMs
  assert.ok(tookMs < 2000, `${tookMs} ms`)
  assert.equal(await cluster.settle(told), '2')
})
