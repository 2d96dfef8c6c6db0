/** Watches of actors that are elsewhere: from the nearest node that has them, from the next one when that is gone, and never older. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, isShoalError, orSet, pnCounter, replicated, type ShoalNode } from 'shoal'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { type Metrics, noMetrics } from '../../src/ports/metrics.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { outcome } from './outcome.ts'

const Tally = replicated(
  'tally',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)) },
  { replication: 2 }
)
const Words = replicated('words', orSet<string>(), {
  add: command(({ state, random }) => state.add(`${random()}`))
})
const actors = [Tally, Words]
const quick = { rebalanceDelayMs: 3000, dropDelayMs: 500 }

const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors, nodes: 5, shards: 4, rebalance: quick, ...options })

/** How many watches of others run on each node now. */
class ServedWatches {
  readonly #counts = new Map<string, number>()

  readonly metrics = (node: string): Metrics => ({
    ...noMetrics,
    gauge: name => ({
      set: value => {
        if (name === 'shoal_watches_served') this.#counts.set(node, value)
      }
    })
  })

  at(node: string): number {
    return this.#counts.get(node) ?? 0
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0)
  }
}

interface Follower {
  readonly seen: unknown[]
  error: unknown
  isOver: boolean
  end(): void
}

function follow(states: AsyncIterableIterator<unknown>): Follower {
  const follower: Follower = { seen: [], error: undefined, isOver: false, end: () => void states.return?.() }
  const read = async () => {
    for await (const state of states) follower.seen.push(state)
  }
  read()
    .catch((error: unknown) => {
      follower.error = error
    })
    .finally(() => {
      follower.isOver = true
    })
  return follower
}

/** The numbers of the nodes that have the actor, and of the others. */
async function places(cluster: TestCluster, id: string): Promise<{ holders: number[]; others: number[] }> {
  await cluster.run(3000)
  const { replicas } = await cluster.settle(cluster.node(0).describe('tally', id))
  const numbers = cluster.world.machines().map((_, number) => number)
  const isHolder = (number: number) => replicas.includes(cluster.running(number)?.id ?? '')
  return { holders: numbers.filter(isHolder), others: numbers.filter(number => !isHolder(number)) }
}

test('an actor is watched on every node, and each watch sees every change in the order in which they were made', async () => {
  await using cluster = await start()
  await places(cluster, 'a')
  const watches = cluster.nodes().map(node => follow(node.watch('tally', 'a')))
  await cluster.run(100)
  for (let i = 0; i < 5; i++) {
    await cluster.settle(cluster.actor(i)(Tally, 'a').add())
    await cluster.run(100)
  }
  for (const { seen } of watches)
    assert.deepEqual(
      seen,
      [0, 1, 2, 3, 4, 5].map(sum => ({ sum }))
    )
})

test('a slow reader elsewhere costs one state on its way, and is shown the newest after it', async () => {
  const served = new ServedWatches()
  await using cluster = await start({ metrics: served.metrics })
  const { holders, others } = await places(cluster, 'a')
  const [holder = 0, other = 0] = [holders[0], others[0]]
  const states = cluster.node(other).watch('tally', 'a')
  assert.deepEqual((await cluster.settle(states.next())).value, { sum: 0 })
  for (let i = 0; i < 50; i++) {
    await cluster.settle(cluster.actor(holder)(Tally, 'a').add())
    await cluster.run(50)
  }
  // One was on its way when the first was taken.
  assert.deepEqual((await cluster.settle(states.next())).value, { sum: 1 })
  assert.deepEqual((await cluster.settle(states.next())).value, { sum: 50 })
  assert.equal(served.total, 1)
  await states.return?.()
  await cluster.run(100)
  assert.equal(served.total, 0)
})

test('a watch goes on from another node when the one that it comes from is killed, cut off or suspended', async () => {
  for (const trouble of ['kill', 'cut', 'pause'] as const) {
    await using cluster = await start({ seed: trouble })
    const { holders, others } = await places(cluster, 'a')
    const [other = 0] = others
    const watch = follow(cluster.node(other).watch('tally', 'a'))
    await cluster.run(100)
    for (const victim of holders) {
      await cluster.settle(
        cluster.actor(other)(Tally, 'a').add(undefined, { acknowledge: 'all', deadlineMs: 30_000 }),
        40_000
      )
      await cluster.run(300)
      const sum = watch.seen.length - 1
      assert.deepEqual(watch.seen.at(-1), { sum })
      if (trouble === 'kill') cluster.kill(victim)
      else if (trouble === 'pause') cluster.pause(victim)
      else
        cluster.partition(
          [victim],
          [0, 1, 2, 3, 4].filter(number => number !== victim)
        )
      await cluster.run(2500)
      const survivor = holders.find(number => number !== victim) ?? 0
      await cluster.settle(cluster.actor(survivor)(Tally, 'a').add())
      await cluster.run(2500)
      assert.deepEqual(watch.seen.at(-1), { sum: sum + 1 }, `${trouble} of ${victim}`)
      if (trouble === 'kill') cluster.boot(victim)
      else if (trouble === 'pause') cluster.resume(victim)
      else cluster.heal()
      await cluster.until(() => cluster.isWhole(), 30_000)
      await cluster.run(3000)
    }
    assert.equal(watch.error, undefined)
    assert.deepEqual(
      watch.seen,
      watch.seen.map((_, sum) => ({ sum })),
      trouble
    )
  }
})

