/** Calls to an owner that the caller has no link with: another member passes them on, once, and they take effect once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, isShoalError, pnCounter, query } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { CallChannel } from '../../src/actors/calls/call-channel.ts'
import { CallServer } from '../../src/actors/calls/call-server.ts'
import { type Calls, decodeCalls, encodeCalls } from '../../src/cluster/wire.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { outcome } from './outcome.ts'

let deposits = 0
const Account = exclusive(
  'account',
  { sum: pnCounter() },
  {
    deposit: command(({ state }) => {
      deposits++
      state.sum.add(1)
      return state.sum.value
    }),
    balance: query(({ state }) => state.sum.value)
  }
)

/** An account that the given node owns. */
function ownedBy(cluster: TestCluster, number: number): string {
  const { id } = cluster.machine(number)
  for (let i = 0; ; i++) if (cluster.node(0).owner(Account, `a${i}`) === id) return `a${i}`
}

test('a call reaches an owner that the caller has no link with, through a member that has one', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({ actors: [Account], nodes: 3, metrics: () => metrics })
  const id = ownedBy(cluster, 2)
  const relayed = () => metrics.all()['shoal_router_relayed_calls_total'] ?? 0
  assert.equal(await cluster.settle(cluster.actor(0)(Account, id).deposit()), 1)
  assert.equal(relayed(), 0)
  cluster.world.fabric.cut(cluster.machine(0).id, cluster.machine(2).id)
  await cluster.run(10_000)
  assert.equal(cluster.node(0).owner(Account, id), cluster.machine(2).id, 'it is present all the same')
  for (let sum = 2; sum <= 5; sum++) assert.equal(await cluster.settle(cluster.actor(0)(Account, id).deposit()), sum)
  assert.equal(await cluster.settle(cluster.actor(0)(Account, id).balance()), 5)
  assert.equal(relayed(), 5)
  cluster.heal()
  await cluster.until(() => cluster.node(0).links().length === 2, 30_000)
  assert.equal(await cluster.settle(cluster.actor(0)(Account, id).deposit()), 6)
  assert.equal(relayed(), 5)
})

test('with nobody to pass it on a call ends at its deadline, without an effect', async () => {
  await using cluster = await createTestCluster({ actors: [Account], nodes: 3 })
  const id = ownedBy(cluster, 2)
  const [a = '', ...others] = cluster.world.machines().map(machine => machine.id)
  for (const other of others) cluster.world.fabric.cut(a, other, { detectionMs: { min: 10, max: 50 } })
  await cluster.until(() => cluster.node(0).links().length === 0)
  const call = cluster.actor(0)(Account, id).deposit(undefined, { deadlineMs: 300 })
  assert.equal(await outcome(cluster.settle(call)), 'SHOAL_DEADLINE')
})

test('a member passes a call on to a linked member only, without its request to do so, and says what became of it', async () => {
  const sent: { peer: string; message: Calls }[] = []
  const passed: { owner: string; relayTo: unknown }[] = []
  const answers = [
    { reply: { result: new TextEncoder().encode('7') } },
    { lost: 'silent' as const },
    { unsent: true as const }
  ]
  const server = new CallServer({
    cluster: {
      sendCalls: (peer: string, message: Calls) => sent.push({ peer, message: decodeCalls(encodeCalls(message)) }) > 0
    },
    self: 'b',
    clock: { elapsed: () => 0 },
    definitions: new Map(),
    metrics: noMetrics,
    maxInboundCalls: 1,
    channel: {
      async relay(owner: string, call: { relayTo?: unknown }) {
        passed.push({ owner, relayTo: call.relayTo })
        return answers.shift()
      }
    }
  } as unknown as ConstructorParameters<typeof CallServer>[0])
  for (let number = 1; number <= 3; number++) {
    server.serve('a', { number, actor: 'account/a', method: 'deposit', relayTo: 'c', deadlineMs: 1000 })
    // One at a time: those that are passed on count like others.
    server.serve('a', { number: 10 + number, actor: 'account/a', method: 'deposit', relayTo: 'c' })
    await new Promise(setImmediate)
  }
  // For itself it is a call like any other.
  server.serve('a', { number: 9, actor: 'account/a', method: 'deposit', relayTo: 'b' })
  await new Promise(setImmediate)
  const told = sent.map(({ message: { reply } }) => [
    reply?.number,
    reply?.failure?.code ?? reply?.unreached?.mayHaveRun ?? reply?.result?.length
  ])
  assert.deepEqual(
    told.toSorted(([a], [b]) => Number(a) - Number(b)),
    [
      [1, 1],
      [2, true],
      [3, false],
      [9, 'SHOAL_UNKNOWN_KIND'],
      [11, 'SHOAL_OVERLOADED'],
      [12, 'SHOAL_OVERLOADED'],
      [13, 'SHOAL_OVERLOADED']
    ]
  )
  assert.equal(passed.length, 3)
})

