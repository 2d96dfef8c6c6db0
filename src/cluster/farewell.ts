/** A node says that it leaves for good: over when all who were told have answered, or after a moment. */
import type { PeerId } from '../ports/network.ts'

export class Farewell {
  readonly over: Promise<void>
  readonly #unanswered = new Set<PeerId>()
  readonly #deadlineMs: number
  readonly #end: () => void
  #isOver = false

  constructor(deadlineMs: number) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.over = promise
    this.#end = resolve
    this.#deadlineMs = deadlineMs
  }

  get isOver(): boolean {
    return this.#isOver
  }

  told(peer: PeerId): void {
    this.#unanswered.add(peer)
  }

  /** It has answered, or its link has ended. */
  answered(peer: PeerId, nowMs: number): void {
    this.#unanswered.delete(peer)
    this.look(nowMs)
  }

  look(nowMs: number): void {
    if (this.#unanswered.size === 0 || nowMs >= this.#deadlineMs) this.end()
  }

  end(): void {
    this.#isOver = true
    this.#end()
  }
}
