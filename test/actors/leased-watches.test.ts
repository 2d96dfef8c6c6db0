/** What the watches of leased actors show while their owners die, leave, stand still and are cut off, and what they cost. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster, type TestCluster, type TestClusterOptions } from 'shoal/testing'
import { SeededRandom } from '../../src/simulation/random.ts'
import {
  add,
  appliedTimes,
  Crdt,
  Events,
  growing,
  judge,
  type Named,
  ownerOf,
  type Reading,
  read,
  Value,
  wordsOf
} from './support/growing.ts'

const leaseMs = 1000
const start = (seed: number, options: Omit<TestClusterOptions, 'actors'> = {}) =>
  createTestCluster({ actors: growing, seed, nodes: 3, shards: 4, leases: { leaseMs }, ...options })

async function lastOf(cluster: TestCluster, of: Named, node = cluster.nodes()[0]): Promise<string[]> {
  for (let tries = 0; ; tries++) {
    assert.ok(node !== undefined && tries < 60, 'it does not answer')
    const asked = node.describe(of.kind.kind, of.id).catch(() => undefined)
    const view = await cluster.settle(asked, 60_000)
    if (view !== undefined) return wordsOf(view.state)
    await cluster.run(500)
  }
}

const ends = (reading: Reading) => reading.shown.at(-1)

for (const kind of growing)
  test(`every node shows a leased actor as it is, and each change of it: ${kind.kind}`, async () => {
    await using cluster = await start(1)
    const of = { kind, id: 'a' }
    const early = cluster.nodes().map(node => read(cluster, node, of))
    await cluster.until(() => early.every(({ shown }) => shown.length === 1))
    assert.deepEqual(ends(early[0] as Reading), [])
    for (const word of ['v', 'w', 'x']) {
      await cluster.settle(add(cluster.node(1), of, word))
      await cluster.until(() => early.every(reading => ends(reading)?.at(-1) === word))
    }
    const late = cluster.nodes().map(node => read(cluster, node, of, 3))
    await cluster.until(() => late.every(({ shown }) => shown.length === 1))
    for (const reading of [...early, ...late]) judge(reading, ['v', 'w', 'x'])
    assert.deepEqual(
      early.map(({ shown }) => shown.length),
      [4, 4, 4]
    )
  })

const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)
const seeds = Number(process.env['SHOAL_SEEDS'] ?? 6)

/** Every reader that there was of each actor on each node; who has failed begins again a moment later. */
class Readers {
  readonly all: Reading[] = []
  readonly #cluster: TestCluster
  readonly #actors: readonly Named[]
  readonly #acknowledged: (of: Named) => number

  constructor(cluster: TestCluster, actors: readonly Named[], acknowledged: (of: Named) => number) {
    this.#cluster = cluster
    this.#actors = actors
    this.#acknowledged = acknowledged
  }