/** The first holder, from which the other node watches, has an update that the second lacks, and is gone. */
async function withUnsharedState(cluster: TestCluster, served: ServedWatches) {
  const { holders, others } = await places(cluster, 'a')
  const [other = 0] = others
  const watch = follow(cluster.node(other).watch('tally', 'a'))
  await cluster.run(500)
  const machines = holders.map(number => cluster.machine(number))
  const source = machines.find(({ id }) => served.at(id) === 1)
  const rest = machines.find(machine => machine !== source)
  assert.ok(source !== undefined && rest !== undefined)
  cluster.world.fabric.cut(source.id, rest.id)
  const number = cluster.world.machines().indexOf(source)
  await cluster.settle(cluster.actor(number)(Tally, 'a').add())
  await cluster.run(50)
  assert.deepEqual(watch.seen, [{ sum: 0 }, { sum: 1 }])
  cluster.kill(number)
  cluster.heal()
  return { watch, number, other }
}

const patient = { rebalance: { rebalanceDelayMs: 60_000 } }

test('a state is not shown by a node that lacks what the watch has shown: it waits for one that has it', async () => {
  const served = new ServedWatches()
  await using cluster = await start({ metrics: served.metrics, ...patient })
  const { watch, number, other } = await withUnsharedState(cluster, served)
  await cluster.run(8000)
  assert.deepEqual((await cluster.settle(cluster.node(other).describe('tally', 'a'))).state, { sum: 0 })
  cluster.boot(number)
  await cluster.until(() => cluster.isWhole(), 20_000)
  await cluster.settle(cluster.actor(other)(Tally, 'a').add())
  await cluster.run(1000)
  assert.deepEqual(watch.seen, [{ sum: 0 }, { sum: 1 }, { sum: 2 }])
})

test('after ten seconds without a node that has all that it has shown a watch ends, and a new one shows what there is', async () => {
  const served = new ServedWatches()
  await using cluster = await start({ metrics: served.metrics, ...patient })
  const { watch, other } = await withUnsharedState(cluster, served)
  await cluster.run(9000)
  assert.ok(!watch.isOver)
  await cluster.run(9000)
  assert.ok(isShoalError(watch.error) && watch.error.code === 'SHOAL_UNAVAILABLE' && watch.error.retryable)
  const fresh = follow(cluster.node(other).watch('tally', 'a'))
  await cluster.run(500)
  assert.deepEqual(fresh.seen, [{ sum: 0 }])
})

test('a watch of what nobody in reach has ends in time, with an error that says so', async () => {
  await using cluster = await start(patient)
  const { others } = await places(cluster, 'a')
  const [other = 0] = others
  const watch = follow(cluster.node(other).watch('tally', 'a'))
  await cluster.run(100)
  cluster.partition(
    [other],
    [0, 1, 2, 3, 4].filter(number => number !== other)
  )
  await cluster.run(20_000)
  assert.ok(isShoalError(watch.error) && watch.error.code === 'SHOAL_UNAVAILABLE' && watch.error.retryable)
  const fresh = cluster.node(other).watch('tally', 'a')
  assert.equal(await outcome(cluster.settle(fresh.next())), 'SHOAL_UNAVAILABLE')
  assert.equal((await fresh.next()).done, true)
})

