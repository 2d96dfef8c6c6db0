/** How often something may be done: so many times at once, and so many times a second after that. */
import type { Clock } from '../ports/clock.ts'

export class TokenBucket {
  readonly #clock: Clock
  readonly #most: number
  readonly #perSecond: number
  #tokens: number
  #sinceMs: number

  constructor(clock: Clock, most: number, perSecond: number) {
    this.#clock = clock
    this.#most = most
    this.#perSecond = perSecond
    this.#tokens = most
    this.#sinceMs = clock.elapsed()
  }

  /** Answers whether it may be done now. */
  take(): boolean {
    const nowMs = this.#clock.elapsed()
    this.#tokens = Math.min(this.#most, this.#tokens + ((nowMs - this.#sinceMs) / 1000) * this.#perSecond)
    this.#sinceMs = nowMs
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }
}
