/**
 * What is under way on a node's actors, per shard: handlers that run, and effects that are not on disk yet. A shard that changes hands waits
 * for that, and for no handler longer than a moment.
 */
import type { Clock } from '../../ports/clock.ts'

/** Handlers of a shard that changes hands are waited for so long. One may wait for another actor of this node, which waits for the hand-off. */
const maxDrainMs = 1000

export class BusyShards {
  readonly #clock: Clock
  /** Per shard, and how those that run are given up. */
  readonly #busy = new Map<number, Map<Promise<unknown>, (() => void) | undefined>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Until the work settles. */
  hold(shard: number, work: Promise<unknown>, giveUp?: () => void): void {
    let busy = this.#busy.get(shard)
    if (busy === undefined) {
      busy = new Map()
      this.#busy.set(shard, busy)
    }
    busy.set(work, giveUp)
    const release = () => {
      busy.delete(work)
      if (busy.size === 0 && this.#busy.get(shard) === busy) this.#busy.delete(shard)
    }
    work.then(release, release)
  }

  /** Resolves when no handler of these shards runs, and what those did is on disk. One that takes too long has no effect, and runs elsewhere. */
  async drain(shards: Iterable<number> = this.#busy.keys()): Promise<void> {
    const drained = [...shards]
    await this.#settled(drained)
    // What the handlers have done in the end is on its way to the disk.
    await this.#settled(drained)
  }

  async #settled(shards: readonly number[]): Promise<void> {
    const running = shards.flatMap(shard => [...(this.#busy.get(shard) ?? [])])
    if (running.length === 0) return
    const late = this.#clock.after(maxDrainMs, () => {
      for (const [, giveUp] of running) giveUp?.()
    })
    await Promise.allSettled(running.map(([work]) => work))
    late.cancel()
  }
}
