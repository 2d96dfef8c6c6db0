/**
 * The lists of members in which this node has answered for others, so that no answer counts in another list than its own.
 *
 * A view is who is admitted, and where, under a number that grows with every change that its node learns of: a list that changes and
 * changes back is another view. A node tells which views it was in since the last that it knows as settled: in any of them
 * a majority may have acknowledged something (after DynaStore: Aguilera, Keidar, Malkhi, Shraer, "Dynamic atomic storage
 * without consensus", 2011).
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'
import type { shoal } from '#proto/generated/peer.js'
import type { PeerId } from '../ports/network.ts'
import { memberLimits, peerIdFrom } from './member-wire.ts'
import { Placement } from './placement.ts'
import { malformed, name, safe } from './wire.ts'

export interface ViewMember {
  readonly id: PeerId
  readonly region: string
  readonly zone: string
}

/** Past so many lists of members that were not settled nobody keeps count: then every member is asked. */
const maxPrior = 64
/** Members in the views of one message, beyond those of its first. */
const maxDifferences = 4096
const namePattern = /^[0-9]{1,15}:[0-9a-f]{16}$/

export class HomeView {
  readonly number: number
  /** By id. */
  readonly members: readonly ViewMember[]
  readonly name: string
  readonly #slices: number
  readonly #ids: ReadonlySet<PeerId>
  #placement: Placement | undefined

  constructor(number: number, members: readonly ViewMember[], slices: number) {
    this.number = number
    this.members = members.map(({ id, region, zone }) => ({ id, region, zone })).sort((a, b) => (a.id < b.id ? -1 : 1))
    this.name = `${number}:${hashOf(this.members)}`
    this.#slices = slices
    this.#ids = new Set(this.members.map(({ id }) => id))
  }

  /** The members whose disks count for the shard. */
  home(shard: number): readonly PeerId[] {
    this.#placement ??= new Placement(
      this.members.map(member => ({ ...member, isLongGone: false })),
      this.#slices
    )
    return this.#placement.home(shard)
  }

  has(id: PeerId): boolean {
    return this.#ids.has(id)
  }

  /** `members`: by id. */
  isOf(members: readonly ViewMember[]): boolean {
    return (
      members.length === this.members.length &&
      this.members.every(({ id, region, zone }, i) => {
        const other = members[i]
        return other?.id === id && other.region === region && other.zone === zone
      })
    )
  }

  /** As what is different in this view, for whoever is in it. */
  difference({ number, members }: HomeView, counted: boolean): shoal.peer.IPriorView {
    const here = new Map(this.members.map(member => [member.id, member]))
    const there = new Set(members.map(({ id }) => id))
    return {
      number,
      counted,
      without: this.members.flatMap(({ id }) => (there.has(id) ? [] : [id])),
      with: members.filter(({ id, region, zone }) => here.get(id)?.region !== region || here.get(id)?.zone !== zone)
    }
  }

  /** The view that differs so from this one. */
  differing(difference: PriorView): HomeView {
    const members = new Map(this.members.map(member => [member.id, member]))
    for (const id of difference.without) members.delete(id)
    for (const member of difference.with) members.set(member.id, member)
    return new HomeView(difference.number, [...members.values()], this.#slices)
  }
}

/** A view as a peer tells it, which is in a view itself. */
export interface PriorView {
  readonly number: number
  readonly without: readonly PeerId[]
  readonly with: readonly ViewMember[]
  readonly counted: boolean
}

interface KeptViews {
  readonly isRooted?: boolean
  readonly isLost?: boolean
  readonly views?: readonly {
    readonly number: number
    readonly members: readonly ViewMember[]
    readonly counted: boolean
  }[]
}

export class HomeViews {
  readonly #slices: number
  #current: HomeView | undefined
  #prior: readonly HomeView[] = []
  #isRooted = false
  #isLost = false
  /** Names of those in which somebody counted. */
  readonly #counted = new Set<string>()

  constructor(slices: number) {
    this.#slices = slices
  }

  /** The view that this node was in last. */
  get current(): HomeView | undefined {
    return this.#current
  }

  /** Those it was in, or heard of, since the last that is known as settled, that one included. */
  get prior(): readonly HomeView[] {
    return this.#prior
  }

  /** It has counted in one of them, or knows all this from somebody who has; else they say nothing of what came before. */
  get isRooted(): boolean {
    return this.#isRooted
  }

