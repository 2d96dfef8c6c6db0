/**
 * Which shards this node has whole: all that a majority may have acknowledged of them, and what for each of the others is still missing
 * to that.
 *
 * A shard with a number of replicas is whole once it was fetched from every present member that stores it, and from at least half of
 * its home beside this node: so from a member of every majority of the home before (test/models/replica-sets.model.ts). What
 * every member stores only grows by newcomers: there, who has lost nothing counts itself, and a majority is enough. What is whole
 * is kept on disk; a substitute's copies count in no majority, and are compared anew after a restart. Who found
 * nobody, or fewer than a home has members, has whole what it has until it meets more: it may not have been able to reach them.
 */
import type { PeerId } from '../ports/network.ts'
import { runsOf, shardsOf } from './holdings.ts'
import { replicasOf } from './placement.ts'

/** A cluster of fewer has no majority without one of them that survives the other. */
const fewestForAll = 3

interface Kept {
  readonly everyShard: boolean
  readonly whole: readonly number[]
  readonly lossy: readonly number[]
  /** Some became whole while only so many members were known, this node included. */
  readonly among?: number | undefined
}

export class WholeShards {
  readonly #slices: number
  readonly #keep: (text: string) => void
  readonly #whole = new Set<number>()
  /** Shards of which this disk may have lost what it had confirmed, and that have not been fetched since. */
  readonly #lossy = new Set<number>()
  /** Of shards that are not whole: from whom all was fetched. */
  readonly #fetchedFrom = new Map<number, Set<PeerId>>()
  /** The same of what every member stores, which is whole or not as one. */
  readonly #everyShardFrom = new Set<PeerId>()
  /** Shards in whose home this node was when it last looked. */
  #homes = new Set<number>()
  #isEveryShardWhole = false
  #isEveryShardWanted = false
  /** The fewest members that were known when something that is whole became so. */
  #among = Number.POSITIVE_INFINITY

  constructor(slices: number, keep: (text: string) => void) {
    this.#slices = slices
    this.#keep = keep
  }

