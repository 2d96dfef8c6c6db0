/**
 * The wires between simulated nodes: who is where, how each way between two of them behaves, and which ways are cut. Nodes are
 * named by their peer id, which outlives their processes. All faults of the network are made here.
 */
import type { PeerId } from '../ports/network.ts'
import {
  type Cut,
  calmLink,
  type FabricOptions,
  fabricDefaults,
  type LinkConditions,
  plainCut
} from './link-conditions.ts'
import type { SimulatedNetwork } from './network.ts'
import type { SeededRandom } from './random.ts'
import { Sightings } from './sightings.ts'
import type { SimulatedTime } from './time.ts'

/** A place that has an address; `occupant` is the process that answers there now. */
export interface Site {
  readonly number: number
  readonly id: PeerId
  occupant: SimulatedNetwork | undefined
}

/** One way from one site to another. */
export interface Path {
  readonly from: Site
  readonly to: Site
  conditions: LinkConditions
  cut: Cut | undefined
}

export class SimulatedFabric {
  readonly time: SimulatedTime
  readonly random: SeededRandom
  readonly sightings: Sightings
  readonly options: Required<FabricOptions>
  readonly #sites = new Map<string, Site>()
  readonly #places: Site[] = []
  readonly #paths = new Map<string, Path>()
  #conditions: LinkConditions = calmLink

  constructor(time: SimulatedTime, random: SeededRandom, options: FabricOptions & { sightings?: Sightings } = {}) {
    const { sightings, ...rest } = options
    this.time = time
    this.random = random
    this.sightings = sightings ?? new Sightings()
    this.options = { ...fabricDefaults, ...rest }
  }

  /** The place of this name, which is the peer id of whoever answers there, unless that is a copy of another place. */
  site(name: string, id: PeerId = name): Site {
    const known = this.#sites.get(name)
    if (known !== undefined) return known
    const site: Site = { number: this.#places.length, id, occupant: undefined }
    this.#sites.set(name, site)
    this.#places.push(site)
    return site
  }

  sites(): Iterable<Site> {
    return this.#sites.values()
  }

  /** The site at an address, and the id that it is said to have; nothing where the address is none. */
  siteAt(address: string): { site: Site | undefined; id: PeerId } | undefined {
    const match = /^\/sim\/(\d+)\/p2p\/([^/]+)$/.exec(address)
    if (match === null) return undefined
    const [, number, id = ''] = match
    return { site: this.#places[Number(number)], id }
  }

  path(from: Site, to: Site): Path {
    const key = `${from.number}>${to.number}`
    const known = this.#paths.get(key)
    if (known !== undefined) return known
    const path: Path = { from, to, conditions: this.#conditions, cut: undefined }
    this.#paths.set(key, path)
    return path
  }

  /** Changes how the network behaves: everywhere, or on the way from one node to another. */
  setConditions(change: Partial<LinkConditions>, way?: { from: PeerId; to: PeerId }): void {
    if (way !== undefined) {
      this.#change(this.path(this.site(way.from), this.site(way.to)), change)
      return
    }
    this.#conditions = { ...this.#conditions, ...change }
    for (const path of this.#paths.values()) this.#change(path, change)
  }

  #change(path: Path, change: Partial<LinkConditions>): void {
    const before = path.conditions
    path.conditions = { ...before, ...change }
    const { bytesPerMs, latencyMs } = path.conditions
    if (bytesPerMs <= before.bytesPerMs && latencyMs.max >= before.latencyMs.max) return
    for (const network of [path.from.occupant, path.to.occupant]) network?.table.pathIsFaster(path)
  }

  /** Everything from one node to another is lost from now on; the other way is as it was. */
  cutOneWay(from: PeerId, to: PeerId, how: Partial<Cut> = {}): void {
    const path = this.path(this.site(from), this.site(to))
    const cut = { ...plainCut, ...how }
    path.cut = cut
    this.sightings.see(`network: one way was cut, records ${cut.records}`)
    for (const network of [path.from.occupant, path.to.occupant]) network?.table.pathWasCut(path, cut)
  }

  cut(a: PeerId, b: PeerId, how: Partial<Cut> = {}): void {
    this.cutOneWay(a, b, how)
    this.cutOneWay(b, a, how)
  }

  /** Cuts all ways between nodes of different groups. A node in no group keeps its ways to all. */
  partition(groups: readonly (readonly PeerId[])[], how: Partial<Cut> = {}): void {
    groups.forEach((group, index) => {
      for (const other of groups.slice(index + 1)) for (const a of group) for (const b of other) this.cut(a, b, how)
    })
  }

  /** Takes back every cut, or those between these two nodes. */
  heal(a?: PeerId, b?: PeerId): void {
    for (const path of [...this.#paths.values()]) {
      if (path.cut === undefined) continue
      const isMeant = a === undefined || [path.from.id, path.to.id].every(id => id === a || id === b)
      if (!isMeant) continue
      path.cut = undefined
      this.sightings.see('network: a cut was healed')
      path.from.occupant?.table.pathWasHealed(path)
      path.to.occupant?.table.pathWasHealed(path)
    }
  }

  isCut(from: PeerId, to: PeerId): boolean {
    return this.path(this.site(from), this.site(to)).cut !== undefined
  }

  /** Breaks the link of these two, if there is one; nothing keeps them from making another. */
  reset(a: PeerId, b: PeerId): void {
    this.site(a).occupant?.table.wasReset(b)
    this.site(b).occupant?.table.wasReset(a)
  }

  /** How long one write of so many bytes is under way. */
  latencyUs(path: Path, bytes: number): number {
    const { latencyMs, spikeProbability, spikeMs, bytesPerMs } = path.conditions
    let ms = this.random.between(latencyMs.min, latencyMs.max) + bytes / bytesPerMs
    if (this.random.chance(spikeProbability)) {
      ms += this.random.between(0, spikeMs)
      this.sightings.see('network: a delay spike')
    }
    return ms * 1000
  }

  /**
   * Something small goes along a path, outside any link: `arrive` runs at the other end, or `lost` does nowhere in particular.
   * Answers when it arrives.
   */
  post(path: Path, arrive: () => void, lost: () => void = () => {}): number {
    const latencyUs = Math.ceil(this.latencyUs(path, 0))
    this.time.schedule(latencyUs, undefined, () => (path.cut === undefined ? arrive() : lost()))
    return this.time.nowUs + latencyUs
  }
}