test('a call whose owner ran it and died before its answer was passed on is not run again: nobody knows its effect', async () => {
  for (let seed = 1; seed <= 5; seed++) {
    await using cluster = await createTestCluster({ actors: [Account], nodes: 3, seed })
    const id = ownedBy(cluster, 2)
    cluster.world.fabric.cut(cluster.machine(0).id, cluster.machine(2).id)
    await cluster.run(5000)
    deposits = 0
    const call = outcome(cluster.actor(0)(Account, id).deposit(undefined, { deadlineMs: 30_000 }))
    await cluster.until(() => deposits === 1)
    cluster.kill(2)
    assert.equal(await cluster.settle(call), 'SHOAL_INDETERMINATE', `seed ${seed}`)
    assert.equal(deposits, 1)
  }
})

/** A channel of calls in a cluster whose members and links are what the test says. */
function channelOf() {
  const view = { present: ['a', 'b', 'c'], owner: 'c' }
  const sent: number[] = []
  const channel = new CallChannel({
    cluster: {
      incarnation: 'x',
      sendCalls: (_peer: string, { call }: Calls) => sent.push(Number(call?.number)) > 0,
      membership: { alive: () => view.present, member: () => undefined, viewName: () => new Uint8Array(8) },
      ownership: { owner: () => view.owner }
    },
    clock: { elapsed: () => 0, after: () => ({ cancel() {} }) },
    metrics: noMetrics
  } as unknown as ConstructorParameters<typeof CallChannel>[0])
  const invocation = {
    definition: Account,
    shard: 0,
    id: 'a',
    name: 'account/a',
    method: 'deposit',
    argument: undefined,
    acknowledge: 'majority' as const,
    read: 'local' as const,
    deadlineMs: 1000,
    request: { session: 's', number: 1, lowWater: 0 }
  }
  const relay = () => channel.relay('c', { actor: 'account/a', method: 'deposit' }, 1000)
  const call = () => channel.call('c', invocation, { withView: false, unanswered: [] })
  return { view, sent, channel, relay, call }
}

test('who passes a call on, and who calls, waits for nobody who is dead, and a caller for no owner of before', async () => {
  const { view, channel, relay, call } = channelOf()
  const ends: unknown[] = []
  for (const outcome of [relay(), call()]) void outcome.then(end => ends.push(end))
  channel.viewChanged()
  await new Promise(setImmediate)
  assert.deepEqual(ends, [])
  // Whether the owner is still the right one is for the owner to say to the caller.
  view.owner = 'b'
  channel.viewChanged()
  await new Promise(setImmediate)
  assert.deepEqual(ends.splice(0), [{ lost: 'moved' }])
  view.present = ['a', 'b']
  channel.viewChanged()
  await new Promise(setImmediate)
  assert.deepEqual(ends, [{ lost: 'dead' }])
})

test('what was passed on and may have run is lost, and what never reached its owner was not sent', async () => {
  const { sent, channel, call } = channelOf()
  for (const [mayHaveRun, end] of [
    [true, { lost: 'silent' }],
    [false, { unsent: true }]
  ] as const) {
    const outcome = call()
    channel.receive('c', { number: sent.at(-1) ?? 0, unreached: { mayHaveRun } })
    assert.deepEqual(await outcome, end)
  }
})

