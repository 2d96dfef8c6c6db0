/** Calls: isolation of handlers that fail, order, deadlines that mean what they say, limits, and retries that take effect once. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, lwwRegister, orMap, orSet, pnCounter, query, refuse, replicated, text } from 'shoal'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { z } from 'zod'
import { CountingMetrics } from '../../src/simulation/counting-metrics.ts'
import { outcome } from './outcome.ts'

/** Handlers that wait until the test lets them go on. */
const gates = new Map<string, PromiseWithResolvers<void>>()
function gate(name: string): PromiseWithResolvers<void> {
  const known = gates.get(name) ?? Promise.withResolvers<void>()
  gates.set(name, known)
  return known
}

const Probe = replicated(
  'probe',
  { log: orSet<string>(), sum: pnCounter(), last: lwwRegister(''), page: text() },
  {
    note: command(z.string(), ({ state }, entry) => {
      state.log.add(entry)
      state.last.set(entry)
      return [...state.log.values()]
    }),
    drop: command(z.string(), ({ state }, entry) => {
      state.log.remove(entry)
    }),
    fail: command(({ state }) => {
      state.log.add('never')
      state.sum.add(100)
      state.page.insert(0, 'never')
      throw new Error('handler down')
    }),
    failLate: command(async ({ state }) => {
      state.log.add('never')
      await Promise.resolve()
      throw new TypeError('handler down later')
    }),
    refuseIt: command(({ state }) => {
      state.sum.add(7)
      throw refuse('NOT_TODAY', 'come back tomorrow')
    }),
    wait: command(z.string(), async ({ state }, name) => {
      state.log.add(`${name} begins`)
      await gate(name).promise
      state.log.add(`${name} ends`)
      return name
    }),
    big: command(() => 10n as unknown as number),
    peek: query(({ state }) => state.sum.value),
    poke: query(({ state }) => {
      state.sum.add(1)
    }),
    fill: command(z.int(), ({ state }, bytes) => {
      state.last.set('x'.repeat(bytes))
    }),
    write: command(z.int(), ({ state }, bytes) => {
      state.page.insert(0, 'x'.repeat(bytes))
    })
  },
  { mailboxLimit: 8 }
)

const Vault = exclusive(
  'vault',
  { balance: pnCounter(), notes: orMap(lwwRegister('')) },
  {
    add: command(z.int(), ({ state }, amount) => {
      state.balance.add(amount)
      return state.balance.value
    }),
    long: command(z.string(), async ({ state }, name) => {
      await gate(name).promise
      state.balance.add(1)
      return state.balance.value
    }),
    shout: command(() => {
      throw new Error('x'.repeat(5_000_000))
    }),
    note: command(z.object({ key: z.string(), value: z.string() }), ({ state }, { key, value }) => {
      state.notes.at(key).set(value)
    }),
    balance: query(({ state }) => state.balance.value)
  }
)

const actors = [Probe, Vault]
let run = 0

async function one(nodes = 1): Promise<TestCluster> {
  gates.clear()
  return createTestCluster({ actors, nodes, seed: `calls ${run++}`, shards: 8 })
}

function farFrom(cluster: TestCluster, id: string): { asker: number; owner: number } {
  const name = cluster.node(0).owner(Vault, id)
  const owner = cluster.world.machines().findIndex(machine => machine.id === name)
  return { owner, asker: owner === 0 ? 1 : 0 }
}

test('a call on the node that owns its actor sends nothing for itself, and one elsewhere sends one call', async () => {
  const metrics = new CountingMetrics()
  await using cluster = await createTestCluster({
    actors,
    nodes: 3,
    seed: `calls ${run++}`,
    shards: 8,
    metrics: () => metrics
  })
  const sent = () => metrics.all()['shoal_router_remote_calls_total'] ?? 0
  let before = sent()
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    const { owner, asker } = farFrom(cluster, id)
    await cluster.settle(cluster.actor(owner)(Vault, id).add(1))
    await cluster.settle(cluster.actor(owner)(Vault, id).add(1))
    assert.equal(sent(), before)
    await cluster.settle(cluster.actor(asker)(Vault, id).add(1))
    assert.equal(sent(), ++before)
  }
})

test('a handler that throws fails its call, leaves the state as it was, and harms nobody else', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  const other = cluster.actor(0)(Probe, 'q')
  const calls = [probe.note('a'), probe.fail(), probe.note('b'), probe.failLate(), other.note('c'), probe.note('d')]
  assert.deepEqual(await cluster.settle(Promise.all(calls.map(call => outcome(call)))), [
    ['a'],
    'SHOAL_HANDLER_FAILED',
    ['a', 'b'],
    'SHOAL_HANDLER_FAILED',
    ['c'],
    ['a', 'b', 'd']
  ])
  assert.deepEqual(await cluster.settle(probe.state()), { log: ['a', 'b', 'd'], sum: 0, last: 'd', page: '' })
})

