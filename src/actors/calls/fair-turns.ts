/**
 * Calls that are answered at once let others have the event loop now and then.
 *
 * A promise that is already kept is gone on with before any timer or socket: a program that asks an actor of its own node again and again
 * would keep heartbeats, links and its own timers waiting for as long as it asks. So all answers wait for the next turn of the event loop
 * after so many calls, or so much time. The calls themselves run when they are made, in their order.
 */
import type { Clock } from '../../ports/clock.ts'

/** Some 1 ms of calls that are answered at once. */
const maxCalls = 256
/** Where handlers are slow. The clock is asked at each of so many calls. */
const maxTurnMs = 10
const callsPerLook = 16

export class FairTurns {
  readonly #clock: Clock
  #calls = 0
  #sinceMs: number
  #next: PromiseWithResolvers<void> | undefined
  #isStopped = false

  constructor(clock: Clock) {
    this.#clock = clock
    this.#sinceMs = clock.elapsed()
  }

  /** What an answer is to wait for; `undefined`: nothing. */
  turn(): Promise<void> | undefined {
    if (this.#next !== undefined) return this.#next.promise
    this.#calls++
    if (this.#calls % callsPerLook !== 0 || !this.#isDue() || this.#isStopped) return undefined
    this.#next = Promise.withResolvers()
    this.#clock.soon(() => this.#go())
    return this.#next.promise
  }

  /** The clock runs no more: nobody waits for it. */
  stop(): void {
    this.#isStopped = true
    this.#go()
  }

  #isDue(): boolean {
    return this.#calls >= maxCalls || this.#clock.elapsed() - this.#sinceMs >= maxTurnMs
  }

  #go(): void {
    this.#calls = 0
    this.#sinceMs = this.#clock.elapsed()
    this.#next?.resolve()
    this.#next = undefined
  }
}
