/**
 * How far this node may trust its own observations, from 0 (well) to `worst`.
 *
 * A node that stood still, had to refute an accusation, or heard nothing even from those it asked to help, is likely the slow
 * one itself: it takes its time with accusing others (the local health multiplier of Lifeguard).
 */
const worst = 8

export class LocalHealth {
  #score = 0

  /** What timeouts and intervals are multiplied with. */
  get multiplier(): number {
    return 1 + this.#score
  }

  better(): void {
    this.#score = Math.max(0, this.#score - 1)
  }

  worse(by = 1): void {
    this.#score = Math.min(worst, this.#score + by)
  }
}