test('a refusal reaches the caller with its code, here and from another node', async () => {
  await using cluster = await one()
  assert.equal(await cluster.settle(outcome(cluster.actor(0)(Probe, 'p').refuseIt())), 'NOT_TODAY')
  assert.equal(await cluster.settle(cluster.actor(0)(Probe, 'p').peek()), 0)
})

test('a query changes nothing, and a reply that JSON cannot carry undoes its command', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  assert.equal(await cluster.settle(outcome(probe.poke())), 'SHOAL_READ_ONLY')
  assert.equal(await cluster.settle(outcome(probe.big())), 'SHOAL_HANDLER_FAILED')
  assert.equal(await cluster.settle(probe.peek()), 0)
})

test('messages of one actor run one at a time, in order, also where one waits; other actors go on', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  const waiting = probe.wait('w')
  const after = probe.note('after')
  const other = cluster.actor(0)(Probe, 'q').note('meanwhile')
  assert.deepEqual(await cluster.settle(other), ['meanwhile'])
  assert.deepEqual((await cluster.settle(probe.state())).log, [], 'what a handler has not finished is not there')
  gate('w').resolve()
  assert.equal(await cluster.settle(waiting), 'w')
  assert.deepEqual(await cluster.settle(after), ['after', 'w begins', 'w ends'])
})

test('a handler that outlives its deadline is abandoned: no effect, and the next message runs', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  const late = outcome(probe.wait('w', { deadlineMs: 100 }))
  const next = probe.note('next')
  assert.equal(await cluster.settle(late), 'SHOAL_DEADLINE')
  assert.deepEqual(await cluster.settle(next), ['next'])
  gate('w').resolve()
  await cluster.run(100)
  assert.deepEqual((await cluster.settle(probe.state())).log, ['next'])
})

test('a call that waits past its deadline never runs', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  const waiting = probe.wait('w')
  const late = outcome(probe.note('late', { deadlineMs: 50 }))
  assert.equal(await cluster.settle(late), 'SHOAL_DEADLINE')
  gate('w').resolve()
  await cluster.settle(waiting)
  await cluster.run(100)
  assert.deepEqual((await cluster.settle(probe.state())).log, ['w begins', 'w ends'])
})

test('a write that is not on disk at its deadline is reported as unknown, and a query as late', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  cluster.machine(0).disk.conditions.writeMs = { min: 400, max: 400 }
  const write = outcome(probe.note('slow', { deadlineMs: 100 }))
  assert.equal(await cluster.settle(write), 'SHOAL_INDETERMINATE')
  assert.equal(await cluster.settle(outcome(probe.peek(undefined, { deadlineMs: 50 }))), 'SHOAL_DEADLINE')
  await cluster.run(1000)
  assert.deepEqual((await cluster.settle(probe.state())).log, ['slow'])
})

test('a mailbox at its limit refuses at once, and the refused call has no effect', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  const waiting = probe.wait('w')
  const calls = Array.from({ length: 12 }, (_, i) => outcome(probe.note(`n${i}`)))
  const refused = await cluster.settle(Promise.all(calls.slice(8)))
  assert.deepEqual(new Set(refused), new Set(['SHOAL_OVERLOADED']))
  gate('w').resolve()
  await cluster.settle(waiting)
  await cluster.settle(Promise.all(calls))
  assert.equal((await cluster.settle(probe.state())).log.filter(entry => entry.startsWith('n')).length, 8)
})

test('a state at its limit refuses what would make it larger', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  await cluster.settle(probe.fill(900_000))
  assert.equal(await cluster.settle(outcome(probe.write(200_000))), 'SHOAL_LIMIT')
  await cluster.settle(probe.fill(10))
  await cluster.settle(probe.write(200_000))
  assert.equal((await cluster.settle(probe.state())).last.length, 10)
})

test('nothing is shown before it is durable: not by a query, not by a state', async () => {
  await using cluster = await one()
  const probe = cluster.actor(0)(Probe, 'p')
  cluster.machine(0).disk.conditions.writeMs = { min: 300, max: 300 }
  void probe.note('x')
  await cluster.run(1)
  let isShown = false
  const shown = probe.state().then(() => {
    isShown = true
  })
  await cluster.run(200)
  assert.equal(isShown, false)
  await cluster.settle(shown)
})

