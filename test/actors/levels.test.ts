/** Levels of writes and reads: on how many disks a command is, and of how many replicas a query knows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, lwwRegister, orSet, pnCounter, query, refuse, replicated } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { runWithinMs } from '../../src/actors/calls/call-messages.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { SeededRandom } from '../../src/simulation/random.ts'

const Tally = replicated(
  'tally',
  { sum: pnCounter(), words: orSet<string>() },
  {
    add: command(({ state }) => state.sum.add(1)),
    sum: query(({ state }) => state.sum.value),
    words: query(({ state }) => [...state.words.values()])
  }
)
const Till = exclusive(
  'till',
  { sum: pnCounter() },
  { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) }
)
const actors = [Tally, Till]

const failure = (call: Promise<unknown>): Promise<unknown> => call.catch((error: unknown) => error)

/** Nothing comes by itself in the time of these tests: neither by push nor by beacon. */
const silent = { beaconIntervalMs: 10_000_000, flushIntervalMs: 3 }

async function silentCluster(nodes: number, seed = 1): Promise<TestCluster> {
  const cluster = await createTestCluster({ actors, nodes, seed, shards: 4, replication: silent })
  cluster.world.fabric.setConditions({ publishLoss: 1 })
  return cluster
}

test('a majority read sees what a majority acknowledged, although nothing else brought it', async () => {
  await using cluster = await silentCluster(5)
  await cluster.settle(cluster.actor(0)(Tally, 'a').add(undefined, { acknowledge: 'majority' }))
  const read = (node: number, level: 'local' | 'majority') =>
    cluster.settle(cluster.actor(node)(Tally, 'a').sum(undefined, { read: level }))
  for (let i = 0; i < 5; i++) assert.equal(await read(i, 'majority'), 1, `node-${i}`)
  // The read has mended the replica.
  for (let i = 0; i < 5; i++) assert.equal(await read(i, 'local'), 1, `node-${i}`)
})

test('a read of all sees what is on any one disk', async () => {
  await using cluster = await silentCluster(3)
  await cluster.settle(cluster.actor(0)(Tally, 'a').add())
  assert.equal(await cluster.settle(cluster.actor(2)(Tally, 'a').sum()), 0)
  assert.equal(await cluster.settle(cluster.actor(2)(Tally, 'a').sum(undefined, { read: 'all' })), 1)
})

test('a read that too few members answer says how many did, has no effect, and may be repeated', async () => {
  await using cluster = await silentCluster(3)
  // Before its first such read a node does not know that it has everything.
  await cluster.settle(cluster.actor(0)(Tally, 'b').sum(undefined, { read: 'majority' }))
  cluster.partition([0], [1, 2])
  const read = cluster.actor(0)(Tally, 'a').sum(undefined, { read: 'majority', deadlineMs: 500 })
  const error = await cluster.settle(failure(read))
  assert.ok(isShoalError(error) && error.code === 'SHOAL_UNAVAILABLE' && error.retryable, String(error))
  assert.match(error.message, /1 of 3 replicas/)
  cluster.heal()
  assert.equal(await cluster.settle(cluster.actor(0)(Tally, 'a').sum(undefined, { read: 'majority' })), 0)
})

test('a read that waits for members gets its answer when they are back', async () => {
  await using cluster = await silentCluster(3)
  cluster.partition([0], [1, 2])
  const read = cluster.actor(0)(Tally, 'a').sum(undefined, { read: 'all', deadlineMs: 20_000 })
  await cluster.run(1000)
  cluster.heal()
  assert.equal(await cluster.settle(read), 0)
})

test('a command for all disks that misses one says on how many it is, and that it may have taken effect', async () => {
  await using cluster = await createTestCluster({ actors, shards: 4 })
  cluster.kill(2)
  const late = cluster.actor(0)(Tally, 'a').add(undefined, { acknowledge: 'all', deadlineMs: 800 })
  const error = await cluster.settle(failure(late))
  assert.ok(isShoalError(error) && error.code === 'SHOAL_INDETERMINATE' && error.retryable, String(error))
  assert.match(error.message, /2 of 3 disks; all was asked for/)
  const write = cluster.actor(0)(Tally, 'a').add(undefined, { acknowledge: 'all', deadlineMs: 30_000 })
  cluster.boot(2)
  await cluster.settle(write)
  assert.equal(await cluster.settle(cluster.actor(2)(Tally, 'a').sum()), 2)
})

