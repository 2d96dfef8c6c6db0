/** Pauses that end early, and a timer that many ask for. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { EarliestTimer } from '../../src/cluster/earliest-timer.ts'
import { Pauses } from '../../src/cluster/pauses.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

function started(): { readonly time: SimulatedTime; readonly clock: Clock } {
  const time = new SimulatedTime()
  const soon = (task: () => void) => void time.schedule(0, undefined, task)
  const after = (ms: number, task: () => void) => time.schedule(ms * 1000, undefined, task)
  return { time, clock: { now: () => time.nowMs, elapsed: () => time.nowMs, soon, after } }
}

test('each pause lasts its time, or until all are ended; no timer is left of it', async () => {
  const { time, clock } = started()
  const pauses = new Pauses(clock)
  const ended: string[] = []
  const begin = (ms: number) => void pauses.pause(ms).then(() => ended.push(`${ms} at ${time.nowMs}`))
  for (const ms of [10, 500, 30]) begin(ms)
  await time.run({ untilMs: 20 })
  assert.deepEqual([ended, pauses.count], [['10 at 10'], 2])
  pauses.end()
  assert.equal(pauses.count, 0)
  begin(70)
  assert.equal(await time.run({}), 'idle')
  assert.deepEqual(ended, ['10 at 10', '500 at 20', '30 at 20', '70 at 90'])
  assert.equal(time.nowMs, 90)
})

test('one that begins while others are ended is not ended with them', async () => {
  const { time, clock } = started()
  const pauses = new Pauses(clock)
  let rounds = 0
  const work = async () => {
    for (; rounds < 3; rounds++) await pauses.pause(100)
  }
  void work()
  pauses.end()
  await time.run({ untilMs: 50 })
  assert.deepEqual([rounds, pauses.count], [1, 1])
})

test('who is stopped waits for no clock', async () => {
  const { time, clock } = started()
  const pauses = new Pauses(clock)
  const begun = pauses.pause(1000)
  pauses.stop()
  await begun
  await pauses.pause(1000)
  assert.deepEqual([time.nowMs, pauses.count], [0, 0])
})

test('the timer runs at the earliest of the moments asked for since it last ran, also when it is asked as it runs', async () => {
  const asks = fc.array(fc.record({ waitMs: fc.nat(20), ms: fc.nat(50), again: fc.option(fc.nat(50)) }))
  await fc.assert(
    fc.asyncProperty(asks, async asks => {
      const { time, clock } = started()
      const runs: number[] = []
      const expected: number[] = []
      const again: (number | null)[] = []
      let dueMs = Number.POSITIVE_INFINITY
      const timer = new EarliestTimer(clock, () => {
        runs.push(time.nowMs)
        const ms = again.shift() ?? null
        if (ms !== null) timer.in(ms)
      })
      /** What the model expects up to now. */
      const due: (number | null)[] = []
      const expect = () => {
        while (dueMs <= time.nowMs) {
          expected.push(dueMs)
          const ms = due.shift() ?? null
          dueMs = ms === null ? Number.POSITIVE_INFINITY : dueMs + ms
        }
      }
      for (const ask of asks) {
        await time.run({ untilMs: time.nowMs + ask.waitMs })
        expect()
        timer.in(ask.ms)
        again.push(ask.again)
        due.push(ask.again)
        dueMs = Math.min(dueMs, time.nowMs + ask.ms)
      }
      await time.run({ untilMs: 10_000 })
      expect()
      assert.deepEqual(runs, expected)
    })
  )
})

test('a timer that is stopped runs no more, and takes no task', async () => {
  const { time, clock } = started()
  let runs = 0
  const timer = new EarliestTimer(clock, () => runs++)
  timer.in(10)
  timer.stop()
  timer.in(5)
  assert.equal(await time.run({}), 'idle')
  assert.deepEqual([runs, time.nowMs], [0, 0])
})
