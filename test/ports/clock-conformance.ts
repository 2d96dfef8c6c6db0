/** What every `Clock` promises, as claims. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Clock } from '../../src/ports/clock.ts'

export interface ClockWorld {
  readonly clock: Clock
  /** Waits, in the world's own time, until the condition holds; throws when `deadlineMs` have passed. */
  until(condition: () => boolean, deadlineMs: number): Promise<void>
  dispose(): void
}

const deadlineMs = 20_000

export function clockConformance(name: string, world: () => ClockWorld): void {
  function claim(text: string, check: (world: ClockWorld) => Promise<void>): void {
    test(text, { timeout: 300_000 }, async () => {
      const made = world()
      try {
        await check(made)
      } finally {
        made.dispose()
      }
    })
  }

  describe(`clock: ${name}`, () => {
    claim('the time of day is a whole number of milliseconds of this century', async ({ clock }) => {
      assert.ok(Number.isInteger(clock.now()))
      assert.ok(clock.now() > Date.UTC(2020, 0) && clock.now() < Date.UTC(2100, 0))
    })

    claim('elapsed time never runs backwards and passes while one waits', async ({ clock, until }) => {
      const startMs = clock.elapsed()
      let lastMs = startMs
      let isOver = false
      clock.after(20, () => {
        isOver = true
      })
      await until(() => {
        assert.ok(clock.elapsed() >= lastMs)
        lastMs = clock.elapsed()
        return isOver
      }, deadlineMs)
      assert.ok(clock.elapsed() >= startMs + 20)
    })

    claim('a task runs once, and not before its time, also where that is a fraction', async ({ clock, until }) => {
      const lateMs: number[] = []
      const delaysMs = [0, 0.3, 1, 1.7, 2.5, 7.9]
      for (const delayMs of delaysMs) {
        const startMs = clock.elapsed()
        clock.after(delayMs, () => lateMs.push(clock.elapsed() - startMs - delayMs))
      }
      let isLater = false
      clock.after(30, () => {
        isLater = true
      })
      await until(() => isLater, deadlineMs)
      assert.equal(lateMs.length, delaysMs.length)
      for (const late of lateMs) assert.ok(late >= 0, `${late} ms late`)
    })

    claim('timers run in order of their time, whatever the order of their making', async ({ clock, until }) => {
      const made: { delayMs: number; earliestMs: number; latestMs: number }[] = []
      const ran: typeof made = []
      for (const delayMs of [9, 3, 12, 1, 6, 30, 3.5, 0, 8, 8]) {
        const beforeMs = clock.elapsed()
        clock.after(delayMs, () => ran.push(timer))
        const timer = { delayMs, earliestMs: beforeMs + delayMs, latestMs: clock.elapsed() + delayMs }
        made.push(timer)
      }
      await until(() => ran.length === made.length, deadlineMs)
      // In real time making them takes time: only where one must have been due first does the order say anything.
      ran.forEach((timer, place) => {
        for (const later of ran.slice(place + 1)) {
          assert.ok(later.latestMs >= timer.earliestMs, `${later.delayMs} ms ran after ${timer.delayMs} ms`)
        }
      })
    })

    claim('a task runs after the promises that follow from the one before it', async ({ clock, until }) => {
      const order: string[] = []
      const chain = async (label: string) => {
        for (let step = 0; step < 5; step++) await undefined
        order.push(label)
      }
      clock.after(1, () => {
        order.push('first')
        void chain('promises of the first')
      })
      clock.after(1, () => order.push('second'))
      await until(() => order.length === 3, deadlineMs)
      assert.deepEqual(order, ['first', 'promises of the first', 'second'])
    })

    claim(
      'soon is not now: it comes after the promises of this turn and before timers that are due later',
      async ({ clock, until }) => {
        const order: string[] = []
        clock.after(1, () => {
          clock.after(50, () => order.push('timer'))
          clock.soon(() => order.push('soon'))
          clock.soon(() => order.push('soon again'))
          void Promise.resolve()
            .then(() => undefined)
            .then(() => order.push('promise'))
          order.push('this turn')
        })
        await until(() => order.length === 5, deadlineMs)
        assert.deepEqual(order, ['this turn', 'promise', 'soon', 'soon again', 'timer'])
      }
    )

    claim('soon after soon does not keep timers from running', async ({ clock, until }) => {
      let isOver = false
      let turns = 0
      const again = () => {
        // A virtual clock stands still within a moment, so that it has to move on by itself.
        if (!isOver && turns++ < 10_000) clock.soon(again)
      }
      clock.soon(again)
      clock.after(5, () => {
        isOver = true
      })
      await until(() => isOver, deadlineMs)
    })

    claim('a cancelled task does not run; cancelling twice, or after it ran, is harmless', async ({ clock, until }) => {
      const ran: string[] = []
      const cancelled = [1, 2, 3, 4, 5].map(delayMs => clock.after(delayMs, () => ran.push('cancelled')))
      const kept = clock.after(4, () => ran.push('kept'))
      for (const timer of cancelled) timer.cancel()
      for (const timer of cancelled) timer.cancel()
      let isOver = false
      clock.after(15, () => {
        isOver = true
      })
      await until(() => isOver, deadlineMs)
      kept.cancel()
      assert.deepEqual(ran, ['kept'])
    })

    claim('a task may cancel another that is due at the same moment', async ({ clock, until }) => {
      const ran: string[] = []
      clock.after(2, () => {
        ran.push('first')
        second.cancel()
      })
      const second = clock.after(2, () => ran.push('second'))
      clock.after(6, () => ran.push('third'))
      await until(() => ran.includes('third'), deadlineMs)
      assert.deepEqual(ran, ['first', 'third'])
    })

    claim('a wait of a month does not run at once, and one of for ever never', async ({ clock, until }) => {
      const ran: string[] = []
      const timers = [40 * 86_400_000, Number.POSITIVE_INFINITY].map(delayMs =>
        clock.after(delayMs, () => ran.push('early'))
      )
      clock.after(10, () => ran.push('in time'))
      await until(() => ran.length > 0, deadlineMs)
      assert.deepEqual(ran, ['in time'])
      for (const timer of timers) timer.cancel()
    })

    claim('a negative delay is none, and one that is not a number is refused', async ({ clock, until }) => {
      let hasRun = false
      clock.after(-5, () => {
        hasRun = true
      })
      await until(() => hasRun, deadlineMs)
      assert.throws(() => clock.after(Number.NaN, () => {}), TypeError)
    })
  })
}