test('all disks of an exclusive kind are those of the present members', async () => {
  await using cluster = await createTestCluster({ actors, shards: 4 })
  cluster.kill(2)
  await cluster.until(
    () =>
      cluster
        .node(0)
        .members()
        .members.filter(({ status }) => status === 'dead').length === 1
  )
  await cluster.settle(cluster.actor(0)(Till, 'a').add(undefined, { acknowledge: 'all' }))
  assert.equal(await cluster.settle(cluster.actor(1)(Till, 'a').sum(undefined, { read: 'all' })), 1)
})

test('a command that finds nothing left to remove is answered when as many others have removed it, too', async () => {
  const Bag = replicated(
    'bag',
    { set: orSet<string>() },
    {
      add: command(({ state }) => state.set.add('x')),
      remove: command(({ state }) => state.set.remove('x')),
      has: query(({ state }) => state.set.has('x'))
    }
  )
  // Direct pushes arrive always; these are lost.
  const replication = { ...silent, dissemination: 'gossip' as const }
  await using cluster = await createTestCluster({ actors: [Bag], nodes: 3, shards: 4, replication })
  const [bag, other] = [cluster.actor(0)(Bag, 'b'), cluster.actor(1)(Bag, 'b')]
  // So that a majority is to be had without this node's disk.
  await cluster.settle(other.has(undefined, { read: 'majority' }))
  await cluster.settle(bag.add(undefined, { acknowledge: 'all' }))
  cluster.world.fabric.setConditions({ publishLoss: 1 })
  await cluster.settle(bag.remove())
  await cluster.run(100)
  await cluster.settle(bag.remove(undefined, { acknowledge: 'majority', deadlineMs: 20_000 }))
  cluster.kill(0)
  assert.equal(await cluster.settle(other.has(undefined, { read: 'majority' })), false)
})

const Seat = exclusive(
  'seat',
  { who: lwwRegister('') },
  {
    take: command(z.string(), ({ state }, who) => {
      if (state.who.value !== '') throw refuse('TAKEN', `by ${state.who.value}`)
      state.who.set(who)
    }),
    stumble: command(({ state }) => {
      throw new Error(`over ${state.who.value}`)
    }),
    who: query(({ state }) => state.who.value)
  }
)

for (const method of ['take', 'stumble'] as const)
  test(`a command that throws (${method}) says what it found when as many others have found it, too`, async () => {
    const replication = { ...silent, dissemination: 'gossip' as const }
    await using cluster = await createTestCluster({ actors: [Seat], shards: 4, replication })
    const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(0).owner(Seat, 's'))
    const other = (owner + 1) % cluster.size
    cluster.world.fabric.setConditions({ publishLoss: 1 })
    void failure(cluster.actor(owner)(Seat, 's').take('ann'))
    await cluster.run(5)
    const seat = cluster.actor(other)(Seat, 's')
    const error = await cluster.settle(failure(method === 'take' ? seat.take('bob') : seat.stumble()))
    assert.match(String(error), /ann/)
    cluster.kill(owner)
    await cluster.run(1)
    assert.equal(await cluster.settle(seat.who()), 'ann')
  })

test('what only the owner’s disk has when a command is refused is fetched by the others before the refusal is told', async () => {
  const replication = { ...silent, dissemination: 'gossip' as const, maxKeptPublicationBytes: 0 }
  await using cluster = await createTestCluster({ actors: [Seat], shards: 4, replication })
  const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(0).owner(Seat, 's'))
  cluster.world.fabric.setConditions({ publishLoss: 1 })
  const seat = cluster.actor(owner)(Seat, 's')
  await cluster.settle(seat.take('ann', { acknowledge: 'local' }))
  await cluster.run(10)
  assert.match(String(await cluster.settle(failure(seat.take('bob')))), /by ann/)
  cluster.kill(owner)
  assert.equal(
    await cluster.settle(
      cluster
        .actor((owner + 1) % cluster.size)(Seat, 's')
        .who()
    ),
    'ann'
  )
})

test('a refusal of a large actor costs no more than one of a small one', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({ actors: [Seat], shards: 4, metrics: () => metrics })
  const seat = cluster.actor(0)(Seat, 's')
  await cluster.settle(seat.take('x'.repeat(100_000)))
  await cluster.run(1000)
  const bytes = () => metrics.all()['shoal_push_sent_bytes_total'] ?? 0
  const before = bytes()
  for (let i = 0; i < 100; i++) assert.match(String(await cluster.settle(failure(seat.take('bob')))), /by xxx/)
  assert.ok(bytes() - before < 100 * 100, `${bytes() - before} bytes`)
  assert.equal(metrics.all()['shoal_vouched_fetched_total'] ?? 0, 0)
})

