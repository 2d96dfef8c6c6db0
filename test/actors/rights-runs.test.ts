/**
 * Rights of bounded counters on five nodes under random faults: no disk ever holds a counter below its bound, what was added and
 * taken adds up, and after the heal a command that all rights together allow succeeds.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { boundedCounter, command, isShoalError, replicated, type ShoalNode } from 'shoal'
import { TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { decodeActorRecord, stateKey } from '../../src/cluster/storage-layout.ts'
import { plainValue } from '../../src/crdt/index.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { lookUp, orderOf } from '../../src/simulation/sorted-store.ts'
import { drawTrouble } from '../cluster/support/scenario.ts'
import { Trouble } from '../cluster/support/trouble.ts'

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 25)
const first = Number(process.env['SHOAL_SEED'] ?? 1)

const schema = { left: boundedCounter() }
const amount = z.int().nonnegative()
const Stock = replicated('stock', schema, {
  add: command(amount, ({ state }, n) => {
    state.left.add(n)
  }),
  take: command(amount, ({ state }, n) => {
    state.left.subtract(n)
    return state.left.value
  })
})

const ids = ['rum', 'tea']
const nodes = 5

type Fate = 'pending' | 'done' | 'nothing' | 'unknown'

interface Order {
  readonly id: string
  /** Negative where it takes. */
  readonly amount: number
  fate: Fate
}

/** Errors that promise that nothing happened. */
const certain = new Set(['SHOAL_DEADLINE', 'SHOAL_OVERLOADED', 'SHOAL_INSUFFICIENT_RIGHTS'])

class Run {
  readonly orders: Order[] = []
  readonly #cluster: TestCluster
  readonly #seen = new Map<string, Uint8Array>()

  constructor(cluster: TestCluster) {
    this.#cluster = cluster
  }

  get isDone(): boolean {
    return this.orders.every(order => order.fate !== 'pending')
  }

  order(node: ShoalNode, id: string, howMany: number, deadlineMs: number): void {
    const order: Order = { id, amount: howMany, fate: 'pending' }
    this.orders.push(order)
    const process = this.#cluster.world.machines().find(machine => machine.id === node.id)?.process
    process?.onKill(() => {
      if (order.fate === 'pending') order.fate = 'unknown'
    })
    const [method, argument] = howMany < 0 ? ['take', -howMany] : ['add', howMany]
    node.call('stock', id, method as string, argument, { deadlineMs }).then(
      () => this.#end(order, 'done'),
      error => this.#end(order, isShoalError(error) && certain.has(error.code) ? 'nothing' : 'unknown')
    )
  }

  #end(order: Order, fate: Fate): void {
    if (order.fate === 'pending') order.fate = fate
  }

  /** Looks at every state on every disk that changed since the last look. */
  assertAboveBound(): void {
    for (const machine of this.#cluster.world.machines()) {
      for (const id of ids) {
        const name = `stock/${id}`
        const bytes = lookUp(machine.disk.root, orderOf(stateKey(0, name)))?.value
        const key = `${machine.id}/${id}`
        if (bytes === undefined || this.#seen.get(key) === bytes) continue
        this.#seen.set(key, bytes)
        const { left } = plainValue(schema, decodeActorRecord(bytes, name).state)
        assert.ok(left >= 0, `${machine.id} has ${id} at ${left}`)
      }
    }
  }

  /** What there must be at least and at most. */
  bounds(id: string): { least: number; most: number } {
    let [least, most] = [0, 0]
    for (const order of this.orders) {
      if (order.id !== id || order.fate === 'nothing') continue
      if (order.fate === 'done' || order.amount < 0) least += order.amount
      if (order.fate === 'done' || order.amount > 0) most += order.amount
    }
    return { least, most }
  }
}

interface Report {
  readonly done: number
  readonly refused: number
  readonly unknown: number
  readonly restored: boolean
  readonly slowestMs: number
}

