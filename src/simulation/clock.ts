/** The `Clock` of a simulated process. Its wall clock belongs to the machine: it may be wrong, and may jump. */
import type { Clock, Timer } from '../ports/clock.ts'
import type { SimulatedProcess } from './process.ts'

/** 1 January 2026, so that stamps look like stamps. */
const epochMs = 1_767_225_600_000

/** What a machine takes for the time of day. */
export class WallClock {
  /** How far it is ahead of the truth, in milliseconds. */
  skewMs: number

  constructor(skewMs = 0) {
    this.skewMs = skewMs
  }

  jump(byMs: number): void {
    this.skewMs += byMs
  }
}

export class SimulatedClock implements Clock {
  readonly #process: SimulatedProcess
  readonly #wall: WallClock

  constructor(process: SimulatedProcess, wall: WallClock = new WallClock()) {
    this.#process = process
    this.#wall = wall
  }

  now(): number {
    return Math.floor(epochMs + this.#process.time.nowMs + this.#wall.skewMs)
  }

  elapsed(): number {
    return (this.#process.time.nowUs - this.#process.startedUs) / 1000
  }

  after(delayMs: number, task: () => void): Timer {
    if (Number.isNaN(delayMs)) throw new TypeError('a delay must be a number of milliseconds')
    if (delayMs === Number.POSITIVE_INFINITY) return { cancel() {} }
    return this.#process.schedule(delayMs * 1000, task)
  }

  soon(task: () => void): void {
    this.#process.schedule(0, task)
  }
}