test('a command that throws where its own disk is enough waits for no other', async () => {
  await using cluster = await createTestCluster({ actors: [Seat], shards: 4 })
  const owner = cluster.world.machines().findIndex(({ id }) => id === cluster.node(0).owner(Seat, 's'))
  const seat = cluster.actor(owner)(Seat, 's')
  await cluster.settle(seat.take('ann'))
  cluster.partition(
    [owner],
    [0, 1, 2].filter(number => number !== owner)
  )
  const refused = seat.take('bob', { acknowledge: 'local', deadlineMs: 100 })
  assert.match(String(await cluster.settle(failure(refused))), /by ann/)
})

test('levels of a kind hold for its calls, and a level that is none is refused', async () => {
  const Strict = replicated(
    'strict',
    { sum: pnCounter() },
    { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) },
    { acknowledge: 'majority', read: 'majority' }
  )
  assert.throws(() => replicated('x', { sum: pnCounter() }, {}, { read: 'most' as 'all' }), TypeError)
  await using cluster = await createTestCluster({ actors: [Strict], shards: 4, replication: silent })
  cluster.world.fabric.setConditions({ publishLoss: 1 })
  await cluster.settle(cluster.actor(0)(Strict, 'a').add())
  assert.equal(await cluster.settle(cluster.actor(1)(Strict, 'a').sum()), 1)
  const bad = cluster.node(0).call('strict', 'a', 'sum', undefined, { read: 'most' as 'all' })
  const error = await cluster.settle(failure(bad))
  assert.ok(isShoalError(error) && error.code === 'SHOAL_BAD_ARGUMENT', String(error))
})

/** Two of the three that are to have the actor are dead; those that have it and those that have not. */
async function withOneOfThree() {
  const Few = replicated(
    'few',
    { sum: pnCounter() },
    { add: command(({ state }) => state.sum.add(1)), sum: query(({ state }) => state.sum.value) },
    { replication: 3 }
  )
  const cluster = await createTestCluster({
    actors: [Few],
    nodes: 5,
    shards: 4,
    rebalance: { rebalanceDelayMs: 60_000 }
  })
  await cluster.run(3000)
  const { replicas } = await cluster.settle(cluster.node(0).describe('few', 'a'))
  const numbers = [0, 1, 2, 3, 4]
  const holders = numbers.filter(number => replicas.includes(cluster.machine(number).id))
  const [last = 0, ...dead] = holders
  for (const number of dead) cluster.kill(number)
  const other = numbers.find(number => !holders.includes(number)) ?? 0
  await cluster.until(
    () =>
      cluster
        .node(other)
        .members()
        .members.filter(({ status }) => status === 'dead').length === 2
  )
  return { cluster, actor: cluster.actor(other)(Few, 'a'), last }
}

test('by way of a node that does not have the actor a caller is told the same: on how many disks it is, and how many replicas answered', async () => {
  const { cluster, actor } = await withOneOfThree()
  await using _ = cluster
  for (const deadlineMs of [100, 300, 3000]) {
    const write = await cluster.settle(failure(actor.add(undefined, { acknowledge: 'majority', deadlineMs })))
    assert.ok(isShoalError(write) && write.code === 'SHOAL_INDETERMINATE' && write.retryable, String(write))
    assert.match(write.message, /took effect here, and is known to be on 1 of 3 disks/)
    const read = await cluster.settle(failure(actor.sum(undefined, { read: 'majority', deadlineMs })))
    assert.ok(isShoalError(read) && read.code === 'SHOAL_UNAVAILABLE' && read.retryable, String(read))
    assert.match(read.message, /1 of 3 replicas answered/)
  }
  assert.equal(await cluster.settle(actor.sum(undefined, { read: 'local' })), 3)
})

