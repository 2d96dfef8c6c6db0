/** The system's clock and the simulated one keep the same promises. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SystemClock } from '../../src/adapters/system/clock.ts'
import { elapsedCounter } from '../../src/adapters/system/elapsed.ts'
import { SimulatedClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'
import { clockConformance } from './clock-conformance.ts'
import { untilReally } from './real-time.ts'

clockConformance('system', () => {
  const clock = new SystemClock()
  return { clock, until: untilReally, dispose: () => clock.stop() }
})

clockConformance('simulated', () => {
  const time = new SimulatedTime()
  return {
    clock: new SimulatedClock(new SimulatedProcess('one', time)),
    async until(condition, deadlineMs) {
      assert.equal(await time.run({ condition, untilMs: time.nowMs + deadlineMs }), 'condition')
    },
    dispose() {}
  }
})

test('a system clock that was stopped runs nothing any more', async () => {
  const clock = new SystemClock()
  const other = new SystemClock()
  const ran: string[] = []
  clock.after(1, () => ran.push('timer'))
  clock.soon(() => ran.push('soon'))
  clock.stop()
  clock.after(1, () => ran.push('timer after the stop'))
  clock.soon(() => ran.push('soon after the stop'))
  let isOver = false
  other.after(10, () => {
    isOver = true
  })
  await untilReally(() => isOver, 20_000)
  assert.deepEqual(ran, [])
  other.stop()
})

test('all that is to run soon runs in one turn of the event loop, with the promises of each done before the next', async () => {
  const clock = new SystemClock()
  const ran: string[] = []
  const done = Promise.withResolvers<void>()
  for (const name of ['one', 'two', 'three']) {
    clock.soon(() => {
      ran.push(name)
      void Promise.resolve().then(() => ran.push(`after ${name}`))
    })
  }
  setImmediate(() => {
    ran.push('the turn')
    done.resolve()
  })
  await done.promise
  assert.deepEqual(ran, ['one', 'after one', 'two', 'after two', 'three', 'after three', 'the turn'])
  clock.stop()
})

test('elapsed time counts the sleep of the machine, and not a jump of the wall clock', () => {
  const system = { monotonicMs: 5_000, wallMs: 1_000_000, uptimeMs: 77_000 }
  const elapsed = elapsedCounter({
    monotonicMs: () => system.monotonicMs,
    wallMs: () => system.wallMs,
    uptimeMs: () => system.uptimeMs
  })
  const pass = (awakeMs: number, asleepMs: number, jumpMs = 0) => {
    system.monotonicMs += awakeMs
    system.uptimeMs += awakeMs + asleepMs
    system.wallMs += awakeMs + asleepMs + jumpMs
  }
  pass(100, 0)
  assert.equal(elapsed(), 100)
  pass(50, 60_000)
  assert.equal(elapsed(), 60_150)
  pass(50, 0, 3_600_000)
  assert.equal(elapsed(), 60_200)
  pass(50, 0, -7_200_000)
  assert.equal(elapsed(), 60_250)
  pass(0, 30_000)
  pass(0, 30_000)
  assert.equal(elapsed(), 120_250)
})

test('where the system does not tell its uptime, elapsed time is the monotonic clock', () => {
  const system = { monotonicMs: 5_000, wallMs: 1_000_000 }
  const elapsed = elapsedCounter({
    monotonicMs: () => system.monotonicMs,
    wallMs: () => system.wallMs,
    uptimeMs: () => undefined
  })
  system.monotonicMs += 10
  system.wallMs += 5_000_000
  assert.equal(elapsed(), 10)
})