test('ids are names, whatever they look like', async () => {
  await using cluster = await one(2)
  const ids = ['__proto__', 'constructor', '../x', 'a/b/c', '🐟', ' ', '\u0000', 'é'.repeat(512), 'x'.repeat(1024)]
  for (const [i, id] of ids.entries()) {
    await cluster.settle(cluster.actor(0)(Probe, id).note(`${i}`))
    await cluster.settle(
      cluster
        .actor(i % 2)(Vault, id)
        .add(i)
    )
  }
  await cluster.until(() => cluster.node(0).digest() === cluster.node(1).digest())
  for (const [i, id] of ids.entries()) {
    assert.deepEqual((await cluster.settle(cluster.actor(1)(Probe, id).state())).log, [`${i}`], id)
    assert.equal(await cluster.settle(cluster.actor(1)(Vault, id).balance()), i, id)
  }
  for (const id of ['', 'x'.repeat(1025), 'é'.repeat(513), '\ud800']) {
    assert.equal(await outcome(cluster.node(0).call('probe', id, 'note', 'x')), 'SHOAL_BAD_ARGUMENT')
    assert.throws(() => cluster.actor(0)(Probe, id))
  }
})

test('unknown kinds, unknown methods and wrong arguments are told apart, and change nothing', async () => {
  await using cluster = await one(2)
  const node = cluster.node(0)
  for (const kind of ['nothing', '__proto__', 'constructor', ''])
    assert.equal(await outcome(node.call(kind, 'x', 'note', 'x')), 'SHOAL_UNKNOWN_KIND', kind)
  for (const method of ['nothing', '__proto__', 'constructor', 'toString', ''])
    assert.equal(await outcome(node.call('probe', 'x', method, 'x')), 'SHOAL_UNKNOWN_COMMAND', method)
  const { asker } = farFrom(cluster, 'v')
  const far = cluster.node(asker)
  for (const argument of ['1', 1.5, undefined, null, {}, [1], { __proto__: 1 }])
    assert.equal(await cluster.settle(outcome(far.call('vault', 'v', 'add', argument))), 'SHOAL_BAD_ARGUMENT')
  assert.equal(await cluster.settle(outcome(far.call('vault', 'v', 'balance', 1))), 'SHOAL_BAD_ARGUMENT')
  assert.equal(await outcome(node.call('probe', 'x', 'note', 'x', { deadlineMs: -1 })), 'SHOAL_BAD_ARGUMENT')
  assert.equal(await cluster.settle(cluster.actor(0)(Vault, 'v').balance()), 0)
})

test('what cannot travel is refused, and the calls after it are answered', async () => {
  await using cluster = await one(2)
  const { asker } = farFrom(cluster, 'v')
  const far = cluster.actor(asker)(Vault, 'v')
  assert.equal(await cluster.settle(outcome(far.note({ key: 'k', value: 'x'.repeat(5_000_000) }))), 'SHOAL_LIMIT')
  assert.equal(await cluster.settle(outcome(far.shout())), 'SHOAL_HANDLER_FAILED')
  const circle: Record<string, unknown> = {}
  circle['self'] = circle
  const call = cluster.node(asker).call('vault', 'v', 'note', circle)
  assert.equal(await cluster.settle(outcome(call)), 'SHOAL_BAD_ARGUMENT')
  assert.equal(await cluster.settle(far.add(1)), 1)
})

test('an exclusive handler that waits does not let a second one see half of its work', async () => {
  await using cluster = await one(2)
  const { asker, owner } = farFrom(cluster, 'v')
  const first = cluster.actor(asker)(Vault, 'v').long('w')
  await cluster.run(50)
  const second = cluster.actor(owner)(Vault, 'v').add(10)
  await cluster.run(50)
  gate('w').resolve()
  assert.equal(await cluster.settle(first), 1)
  assert.equal(await cluster.settle(second), 11)
})

test('an exclusive handler abandoned at its deadline has had no effect, and says so from afar', async () => {
  await using cluster = await one(2)
  const { asker } = farFrom(cluster, 'v')
  const late = outcome(cluster.actor(asker)(Vault, 'v').long('w', { deadlineMs: 200 }))
  // The two deadlines meet; the caller's own may be first, and then it cannot know.
  assert.match(String(await cluster.settle(late)), /SHOAL_(DEADLINE|INDETERMINATE)/)
  gate('w').resolve()
  await cluster.run(200)
  assert.equal(await cluster.settle(cluster.actor(asker)(Vault, 'v').balance()), 0)
})

test('at majority, a command that finds nothing to do is answered when what it found is on a majority', async () => {
  await using cluster = await one(3)
  const probe = cluster.actor(0)(Probe, 'p')
  cluster.partition([0], [1, 2])
  await cluster.settle(probe.drop('x'))
  await cluster.settle(probe.note('x'))
  await cluster.settle(probe.drop('x'))
  const again = outcome(probe.drop('x', { acknowledge: 'majority', deadlineMs: 60_000 }))
  let isAnswered = false
  void again.then(() => {
    isAnswered = true
  })
  await cluster.run(3000)
  assert.equal(isAnswered, false, 'the removal is on one disk only')
  cluster.heal()
  await cluster.settle(again)
})
