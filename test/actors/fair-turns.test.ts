/** Calls that are answered at once leave the event loop to others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type AnyDefinition,
  command,
  exclusive,
  type HandlerContext,
  pnCounter,
  query,
  refuse,
  replicated
} from 'shoal'
import { createTestCluster } from 'shoal/testing'
import { FairTurns } from '../../src/actors/calls/fair-turns.ts'
import { Router } from '../../src/actors/calls/router.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { outcome } from './outcome.ts'

const shape = { sum: pnCounter() }
const methods = {
  ask: query(() => 1),
  find: command(() => 1),
  refuseIt: command(() => {
    throw refuse('NO', 'no')
  })
}
const kinds = [replicated('talker', shape, methods), exclusive('clerk', shape, methods)]

for (const kind of kinds) {
  for (const method of ['ask', 'find', 'refuseIt', 'state'] as const) {
    test(`a program that calls ${method} of a ${kind.mode} actor again and again holds up no timer`, async () => {
      await using cluster = await createTestCluster({ actors: kinds, nodes: 1, seed: 'fair turns', shards: 4 })
      const actor = cluster.actor(0)(kind, 'a')
      await cluster.settle(outcome(actor[method]()))
      let isRung = false
      cluster.world.time.schedule(0, undefined, () => {
        isRung = true
      })
      const most = 20_000
      let calls = 0
      const one = async () => {
        while (!isRung && calls < most) {
          calls++
          await outcome(actor[method]())
        }
      }
      await cluster.settle(Promise.all([one(), one(), one()]))
      assert(calls < most, `${calls} calls and no turn of the event loop`)
    })
  }
}

/** A clock whose turns come when they are told to. */
function handClock() {
  const soon: (() => void)[] = []
  const clock = { nowMs: 0, now: () => 0, elapsed: () => clock.nowMs, after: () => ({ cancel() {} }), soon: asked }
  function asked(task: () => void): void {
    soon.push(task)
  }
  return { clock, soon }
}

test('slow calls give way after some milliseconds, and all wait for the one turn that was asked for', async () => {
  const { clock, soon } = handClock()
  const turns = new FairTurns(clock)
  let calls = 0
  while (turns.turn() === undefined) {
    calls++
    clock.nowMs += 5
  }
  assert(calls < 20, `${calls}`)
  const waiting = [turns.turn(), turns.turn()]
  assert.equal(soon.length, 1)
  for (const turn of soon) turn()
  await Promise.all(waiting)
  assert.equal(turns.turn(), undefined)
})

test('nobody waits for a turn of a clock that has stopped', async () => {
  const turns = new FairTurns(handClock().clock)
  let waiting: Promise<void> | undefined
  while (waiting === undefined) waiting = turns.turn()
  turns.stop()
  await waiting
  for (let i = 0; i < 1000; i++) assert.equal(turns.turn(), undefined)
})

/** What is begun of so many calls that are made at once, turn by turn. */
async function begunByTurn(calls: number, turnMs: number): Promise<number[][]> {
  const { clock, soon } = handClock()
  const turns = new FairTurns(clock)
  let begun: number[] = []
  const call = async (number: number) => {
    const turn = turns.turn()
    if (turn !== undefined) await turn
    begun.push(number)
  }
  const all = Promise.all(Array.from({ length: calls }, (_, number) => call(number)))
  const found: number[][] = []
  for (;;) {
    await new Promise(setImmediate)
    found.push(begun)
    begun = []
    const [task] = soon.splice(0)
    if (task === undefined) break
    clock.nowMs += turnMs
    task()
  }
  await all
  return found
}

test('thousands of calls that are made at once are begun in their order, some in each turn of the event loop', async () => {
  const begun = await begunByTurn(5000, 1)
  assert.deepEqual(
    begun.flat(),
    Array.from({ length: 5000 }, (_, number) => number)
  )
  const most = Math.max(...begun.map(({ length }) => length))
  assert(most <= 256 && begun.length <= 22, `${begun.length} turns of ${most} calls at most`)
})

test('turns that take long have fewer calls, and never none', async () => {
  const begun = await begunByTurn(1000, 500)
  assert.equal(begun.flat().length, 1000)
  assert.deepEqual(
    begun.slice(0, 8).map(({ length }) => length),
    [255, 256, 128, 64, 32, 16, 16, 16]
  )
})

test('who calls while others wait is begun after them', async () => {
  const { clock, soon } = handClock()
  const turns = new FairTurns(clock)
  const begun: string[] = []
  const call = async (name: string) => {
    const turn = turns.turn()
    if (turn !== undefined) await turn
    begun.push(name)
    if (name === 'first') void call('after it')
  }
  while (turns.turn() === undefined);
  void call('first')
  for (let i = 0; i < 600; i++) void call('later')
  while (soon.length > 0) {
    for (const task of soon.splice(0)) task()
    await new Promise(setImmediate)
  }
  assert.equal(begun[0], 'first')
  assert.equal(begun.at(-1), 'after it')
  assert.equal(begun.length, 602)
})

test('an actor is used when its call is begun, however long that stood in line', async () => {
  const { clock, soon } = handClock()
  const usedMs: number[] = []
  const router = new Router({
    cluster: { incarnation: 'x', replicas: { serves: () => true } },
    runtime: {
      placeOf: () => ({ name: 'talker/a', shard: 0 }),
      ask: (_: unknown, nowMs: number) => {
        usedMs.push(nowMs)
        return { moved: false, result: 1 }
      }
    },
    ...{ clock, metrics: noMetrics, self: 'a', definitions: new Map() }
  } as unknown as ConstructorParameters<typeof Router>[0])
  const calls: Promise<unknown>[] = []
  while (soon.length === 0) calls.push(router.call(kinds[0] as AnyDefinition, 'a', 'ask', undefined))
  clock.nowMs = 5000
  soon.shift()?.()
  await Promise.all(calls)
  assert.equal(usedMs[0], 0)
  assert.equal(usedMs.at(-1), 5000)
})

const counted = { n: pnCounter() }
let ran = 0
const counting = {
  add: command(({ state }: HandlerContext<typeof counted>) => {
    ran++
    state.n.add(1)
    return state.n.value
  })
}
const counters = [
  replicated('counter', counted, counting),
  exclusive('merged', counted, counting),
  exclusive('leased', counted, counting, { partition: 'lease' })
]

for (const kind of counters) {
  test(`a program that makes thousands of calls of ${kind.kind} actors at once has none run more than some in a turn`, async () => {
    await using cluster = await createTestCluster({
      ...{ actors: counters, nodes: 1, seed: 'a burst', shards: 4, leases: { leaseMs: 2000 } }
    })
    const actors = ['a', 'b', 'c'].map(id => cluster.actor(0)(kind, id))
    for (const actor of actors) await cluster.settle(actor.add())
    ran = 0
    const byTurn: number[] = []
    // All are begun before time goes on.
    const look = () => {
      byTurn.push(ran)
      ran = 0
      if (byTurn.length < 100) cluster.world.time.schedule(0, undefined, look)
    }
    look()
    const calls = Array.from({ length: 1500 }, (_, i) => actors[i % actors.length]?.add())
    const answers = await cluster.settle(Promise.all(calls))
    assert.equal(
      byTurn.reduce((sum, some) => sum + some),
      1500
    )
    assert(Math.max(...byTurn) <= 512, `${Math.max(...byTurn)} of 1500 in one turn`)
    // Each actor's in the order in which they were made.
    assert.deepEqual(
      answers,
      Array.from({ length: 1500 }, (_, i) => 2 + Math.floor(i / actors.length))
    )
  })
}