  /** What an earlier life of the node has kept. */
  load(text: string | undefined, stores: (shard: number) => boolean, maxShards: number): void {
    const kept = keptFrom(text)
    this.#isEveryShardWhole = kept.everyShard
    this.#among = kept.among ?? Number.POSITIVE_INFINITY
    for (const shard of shardsOf(kept.lossy, maxShards)) this.#lossy.add(shard)
    for (const shard of shardsOf(kept.whole, maxShards)) {
      if (shard < this.#slices || !stores(shard)) continue
      this.#whole.add(shard)
      this.#homes.add(shard)
    }
  }

  has(shard: number): boolean {
    return shard < this.#slices ? this.#isEveryShardWhole : this.#whole.has(shard)
  }

  /** Those that have a number of replicas, in order. */
  numbered(): number[] {
    return rising(this.#whole)
  }

  // ---- of shards with a number of replicas ---------------------------------------------------------------------------------------

  /** This node is in the homes of these now. Whoever enters one fetches again. Answers whether some are whole no more. */
  homesAre(homes: Set<number>): boolean {
    let isLess = false
    for (const shard of homes) {
      if (this.#homes.has(shard)) continue
      this.#fetchedFrom.delete(shard)
      isLess = this.#whole.delete(shard) || isLess
    }
    this.#homes = homes
    return isLess
  }

  hasFetched(shard: number, peer: PeerId): boolean {
    return this.#fetchedFrom.get(shard)?.has(peer) === true
  }

  fetched(shard: number, peer: PeerId): void {
    const from = this.#fetchedFrom.get(shard) ?? new Set()
    this.#fetchedFrom.set(shard, from.add(peer))
  }

  /**
   * Answers whether the shard is whole now. `storers`: the present members that store it. `haveAllTold`: all admitted members
   * have said what they store. Without that the only replica may be another's that is gone.
   */
  complete(shard: number, home: readonly PeerId[], storers: readonly PeerId[], haveAllTold: boolean): boolean {
    const others = home.filter(member => this.hasFetched(shard, member)).length
    const isFetched = storers.every(peer => this.hasFetched(shard, peer))
    const isEnough = home.length > 1 ? others >= home.length / 2 : haveAllTold
    if (!isFetched || !isEnough) return false
    this.#lossy.delete(shard)
    this.#fetchedFrom.delete(shard)
    this.#whole.add(shard)
    return true
  }

  /** This node stores it no more. */
  dropped(shard: number): void {
    this.#whole.delete(shard)
    this.#lossy.delete(shard)
    this.#fetchedFrom.delete(shard)
  }

  // ---- of what every member stores -----------------------------------------------------------------------------------------------

  /** Somebody wants to know. Answers whether it is to be found out from now on. */
  wantEvery(): boolean {
    if (this.#isEveryShardWhole || this.#isEveryShardWanted) return false
    this.#isEveryShardWanted = true
    return true
  }

  get isEverySought(): boolean {
    return this.#isEveryShardWanted && !this.#isEveryShardWhole
  }

  hasFetchedEvery(peer: PeerId): boolean {
    return this.#everyShardFrom.has(peer)
  }

  fetchedEvery(peer: PeerId): void {
    this.#everyShardFrom.add(peer)
  }

  hasFetchedEnough(home: readonly PeerId[]): boolean {
    const others = home.filter(member => this.#everyShardFrom.has(member)).length
    const isLossy = [...this.#lossy].some(shard => shard < this.#slices)
    return home.length <= 1 || (isLossy ? others >= home.length / 2 : others + 1 > home.length / 2)
  }

  completeEvery(home: readonly PeerId[]): boolean {
    if (!this.isEverySought || !this.hasFetchedEnough(home)) return false
    this.#isEveryShardWhole = true
    this.#everyShardFrom.clear()
    for (const shard of this.#lossy) if (shard < this.#slices) this.#lossy.delete(shard)
    return true
  }

  // ---- losing ----------------------------------------------------------------------------------------------------------------

  /** The disk has lost something of the shard. */
  damaged(shard: number): void {
    this.#lossy.add(shard)
    if (shard >= this.#slices) {
      this.#whole.delete(shard)
      this.#fetchedFrom.delete(shard)
    } else this.#seekEvery()
    this.keep()
  }

  /** Something became whole while so many members were known, this node included. */
  completedAmong(members: number): void {
    this.#among = Math.min(this.#among, members)
  }

  /**
   * There are so many members now. Answers whether something is whole no more: what became so among fewer than make a home is to
   * be fetched anew, as these few may not have been those who acknowledged it.
   */
  met(members: number): boolean {
    if (members <= this.#among) return false
    let isLess = false
    for (const shard of this.#whole) {
      if (this.#among > 1 && replicasOf(shard, this.#slices) <= this.#among) continue
      this.#whole.delete(shard)
      this.#fetchedFrom.delete(shard)
      isLess = true
    }
    if (this.#isEveryShardWhole && this.#among < fewestForAll) {
      this.#seekEvery()
      isLess = true
    }
    this.#among = Number.POSITIVE_INFINITY
    this.keep()
    return isLess
  }

  /** Others have acknowledged without this node for a while. `stored`: all that it stores. */
  forgotten(stored: Iterable<number>): void {
    this.#homes.clear()
    this.#among = Number.POSITIVE_INFINITY
    this.#whole.clear()
    this.#fetchedFrom.clear()
    for (const shard of stored) this.#lossy.add(shard)
    this.#seekEvery()
    this.keep()
  }

  /** Should this node come back, it begins anew. */
  left(): void {
    this.#keep(JSON.stringify({ everyShard: false, whole: [], lossy: [] } satisfies Kept))
  }

  #seekEvery(): void {
    this.#isEveryShardWhole = false
    this.#isEveryShardWanted = true
    this.#everyShardFrom.clear()
  }

  keep(): void {
    const whole = rising([...this.#whole].filter(shard => this.#homes.has(shard)))
    this.#keep(
      JSON.stringify({
        everyShard: this.#isEveryShardWhole,
        whole: runsOf(whole),
        lossy: runsOf(rising(this.#lossy)),
        ...(isCount(this.#among) && { among: this.#among })
      } satisfies Kept)
    )
  }
}

/**
 * What a disk made from a backup is to keep: nothing of it is whole. The node that was backed up may since have confirmed what is not in the
 * backup, so that it does not count itself either; a new node has confirmed nothing.
 */
export function keptOfRestored(slices: number, isSameNode: boolean): string {
  const lossy = isSameNode ? [0, slices - 1] : []
  return JSON.stringify({ everyShard: false, whole: [], lossy } satisfies Kept)
}

function keptFrom(text: string | undefined): Kept {
  const { everyShard, whole, lossy, among } = (text === undefined ? {} : JSON.parse(text)) as {
    [K in keyof Kept]?: unknown
  }
  const runs = (list: unknown) => (Array.isArray(list) ? list.filter(shard => Number.isSafeInteger(shard)) : [])
  return {
    everyShard: everyShard === true,
    whole: runs(whole),
    lossy: runs(lossy),
    among: isCount(among) ? among : undefined
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value)
}

function rising(shards: Iterable<number>): number[] {
  return [...shards].sort((a, b) => a - b)
}
