/** A reply that had no room on its way costs its caller no more than that it asks again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Counter } from '../../examples/shop.ts'
import { CallServer } from '../../src/actors/calls/call-server.ts'
import { Router } from '../../src/actors/calls/router.ts'
import type { Calls } from '../../src/cluster/wire.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { outcome } from './outcome.ts'

/** Of a node that stores nothing, and reaches `b` and `c`, which do. */
function callerOf() {
  const timers = new Set<() => void>()
  const asked: { peer: string; number: number }[] = []
  const clock = {
    nowMs: 0,
    elapsed: () => clock.nowMs,
    after: (_: number, task: () => void) => {
      timers.add(task)
      return { cancel: () => timers.delete(task) }
    }
  }
  const router = new Router({
    cluster: {
      incarnation: 'x',
      store: { origin: 'a.x' },
      sendCalls: (peer: string, { call }: Calls) => asked.push({ peer, number: Number(call?.number) }) > 0,
      membership: { viewName: () => new Uint8Array(8) },
      replicas: {
        serves: () => false,
        replica: (_: number, avoid: ReadonlySet<string>) => ['b', 'c'].find(peer => !avoid.has(peer))
      }
    },
    runtime: { placeOf: () => ({ name: 'counter/c', shard: 0 }) },
    clock,
    metrics: noMetrics,
    self: 'a',
    definitions: new Map([[Counter.kind, Counter]])
  } as unknown as ConstructorParameters<typeof Router>[0])
  /** The one that was asked last answers. */
  const answer = async (reply: NonNullable<Calls['reply']>) => {
    const { peer, number } = asked.at(-1) ?? { peer: '', number: 0 }
    router.receive(peer, { reply: { ...reply, number } })
    await new Promise(setImmediate)
  }
  /** Every timer rings. */
  const ring = async () => {
    for (const task of [...timers]) if (timers.delete(task)) task()
    await new Promise(setImmediate)
  }
  return { router, asked, clock, answer, ring }
}

test('a query whose reply had no room is asked of another replica, in what is left of its time', async () => {
  const { router, asked, clock, answer, ring } = callerOf()
  const value = outcome(router.call(Counter, 'c', 'value', undefined))
  await answer({ unreached: { mayHaveRun: true } })
  await ring()
  assert.deepEqual(
    asked.map(({ peer }) => peer),
    ['b', 'c']
  )
  await answer({ result: Buffer.from('5') })
  assert.equal(await value, 5)
  const late = outcome(router.call(Counter, 'c', 'value', undefined))
  clock.nowMs = 10_000
  await ring()
  assert.equal(await late, 'SHOAL_DEADLINE')
})

test('a command whose reply had no room is not repeated where nothing names it', async () => {
  const { router, asked, answer } = callerOf()
  const added = outcome(router.call(Counter, 'c', 'add', 1))
  await answer({ unreached: { mayHaveRun: true } })
  assert.equal(await added, 'SHOAL_INDETERMINATE')
  assert.equal(asked.length, 1)
})

test('where a reply has no room, nobody is told that what surely has not run may have', async () => {
  const sent: Calls[] = []
  const members = [{ id: 'b', addresses: [], incarnation: new Uint8Array(16), status: 'alive' }]
  const server = new CallServer({
    cluster: {
      sendCalls: (_: string, message: Calls) => message.reply?.unreached != null && sent.push(message) > 0,
      replicas: { serves: () => false },
      membership: { viewHash: () => 'v', viewName: () => new Uint8Array(8), records: () => members, merge() {} }
    },
    runtime: { placeOf: () => ({ name: 'counter/c', shard: 0 }) },
    self: 'b',
    clock: { elapsed: () => 0 },
    definitions: new Map([[Counter.kind, Counter]]),
    metrics: noMetrics,
    maxInboundCalls: 1
  } as unknown as ConstructorParameters<typeof CallServer>[0])
  for (const [number, actor] of [
    [7, 'counter/c'],
    [8, 'stranger/c']
  ] as const) {
    server.serve('a', { number, actor, method: 'add', deadlineMs: 1000 })
    await new Promise(setImmediate)
  }
  assert.deepEqual(
    sent.map(({ reply }) => reply),
    [7, 8].map(number => ({ number, unreached: { mayHaveRun: false } }))
  )
})
