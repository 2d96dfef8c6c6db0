/**
 * Pauses of what tries again and again: each ends after its time, or with all others when there is reason to look again. After `stop` there
 * are none: nobody waits by a clock that may run no more.
 */
import type { Clock } from '../ports/clock.ts'

export class Pauses {
  readonly #clock: Clock
  readonly #ends = new Set<() => void>()
  #isStopped = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Those under way. */
  get count(): number {
    return this.#ends.size
  }

  /** Resolves after the time, or sooner. */
  pause(ms: number): Promise<void> {
    if (this.#isStopped) return Promise.resolve()
    const { promise, resolve } = Promise.withResolvers<void>()
    const end = () => {
      timer.cancel()
      this.#ends.delete(end)
      resolve()
    }
    const timer = this.#clock.after(ms, end)
    this.#ends.add(end)
    return promise
  }

  /** Those under way. */
  end(): void {
    for (const end of [...this.#ends]) end()
  }

  stop(): void {
    this.#isStopped = true
    this.end()
  }
}
