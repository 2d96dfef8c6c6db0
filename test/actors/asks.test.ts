/** Calls within a node: answered at once where nothing is to be waited for, and apart from their callers all the same. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { command, exclusive, lwwRegister, pnCounter, query, replicated, value } from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { z } from 'zod'
import type { AnyDefinition } from '../../src/actors/definitions/definition.ts'
import type { ActorOf } from '../../src/actors/definitions/reference.ts'
import { outcome } from './outcome.ts'

interface Box {
  list: number[]
}

/** What handlers have kept of what they were given and gave away. */
const kept: Box[] = []

function keep(argument: unknown): Box {
  const box = argument as Box
  box.list.push(99)
  kept.push(box)
  return box
}

const shape = { note: lwwRegister('') }
const Keeper = replicated('keeper', shape, { keep: query(z.unknown(), (_, argument) => keep(argument)) })
const Warden = exclusive('warden', shape, {
  keep: query(z.unknown(), (_, argument) => keep(argument)),
  store: command(z.unknown(), (_, argument) => keep(argument))
})

interface Step {
  down(n: number): Promise<number>
  look(n: number): Promise<number>
}

const trace: string[] = []
const kinds = new Map<string, AnyDefinition>()

/** Asks the one below for all that are below it. */
async function ask(self: { kind: string }, actor: ActorOf, method: keyof Step, n: number): Promise<number> {
  const definition = kinds.get(self.kind)
  if (definition === undefined || n === 0) return 0
  trace.push(`+${n}`)
  const asked = (actor(definition, `${n - 1}`) as unknown as Step)[method](n - 1)
  trace.push(`-${n}`)
  return 1 + (await asked)
}

const steps = { n: pnCounter() }
const Link = replicated('link', steps, {
  down: command(z.int(), ({ self, actor }, n) => ask(self, actor, 'down', n)),
  look: query(z.int(), ({ self, actor }, n) => ask(self, actor, 'look', n))
})
const Rung = exclusive('rung', steps, {
  down: command(z.int(), ({ self, actor }, n) => ask(self, actor, 'down', n)),
  look: query(z.int(), ({ self, actor }, n) => ask(self, actor, 'look', n))
})
for (const definition of [Link, Rung]) kinds.set(definition.kind, definition)

const never = new Promise<never>(() => {})
let stopNode: () => Promise<void> = () => never
const Quitter = replicated('quitter', steps, {
  quit: command(async () => {
    void stopNode()
    await never
  })
})

const mark = (where: string) => {
  trace.push(where)
  return trace.length
}
const Marker = replicated('marker', steps, {
  look: query(() => mark('replicated query')),
  store: command(({ state }) => {
    state.n.add(1)
    return mark('replicated command')
  })
})
const Merged = exclusive('merged', steps, {
  look: query(() => mark('merge query')),
  store: command(({ state }) => {
    state.n.add(1)
    return mark('merge command')
  })
})
/** Runs, and calls all of the others. */
async function callAll(actor: ActorOf): Promise<number> {
  trace.push('+')
  const [marker, merged] = [actor(Marker, 'a'), actor(Merged, 'a')]
  const called = [marker.look(), marker.store(), merged.look(), merged.store()]
  trace.push('-')
  return (await Promise.all(called)).length
}
const Leased = exclusive(
  'leased',
  value({ n: 0 }),
  {
    look: query(({ actor }) => callAll(actor)),
    store: command(({ state, actor }) => {
      state.n++
      return callAll(actor)
    })
  },
  { partition: 'lease' }
)

const actors = [Keeper, Warden, Link, Rung, Quitter]

test('a handler shares no object with its caller, neither of the argument nor of the reply', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 1, seed: 'asks: objects', shards: 4 })
  const actor = cluster.actor(0)
  const { keep: ofKeeper } = actor(Keeper, 'a')
  const { keep: ofWarden, store } = actor(Warden, 'a')
  for (const call of [ofKeeper, ofWarden, store]) {
    kept.length = 0
    const argument: Box = { list: [1] }
    const asked = call(argument)
    argument.list.push(2)
    const reply = (await cluster.settle(asked)) as Box
    assert.deepEqual(argument, { list: [1, 2] }, 'what a handler does to its argument')
    assert.deepEqual(reply, { list: [1, 99] }, 'what its caller did to the argument after the call')
    kept[0]?.list.push(3)
    assert.deepEqual(reply, { list: [1, 99] }, 'what a handler does to its reply later')
    reply.list.push(4)
    assert.deepEqual(kept, [{ list: [1, 99, 3] }])
  }
})

test('an argument that JSON cannot carry is refused, and nothing runs', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 1, seed: 'asks: no JSON', shards: 4 })
  kept.length = 0
  for (const call of [cluster.actor(0)(Keeper, 'a').keep, cluster.actor(0)(Warden, 'a').store])
    assert.equal(await cluster.settle(outcome(call({ list: [1n] }))), 'SHOAL_BAD_ARGUMENT')
  assert.deepEqual(kept, [])
})

test('who called a handler that stops the node does not wait for ever', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 1, seed: 'asks: stop', shards: 4 })
  stopNode = () => cluster.node(0).stop()
  assert.equal(await cluster.settle(outcome(cluster.actor(0)(Quitter, 'a').quit())), 'SHOAL_STOPPED')
})

test('what a handler of a lease kind calls runs when it has come to its first wait, and not in the midst of it', async () => {
  const all = [Marker, Merged, Leased]
  await using cluster = await createTestCluster({ actors: all, nodes: 1, seed: 'asks: leased', shards: 4, leases: {} })
  // The shard is open, and what the others have is on disk.
  assert.equal(await cluster.settle(cluster.actor(0)(Leased, 'a').store()), 4)
  for (const method of ['look', 'store'] as const) {
    trace.length = 0
    assert.equal(await cluster.settle(cluster.actor(0)(Leased, 'a')[method]()), 4)
    assert.deepEqual(trace.slice(0, 2), ['+', '-'])
    assert.deepEqual(trace.slice(2), ['replicated query', 'replicated command', 'merge query', 'merge command'])
  }
})

for (const definition of [Link, Rung]) {
  for (const method of ['look', 'down'] as const) {
    test(`handlers of a ${definition.mode} kind that ask one another (${method}), however many, run each apart from the others`, async () => {
      const seed = `asks: ${definition.kind} ${method}`
      const length = 1500
      await using cluster = await createTestCluster({ actors, nodes: 1, seed, shards: 4 })
      trace.length = 0
      assert.equal(await cluster.settle(cluster.actor(0)(definition, 'top')[method](length)), length)
      const expected = Array.from({ length }, (_, i) => [`+${length - i}`, `-${length - i}`]).flat()
      assert.deepEqual(trace, expected)
    })
  }
}