const seeds = Number(process.env['SHOAL_SEEDS'] ?? 20)
const firstSeed = Number(process.env['SHOAL_SEED'] ?? 1)

test(`${seeds} seeds: links between two come and go, who passes calls on dies, and what was acknowledged is there once`, async t => {
  let acknowledged = 0
  let uncertain = 0
  const metrics = new CountingMetrics()
  for (let seed = firstSeed; seed < firstSeed + seeds; seed++) {
    const random = new SeededRandom(`relayed/${seed}`)
    await using cluster = await createTestCluster({
      actors: [Account],
      nodes: 4,
      seed,
      shards: 32,
      metrics: () => metrics
    })
    const ids = [0, 1, 2, 3].map(number => ownedBy(cluster, number))
    const sure = new Map<string, number>()
    const maybe = new Map<string, number>()
    const note = (book: Map<string, number>, id: string, count: number) => book.set(id, (book.get(id) ?? 0) + count)
    // Of a caller that is killed nobody knows what became of its calls.
    const deposit = async (number: number, id: string) => {
      note(maybe, id, 1)
      try {
        await cluster
          .actor(number)(Account, id)
          .deposit(undefined, { deadlineMs: random.between(100, 2000) })
        note(sure, id, 1)
        note(maybe, id, -1)
      } catch (error) {
        if (!isShoalError(error) || error.code !== 'SHOAL_INDETERMINATE') note(maybe, id, -1)
      }
    }
    const load = async (ms: number) => {
      for (let passed = 0; passed < ms; ) {
        const step = random.between(5, 60)
        passed += step
        const number = random.below(4)
        if (cluster.running(number) !== undefined) void deposit(number, random.pick(ids))
        await cluster.run(step)
      }
    }
    for (let round = 0; round < 2; round++) {
      const [a, b] = random.shuffle([0, 1, 2, 3])
      cluster.world.fabric.cut(cluster.machine(a ?? 0).id, cluster.machine(b ?? 0).id)
      await load(random.between(500, 4000))
      if (random.chance(0.5)) cluster.heal()
    }
    const victim = random.below(4)
    cluster.kill(victim)
    await load(random.between(200, 4000))
    cluster.boot(victim)
    cluster.heal()
    await cluster.until(() => cluster.isWhole(), 40_000)
    await cluster.run(5000)
    for (const id of ids) {
      const sum = await cluster.settle(cluster.actor(0)(Account, id).balance())
      const [least, most] = [sure.get(id) ?? 0, (sure.get(id) ?? 0) + (maybe.get(id) ?? 0)]
      assert.ok(sum >= least && sum <= most, `seed ${seed}: ${id} is ${sum}, with ${least} to ${most} deposits`)
      acknowledged += least
      uncertain += most - least
    }
  }
  const relayed = metrics.all()['shoal_router_relayed_calls_total'] ?? 0
  t.diagnostic(`${acknowledged} acknowledged, ${uncertain} uncertain, ${relayed} passed on`)
  assert.ok(relayed > seeds && acknowledged > 50 * seeds)
})

test('a reply that has no room on its way is told as one that is lost, so that the caller asks again', async () => {
  const sent: Calls[] = []
  const server = new CallServer({
    cluster: {
      sendCalls: (_: string, message: Calls) => (message.reply?.result?.length ?? 0) < 10 && sent.push(message) > 0
    },
    self: 'b',
    clock: { elapsed: () => 0 },
    definitions: new Map(),
    metrics: noMetrics,
    maxInboundCalls: 1,
    channel: { relay: async () => ({ reply: { result: new Uint8Array(10) } }) }
  } as unknown as ConstructorParameters<typeof CallServer>[0])
  server.serve('a', { number: 7, actor: 'account/a', method: 'deposit', relayTo: 'c', deadlineMs: 1000 })
  await new Promise(setImmediate)
  assert.deepEqual(sent, [{ reply: { number: 7, unreached: { mayHaveRun: true } } }])
})
