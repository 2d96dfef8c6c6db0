/** How long a call waits for its shard: while that can only be a moment, for as long as the call has; and not at all where nobody serves it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Holding, NotServed } from '../../src/actors/leased/lease-holding.ts'
import { type HoldingsParts, LeaseHoldings } from '../../src/actors/leased/lease-holdings.ts'
import { HeldElsewhere } from '../../src/cluster/lease/epoch-opening.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import { noMetrics } from '../../src/ports/metrics.ts'
import { pair } from '../cluster/support/catch-up-pair.ts'
import { settle } from '../cluster/support/replica.ts'

const leaseMs = 5000

/** A node that is to own shard 1, which another holds, that is there or not, until it lets go after so long. */
async function newOwner(status: 'alive' | 'dead', letsGoAfterMs: number) {
  const { world, a } = await pair('waits')
  const { clock } = a.replica.ports
  const letsGoAtMs = clock.elapsed() + letsGoAfterMs
  const pause = (ms: number) => new Promise<void>(resolve => clock.after(ms, resolve))
  const members = status === 'alive' ? ['a', 'b'] : ['a']
  const holdings = new LeaseHoldings({
    cluster: {
      ownership: { isSettled: true, owner: () => 'a' },
      membership: { alive: () => members, admitted: () => ['a', 'b'], member: () => ({ status }) },
      replicas: { placement: { home: () => ['a', 'b'] } },
      store: { shardCount: 4 },
      links: () => ['b']
    },
    leases: {
      async open(shard: number, set: readonly string[]) {
        await pause(2)
        if (clock.elapsed() < letsGoAtMs) throw Reflect.construct(HeldElsewhere, ['b', 1])
        return { shard, epoch: 2, set, fenced: new Promise(() => {}), isValid: () => true }
      },
      onReleased() {},
      whenOver: (_: string, atMostMs: number) => pause(atMostMs).then(() => false)
    },
    ...{ clock, logger: silentLogger, metrics: noMetrics, self: 'a', replicas: 2, leaseMs, maxActors: 10 },
    opened() {}
  } as unknown as HoldingsParts)
  return async (deadlineMs: number) => {
    const atMs = clock.elapsed()
    const found = await settle(world, holdings.holding(1, atMs + deadlineMs))
    return { found, tookMs: clock.elapsed() - atMs }
  }
}

test('a call waits longer than a lease for a shard that its owner is about to let go of, and never longer than it has time', async () => {
  const held = await newOwner('alive', 7000)
  const early = await held(1000)
  assert.ok(early.found instanceof NotServed && early.tookMs < 1100, `${early.tookMs} ms`)
  const { found, tookMs } = await held(10_000)
  assert.ok(found instanceof Holding, String(found))
  assert.ok(tookMs > 5500 && tookMs < 6500, `${tookMs} ms`)
})

test('where its owner is gone and its lease is not over, a call is refused at once', async () => {
  const held = await newOwner('dead', 7000)
  const { found, tookMs } = await held(10_000)
  assert.ok(found instanceof NotServed)
  assert.ok(tookMs < 200, `${tookMs} ms`)
})
