/**
 * Wakes a protocol when something of it is due, and often while something is under way, so that an idle node sleeps. How late it
 * wakes says how long this process stood still.
 */
import type { Clock, Timer } from '../ports/clock.ts'

export interface PulseDeps {
  readonly clock: Clock
  /** Shortest time between two beats, in milliseconds. */
  readonly tickMs: number
  /** Longest, for what has no moment of its own. */
  readonly idleTickMs: number
  /** Something is under way that has to be looked at often. */
  isBusy(): boolean
  /** When the next thing is due, on the `elapsed` clock. */
  dueMs(): number
  /** `lateMs`: by how much this is later than it should be. */
  beat(nowMs: number, lateMs: number): void
}

export class Pulse {
  readonly #deps: PulseDeps
  #timer: Timer | undefined
  #isRunning = false
  #nextMs = Number.POSITIVE_INFINITY

  constructor(deps: PulseDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#isRunning = true
    this.arm()
  }

  stop(): void {
    this.#isRunning = false
    this.#timer?.cancel()
  }

  /** What is due may have changed. */
  arm(): void {
    if (!this.#isRunning) return
    const { clock, idleTickMs, tickMs } = this.#deps
    const nowMs = clock.elapsed()
    const soonMs = nowMs + tickMs
    const dueMs = this.#deps.isBusy() ? soonMs : Math.max(soonMs, Math.min(this.#deps.dueMs(), nowMs + idleTickMs))
    if (dueMs >= this.#nextMs) return
    this.#timer?.cancel()
    this.#nextMs = dueMs
    this.#timer = clock.after(dueMs - nowMs, () => this.#beat())
  }

  #beat(): void {
    if (!this.#isRunning) return
    const nowMs = this.#deps.clock.elapsed()
    const lateMs = nowMs - this.#nextMs
    this.#nextMs = Number.POSITIVE_INFINITY
    this.#deps.beat(nowMs, lateMs)
    this.arm()
  }
}
