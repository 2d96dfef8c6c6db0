/**
 * How far streams had come that broke off, so that the next stream of the shard goes on from there.
 *
 * A stream that goes on does so under another snapshot, perhaps of another peer, and brings what comes after the cursor. What the
 * two together have brought for sure is what the FIRST one's context covers: an entry that was after the cursor then is after it
 * now. So it is that context that is joined at the end, provided that the peer that goes on covers it, too; the rest comes with the
 * next beacon. (test/models/catch-up shows that it is enough, and that to join the later context loses updates.) In memory only,
 * bounded, and forgotten after a while.
 */
import type { CausalContext, Dot } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'

export interface ResumePoint {
  /** Of the first stream's snapshot. */
  readonly context: CausalContext
  /** An entry of the index, or a name where the actors come in the order of their names: of everything that is asked for they do. */
  readonly cursor: Dot | string
  readonly what: 'missing' | 'everything'
}

const maxPoints = 256
const maxAgeMs = 10 * 60_000

export class ResumePoints {
  readonly #clock: Clock
  readonly #points = new Map<number, { readonly point: ResumePoint; readonly atMs: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `what` was asked for. */
  get(shard: number, what: ResumePoint['what']): ResumePoint | undefined {
    const kept = this.#points.get(shard)
    if (kept === undefined || this.#clock.elapsed() - kept.atMs > maxAgeMs) return undefined
    return kept.point.what === what ? kept.point : undefined
  }

  set(shard: number, point: ResumePoint): void {
    this.#points.delete(shard)
    for (const oldest of this.#points.keys()) {
      if (this.#points.size < maxPoints) break
      this.#points.delete(oldest)
    }
    this.#points.set(shard, { point, atMs: this.#clock.elapsed() })
  }

  delete(shard: number): void {
    this.#points.delete(shard)
  }
}
