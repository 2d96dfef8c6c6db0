/** Partial replication: an actor is on R nodes, wherever it is called; replicas move with the members, and nothing is lost on the way. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query, replicated } from 'shoal'
import { createTestCluster, TestCluster, type TestClusterOptions } from 'shoal/testing'
import { SeededRandom } from '../../src/simulation/random.ts'
import { shardRecordOn } from './support/disk-shards.ts'

const Tally = replicated(
  'tally',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) },
  { replication: 3 }
)
const Everywhere = replicated(
  'everywhere',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) }
)
const actors = [Tally, Everywhere]
const shards = 4
const ids = Array.from({ length: 12 }, (_, i) => `a${i}`)
const quick = { rebalanceDelayMs: 3000, dropDelayMs: 500 }

const start = (options: Partial<TestClusterOptions> = {}) =>
  createTestCluster({ actors, nodes: 5, shards, rebalance: quick, ...options })

/** The machines whose disks have the shard. */
function storersOf(cluster: TestCluster, shard: number): string[] {
  return cluster.world
    .machines()
    .filter(({ id }) => cluster.nodes().some(node => node.id === id))
    .filter(machine => shardRecordOn(machine, shard) !== undefined)
    .map(({ id }) => id)
}

const partialShards = Array.from({ length: shards }, (_, slice) => 3 * shards + slice)

/** Each shard is on three of the running nodes, and no more. */
function isPlaced(cluster: TestCluster): boolean {
  return partialShards.every(shard => storersOf(cluster, shard).length === Math.min(3, cluster.nodes().length))
}

async function add(cluster: TestCluster, node: number, acknowledge: 'local' | 'majority' = 'majority'): Promise<void> {
  for (const id of ids) await cluster.settle(cluster.actor(node)(Tally, id).add(undefined, { acknowledge }))
}

async function assertSums(cluster: TestCluster, sum: number): Promise<void> {
  for (const [number] of cluster.world.machines().entries()) {
    if (cluster.running(number) === undefined) continue
    for (const id of ids) {
      const read = cluster.actor(number)(Tally, id).sum(undefined, { read: 'majority' })
      assert.equal(await cluster.settle(read), sum, `${id} at node-${number}`)
    }
  }
}

test('an actor is on three of five nodes, and is called from all', async () => {
  await using cluster = await start()
  for (let node = 0; node < 5; node++) await add(cluster, node)
  await cluster.until(() => isPlaced(cluster))
  await assertSums(cluster, 5)
  for (const id of ids) {
    const views = await cluster.settle(Promise.all(cluster.nodes().map(node => node.describe('tally', id))))
    for (const view of views) {
      assert.deepEqual(view.state, { sum: 5 })
      assert.equal(view.replicas.length, 3)
      assert.deepEqual(storersOf(cluster, view.shard).sort(), [...view.replicas].sort())
    }
  }
  await cluster.settle(cluster.actor(0)(Everywhere, 'e').add(undefined, { acknowledge: 'all' }))
  assert.equal((await cluster.settle(cluster.node(1).describe('everywhere', 'e'))).replicas.length, 5)
})

test('a node that declares a kind with another number of replicas is refused, and both sides are told', async () => {
  const other = replicated('tally', Tally.shape, Tally.methods, { replication: 2 })
  await using cluster = new TestCluster({ actors, nodes: 3, shards, rebalance: quick })
  cluster.boot(0)
  cluster.boot(1)
  cluster.boot(2, { actors: [other, Everywhere] })
  await cluster.until(() => cluster.nodes().length === 3)
  const told = [0, 1, 2].map(number => {
    const reasons: string[] = []
    cluster.node(number).on('refused', ({ reason }) => reasons.push(reason))
    return reasons
  })
  await cluster.run(20_000)
  const links = [0, 1, 2].map(number => cluster.node(number).links().length)
  assert.deepEqual(links, [1, 1, 0])
  // The neighbour that it dials.
  for (const reasons of [told[1], told[2]]) assert.match(reasons?.[0] ?? '', /kind tally differs/)
})

