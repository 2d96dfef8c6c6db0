/** Shards of `merge` kinds change hands while handlers run that take their time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, replicated } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'

let cluster: TestCluster
let runs = 0
const wait = (ms: number) => new Promise<void>(resolve => cluster.world.time.schedule(ms * 1000, undefined, resolve))

const Cell = exclusive(
  'cell',
  { sum: pnCounter() },
  {
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
    })
  }
)
const Other = exclusive('other', { sum: pnCounter() }, { add: command(({ state }) => state.sum.add(1)) })
const Note = replicated(
  'note',
  { sum: pnCounter() },
  {
    addLater: command(z.int(), async ({ state }, ms) => {
      await wait(ms)
      state.sum.add(1)
    }),
    addBoth: command(z.string(), async ({ state, actor }, other) => {
      await wait(100)
      await actor(Other, other).add()
      state.sum.add(1)
      return state.sum.value
    })
  }
)

const Kept = replicated(
  'kept',
  { sum: pnCounter() },
  {
    addLater: command(z.int(), async ({ state }, ms) => {
      await wait(ms)
      state.sum.add(1)
    })
  },
  { replication: 2 }
)

const codeOf = (error: unknown) => (isShoalError(error) ? error.code : String(error))
const start = () => createTestCluster({ actors: [Cell, Other, Note, Kept], seed: 1 })

/** The number of the node that owns the actor by the ring. */
function ownerOf(kind: typeof Cell | typeof Other, id: string): number {
  const owner = cluster.nodes()[0]?.owner(kind, id)
  return cluster.world.machines().findIndex(machine => machine.id === owner)
}

/** An actor of the same node as the other one `o`. */
function besideOther(): { readonly id: string; readonly owner: number } {
  const owner = ownerOf(Other, 'o')
  const id = Array.from({ length: 100 }, (_, n) => `c${n}`).find(one => ownerOf(Cell, one) === owner)
  return { id: id ?? assert.fail('it owns too little'), owner }
}

async function leavingTakesMs(number: number): Promise<number> {
  const beganMs = cluster.world.time.nowMs
  await cluster.settle(cluster.node(number).leave())
  return cluster.world.time.nowMs - beganMs
}

test('a handler that waits for another actor of its node does not hold up the leave of that node, and its call runs at the next owner', async () => {
  cluster = await start()
  await using _ = cluster
  const { id, owner } = besideOther()
  const told = cluster
    .actor((owner + 1) % 3)(Cell, id)
    .addBoth('o')
    .then(String, codeOf)
  await cluster.run(50)
  const tookMs = await leavingTakesMs(owner)
  assert.ok(tookMs < 2500, `${tookMs} ms`)
  assert.equal(await cluster.settle(told), '1')
})

test('a replicated handler that waits for an actor of its leaving node is told that it had no effect', async () => {
  cluster = await start()
  await using _ = cluster
  const { owner } = besideOther()
  const told = cluster.actor(owner)(Note, 'n').addBoth('o').then(String, codeOf)
  await cluster.run(50)
  const tookMs = await leavingTakesMs(owner)
  assert.ok(tookMs < 2500, `${tookMs} ms`)
  assert.equal(await cluster.settle(told), 'SHOAL_STOPPED')
})

test('a handler that soon ends is waited for, and runs once', async () => {
  cluster = await start()
  await using _ = cluster
  runs = 0
  const owner = ownerOf(Cell, 'a')
  const told = cluster
    .actor((owner + 1) % 3)(Cell, 'a')
    .addLater(700)
  await cluster.run(50)
  await leavingTakesMs(owner)
  assert.equal(await cluster.settle(told), 1)
  assert.equal(runs, 1)
})

test('a slow handler does not keep a shard from the node that it moves to, and is answered by that one', async () => {
  cluster = await start()
  await using _ = cluster
  runs = 0
  const home = ownerOf(Cell, 'a')
  await cluster.leave(home)
  const away = ownerOf(Cell, 'a')
  const caller = [0, 1, 2].find(number => number !== home && number !== away) ?? 0
  const told = cluster.actor(caller)(Cell, 'a').addLater(2500)
  await cluster.run(50)
  cluster.boot(home)
  await cluster.until(() => cluster.isWhole())
  assert.equal(await cluster.settle(told, 30_000), 1)
  assert.equal(runs, 2)
})

test('replicated handlers that take long do not hold up a hand-off, and end in their own time', async () => {
  cluster = await start()
  await using _ = cluster
  const joiner = ownerOf(Other, 'o')
  cluster.kill(joiner, { isPowerLoss: false })
  const others = [0, 1, 2].filter(number => number !== joiner)
  await cluster.until(() =>
    others.every(number => cluster.node(number).owner(Other, 'o') !== cluster.world.machines()[joiner]?.id)
  )
  // Some in each shard: a shard of a replicated kind has the number of one of an exclusive kind.
  const told = others.flatMap(number =>
    Array.from({ length: 100 }, (_, n) =>
      cluster
        .actor(number)(Note, `n${n}`)
        .addLater(8000)
        .then(() => 'done', codeOf)
    )
  )
  await cluster.run(100)
  cluster.boot(joiner)
  await cluster.until(() => cluster.isWhole())
  const beganMs = cluster.world.time.nowMs
  await cluster.settle(cluster.actor(joiner)(Other, 'o').add())
  const tookMs = cluster.world.time.nowMs - beganMs
  assert.ok(tookMs < 1000, `${tookMs} ms`)
  assert.deepEqual([...new Set(await cluster.settle(Promise.all(told), 30_000))], ['done'])
})

test('a leaving node waits for handlers of kinds with some replicas, too', async () => {
  cluster = await start()
  await using _ = cluster
  const replicas = (await cluster.settle(cluster.node(0).describe('kept', 'k'))).replicas
  const number = cluster.world.machines().findIndex(({ id }) => id === replicas[0])
  const soon = cluster
    .actor(number)(Kept, 'k')
    .addLater(600)
    .then(() => 'done', codeOf)
  await cluster.run(50)
  await leavingTakesMs(number)
  assert.equal(await cluster.settle(soon), 'done')
  const other = (number + 1) % 3
  await cluster.run(20_000)
  assert.deepEqual(await cluster.settle(cluster.actor(other)(Kept, 'k').state()), { sum: 1 })
})

test('a call that a leaving node has under way to another is answered before the node stops, and a later one is refused', async () => {
  cluster = await start()
  await using _ = cluster
  const [id] = Array.from({ length: 100 }, (_, n) => `d${n}`).filter(one => ownerOf(Cell, one) === 0)
  assert.ok(id !== undefined)
  await cluster.settle(cluster.actor(1)(Cell, id).addLater(0))
  runs = 0
  const leaving = cluster.node(2)
  const told = leaving.actor(Cell, id).addLater(900).then(String, codeOf)
  await cluster.run(50)
  const beganMs = cluster.world.time.nowMs
  const left = leaving.leave()
  let refused: Promise<string> | undefined
  await cluster.until(() => {
    if (cluster.world.time.nowMs - beganMs > 700) refused ??= leaving.actor(Cell, id).addLater(0).then(String, codeOf)
    return refused !== undefined
  })
  assert.equal(await cluster.settle(refused ?? assert.fail()), 'SHOAL_STOPPED')
  await cluster.settle(left)
  const tookMs = cluster.world.time.nowMs - beganMs
  assert.equal(await told, '2')
  assert.equal(runs, 1)
  assert.ok(tookMs > 800 && tookMs < 1500, `no longer than that: ${tookMs} ms`)
})
