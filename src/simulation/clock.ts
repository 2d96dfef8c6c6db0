/** The `Clock` of a simulated process. Its clock belongs to the machine: it may be wrong, jump, and run too fast or too slowly. */
import type { Clock, Timer } from '../ports/clock.ts'
import type { SimulatedProcess } from './process.ts'
import type { SimulatedEvent } from './time.ts'

/** 1 January 2026, so that stamps look like stamps. */
const epochMs = 1_767_225_600_000
/** Less than what rounding to whole microseconds may leave. */
const sliverMs = 1e-6

/** What a machine takes for the time of day, and how fast its quartz runs. */
export class WallClock {
  /** How far it is ahead of the truth, in milliseconds. */
  skewMs: number
  #rate = 0
  #sinceUs = 0
  #gainedMs = 0

  constructor(skewMs = 0) {
    this.skewMs = skewMs
  }

  jump(byMs: number): void {
    this.skewMs += byMs
  }

  /** From this moment on it gains so many seconds per second; real ones gain or lose up to 1e-4. */
  drift(rate: number, nowUs: number): void {
    this.#gainedMs = this.gainedMs(nowUs)
    this.#sinceUs = nowUs
    this.#rate = rate
  }

  get rate(): number {
    return this.#rate
  }

  /** What drift has made of it so far. */
  gainedMs(nowUs: number): number {
    return this.#gainedMs + ((nowUs - this.#sinceUs) / 1000) * this.#rate
  }
}

export class SimulatedClock implements Clock {
  readonly #process: SimulatedProcess
  readonly #wall: WallClock
  readonly #gainedAtStartMs: number

  constructor(process: SimulatedProcess, wall: WallClock = new WallClock()) {
    this.#process = process
    this.#wall = wall
    this.#gainedAtStartMs = wall.gainedMs(process.time.nowUs)
  }

  now(): number {
    const { nowMs, nowUs } = this.#process.time
    return Math.floor(epochMs + nowMs + this.#wall.skewMs + this.#wall.gainedMs(nowUs))
  }

  elapsed(): number {
    const { nowUs } = this.#process.time
    return (nowUs - this.#process.startedUs) / 1000 + this.#wall.gainedMs(nowUs) - this.#gainedAtStartMs
  }

  after(delayMs: number, task: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new TypeError('a delay must be a number of milliseconds')
    if (delayMs === Number.POSITIVE_INFINITY) return { cancel() {} }
    const dueMs = this.elapsed() + delayMs
    let event: SimulatedEvent
    const wait = (leftMs: number) => {
      event = this.#process.schedule((leftMs / (1 + this.#wall.rate)) * 1000, () => {
        // The clock may have come to run more slowly meanwhile.
        const stillMs = dueMs - this.elapsed()
        if (stillMs > sliverMs) wait(stillMs)
        else task()
      })
    }
    wait(delayMs)
    return { cancel: () => event.cancel() }
  }

  soon(task: () => void): void {
    this.#process.schedule(0, task)
  }
}