test('a watch comes from the nearest node that has the actor, and from this one when it has it, too', async () => {
  const served = new ServedWatches()
  const regions = ['far', 'near', 'far', 'near', 'far']
  await using cluster = await start({ metrics: served.metrics, regions, seed: 3 })
  const near = regions.flatMap((region, number) => (region === 'near' ? [number] : []))
  const ids = Array.from({ length: 12 }, (_, i) => `a${i}`)
  const all: [string, Awaited<ReturnType<typeof places>>][] = []
  for (const id of ids) all.push([id, await places(cluster, id)])
  // One replica is near and one far.
  const [id, { holders, others }] = all.find(([, { others }]) => near.some(number => others.includes(number))) ?? [
    '',
    { holders: [], others: [] }
  ]
  const holder = holders.find(number => near.includes(number)) ?? -1
  const other = others.find(number => near.includes(number)) ?? -1
  const watch = follow(cluster.node(other).watch('tally', id))
  await cluster.run(200)
  const idOf = (number: number) => cluster.machine(number).id
  assert.equal(served.at(idOf(holder)), 1)
  cluster.world.fabric.cut(idOf(holder), idOf(other))
  await cluster.run(5000)
  assert.equal(served.at(idOf(holder)), 0)
  assert.equal(served.total, 1, 'it comes from afar meanwhile')
  cluster.heal()
  await cluster.run(15_000)
  assert.equal(served.at(idOf(holder)), 1)
  // Its replica is rebuilt near, at the only other node there.
  cluster.kill(holder)
  await cluster.run(15_000)
  assert.equal(served.total - served.at(idOf(holder)), 0)
  await cluster.settle(cluster.actor(other)(Tally, id).add())
  await cluster.run(500)
  assert.deepEqual(watch.seen, [{ sum: 0 }, { sum: 1 }])
})

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 10)
const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds: under kills, cuts and moves no watch goes back, and each ends with the state that all have`, async t => {
  let changes = 0
  let ended = 0
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const run = await troubledRun(seed)
    changes += run.changes
    ended += run.ended
  }
  t.diagnostic(`seeds ${firstSeed} to ${firstSeed + seeds - 1}; ${changes} states shown, ${ended} watches gave up`)
  assert.ok(changes > 50 * seeds, 'too little was shown to say anything')
})

/** Only additions: a state that lacks a word that was shown is older. */
async function troubledRun(seed: number): Promise<{ changes: number; ended: number }> {
  const random = new SeededRandom(`watching/${seed}`)
  await using cluster = await start({ seed, replicas: 2, nodes: 5 })
  if (random.chance(0.5)) cluster.world.fabric.setConditions({ publishLoss: 0.3 })
  const ids = ['a', 'b', 'c']
  let changes = 0
  let ended = 0
  const failures: string[] = []
  const watches: { node: ShoalNode; id: string; last: ReadonlySet<string>; isOver: boolean }[] = []
  const follow = async (node: ShoalNode, id: string) => {
    const watch = { node, id, last: new Set<string>(), isOver: false }
    watches.push(watch)
    try {
      for await (const state of node.watch('words', id)) {
        const words = new Set(state as string[])
        if (!watch.last.isSubsetOf(words)) failures.push(`seed ${seed}: ${node.id} went back with ${id}`)
        watch.last = words
        changes++
      }
    } catch (error) {
      watch.isOver = true
      ended++
      if (!isShoalError(error) || !error.retryable) failures.push(`seed ${seed}: ${error}`)
    }
  }
  const watchAll = (number: number) => {
    for (const id of ids) void follow(cluster.node(number), id)
  }
  for (let number = 0; number < 5; number++) watchAll(number)
  const load = async (ms: number) => {
    for (let passed = 0; passed < ms; ) {
      const step = random.between(10, 100)
      passed += step
      const node = random.pick(cluster.nodes())
      void node.call('words', random.pick(ids), 'add', undefined, { deadlineMs: 2000 }).catch(() => {})
      await cluster.run(step)
    }
    assert.deepEqual(failures, [])
  }
  for (let round = 0; round < 4; round++) {
    const victim = random.below(5)
    await load(500)
    const trouble = random.below(3)
    if (trouble === 0) cluster.kill(victim, { isPowerLoss: random.chance(0.5) })
    else if (trouble === 1)
      cluster.partition(
        [victim],
        [0, 1, 2, 3, 4].filter(number => number !== victim)
      )
    else cluster.pause(victim)
    await load(random.between(200, 6000))
    if (trouble === 0) {
      cluster.boot(victim)
      await cluster.until(() => cluster.running(victim) !== undefined)
      watchAll(victim)
    } else if (trouble === 1) cluster.heal()
    else cluster.resume(victim)
    await cluster.until(() => cluster.isWhole(), 40_000)
  }
  await cluster.run(15_000)
  assert.deepEqual(failures, [])
  for (const { node, id, last, isOver } of watches) {
    if (isOver || !cluster.nodes().includes(node)) continue
    const { state } = await cluster.settle(node.describe('words', id))
    assert.deepEqual([...last].sort(), (state as string[]).toSorted(), `seed ${seed}: ${id} at ${node.id}`)
  }
  return { changes, ended }
}

test('a large state over a slow link is shown: who has the actor says so before it comes', async () => {
  const Lines = replicated(
    'lines',
    orSet<string>(),
    { add: command(({ state, random }) => state.add(`${random()}`.padStart(1000, 'x'))) },
    { replication: 2 }
  )
  await using cluster = await createTestCluster({ actors: [Lines], nodes: 5, shards: 4 })
  await cluster.run(4000)
  const { replicas } = await cluster.settle(cluster.node(0).describe('lines', 'a'))
  const other = cluster.nodes().find(({ id }) => !replicas.includes(id))
  const home = cluster.nodes().find(({ id }) => replicas.includes(id))
  assert.ok(other !== undefined && home !== undefined)
  for (let i = 0; i < 800; i++) void home.call('lines', 'a', 'add', undefined)
  await cluster.run(3000)
  cluster.world.fabric.setConditions({ bytesPerMs: 350 })
  const first = await cluster.settle(other.watch('lines', 'a').next())
  assert.equal((first.value as string[]).length, 800)
})