test('replicas are spread over the zones', async () => {
  await using cluster = await start({ nodes: 6, zones: ['x', 'x', 'y', 'y', 'z', 'z'] })
  await add(cluster, 0)
  await cluster.until(() => isPlaced(cluster))
  const zones = new Map(cluster.nodes().map(({ id, zone }) => [id, zone]))
  for (const shard of partialShards) {
    const storers = storersOf(cluster, shard).map(id => zones.get(id))
    assert.deepEqual(storers.sort(), ['x', 'y', 'z'])
  }
})

test('who joins fetches its shards, and those who lose them drop them only then', async () => {
  await using cluster = await start()
  await add(cluster, 0)
  await cluster.until(() => isPlaced(cluster))
  // A machine that was never started is a newcomer.
  const newcomer = cluster.world.machine('node-5')
  cluster.boot(cluster.world.machines().indexOf(newcomer))
  await cluster.until(() => cluster.isWhole())
  await cluster.until(() => partialShards.some(shard => storersOf(cluster, shard).includes(newcomer.id)), 20_000)
  await cluster.until(() => isPlaced(cluster), 20_000)
  await assertSums(cluster, 1)
  await add(cluster, 5)
  await assertSums(cluster, 2)
})

/** Five members of seven; then two more come, and shards move to them. */
async function beforeMove(seed: number): Promise<{ cluster: TestCluster; move(): Promise<void> }> {
  const cluster = new TestCluster({ actors, nodes: 7, shards, rebalance: quick, seed })
  for (let i = 0; i < 5; i++) cluster.boot(i)
  await cluster.until(() => cluster.nodes().length === 5 && cluster.nodes().every(node => node.unready() === undefined))
  await cluster.until(() => isPlaced(cluster))
  await add(cluster, 0)
  const move = async () => {
    const before = partialShards.flatMap(shard => storersOf(cluster, shard).map(id => `${shard} at ${id}`))
    cluster.boot(5)
    cluster.boot(6)
    await cluster.run(20_000)
    const after = new Set(partialShards.flatMap(shard => storersOf(cluster, shard).map(id => `${shard} at ${id}`)))
    assert.ok(before.some(place => !after.has(place)))
  }
  return { cluster, move }
}

test('a shard whose actors always have a handler running moves, too', async () => {
  let sleep = (_ms: number): Promise<void> => Promise.resolve()
  const Busy = replicated(
    'tally',
    { sum: pnCounter() },
    {
      add: command(async ({ state }) => {
        await sleep(300)
        state.sum.add(1)
      })
    },
    { replication: 3 }
  )
  await using cluster = new TestCluster({ actors: [Busy], nodes: 7, shards, rebalance: quick })
  sleep = ms => new Promise(resolve => cluster.world.time.schedule(1000 * ms, undefined, resolve))
  for (let i = 0; i < 5; i++) cluster.boot(i)
  await cluster.until(() => cluster.nodes().length === 5 && cluster.nodes().every(node => node.unready() === undefined))
  await cluster.run(4000)
  const failures: unknown[] = []
  let isOver = false
  const load = async (node: number, id: string) => {
    while (!isOver)
      await cluster
        .actor(node)(Busy, id)
        .add()
        .catch(error => failures.push(error))
  }
  // Two callers of each actor at each node: one waits while the other's runs.
  const loads = [0, 1, 2, 3, 4].flatMap(node => ids.flatMap(id => [load(node, id), load(node, id)]))
  await cluster.run(500)
  const places = () => partialShards.flatMap(shard => storersOf(cluster, shard).map(id => `${shard} at ${id}`))
  const before = places()
  for (const node of [5, 6]) cluster.boot(node)
  await cluster.run(15_000)
  isOver = true
  await cluster.settle(Promise.all(loads))
  assert.deepEqual(failures, [])
  assert.ok(isPlaced(cluster), places().join())
  assert.ok(before.some(place => !places().includes(place)))
})

test('a read that waits for others goes to where the actor is when its replica moves away', async () => {
  const { cluster, move } = await beforeMove(1)
  await using _ = cluster
  cluster.kill(1)
  await cluster.run(9000)
  const reads = [0, 2, 3, 4].flatMap(node =>
    ids.map(id => cluster.actor(node)(Tally, id).sum(undefined, { read: 'all', deadlineMs: 120_000 }))
  )
  await cluster.run(200)
  await move()
  cluster.boot(1)
  const sums = await cluster.settle(Promise.all(reads))
  assert.deepEqual(new Set(sums), new Set([1]))
})

