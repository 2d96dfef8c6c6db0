/** A router of a node that stops lets go of every call, though its clock may never run again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isShoalError } from 'shoal'
import { Counter } from '../../examples/shop.ts'
import { Router } from '../../src/actors/calls/router.ts'
import { noMetrics } from '../../src/ports/metrics.ts'

/** On a node that has no replica of anything, and a clock that stands still. */
function routerTo(place: string | undefined): Router {
  return new Router({
    cluster: {
      incarnation: 'x',
      store: { origin: 'a.x' },
      sendCalls: () => true,
      membership: { viewName: () => new Uint8Array(8) },
      replicas: { replica: () => place, serves: () => false }
    },
    runtime: { placeOf: () => ({ name: 'counter/c', shard: 0 }) },
    clock: { elapsed: () => 0, after: () => ({ cancel() {} }) },
    metrics: noMetrics,
    self: 'a',
    definitions: new Map([[Counter.kind, Counter]])
  } as unknown as ConstructorParameters<typeof Router>[0])
}

for (const [where, place] of [
  ['is under way to another node', 'b'],
  ['has nowhere to go', undefined]
] as const) {
  test(`a call that ${where} ends when the node stops`, { timeout: 300_000 }, async () => {
    const router = routerTo(place)
    const { acknowledge, read } = Counter.options
    const call = router.call(Counter, 'c', 'value', undefined, { acknowledge, read })
    const ended = assert.rejects(call, error => isShoalError(error) && error.code === 'SHOAL_STOPPED')
    await new Promise(setImmediate)
    router.stop()
    await ended
  })
}
