/** When a node takes its part: what it waits for without end is its own disk alone. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { OwnWeight, type OwnWeightEvents } from '../../src/cluster/own-weight.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { silentLogger } from '../../src/ports/logger.ts'

/** Of a node whose one neighbour has weight. `atMs`: what its clock says; a timer is due a sliver early, as sums of fractions may be. */
function starting(events: Partial<OwnWeightEvents> = {}) {
  const declared: number[] = []
  const timers: { readonly dueMs: number; readonly task: () => void }[] = []
  let nowMs = 0.25
  const clock = {
    elapsed: () => nowMs,
    after(delayMs: number, task: () => void) {
      const timer = { dueMs: nowMs + delayMs, task }
      timers.push(timer)
      return { cancel: () => timers.splice(timers.indexOf(timer), 1) }
    }
  } as unknown as Clock
  const ownWeight = new OwnWeight({
    ...{ self: 'a', weight: 1, shards: 4, clock, logger: silentLogger },
    events: {
      mayOwn: () => true,
      isVerified: () => true,
      hasSession: () => true,
      present: () => ['a', 'b'],
      weights: () => new Map([['a', 0]]),
      isLinked: () => true,
      fetch: async () => {},
      declare: weight => declared.push(weight),
      ...events
    }
  })
  const pass = async () => {
    const timer = timers.shift()
    assert.ok(timer !== undefined, 'it waits for nothing that would come by itself')
    nowMs = timer.dueMs - 1e-7
    timer.task()
    await new Promise(resolve => setImmediate(resolve))
  }
  return { ownWeight, declared, pass }
}

test('a member that cannot be linked and a lease store that is away are waited for once, each until its timer ends', async () => {
  const { ownWeight, declared, pass } = starting({ isLinked: () => false, hasSession: () => false })
  ownWeight.look()
  await pass()
  assert.deepEqual(declared, [])
  await pass()
  assert.deepEqual(declared, [1])
})
