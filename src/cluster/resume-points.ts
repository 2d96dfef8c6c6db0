/**
 * How far streams had come that broke off, so that the next stream of the shard goes on from there.
 *
 * A stream that goes on does so under another snapshot, perhaps of another peer, and brings what comes after the cursor. What all of
 * them together have brought for sure is what the FIRST one's context covers, so that is what is joined at the end; what the last peer has
 * beyond that comes with another stream from it, for all, before the pull has ended: a claim must not be without it. By index that holds only if each has seen what the one before it had: an entry that was after the cursor there has
 * then, if it has moved, moved further back, while with a peer that is behind it may stand before the cursor. Names do not move.
 * (test/models/resume shows that this is enough, and that to join a later context loses updates, as does who is behind.) In memory
 * only, bounded, and forgotten after a while.
 */
import type { CausalContext, Dot } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'

export interface ResumePoint {
  /** Of the first stream's snapshot. */
  readonly context: CausalContext
  /** What a peer must have seen to go on: all that whoever moved the cursor had, or, where that is a name, the first one's. */
  readonly seen: CausalContext
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