test('who watches an actor sees all of its changes when its replica moves away', async () => {
  const { cluster, move } = await beforeMove(1)
  await using _ = cluster
  const watches: { last: unknown; error: unknown }[] = []
  for (const node of cluster.nodes()) {
    for (const id of ids) {
      const watch = { last: undefined as unknown, error: undefined as unknown }
      watches.push(watch)
      const states = node.watch('tally', id)
      const follow = async () => {
        for await (const state of states) watch.last = state
      }
      void follow().catch((error: unknown) => {
        watch.error = error
      })
    }
  }
  await cluster.run(500)
  for (const { last } of watches) assert.deepEqual(last, { sum: 1 })
  await move()
  await add(cluster, 0)
  await cluster.run(3000)
  for (const { last, error } of watches) assert.deepEqual([last, error], [{ sum: 2 }, undefined])
})

test('what a member had that has been gone for long is rebuilt elsewhere, so that others may go after it', async () => {
  await using cluster = await start()
  await add(cluster, 0)
  await cluster.until(() => isPlaced(cluster))
  cluster.kill(1)
  await cluster.run(8000)
  cluster.kill(2)
  await cluster.run(8000)
  for (const shard of partialShards) assert.equal(storersOf(cluster, shard).length, 3, `shard ${shard}`)
  for (const id of ids)
    assert.equal(await cluster.settle(cluster.actor(0)(Tally, id).sum(undefined, { deadlineMs: 3000 })), 1, id)
  cluster.boot(1)
  cluster.boot(2)
  await cluster.until(() => cluster.isWhole() && isPlaced(cluster), 20_000)
  await assertSums(cluster, 1)
})

test('who leaves has given everything to those who store it then', async () => {
  await using cluster = await start()
  await cluster.until(() => cluster.isWhole())
  for (let node = 0; node < 5; node++) await add(cluster, node, 'local')
  await cluster.leave(4)
  await cluster.leave(3)
  await cluster.until(() => isPlaced(cluster), 20_000)
  await assertSums(cluster, 5)
})

test('an exclusive kind is on all nodes, and the number of replicas is in bounds', () => {
  const define = (replication: number) => replicated('x', { sum: pnCounter() }, {}, { replication })
  for (const bad of [0, 16, 1.5]) assert.throws(() => define(bad), TypeError)
  assert.throws(() => exclusive('x', { sum: pnCounter() }, {}, { replication: 3 }), TypeError)
  assert.equal(exclusive('x', { sum: pnCounter() }, {}, { replication: 'all' }).replicas, 0)
})

