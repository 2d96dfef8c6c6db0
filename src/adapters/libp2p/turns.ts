/** One after the other, in the order of asking; but who takes too long goes on beside the next. */
import type { Clock } from '../../ports/clock.ts'

export class Turns {
  readonly #clock: Clock
  readonly #patienceMs: number
  #isTaken = false
  readonly #waiting: (() => void)[] = []

  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock
    this.#patienceMs = patienceMs
  }

  /** Resolves when it is the asker's turn, with what ends it. */
  async take(): Promise<() => void> {
    if (this.#isTaken) await new Promise<void>(resolve => this.#waiting.push(resolve))
    this.#isTaken = true
    let isOver = false
    const end = (): void => {
      if (isOver) return
      isOver = true
      patience.cancel()
      const next = this.#waiting.shift()
      if (next === undefined) this.#isTaken = false
      else next()
    }
    const patience = this.#clock.after(this.#patienceMs, end)
    return end
  }
}