test('a node that is silent is not said to be gone, and of one that is gone nothing else is said', async () => {
  for (const [trouble, deadlineMs, told] of [
    ['silent', 500, /did not answer in time, and it may/],
    ['gone', 60_000, /is gone, and it may|the link to .* broke, and it may/]
  ] as const) {
    const { cluster, actor, last } = await withOneOfThree()
    await using _ = cluster
    const write = failure(actor.add(undefined, { acknowledge: 'all', deadlineMs }))
    const read = failure(actor.sum(undefined, { read: 'all', deadlineMs }))
    await cluster.run(50)
    if (trouble === 'silent') cluster.pause(last)
    else cluster.kill(last)
    const error = await cluster.settle(write, 120_000)
    assert.ok(isShoalError(error) && error.code === 'SHOAL_INDETERMINATE', String(error))
    assert.match(error.message, told)
    const none = await cluster.settle(read, 120_000)
    const codes = trouble === 'silent' ? ['SHOAL_DEADLINE'] : ['SHOAL_DEADLINE', 'SHOAL_UNAVAILABLE']
    assert.ok(isShoalError(none) && codes.includes(none.code), String(none))
  }
})

test('of its last moments a call gives the answer a part, and never so much that nothing can run', () => {
  for (const [leftMs, runMs] of [
    [0, 0],
    [1, 0.75],
    [100, 75],
    [200, 150],
    [1000, 950],
    [10_000, 9500],
    [600_000, 599_000]
  ] as const)
    assert.equal(runWithinMs(leftMs), runMs)
})

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 12)
const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds: under partitions and kills, a majority read sees every majority write that ended before it began`, async t => {
  let reads = 0
  let missed = 0
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const run = await partitionedRun(seed)
    reads += run.reads
    missed += run.refused
  }
  t.diagnostic(`seeds ${firstSeed} to ${firstSeed + seeds - 1}; ${reads} reads answered, ${missed} not`)
  assert.ok(reads > 10 * seeds, 'too few reads were answered to say anything')
})

async function partitionedRun(seed: number): Promise<{ reads: number; refused: number }> {
  const nodes = 5
  const random = new SeededRandom(`levels/${seed}`)
  await using cluster = await createTestCluster({
    actors,
    nodes,
    seed,
    shards: 2,
    replication: random.chance(0.5) ? silent : {}
  })
  if (random.chance(0.7)) cluster.world.fabric.setConditions({ publishLoss: random.pick([0.3, 1]) })
  /** Writes that a majority has acknowledged, per actor. */
  const sure = [0, 0]
  let begun = 0
  let reads = 0
  let refused = 0
  const failures: string[] = []
  const calls: Promise<void>[] = []
  const options = { deadlineMs: 1500 }
  const write = async (node: number, actor: number) => {
    begun++
    const done = await cluster
      .actor(node)(Tally, `a${actor}`)
      .add(undefined, { ...options, acknowledge: 'majority' })
    sure[actor] = (sure[actor] ?? 0) + 1
    return done
  }
  const read = async (node: number, actor: number) => {
    const atLeast = sure[actor] ?? 0
    const sum = await cluster
      .actor(node)(Tally, `a${actor}`)
      .sum(undefined, { ...options, read: 'majority' })
    reads++
    if (sum < atLeast || sum > begun) failures.push(`seed ${seed}: node-${node} read ${sum} of ${atLeast} sure writes`)
  }
  for (let step = 0; step < 60; step++) {
    const node = random.below(nodes)
    const actor = random.below(2)
    const dice = random.next()
    if (dice < 0.08) {
      const cut = random.between(1, 3)
      const order = random.shuffle([0, 1, 2, 3, 4])
      cluster.partition(order.slice(0, cut), order.slice(cut))
    } else if (dice < 0.14) cluster.heal()
    else if (dice < 0.18 && cluster.nodes().length === nodes) {
      cluster.kill(node)
      cluster.world.time.schedule(random.between(200_000, 3_000_000), undefined, () => cluster.boot(node))
    } else if (cluster.running(node) !== undefined) {
      const call = dice < 0.6 ? write(node, actor) : read(node, actor)
      calls.push(
        call.then(
          () => {},
          () => {
            refused++
          }
        )
      )
    }
    await cluster.run(random.between(1, 120))
    assert.deepEqual(failures, [])
  }
  await cluster.run(2000)
  assert.deepEqual(failures, [])
  return { reads, refused }
}

test('a command of a node that is alone waits for its own disk, and for no push', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 1, seed: 1, replication: { flushIntervalMs: 1000 } })
  const till = cluster.actor(0)(Till, 'a')
  await cluster.settle(till.add())
  const sinceMs = cluster.world.time.nowMs
  await cluster.settle(till.add())
  assert.ok(cluster.world.time.nowMs - sinceMs < 500, `${cluster.world.time.nowMs - sinceMs} ms`)
})