  /** One for each actor on each node that runs, where there is none. */
  come(): void {
    for (const node of this.#cluster.nodes())
      for (const of of this.#actors)
        if (!this.all.some(reading => reading.node === node && reading.of === of && !reading.isOver)) this.one(node, of)
  }

  one(node: Reading['node'], of: Named): void {
    this.all.push(read(this.#cluster, node, of, this.#acknowledged(of)))
  }

  /** Of nodes that run. */
  current(): Reading[] {
    const nodes = this.#cluster.nodes()
    return this.all.filter(({ node, isOver }) => !isOver && nodes.includes(node))
  }
}

for (let seed = firstSeed; seed < firstSeed + seeds; seed++)
  test(`seed ${seed}: under faults no watch goes back or shows what is not accepted, and each ends with the last state`, async t => {
    const random = new SeededRandom(`leased watches/${seed}`)
    const nodes = 4 + random.below(2)
    await using cluster = await start(seed, { nodes })
    await cluster.until(() => cluster.nodes().every(node => node.links().length === nodes - 1))
    const actors = growing.map(kind => ({ kind, id: 'a' }))
    const acknowledged = new Map<Named, number>()
    let count = 0
    const readers = new Readers(cluster, actors, of => acknowledged.get(of) ?? 0)
    const down = new Set<number>()
    const numbers = Array.from({ length: nodes }, (_, i) => i)
    const up = () => numbers.filter(i => !down.has(i) && cluster.running(i) !== undefined)
    /** One at a time, so that what is acknowledged has a number. */
    const adding = new Map<Named, Promise<void>>()
    const write = (number = random.pick(up())) => {
      const of = random.pick(actors)
      const node = cluster.node(number)
      const word = `w${count++}`
      const before = adding.get(of) ?? Promise.resolve()
      const after = before.then(async () => {
        await add(node, of, word).then(
          async () => {
            acknowledged.set(of, (acknowledged.get(of) ?? 0) + 1)
          },
          () => {}
        )
      })
      adding.set(of, after)
    }
    /** For so long, while somebody writes, the one among others. */
    const busy = async (ms: number, one: number) => {
      for (let left = ms; left > 0; left -= 400) {
        for (let k = random.below(3); k > 0; k--) write(random.chance(0.5) && up().includes(one) ? one : undefined)
        await cluster.run(Math.min(left, 400))
      }
    }
    readers.come()
    for (let i = 0; i < 40; i++) {
      const deed = random.below(11)
      if (deed < 5) for (let k = 0; k < 1 + random.below(4); k++) write()
      else if (deed === 5 && down.size === 0) {
        const victim = random.pick(up())
        cluster.kill(victim, { isPowerLoss: random.chance(0.5) })
        down.add(victim)
      } else if (deed === 6 && down.size === 0) {
        const victim = random.pick(up())
        cluster.pause(victim)
        await busy(random.below(4000), victim)
        for (const of of actors) readers.one(cluster.node(victim), of)
        cluster.resume(victim)
      } else if (deed === 7) {
        const one = random.pick(numbers)
        const rest = numbers.filter(number => number !== one)
        cluster.partition([one], rest)
        await busy(random.below(3000), one)
        // What the one has alone may be lost with it.
        if (down.size === 0 && cluster.running(one) !== undefined && random.chance(0.4)) {
          cluster.kill(one, { isPowerLoss: true })
          down.add(one)
        }
        cluster.heal()
      } else if (deed === 8)
        for (const number of down) {
          cluster.boot(number)
          down.delete(number)
        }
      else if (deed === 9) for (const node of cluster.nodes()) readers.one(node, random.pick(actors))
      else {
        cluster.leaseStore.conditions.isDown = true
        await cluster.run(random.below(2000))
        cluster.leaseStore.conditions.isDown = false
      }
      readers.come()
      await cluster.run(random.below(random.chance(0.5) ? 20 : 1500))
    }
    for (const number of down) cluster.boot(number)
    await cluster.run(20_000)
    readers.come()
    const last = new Map<Named, string[]>()
    for (const of of actors) last.set(of, await lastOf(cluster, of))
    await cluster.run(5000)
    for (const reading of readers.all) judge(reading, last.get(reading.of) ?? [])
    for (const { node, of, shown } of readers.current())
      assert.deepEqual(shown.at(-1), last.get(of), `${of.kind.kind} at ${node.id} does not show the last state`)
    const states = readers.all.reduce((sum, { shown }) => sum + shown.length, 0)
    const failed = readers.all.filter(({ failure }) => failure !== undefined).length
    t.diagnostic(`${readers.all.length} watches, ${states} states, ${failed} failed, ${count} words`)
    for (const of of actors) assert.ok((last.get(of)?.length ?? 0) >= (acknowledged.get(of) ?? 0))
    assert.ok(states > 20, 'too little was shown to say anything')
  })

/** However often it is refused. */
async function addAtLast(cluster: TestCluster, number: number, of: Named, name: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    assert.ok(tries < 200, 'it is not served')
    const call = add(cluster.node(number), of, name).then(
      () => true,
      () => false
    )
    if (await cluster.settle(call, 10_000)) return
    await cluster.run(100)
  }
}

const word = (name: string) => (reading: Reading) => reading.shown.at(-1)?.at(-1) === name

test('what no majority has is shown to nobody, for as long as its owner has the lease', async () => {
  await using cluster = await start(1)
  const of = { kind: Value, id: 'a' }
  await cluster.settle(add(cluster.node(0), of, 'v'))
  const owner = ownerOf(cluster, of)
  const before = read(cluster, cluster.node(owner), of, 1)
  await cluster.until(() => word('v')(before))
  const others = [0, 1, 2].filter(number => number !== owner)
  cluster.partition([owner], others)
  add(cluster.node(owner), of, 'lost', 60_000).catch(() => {})
  await cluster.run(5)
  const after = read(cluster, cluster.node(owner), of, 1)
  await cluster.run(5000)
  assert.deepEqual([before.shown, after.shown], [[['v']], []])
  // Not for ever: who waits is told.
  await cluster.until(() => before.isOver && after.isOver, 40_000)
  cluster.kill(owner, { isPowerLoss: true })
  cluster.heal()
  cluster.boot(owner)
  await cluster.run(10_000)
  const last = await lastOf(cluster, of)
  for (const reading of [before, after]) {
    judge(reading, last)
    assert.equal(reading.failure?.code, 'SHOAL_UNAVAILABLE')
  }
})

test('an owner whose lease ends on its side of a cut, where nobody tells it, is watched no more', async () => {
  await using cluster = await start(6, { nodes: 4, leases: { leaseMs, voters: 3 } })
  await cluster.until(() => cluster.nodes().every(node => node.links().length === 3))
  const of = { kind: Value, id: 'a' }
  await addAtLast(cluster, 0, of, 'v')
  const owner = ownerOf(cluster, of)
  const rest = [0, 1, 2, 3].filter(number => number !== owner)
  const here = read(cluster, cluster.node(owner), of, 1)
  const there = read(cluster, cluster.node(rest[0] ?? 0), of, 1)
  await cluster.until(() => [here, there].every(word('v')))
  cluster.partition([owner], rest)
  const cutMs = cluster.world.time.nowMs
  await addAtLast(cluster, rest[0] ?? 0, of, 'w')
  await cluster.until(() => word('w')(there), 5000)
  await cluster.until(() => here.isOver, 30_000)
  const waitedMs = (here.failure?.atMs ?? 0) - cutMs
  assert.ok(waitedMs > 10_000 && waitedMs < 10_000 + 2 * leaseMs + 2000, `${waitedMs} ms`)
  cluster.heal()
  await cluster.until(() => cluster.node(owner).links().length === 3, 60_000)
  const again = read(cluster, cluster.node(owner), of, 2)
  await cluster.until(() => word('w')(again), 20_000)
  const last = await lastOf(cluster, of)
  for (const reading of [here, there, again]) judge(reading, last)
})

test('while the lease store is away a quiet actor is watched until leases are over, and then no longer than a watch waits', async () => {
  await using cluster = await start(7)
  const of = { kind: Crdt, id: 'a' }
  await cluster.settle(add(cluster.node(0), of, 'v'))
  const all = () => cluster.nodes().map(node => read(cluster, node, of, 1))
  const early = all()
  await cluster.until(() => early.every(word('v')))
  const { conditions } = cluster.leaseStore
  conditions.isDown = true
  await cluster.run(8000)
  conditions.isDown = false
  await cluster.run(5000)
  assert.ok(
    early.every(({ isOver }) => !isOver),
    'it came back in time'
  )
  conditions.isDown = true
  await cluster.until(() => early.every(({ isOver }) => isOver), 20_000)
  conditions.isDown = false
  await addAtLast(cluster, 0, of, 'w')
  const late = all()
  await cluster.until(() => late.every(word('w')), 10_000)
  const last = await lastOf(cluster, of)
  for (const reading of [...early, ...late]) judge(reading, last)
})

test('an actor without a majority holds up no watch of one that is accepted, however many wait', async () => {
  await using cluster = await start(8, { shards: 1 })
  const quiet = { kind: Value, id: 'quiet' }
  await cluster.settle(add(cluster.node(0), quiet, 'v'))
  const owner = ownerOf(cluster, quiet)
  const node = cluster.node(owner)
  const busy = Array.from({ length: 300 }, (_, i) => ({ kind: Value, id: `a${i}` }))
  cluster.partition(
    [owner],
    [0, 1, 2].filter(number => number !== owner)
  )
  const waiting = busy.map(of => {
    add(node, of, 'lost', 60_000).catch(() => {})
    return read(cluster, node, of)
  })
  await cluster.run(100)
  const reading = read(cluster, node, quiet, 1)
  await cluster.run(1000)
  assert.deepEqual(reading.shown, [['v']])
  for (const { shown } of waiting) assert.ok(shown.every(words => words.length === 0))
})

test('a watch of what is not accepted fails in time also where too many others wait for the replicas', async () => {
  await using cluster = await start(9, { shards: 1 })
  const [of, other] = [
    { kind: Value, id: 'a' },
    { kind: Value, id: 'b' }
  ]
  for (const one of [of, other]) await cluster.settle(add(cluster.node(0), one, 'v'))
  const owner = ownerOf(cluster, of)
  const node = cluster.node(owner)
  const reading = read(cluster, node, of, 1)
  await cluster.until(() => word('v')(reading))
  cluster.partition(
    [owner],
    [0, 1, 2].filter(number => number !== owner)
  )
  const lose = (one: Named) => void add(node, one, 'lost', 60_000).catch(() => {})
  lose(other)
  await cluster.run(10)
  const codes = new Set<string>()
  // No more of them at once than a mailbox takes.
  for (let i = 0; i < 9; i++) {
    for (let k = 0; k < 500; k++)
      node
        .actor(Value, other.id)
        .state()
        .catch(error => codes.add(error.code))
    await cluster.run(10)
  }
  assert.deepEqual([...codes], ['SHOAL_UNAVAILABLE'], 'there is room for more')
  lose(of)
  await cluster.until(() => reading.isOver, 30_000)
  assert.equal(reading.failure?.code, 'SHOAL_UNAVAILABLE')
  assert.deepEqual(reading.shown, [['v']])
})

test('an owner that was stopped for longer than its lease shows no old state when it goes on', async () => {
  await using cluster = await start(2)
  const of = { kind: Value, id: 'a' }
  await cluster.settle(add(cluster.node(0), of, 'v'))
  const owner = ownerOf(cluster, of)
  const node = cluster.node(owner)
  const early = read(cluster, node, of, 1)
  await cluster.until(() => word('v')(early))
  cluster.pause(owner)
  await addAtLast(cluster, (owner + 1) % 3, of, 'w')
  // Before anything has told it.
  const late = read(cluster, node, of, 2)
  cluster.resume(owner)
  await cluster.until(() => [early, late].every(word('w')), 20_000)
  const last = await lastOf(cluster, of)
  for (const reading of [early, late]) judge(reading, last)
})

test('a watch waits for an owner for three leases, ten seconds at least, and goes on or fails', async () => {
  for (const isBack of [true, false]) {
    await using cluster = await start(3, { nodes: 3 })
    const of = { kind: Crdt, id: 'a' }
    await cluster.settle(add(cluster.node(0), of, 'v'))
    const owner = ownerOf(cluster, of)
    const [one = 0, other = 0] = [0, 1, 2].filter(number => number !== owner)
    const reading = read(cluster, cluster.node(one), of, 1)
    await cluster.until(() => word('v')(reading))
    cluster.partition([owner], [one], [other])
    const cutMs = cluster.world.time.nowMs
    await cluster.run(8000)
    assert.ok(!reading.isOver)
    if (isBack) {
      cluster.heal()
      await addAtLast(cluster, other, of, 'w')
      await cluster.until(() => word('w')(reading), 10_000)
    } else {
      await cluster.until(() => reading.isOver, 10_000)
      const waitedMs = (reading.failure?.atMs ?? 0) - cutMs
      assert.ok(waitedMs > 10_000 && waitedMs < 15_000, `${waitedMs} ms`)
    }
    cluster.heal()
    judge(reading, await lastOf(cluster, of))
  }
})

test('a planned hand-off and the owner’s death leave no gap: what is written after is shown', async () => {
  for (const how of ['leaves', 'dies', 'stands still'] as const) {
    await using cluster = await start(4, { nodes: 4 })
    const of = { kind: Value, id: 'a' }
    await cluster.settle(add(cluster.node(0), of, 'v'))
    const owner = ownerOf(cluster, of)
    const rest = [0, 1, 2, 3].filter(number => number !== owner)
    const readings = rest.map(number => read(cluster, cluster.node(number), of, 1))
    await cluster.until(() => readings.every(word('v')))
    if (how === 'leaves') await cluster.leave(owner)
    else if (how === 'dies') cluster.kill(owner)
    else cluster.pause(owner)
    await addAtLast(cluster, rest[0] ?? 0, of, 'w')
    await cluster.until(() => readings.every(word('w')), 3000)
    const last = await lastOf(cluster, of, cluster.node(rest[0] ?? 0))
    for (const reading of readings) judge(reading, last)
  }
})

test('watches of actors that nothing changes ask nothing of the lease store, and keep no actor in memory', async () => {
  await using cluster = await start(5, { shards: 2 })
  const actors = Array.from({ length: 40 }, (_, i) => ({ kind: Value, id: `a${i}` }))
  const log = { kind: Events, id: 'log' }
  for (const name of ['v', 'w', 'x']) await cluster.settle(add(cluster.node(0), log, name))
  for (const of of actors) await cluster.settle(add(cluster.node(0), of, 'v'))
  const requestsIn = async (ms: number) => {
    const { requests } = cluster.leaseStore
    await cluster.run(ms)
    return cluster.leaseStore.requests - requests
  }
  await cluster.run(120_000)
  const without = await requestsIn(120_000)
  const readings = cluster.nodes().flatMap(node => actors.map(of => read(cluster, node, of, 1)))
  const ofLog = read(cluster, cluster.node(2), log, 3)
  await cluster.until(() => readings.every(word('v')) && word('x')(ofLog))
  const withWatches = await requestsIn(120_000)
  assert.ok(withWatches <= without * 1.1 + 10, `${withWatches} requests, ${without} without watches`)
  for (const reading of readings) assert.deepEqual(reading.shown, [['v']])
  const applied = appliedTimes()
  await cluster.settle(add(cluster.node(1), log, 'y'))
  assert.equal(appliedTimes() - applied, 4, 'it was not read anew from its record')
  for (const of of actors) await cluster.settle(add(cluster.node(1), of, 'w'))
  await cluster.until(() => readings.every(word('w')))
})
