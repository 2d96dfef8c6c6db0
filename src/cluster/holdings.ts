/**
 * Which shards the linked peers store, and which of them they have whole, as they told it.
 *
 * Of shards that every member stores nothing is said but whether the teller has them whole. The others go as runs of numbers: who
 * stores a few of many shards names its runs, and no peer can make this node keep more than there are shards.
 *
 * And in which view they answer for others, and for which shards they count there (counted-shards.ts).
 */
import type { shoal } from '#proto/generated/peer.js'
import type { PeerId } from '../ports/network.ts'
import { type PriorView, priorViewsFrom, viewNameFrom } from './home-views.ts'
import { replicasOf } from './placement.ts'
import { malformed, shardNumber } from './wire.ts'

/** First and last shard of each run, rising. */
type Runs = readonly number[]

interface Told {
  readonly stored: Runs
  readonly whole: Runs
  readonly everyShard: boolean
  readonly view: string | undefined
  readonly prior: readonly PriorView[]
  readonly counted: Runs
  readonly countsEvery: boolean
  readonly weak: Runs
  readonly weakEvery: boolean
  readonly rooted: boolean
  readonly lost: boolean
}

export class Holdings {
  readonly #slices: number
  readonly #told = new Map<PeerId, Told>()

  constructor(slices: number) {
    this.#slices = slices
  }

  take(peer: PeerId, message: shoal.peer.IHoldings): void {
    const stored = this.#runs(message.stored)
    const whole = this.#runs(message.whole)
    this.#told.set(peer, {
      stored,
      whole,
      everyShard: message.everyShard ?? false,
      view: viewNameFrom(message.view),
      prior: priorViewsFrom(message.prior),
      counted: this.#runs(message.counted),
      countsEvery: message.countsEvery ?? false,
      weak: this.#runs(message.weak),
      weakEvery: message.weakEvery ?? false,
      rooted: message.rooted ?? false,
      lost: message.lost ?? false
    })
  }

  unlinked(peer: PeerId): void {
    this.#told.delete(peer)
  }

  hasTold(peer: PeerId): boolean {
    return this.#told.has(peer)
  }

  stores(peer: PeerId, shard: number): boolean {
    if (shard < this.#slices) return true
    return contains(this.#told.get(peer)?.stored ?? [], shard)
  }

  /** It has all that it may be asked for. */
  isWhole(peer: PeerId, shard: number): boolean {
    const told = this.#told.get(peer)
    if (told === undefined) return false
    return shard < this.#slices ? told.everyShard : contains(told.whole, shard)
  }

  // ---- in majorities of replicated kinds -----------------------------------------------------------------------------------------

  /** The view that it is in. */
  view(peer: PeerId): string | undefined {
    return this.#told.get(peer)?.view
  }

  /** It has counted, or knows where from one who has. */
  isRooted(peer: PeerId): boolean {
    return this.#told.get(peer)?.rooted === true
  }

  /** It was in more views than it keeps. */
  isLost(peer: PeerId): boolean {
    return this.#told.get(peer)?.lost === true
  }

  prior(peer: PeerId): readonly PriorView[] {
    return this.#told.get(peer)?.prior ?? []
  }

  /** In this view its word counts for the shard. */
  counts(peer: PeerId, shard: number, view: string): boolean {
    const told = this.#told.get(peer)
    if (told === undefined || told.view !== view) return false
    return shard < this.#slices ? told.countsEvery : contains(told.counted, shard)
  }

  /** It may have lost something of the shard. */
  isWeak(peer: PeerId, shard: number): boolean {
    const told = this.#told.get(peer)
    if (told === undefined) return true
    return shard < this.#slices ? told.weakEvery : contains(told.weak, shard)
  }

  tellers(): IteratorObject<PeerId> {
    return this.#told.keys()
  }

  // ---- what is stored ------------------------------------------------------------------------------------------------------------

  /** Linked peers that store the shard. */
  storersOf(shard: number): PeerId[] {
    return [...this.#told.keys()].filter(peer => this.stores(peer, shard))
  }

  /** Linked peers that have the shard whole. */
  holdersOf(shard: number): PeerId[] {
    return [...this.#told.keys()].filter(peer => this.isWhole(peer, shard))
  }

  /** The numbers of replicas of the shards that anybody stores. */
  replicaCounts(): Set<number> {
    const counts = new Set<number>()
    for (const { stored } of this.#told.values()) {
      for (let i = 0; i + 1 < stored.length; i += 2) {
        const last = replicasOf(stored[i + 1] ?? 0, this.#slices)
        for (let count = replicasOf(stored[i] ?? 0, this.#slices); count <= last; count++) counts.add(count)
      }
    }
    return counts
  }

  #runs(numbers: readonly number[] | null | undefined): Runs {
    const runs = numbers ?? []
    if (runs.length % 2 !== 0) throw malformed('holdings')
    let next = this.#slices
    for (const [i, number] of runs.entries()) {
      const shard = shardNumber(number, this.#slices)
      // A run begins after the one before, and ends where it begins or later.
      if (shard < (i % 2 === 0 ? next : (runs[i - 1] ?? 0))) throw malformed('holdings: not in order')
      next = shard + 1
    }
    return [...runs]
  }
}

/** Of rising numbers, as runs. */
export function runsOf(shards: Iterable<number>): number[] {
  const runs: number[] = []
  for (const shard of shards) {
    if (runs.length > 0 && runs.at(-1) === shard - 1) runs[runs.length - 1] = shard
    else runs.push(shard, shard)
  }
  return runs
}

/** What the runs name, at most `limit` of it. */
export function shardsOf(runs: readonly number[], limit: number): number[] {
  const shards: number[] = []
  for (let i = 0; i + 1 < runs.length; i += 2)
    for (let shard = runs[i] ?? 0; shard <= (runs[i + 1] ?? 0) && shards.length < limit; shard++) shards.push(shard)
  return shards
}

function contains(runs: Runs, shard: number): boolean {
  let low = 0
  let high = runs.length / 2
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((runs[2 * middle + 1] ?? 0) < shard) low = middle + 1
    else high = middle
  }
  return 2 * low < runs.length && (runs[2 * low] ?? 0) <= shard
}
