/** Watching: the present state first, then each durable change; slow readers skip states, never the newest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestCluster, type TestCluster } from 'shoal/testing'
import { Counter } from '../../examples/shop.ts'
import { Watchers } from '../../src/actors/watches/watch.ts'
import type { Actor } from '../../src/cluster/shard-store.ts'
import { CausalContext } from '../../src/crdt/index.ts'
import { ShoalError } from '../../src/ports/errors.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { actors, Tags } from '../support/shop.ts'
import { outcome } from './outcome.ts'

/** Reads all that comes. */
function collect(states: AsyncIterable<unknown>) {
  const seen: unknown[] = []
  const ended = (async () => {
    for await (const state of states) seen.push(state)
  })()
  return { seen, ended }
}

async function one(seed: number, nodes = 1): Promise<TestCluster> {
  return createTestCluster({ actors, nodes, seed, shards: 8 })
}

test('a watcher sees the present state, then every change, here and of other nodes', async () => {
  await using cluster = await one(1, 2)
  await cluster.settle(cluster.actor(0)(Counter, 'c').add(1))
  const { seen } = collect(cluster.actor(0)(Counter, 'c').watch())
  await cluster.run(20)
  await cluster.settle(cluster.actor(0)(Counter, 'c').add(1))
  await cluster.run(20)
  await cluster.settle(cluster.actor(1)(Counter, 'c').add(10))
  await cluster.run(200)
  assert.deepEqual(seen, [1, 2, 12])
})

test('what is shown is durable: a crash right after it takes nothing back', async () => {
  for (let seed = 0; seed < 20; seed++) {
    await using cluster = await one(seed)
    const { seen } = collect(cluster.actor(0)(Tags, 't').watch())
    for (let i = 0; i < 10; i++) {
      cluster
        .actor(0)(Tags, 't')
        .add(`t${i}`)
        .catch(() => {})
      await cluster.run(0.7)
    }
    cluster.kill(0, { isPowerLoss: true })
    const shown = (seen.at(-1) ?? []) as string[]
    cluster.boot(0)
    await cluster.until(() => cluster.isWhole())
    const kept = await cluster.settle(cluster.actor(0)(Tags, 't').state())
    for (const tag of shown) assert.ok(kept.includes(tag), `seed ${seed}: ${tag} was shown, and is gone`)
  }
})

test('many changes may be skipped, the last one never', async () => {
  await using cluster = await one(3)
  const watcher = cluster.actor(0)(Counter, 'c').watch()
  const adds = Array.from({ length: 100 }, () => cluster.actor(0)(Counter, 'c').add(1))
  await cluster.settle(Promise.all(adds))
  await cluster.run(10)
  assert.deepEqual(await cluster.settle(watcher.next()), { done: false, value: 100 })
  let isAnswered = false
  void watcher.next().then(() => {
    isAnswered = true
  })
  await cluster.run(1000)
  assert.equal(isAnswered, false, 'nothing changed, so nothing comes')
})

test('a change that leaves the state as it looks is no change', async () => {
  await using cluster = await one(4)
  const { seen } = collect(cluster.actor(0)(Tags, 't').watch())
  for (const tag of ['a', 'a', 'b', 'b']) await cluster.settle(cluster.actor(0)(Tags, 't').add(tag))
  await cluster.run(20)
  assert.deepEqual(seen, [[], ['a'], ['a', 'b']])
})

test('a watcher that returns, and one whose node stops, are at their end', async () => {
  await using cluster = await one(5)
  const watcher = cluster.actor(0)(Counter, 'c').watch()
  const { ended } = collect(cluster.actor(0)(Counter, 'c').watch())
  const waiting = watcher.next().then(() => watcher.next())
  await cluster.run(10)
  await watcher.return?.()
  assert.equal((await cluster.settle(waiting)).done, true)
  await cluster.settle(cluster.node(0).stop())
  await cluster.settle(ended)
})

test('watching changes nothing, and outlives passivation', async () => {
  await using cluster = await createTestCluster({ actors, nodes: 1, seed: 6, shards: 8, store: { maxCachedActors: 2 } })
  const { seen } = collect(cluster.actor(0)(Counter, 'c').watch())
  for (let i = 0; i < 10; i++) await cluster.settle(cluster.actor(0)(Counter, `other-${i}`).add(1))
  await cluster.run(200_000)
  await cluster.settle(cluster.actor(0)(Counter, 'c').add(5))
  await cluster.run(10)
  assert.deepEqual(seen, [0, 5])
})

function idleClock(time = new SimulatedTime()): SimulatedClock {
  return new SimulatedClock(new SimulatedProcess('one', time))
}

const nothing = CausalContext.empty

