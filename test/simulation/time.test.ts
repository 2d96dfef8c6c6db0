/** Simulated time: order, promises, pauses, kills and the guards against runaways. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SimulatedClock, WallClock } from '../../src/simulation/clock.ts'
import { SimulatedProcess } from '../../src/simulation/process.ts'
import { SimulatedTime } from '../../src/simulation/time.ts'

function processOf(time: SimulatedTime): { process: SimulatedProcess; clock: SimulatedClock; wall: WallClock } {
  const process = new SimulatedProcess('one', time)
  const wall = new WallClock()
  return { process, wall, clock: new SimulatedClock(process, wall) }
}

test('events run in order of their time, then of their making', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 200 }), async delaysMs => {
      const time = new SimulatedTime()
      const { clock } = processOf(time)
      const ran: [number, number][] = []
      delaysMs.forEach((delayMs, index) => {
        clock.after(delayMs, () => {
          assert.equal(time.nowMs, delayMs)
          ran.push([delayMs, index])
        })
      })
      await time.run({ untilMs: 100 })
      const expected = delaysMs.map((delayMs, index): [number, number] => [delayMs, index])
      assert.deepEqual(
        ran,
        expected.sort((a, b) => a[0] - b[0] || a[1] - b[1])
      )
    })
  )
})

test('cancelled events never run, however many there are, and the others keep their order', async () => {
  const time = new SimulatedTime()
  const { clock } = processOf(time)
  const ran: number[] = []
  const delayMs = (index: number) => (index * 7919) % 1000
  const timers = Array.from({ length: 20_000 }, (_, index) => clock.after(delayMs(index), () => ran.push(index)))
  for (const [index, timer] of timers.entries()) if (index % 10 > 0) timer.cancel()
  for (const timer of timers.slice(1, 10)) timer.cancel()
  await time.run({ untilMs: 1000 })
  const kept = timers.flatMap((_, index) => (index % 10 > 0 ? [] : [index]))
  assert.deepEqual(
    ran,
    kept.sort((a, b) => delayMs(a) - delayMs(b) || a - b)
  )
})

test('every promise that follows from an event is done before the next event', async () => {
  const time = new SimulatedTime()
  const { clock } = processOf(time)
  const order: string[] = []
  const deep = async (depth: number): Promise<void> => {
    if (depth > 0) await deep(depth - 1)
    for (let step = 0; step < 50; step++) await Promise.resolve()
  }
  // More events than fit between two turns of the real event loop.
  for (let index = 0; index < 1_200; index++) {
    clock.after(1, () => {
      order.push(`event ${index}`)
      void deep(3).then(() => order.push(`promises ${index}`))
    })
  }
  await time.run({ untilMs: 2 })
  assert.deepEqual(order, Array.from({ length: 1_200 }, (_, index) => [`event ${index}`, `promises ${index}`]).flat())
})

test('a run stops at its condition, at its time, or when nothing is left', async () => {
  const time = new SimulatedTime()
  const { clock } = processOf(time)
  let ticks = 0
  const tick = () => {
    ticks++
    if (ticks < 100) clock.after(10, tick)
  }
  clock.after(10, tick)
  assert.equal(await time.run({ condition: () => ticks === 3, untilMs: 1_000 }), 'condition')
  assert.equal(time.nowMs, 30)
  assert.equal(await time.run({ untilMs: 55 }), 'time')
  assert.deepEqual([time.nowMs, ticks], [55, 5])
  assert.equal(await time.run({}), 'idle')
  assert.deepEqual([time.nowMs, ticks], [1_000, 100])
})

test('what comes due for a paused process waits, and happens in its order when it goes on', async () => {
  const time = new SimulatedTime()
  const { process, clock } = processOf(time)
  const ran: string[] = []
  for (const delayMs of [30, 10, 20, 60]) clock.after(delayMs, () => ran.push(`${delayMs} at ${time.nowMs}`))
  await time.run({ untilMs: 15 })
  process.pause()
  await time.run({ untilMs: 50 })
  assert.deepEqual(ran, ['10 at 10'])
  process.resume()
  clock.soon(() => ran.push('soon'))
  await time.run({ untilMs: 100 })
  assert.deepEqual(ran, ['10 at 10', '20 at 50', '30 at 50', 'soon', '60 at 60'])
  assert.equal(clock.elapsed(), 100)
})

test('nothing of a killed process happens any more, not even what waited in a pause', async () => {
  const time = new SimulatedTime()
  const { process, clock } = processOf(time)
  let count = 0
  for (const delayMs of [10, 20]) clock.after(delayMs, () => count++)
  process.pause()
  await time.run({ untilMs: 15 })
  process.kill()
  process.resume()
  clock.after(1, () => count++)
  await time.run({ untilMs: 100 })
  assert.equal(count, 0)
})

test('a wall clock may be wrong and may jump; elapsed time and timers do not care', async () => {
  const time = new SimulatedTime()
  const { clock, wall } = processOf(time)
  const startMs = clock.now()
  let ranAtMs = 0
  clock.after(100, () => {
    ranAtMs = clock.elapsed()
  })
  wall.jump(-3_600_000)
  assert.equal(clock.now(), startMs - 3_600_000)
  await time.run({ untilMs: 200 })
  assert.equal(ranAtMs, 100)
  assert.equal(clock.now(), startMs - 3_600_000 + 200)
})

test('a process that starts later counts from its own start', async () => {
  const time = new SimulatedTime()
  await time.run({ untilMs: 500 })
  assert.equal(processOf(time).clock.elapsed(), 0)
})

test('code that never lets time move on is stopped, as is one that never ends', async () => {
  const still = new SimulatedTime({ maxEventsPerInstant: 1_000 })
  const atOnce = () => still.schedule(0, undefined, atOnce)
  atOnce()
  await assert.rejects(still.run({ untilMs: 1 }), /time does not move on/)
  const endless = new SimulatedTime({ maxEvents: 1_000 })
  const later = () => endless.schedule(10, undefined, later)
  later()
  await assert.rejects(endless.run({}), /runaway/)
})

test('an event that throws ends the run with its error', async () => {
  const time = new SimulatedTime()
  time.schedule(10, undefined, () => {
    throw new Error('as it should')
  })
  await assert.rejects(time.run({}), /as it should/)
})

test('a clock that drifts shows less or more than the truth, and keeps its timers by its own hand', async () => {
  for (const rate of [-1e-3, 1e-3]) {
    const time = new SimulatedTime()
    const { clock, wall } = processOf(time)
    await time.run({ untilMs: 10_000 })
    wall.drift(rate, time.nowUs)
    const startMs = clock.elapsed()
    let firedMs = 0
    clock.after(100_000, () => {
      firedMs = time.nowMs
      assert.ok(clock.elapsed() - startMs >= 100_000 - 1e-6)
      assert.ok(clock.elapsed() - startMs < 100_001)
    })
    await time.run({ untilMs: 200_000 })
    assert.ok(Math.abs(firedMs - (10_000 + 100_000 / (1 + rate))) < 1, `${firedMs}`)
    wall.drift(0, time.nowUs)
    assert.ok(Math.abs(clock.elapsed() - (200_000 + 190_000 * rate)) < 1e-3)
    assert.ok(Math.abs(clock.now() - trueNow(time) - 190_000 * rate) <= 1)
  }
})

test('a timer that was set before its clock came to run slowly still waits its time', async () => {
  const time = new SimulatedTime()
  const { clock, wall } = processOf(time)
  let elapsedMs = 0
  clock.after(100_000, () => {
    elapsedMs = clock.elapsed()
  })
  wall.drift(-1e-3, time.nowUs)
  await time.run({ untilMs: 200_000 })
  assert.ok(elapsedMs >= 100_000 - 1e-6)
})

/** What a true clock would say. */
function trueNow(time: SimulatedTime): number {
  return new SimulatedClock(new SimulatedProcess('true', time)).now()
}