async function run(seed: number): Promise<Report> {
  const settings = new SeededRandom(`rights settings/${seed}`)
  await using cluster = new TestCluster({
    actors: [Stock],
    nodes,
    seed,
    shards: 1,
    store: { maxCachedActors: settings.pick([1, 10_000]) },
    fabric: { dialTimeoutMs: 700 },
    ownership: { settleMs: 500 }
  })
  await cluster.start()
  const random = new SeededRandom(`rights/${seed}`)
  const faults = cluster.faults()
  // A copied disk has the rights of its original, to be spent twice.
  const { copy: _, ...plan } = drawTrouble(random, {
    machines: nodes,
    withinMs: 5000,
    mayRestore: !faults.kinds.includes('clock jump')
  })
  const trouble = new Trouble(cluster, { shards: [0], shardCount: 1, plan })
  const orders = new Run(cluster)
  const watch = (ms: number) => {
    const endMs = cluster.world.time.nowMs + ms
    return cluster.until(() => {
      orders.assertAboveBound()
      return cluster.world.time.nowMs >= endMs
    }, ms + 1000)
  }
  faults.start()
  trouble.start({ since: () => {}, writtenBy: () => {} })
  for (let i = 0; i < 60; i++) {
    await watch(random.between(1, 160))
    const running = cluster.nodes()
    if (running.length === 0) continue
    const node = random.pick(running)
    const howMany = random.chance(0.25) ? 1 + random.below(12) : -1 - random.below(6)
    for (let j = random.chance(0.2) ? 3 : 1; j > 0; j--)
      orders.order(node, random.pick(ids), howMany, random.pick([300, 1500]))
    trouble.wrote(node)
  }
  faults.heal()
  cluster.heal()
  trouble.heal()
  await cluster.until(() => {
    orders.assertAboveBound()
    return cluster.isWhole() && orders.isDone && new Set(cluster.nodes().map(node => node.digest())).size === 1
  }, 30_000)
  let slowestMs = 0
  for (const id of ids) {
    const states = await cluster.settle(Promise.all(cluster.nodes().map(node => node.describe('stock', id))))
    const values = states.map(({ state }) => (state as { left: number }).left)
    assert.equal(new Set(values).size, 1, `${id}: ${values}`)
    const [value = 0] = values
    const { least, most } = orders.bounds(id)
    // With an old disk back, what only that disk had is gone: additions and subtractions alike.
    if (!trouble.hasRestored) assert.ok(value >= least && value <= most, `${id}: ${value}, not ${least} to ${most}`)
    const node = random.pick(cluster.nodes())
    const startMs = cluster.world.time.nowMs
    const more = `${value} of ${id} at ${node.id}`
    await assert.rejects(cluster.settle(node.call('stock', id, 'take', value + 1, { deadlineMs: 5000 })), more)
    assert.deepEqual(await cluster.settle(node.call('stock', id, 'take', value, { deadlineMs: 5000 })), 0, more)
    slowestMs = Math.max(slowestMs, cluster.world.time.nowMs - startMs)
    orders.assertAboveBound()
  }
  const fates = (fate: Fate) => orders.orders.filter(order => order.fate === fate).length
  return {
    done: fates('done'),
    refused: fates('nothing'),
    unknown: fates('unknown'),
    restored: trouble.hasRestored,
    slowestMs
  }
}

test(`${seeds} seeds of faults: no counter stands below its bound, and all rights can be spent after the heal`, {
  timeout: 1_200_000
}, async t => {
  const reports: Report[] = []
  for (let seed = first; seed < first + seeds; seed++) {
    try {
      reports.push(await run(seed))
    } catch (error) {
      throw new Error(
        `seed ${seed} failed; again with: SHOAL_SEED=${seed} SHOAL_SEEDS=1 npm test -- test/actors/rights-runs.test.ts`,
        { cause: error }
      )
    }
  }
  const sum = (of: (report: Report) => number) => reports.reduce((total, report) => total + of(report), 0)
  t.diagnostic(`done ${sum(r => r.done)}, refused ${sum(r => r.refused)}, unknown ${sum(r => r.unknown)}`)
  t.diagnostic(
    `old disks ${reports.filter(r => r.restored).length}, slowest last order ${Math.max(...reports.map(r => r.slowestMs))} ms`
  )
  assert.ok(sum(r => r.done) > seeds && sum(r => r.refused) > 0, 'hardly an order was carried out, or none refused')
})
