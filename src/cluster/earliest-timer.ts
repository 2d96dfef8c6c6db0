/** One timer that is asked for by many: it runs its task once, at the earliest of the moments that were asked for since it last ran. */
import type { Clock, Timer } from '../ports/clock.ts'

export class EarliestTimer {
  readonly #clock: Clock
  readonly #task: () => void
  #timer: Timer | undefined
  #dueMs = Number.POSITIVE_INFINITY
  #isStopped = false

  constructor(clock: Clock, task: () => void) {
    this.#clock = clock
    this.#task = task
  }

  in(ms: number): void {
    const dueMs = this.#clock.elapsed() + ms
    if (this.#isStopped || dueMs >= this.#dueMs) return
    this.#dueMs = dueMs
    this.#timer?.cancel()
    this.#timer = this.#clock.after(ms, () => {
      this.#dueMs = Number.POSITIVE_INFINITY
      this.#task()
    })
  }

  /** It does not run any more. */
  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }
}
