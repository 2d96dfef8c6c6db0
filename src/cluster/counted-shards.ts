/**
 * For which shards this node's word counts, in majorities of replicated kinds.
 *
 * It counts in one view only (home-views.ts), and there for a shard once it has fetched it, since it entered that view, from a
 * majority of the shard's home in every view in which something may have been acknowledged before: each of them had entered this
 * view by then, and answers for the earlier one no more. Forgotten members and those that left answer for none; where all others of a
 * home were asked, that is enough. A node that may have lost what it had does not count itself among those it has asked.
 *
 * Shards that every member stores are one: shard 0 stands for them. test/models/home-views.model.ts
 */
import type { PeerId } from '../ports/network.ts'
import { runsOf, shardsOf } from './holdings.ts'
import { type HomeView, HomeViews } from './home-views.ts'
import { replicaCounts } from './wire.ts'

export interface Teller {
  readonly prior: readonly HomeView[]
  readonly isRooted: boolean
  /** There were more views than it keeps. */
  readonly isLost: boolean
  /** The views in which it knows that somebody counted. */
  readonly counted: readonly HomeView[]
  /** It may have lost what it had of the shard. */
  isWeak(shard: number): boolean
}

interface Kept {
  readonly counted?: unknown
  readonly weak?: unknown
}

export class CountedShards {
  readonly views: HomeViews
  readonly #self: PeerId
  readonly #slices: number
  readonly #counted = new Set<number>()
  readonly #weak = new Set<number>()
  readonly #asked = new Map<number, Set<PeerId>>()

  constructor(self: PeerId, slices: number) {
    this.#self = self
    this.#slices = slices
    this.views = new HomeViews(slices)
  }