  /** Somebody counted in it: then its members knew where all of them came from. */
  hasCounted(view: HomeView): boolean {
    return this.#counted.has(view.name)
  }

  counted(view: HomeView): void {
    this.#counted.add(view.name)
  }

  /** There were more than are kept: what was acknowledged in them is found where every member is asked. */
  get isLost(): boolean {
    return this.#isLost
  }

  /** These are the members now; `heard`: the largest number of a view that somebody told. */
  enter(members: readonly ViewMember[], heard: number): void {
    if (this.#current !== undefined) this.#learn([this.#current])
    const number = this.#current?.isOf(members) ? heard : Math.max(this.#current?.number ?? 0, heard) + 1
    this.#current = new HomeView(number, members, this.#slices)
  }

  /** In these, too, something may have been acknowledged. */
  learn(prior: readonly HomeView[], isRooted: boolean, isLost = false): void {
    this.#learn(prior)
    this.#isRooted ||= isRooted
    this.#isLost ||= isLost
  }

  /** In the present view a majority of every home is counted: all that was acknowledged before, they have. */
  settled(): void {
    if (this.#current === undefined) return
    this.#prior = [this.#current]
    this.#isLost = false
    this.#counted.clear()
    this.#counted.add(this.#current.name)
  }

  get isSettled(): boolean {
    return this.#prior.length === 1 && this.#prior[0] === this.#current
  }

  #learn(views: readonly HomeView[]): void {
    // Of two views of the same members one is enough: their homes are the same.
    const known = new Map(this.#prior.map(view => [hashOfName(view.name), view]))
    for (const view of views) {
      const twin = known.get(hashOfName(view.name))
      if (twin === undefined) known.set(hashOfName(view.name), view)
      else if (this.hasCounted(view)) this.#counted.add(twin.name)
    }
    this.#prior = [...known.values()]
    if (this.#prior.length <= maxPrior) return
    this.#prior = []
    this.#isLost = true
  }

  kept(): KeptViews {
    const views = [...this.#prior, ...(this.#current === undefined ? [] : [this.#current])]
    return {
      views: views.map(view => ({ number: view.number, members: view.members, counted: this.hasCounted(view) })),
      isRooted: this.#isRooted,
      isLost: this.#isLost
    }
  }

  /** What an earlier life has kept; the last is the one that it was in. */
  load(kept: unknown): void {
    const list = (kept as KeptViews | undefined)?.views
    if (!Array.isArray(list)) return
    const views = list.map(({ number, members }) => new HomeView(number, members, this.#slices))
    for (const [i, view] of views.entries()) if (list[i]?.counted === true) this.#counted.add(view.name)
    this.#current = views.at(-1)
    this.#isRooted = (kept as KeptViews).isRooted === true
    this.#isLost = (kept as KeptViews).isLost === true
    this.#prior = []
    this.#learn(views.slice(0, -1))
    // One that is settled is among those before itself.
    this.#prior = this.#prior.map(view => (view.name === this.#current?.name ? this.#current : view))
  }
}

export function viewNameFrom(text: string | null | undefined): string | undefined {
  if (text == null || text === '') return undefined
  if (!namePattern.test(text)) throw malformed('view')
  return text
}

export function numberOfName(view: string): number {
  return Number(view.slice(0, view.indexOf(':')))
}

export function hashOfName(view: string): string {
  return view.slice(view.indexOf(':') + 1)
}

export function priorViewsFrom(list: readonly shoal.peer.IPriorView[] | null | undefined): PriorView[] {
  const views = list ?? []
  if (views.length > maxPrior) throw malformed(`${views.length} views`)
  let differences = 0
  return views.map(view => {
    const without = (view.without ?? []).map(peerIdFrom)
    const changed = (view.with ?? []).map(({ id, region, zone }) => ({
      id: peerIdFrom(id),
      region: region ? name(region, memberLimits.regionCharacters, 'region') : '',
      zone: zone ? name(zone, memberLimits.regionCharacters, 'zone') : ''
    }))
    differences += without.length + changed.length
    if (differences > maxDifferences) throw malformed('views')
    return { number: safe(view.number), without, with: changed, counted: view.counted === true }
  })
}

export function hashOf(members: readonly ViewMember[]): string {
  const lines = members.map(({ id, region, zone }) => `${id}\0${region}\0${zone}`).sort()
  return bytesToHex(sha256(utf8ToBytes(lines.join('\n'))).slice(0, 8))
}
