/**
 * Which shards the linked peers store, and which of them they have whole, as they told it.
 *
 * Of shards that every member stores nothing is said but whether the teller has them whole. The others go as runs of numbers: who
 * stores a few of many shards names its runs, and no peer can make this node keep more than there are shards.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { PeerId } from '../ports/network.ts'
import { replicasOf } from './placement.ts'
import { malformed, shardNumber } from './wire.ts'

/** First and last shard of each run, rising. */
type Runs = readonly number[]

interface Told {
  readonly stored: Runs
  readonly whole: Runs
  readonly everyShard: boolean
}

export class Holdings {
  readonly #slices: number
  readonly #told = new Map<PeerId, Told>()
  /** Worked out when it is asked for after a change. */
  #replicaCounts: ReadonlySet<number> | undefined

  constructor(slices: number) {
    this.#slices = slices
  }

  take(peer: PeerId, message: shoal.peer.IHoldings): void {
    const stored = this.#runs(message.stored)
    const whole = this.#runs(message.whole)
    this.#stores(peer, stored)
    this.#told.set(peer, { stored, whole, everyShard: message.everyShard ?? false })
  }

  unlinked(peer: PeerId): void {
    this.#stores(peer, [])
    this.#told.delete(peer)
  }

  /** In a large cluster most changes are of peers that store nothing but what all do. */
  #stores(peer: PeerId, stored: Runs): void {
    if (stored.length > 0 || (this.#told.get(peer)?.stored.length ?? 0) > 0) this.#replicaCounts = undefined
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

  /** There are such, and each of them has it whole. */
  areWhole(peers: readonly PeerId[], shard: number): boolean {
    return peers.length > 0 && peers.every(peer => this.isWhole(peer, shard))
  }

  /** Linked peers that store the shard. */
  storersOf(shard: number): PeerId[] {
    return [...this.#told.keys()].filter(peer => this.stores(peer, shard))
  }

  /** Linked peers that have the shard whole. */
  holdersOf(shard: number): PeerId[] {
    return [...this.#told.keys()].filter(peer => this.isWhole(peer, shard))
  }

  /** The numbers of replicas of the shards that anybody stores. */
  replicaCounts(): ReadonlySet<number> {
    this.#replicaCounts ??= this.#countsOfAll()
    return this.#replicaCounts
  }

  #countsOfAll(): Set<number> {
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
