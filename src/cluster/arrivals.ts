/**
 * While a shard is compared in full: which of its actors others changed by dots that the compared context covers.
 *
 * Such a dot may be one that the peer has removed; once its context is taken over, nothing would say so any more. So these actors
 * are asked for again.
 */
import type { CausalContext } from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'

export interface TrackedArrivals {
  /** The names since the last time. Throws `SHOAL_UNAVAILABLE` where they were too many to keep. */
  take(): string[]
  stop(): void
}

const maxNames = 10_000

interface Tracker {
  readonly context: CausalContext
  readonly names: Set<string>
  isOverflowing: boolean
}

export class Arrivals {
  readonly #trackers = new Map<number, Set<Tracker>>()

  track(shard: number, context: CausalContext): TrackedArrivals {
    const tracker: Tracker = { context, names: new Set(), isOverflowing: false }
    const trackers = this.#trackers.get(shard) ?? new Set()
    this.#trackers.set(shard, trackers.add(tracker))
    return {
      take() {
        if (tracker.isOverflowing)
          throw new ShoalError('SHOAL_UNAVAILABLE', 'too much arrived while a shard was compared', { retryable: true })
        const names = [...tracker.names]
        tracker.names.clear()
        return names
      },
      stop: () => {
        trackers.delete(tracker)
        if (trackers.size === 0 && this.#trackers.get(shard) === trackers) this.#trackers.delete(shard)
      }
    }
  }

  /** A delta to the actor was joined. */
  delta(shard: number, actor: string, context: CausalContext): void {
    for (const tracker of this.#trackers.get(shard) ?? [])
      if (!tracker.context.isDisjoint(context)) note(tracker, actor)
  }

  /** The actor came with a stream, whose sender has seen `context`. Where that covers all, nothing can come after it. */
  fragment(shard: number, actor: string, context: CausalContext): void {
    for (const tracker of this.#trackers.get(shard) ?? []) if (!context.covers(tracker.context)) note(tracker, actor)
  }
}

function note(tracker: Tracker, actor: string): void {
  if (tracker.names.size < maxNames) tracker.names.add(actor)
  else tracker.isOverflowing = true
}