  load(kept: (Kept & object) | undefined, stores: (shard: number) => boolean): void {
    this.views.load(kept)
    for (const shard of listFrom(kept?.counted)) if (stores(shard)) this.#counted.add(this.#keyOf(shard))
    for (const shard of shardsOf(listFrom(kept?.weak), this.#slices * replicaCounts)) this.#weak.add(this.#keyOf(shard))
  }

  kept(): object {
    return { ...this.views.kept(), counted: [...this.#counted], weak: runsOf(this.weak) }
  }

  has(shard: number): boolean {
    return this.#counted.has(this.#keyOf(shard))
  }

  isWeak(shard: number): boolean {
    return this.#weak.has(this.#keyOf(shard))
  }

  get counted(): readonly number[] {
    return [...this.#counted].sort((a, b) => a - b)
  }

  get weak(): readonly number[] {
    return [...this.#weak].sort((a, b) => a - b)
  }

  entered(): void {
    this.#counted.clear()
    this.#asked.clear()
  }

  hasAsked(shard: number, peer: PeerId): boolean {
    return this.#asked.get(shard)?.has(peer) === true
  }

  /** The peer was asked, and is still in this view. What it has told is kept, whatever becomes of it. */
  asked(shard: number, peer: PeerId, teller: Teller): void {
    this.#learn(teller)
    const asked = this.#asked.get(shard) ?? new Set()
    this.#asked.set(shard, asked.add(peer))
  }

  /** Peers that are still to be asked: enough of these, or all. */
  toAsk(shard: number, tellers: ReadonlyMap<PeerId, Teller>): PeerId[] {
    const { current } = this.views
    if (current === undefined) return []
    const prior = this.#priorOf(tellers)
    const chosen = new Set<PeerId>()
    for (const [peer, teller] of tellers) {
      if (prior !== undefined && teller.isWeak(shard)) continue
      const isAsked = (id: PeerId) => this.#isAsked(shard, id) || chosen.has(id)
      if (this.#isEnough(shard, current, prior, isAsked)) break
      const isOfUse = prior === undefined || prior.some(view => view.home(shard).includes(peer))
      if (isOfUse && !this.hasAsked(shard, peer)) chosen.add(peer)
    }
    return [...chosen]
  }

  /**
   * Members that no view before this had, and that have not said where they come from: they may have been another cluster until they met
   * this one.
   */
  strangers(tellers: ReadonlyMap<PeerId, Teller>): PeerId[] {
    const { current } = this.views
    const prior = this.#priorOf(tellers)
    if (current === undefined || prior === undefined || this.views.hasCounted(current)) return []
    const counted = prior.filter(view => this.views.hasCounted(view))
    for (const teller of tellers.values()) counted.push(...teller.counted)
    const isKnown = (id: PeerId) => id === this.#self || tellers.has(id) || counted.some(view => view.has(id))
    return current.members.flatMap(({ id }) => (isKnown(id) ? [] : [id]))
  }

  /**
   * Answers whether this node counts for the shard now. `tellers`: peers that are in the same view. Whoever was asked, and is not
   * among them any more, had what it was asked for, and has told of its views.
   */
  complete(shard: number, tellers: ReadonlyMap<PeerId, Teller>): boolean {
    const { current } = this.views
    if (current === undefined || this.#counted.has(shard)) return false
    const prior = this.#priorOf(tellers)
    if (!this.#isEnough(shard, current, prior, id => this.#isAsked(shard, id))) return false
    this.#counted.add(shard)
    this.#weak.delete(shard)
    this.#asked.delete(shard)
    for (const teller of tellers.values()) this.#learn(teller)
    this.views.learn([], true)
    this.views.counted(current)
    return true
  }

  #learn(teller: Teller): void {
    for (const view of teller.counted) this.views.counted(view)
    this.views.learn(teller.prior, teller.isRooted, teller.isLost)
  }

  /** Views in which something may have been acknowledged before this one; undefined where nobody knows, and all are to be asked. */
  #priorOf(tellers: ReadonlyMap<PeerId, Teller>): HomeView[] | undefined {
    if (!this.views.isRooted && !tellers.values().some(({ isRooted }) => isRooted)) return undefined
    if (this.views.isLost || tellers.values().some(({ isLost }) => isLost)) return undefined
    const prior = new Map(this.views.prior.map(view => [view.name, view]))
    for (const teller of tellers.values()) for (const view of teller.prior) prior.set(view.name, view)
    return [...prior.values()]
  }

  /** Who has lost something is asked only where everybody is. */
  asksAll(teller: Teller): boolean {
    return this.views.isLost || teller.isLost || !(this.views.isRooted || teller.isRooted)
  }

  #isAsked(shard: number, id: PeerId): boolean {
    return id === this.#self ? !this.#weak.has(shard) : this.hasAsked(shard, id)
  }

  /** Where nobody was ever counted, all say so; where there were too many views, all have it among them. */
  #isEnough(
    shard: number,
    current: HomeView,
    prior: readonly HomeView[] | undefined,
    isAsked: (id: PeerId) => boolean
  ): boolean {
    if (prior === undefined) return current.members.every(({ id }) => id === this.#self || isAsked(id))
    return prior.every(view => isCovered(view.home(shard), current, this.#self, isAsked))
  }

  /** The disk may have lost something of it. */
  weaken(shards: Iterable<number>): void {
    for (const shard of shards) {
      const key = this.#keyOf(shard)
      this.#weak.add(key)
      this.#counted.delete(key)
      this.#asked.delete(key)
    }
  }

  dropped(shard: number): void {
    this.#counted.delete(shard)
    this.#weak.delete(shard)
    this.#asked.delete(shard)
  }

  #keyOf(shard: number): number {
    return shard < this.#slices ? 0 : shard
  }
}

function isCovered(
  home: readonly PeerId[],
  current: HomeView,
  self: PeerId,
  isAsked: (id: PeerId) => boolean
): boolean {
  const asked = home.filter(isAsked).length
  return asked > home.length / 2 || home.every(id => id === self || isAsked(id) || !current.has(id))
}

function listFrom(list: unknown): number[] {
  return Array.isArray(list) ? list.filter(each => Number.isSafeInteger(each)) : []
}