test('a node does not start where a kind had another number of replicas', async () => {
  await using cluster = await start({ nodes: 1 })
  cluster.kill(0)
  const changed = replicated('tally', Tally.shape, Tally.methods, { replication: 2 })
  cluster.boot(0, { actors: [changed, Everywhere] })
  await cluster.until(() => cluster.startError(0) !== undefined)
  const error = cluster.startError(0)
  assert.ok(isShoalError(error) && error.code === 'SHOAL_BAD_CONFIGURATION', String(error))
})

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 8)
const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds: members come, go, die and are cut off; nothing acknowledged is lost, and every actor ends on three nodes`, async t => {
  let reads = 0
  let writes = 0
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const run = await troubledRun(seed)
    reads += run.reads
    writes += run.writes
  }
  t.diagnostic(
    `seeds ${firstSeed} to ${firstSeed + seeds - 1}; ${writes} writes acknowledged, ${reads} majority reads answered`
  )
  assert.ok(reads > 5 * seeds && writes > 10 * seeds, 'too little was answered to say anything')
})

/** Five members of six at first; the sixth joins, one leaves, others die for a while or are cut off, one at a time. */
async function troubledRun(seed: number): Promise<{ reads: number; writes: number }> {
  const random = new SeededRandom(`partial/${seed}`)
  await using cluster = new TestCluster({ actors, nodes: 6, seed, shards, rebalance: quick })
  for (let i = 0; i < 5; i++) cluster.boot(i)
  await cluster.until(() => cluster.nodes().length === 5 && cluster.nodes().every(node => node.unready() === undefined))
  await cluster.until(() => partialShards.every(shard => storersOf(cluster, shard).length === 3))
  if (random.chance(0.5)) cluster.world.fabric.setConditions({ publishLoss: 0.3 })
  const sure = new Map<string, number>()
  const local = new Map<string, number>()
  let begun = 0
  let reads = 0
  let writes = 0
  const failures: string[] = []
  const write = async (node: number, id: string) => {
    begun++
    const acknowledge = random.chance(0.5) ? 'majority' : 'local'
    await cluster.actor(node)(Tally, id).add(undefined, { acknowledge, deadlineMs: 2000 })
    writes++
    const book = acknowledge === 'majority' ? sure : local
    book.set(id, (book.get(id) ?? 0) + 1)
  }
  const read = async (node: number, id: string) => {
    const atLeast = sure.get(id) ?? 0
    const sum = await cluster.actor(node)(Tally, id).sum(undefined, { read: 'majority', deadlineMs: 2000 })
    reads++
    if (sum < atLeast) failures.push(`seed ${seed}: node-${node} read ${sum} of ${id}, of which ${atLeast} are sure`)
  }
  const load = async (ms: number) => {
    for (let passed = 0; passed < ms; ) {
      const step = random.between(5, 150)
      passed += step
      const up = cluster.world
        .machines()
        .flatMap((_, i) => (cluster.running(i)?.unready() === undefined && cluster.running(i) !== undefined ? [i] : []))
      const node = up.length === 0 ? undefined : random.pick(up)
      const id = random.pick(ids.slice(0, 4))
      if (node !== undefined) void (random.chance(0.6) ? write(node, id) : read(node, id)).catch(() => {})
      await cluster.run(step)
      assert.deepEqual(failures, [])
    }
  }
  const calm = () => cluster.until(() => isWell(cluster) && isPlaced(cluster), 40_000)
  let gone: number | undefined
  const changes: (() => Promise<void>)[] = [
    async () => {
      cluster.boot(5)
      await load(2500)
    },
    async () => {
      gone = random.below(4)
      const leaving = cluster.leave(gone)
      await leaving
      await load(1500)
    },
    async () => {
      const victim = random.pick([0, 1, 2, 3, 4].filter(i => i !== gone))
      cluster.kill(victim, { isPowerLoss: random.chance(0.5) })
      await load(random.between(500, 8000))
      cluster.boot(victim)
    },
    async () => {
      const victim = random.pick([0, 1, 2, 3, 4].filter(i => i !== gone))
      const others = [0, 1, 2, 3, 4, 5].filter(i => i !== victim)
      cluster.partition([victim], others)
      await load(random.between(500, 8000))
      cluster.heal()
    }
  ]
  await load(1000)
  for (const change of random.shuffle(changes)) {
    await change()
    await load(random.between(0, 1000))
    await calm()
  }
  await cluster.run(3000)
  await calm()
  assert.deepEqual(failures, [])
  for (const id of ids.slice(0, 4)) {
    const [first] = cluster.nodes()
    assert.ok(first !== undefined)
    const { replicas } = await cluster.settle(first.describe('tally', id))
    const states = new Set<string>()
    for (const node of cluster.nodes().filter(node => replicas.includes(node.id)))
      states.add(JSON.stringify((await cluster.settle(node.describe('tally', id))).state))
    assert.equal(states.size, 1, `seed ${seed}: replicas of ${id} differ: ${[...states].join()}`)
    const { sum } = JSON.parse([...states][0] ?? '{}') as { sum: number }
    const least = (sure.get(id) ?? 0) + (local.get(id) ?? 0)
    assert.ok(sum >= least && sum <= begun, `seed ${seed}: ${id} is ${sum}, with ${least} acknowledged of ${begun}`)
  }
  return { reads, writes }
}

/** Those that run see each other alive. */
function isWell(cluster: TestCluster): boolean {
  const nodes = cluster.nodes()
  return nodes.every(
    node =>
      node.unready() === undefined &&
      node.members().members.filter(member => member.status === 'alive').length === nodes.length
  )
}
