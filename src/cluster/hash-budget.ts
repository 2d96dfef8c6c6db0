/**
 * How much of ended lives is hashed for peers that know other last lives than this node: as much as a restart of all members asks for,
 * and not as much as a peer can ask for in a few bytes. Who comes too late says its context in full.
 */
import type { Clock } from '../ports/clock.ts'

/** About 50 ms of work. */
const livesPerSecond = 65_536

export class HashBudget {
  readonly #clock: Clock
  #left = livesPerSecond
  #atMs = 0

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Whether so many lives may be hashed now. */
  take(lives: number): boolean {
    const nowMs = this.#clock.elapsed()
    this.#left = Math.min(livesPerSecond, this.#left + ((nowMs - this.#atMs) * livesPerSecond) / 1000)
    this.#atMs = nowMs
    if (lives > this.#left) return false
    this.#left -= lives
    return true
  }
}