test('a state that cannot be read for a while is looked at again, and only a lasting failure ends the watch', async () => {
  const time = new SimulatedTime()
  const watchers = new Watchers(() => Promise.resolve(), idleClock(time))
  const busy = new ShoalError('SHOAL_OVERLOADED', 'too many documents wait', { retryable: true })
  const away = new ShoalError('SHOAL_UNAVAILABLE', 'no sandbox', { retryable: true })
  const broken = new ShoalError('SHOAL_UNREADABLE', 'no document')
  const answers = [busy, away, busy, 1, busy, 2, broken]
  let looks = 0
  const watcher = watchers.watch('thing/a', 0, async () => {
    const answer = answers[looks++]
    if (answer instanceof Error) throw answer
    return { value: answer, seen: nothing }
  })
  const states: unknown[] = []
  const ended = (async () => {
    for (let shown = await watcher.next(); shown !== undefined; shown = await watcher.next()) {
      states.push(shown.value)
      watchers.committed({ updates: [], actors: [{ name: 'thing/a' } as Actor], emptied: [] })
    }
  })().catch((error: unknown) => error)
  await time.run({ untilMs: 10_000 })
  assert.deepEqual(states, [1, 2])
  assert.equal(await ended, broken)
  const gone = watchers.watch('thing/b', 0, () => {
    looks++
    throw busy
  })
  const last = gone.next()
  assert.equal(looks, answers.length + 1)
  gone.return()
  assert.equal(await last, undefined)
  looks = 0
  await time.run({ untilMs: 20_000 })
  assert.equal(looks, 0, 'who has returned looks no more')
})

test('a watcher remembers what it has shown, asks for no less, and ends where that is not here any more', async () => {
  const watchers = new Watchers(() => Promise.resolve(), idleClock())
  const first = nothing.with('a.1', 1)
  const second = nothing.with('b.1', 1, 2)
  const asked: CausalContext[] = []
  const sights = [{ value: 1, seen: second }, 'elsewhere' as const]
  const watcher = watchers.watch(
    'thing/a',
    3,
    shown => {
      asked.push(shown)
      return sights.shift() ?? 'elsewhere'
    },
    first
  )
  const shown = await watcher.next()
  assert.ok(shown?.seen.equals(first.union(second)))
  const next = watcher.next()
  watchers.moved(shard => shard !== 3)
  assert.equal(asked.length, 1, 'another shard is none of its business')
  watchers.moved(shard => shard === 3)
  assert.equal(await next, undefined)
  assert.deepEqual(
    asked.map(context => context.equals(first)),
    [true, false]
  )
  assert.ok(asked[1]?.equals(first.union(second)))
  watchers.stop()
  assert.equal(await outcome((async () => watchers.watch('thing/b', 3, () => 'elsewhere'))()), 'SHOAL_STOPPED')
})

test('a look that has begun is no answer to who asks for one meanwhile', async () => {
  const watchers = new Watchers(() => Promise.resolve(), idleClock())
  const looks: PromiseWithResolvers<{ value: number; seen: CausalContext }>[] = []
  const watcher = watchers.watch('thing/a', 0, () => {
    const look = Promise.withResolvers<{ value: number; seen: CausalContext }>()
    looks.push(look)
    return look.promise
  })
  const first = watcher.next()
  watcher.refresh(1)
  looks[0]?.resolve({ value: 1, seen: nothing })
  assert.equal((await first)?.round, 0)
  const second = watcher.next()
  looks[1]?.resolve({ value: 1, seen: nothing })
  const shown = await second
  assert.deepEqual([shown?.round, shown?.value, looks.length], [1, 1, 2])
})

test('what a look has to wait for holds up nobody’s turn, and is waited for anew where somebody has asked meanwhile', async () => {
  const watchers = new Watchers(() => Promise.resolve(), idleClock())
  const prepared: PromiseWithResolvers<number>[] = []
  let turns = 0
  const prepare = async () => {
    const ready = Promise.withResolvers<number>()
    prepared.push(ready)
    const value = await ready.promise
    return () => ({ value, seen: nothing })
  }
  const turn = (read: () => Promise<void>) => {
    turns++
    void read()
  }
  const watcher = watchers.watch('thing/a', 0, { prepare }, nothing, turn)
  const first = watcher.next()
  watchers.changed('thing/b')
  watchers.changed('thing/a')
  watcher.refresh(1)
  assert.deepEqual([prepared.length, turns], [1, 0])
  prepared[0]?.resolve(1)
  const shown = await first
  assert.deepEqual([shown?.value, shown?.round, turns], [1, 0, 1])
  const second = watcher.next()
  await Promise.resolve()
  assert.equal(prepared.length, 2)
  prepared[1]?.resolve(1)
  assert.equal((await second)?.round, 1)
  const third = watcher.next()
  watchers.changed('thing/a')
  const broken = new ShoalError('SHOAL_BAD_STATE', 'it cannot be read')
  prepared[2]?.reject(broken)
  assert.equal(await third.catch((error: unknown) => error), broken)
  const late = watchers.watch('thing/a', 0, { prepare }, nothing, turn)
  const never = late.next()
  late.return()
  prepared[3]?.resolve(1)
  assert.equal(await never, undefined)
  await new Promise(resolve => setImmediate(resolve))
  assert.equal(turns, 3, 'who has returned takes no turn')
})
