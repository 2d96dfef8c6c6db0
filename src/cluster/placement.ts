/**
 * Where replicas are: a pure function of who is a member, and who of them has been gone for long. Equal views place alike.
 *
 * A shard's number is R · slices + slice. With R = 0 every member stores it. With R from 1 to 15 its `home` is R admitted members,
 * dead ones included: majorities are counted over the home, so that it changes only when somebody joins, leaves or is forgotten.
 * Where some have been gone for long, its `hosts` are R of the others: the home's survivors, and substitutes, which keep copies and
 * serve calls, and never count in a majority of a replicated kind.
 *
 * Both are chosen in the slice's order of preference (hash-ring.ts), each time the member whose zone has the fewest replicas so far,
 * then whose region has: no zone has two replicas while another has none, nor has a region.
 */
import type { PeerId } from '../ports/network.ts'
import { type Ring, ringOf } from './hash-ring.ts'
import { replicaCounts } from './wire.ts'

export interface PlacedMember {
  readonly id: PeerId
  readonly region: string
  readonly zone: string
  /** Gone for so long that its replicas are rebuilt elsewhere. */
  readonly isLongGone: boolean
}

export const maxReplicas = replicaCounts - 1

/** How many replicas the shard has; 0: one on every member. */
export function replicasOf(shard: number, slices: number): number {
  return Math.floor(shard / slices)
}

export class Placement {
  readonly #slices: number
  readonly #members: ReadonlyMap<PeerId, PlacedMember>
  readonly #admitted: readonly PeerId[]
  /** Made when it is first asked for: where every member stores everything it never is. */
  #ring: Ring | undefined
  readonly #hasLongGone: boolean
  readonly #homes = new Map<number, readonly PeerId[]>()
  readonly #hosts = new Map<number, readonly PeerId[]>()
  readonly #storing = new Map<number, readonly PeerId[]>()

  /** `members`: the admitted ones. */
  constructor(members: readonly PlacedMember[], slices: number) {
    this.#slices = slices
    this.#members = new Map(members.map(member => [member.id, member]))
    this.#admitted = Object.freeze([...this.#members.keys()].sort())
    this.#hasLongGone = members.some(member => member.isLongGone)
  }

  /** The members whose disks count for the shard, in the order in which the slice prefers them; by id where all are. */
  home(shard: number): readonly PeerId[] {
    const replicas = replicasOf(shard, this.#slices)
    if (replicas === 0) return this.#admitted
    return remembered(this.#homes, shard, () => this.#choose(shard, replicas, () => true))
  }

  /** Those that are to serve it. */
  hosts(shard: number): readonly PeerId[] {
    const replicas = replicasOf(shard, this.#slices)
    if (replicas === 0) return this.#admitted
    if (!this.#hasLongGone) return this.home(shard)
    return remembered(this.#hosts, shard, () => this.#choose(shard, replicas, member => !member.isLongGone))
  }

  /** All that are to store it: its hosts and its home. */
  storing(shard: number): readonly PeerId[] {
    if (!this.#hasLongGone) return this.home(shard)
    return remembered(this.#storing, shard, () => [...new Set([...this.hosts(shard), ...this.home(shard)])])
  }

  #choose(shard: number, count: number, isFit: (member: PlacedMember) => boolean): readonly PeerId[] {
    const left: PlacedMember[] = []
    this.#ring ??= ringOf(this.#admitted, { shards: this.#slices })
    for (const id of this.#ring.preference(shard % this.#slices)) {
      const member = this.#members.get(id)
      if (member !== undefined && isFit(member)) left.push(member)
    }
    const zones = new Map<string, number>()
    const regions = new Map<string, number>()
    const chosen: PeerId[] = []
    while (chosen.length < count) {
      let best = -1
      let bestLoad = Number.POSITIVE_INFINITY
      for (const [i, member] of left.entries()) {
        // No count reaches the number of replicas, so that zones come before regions.
        const load = (zones.get(zoneOf(member)) ?? 0) * replicaCounts + (regions.get(member.region) ?? 0)
        if (load >= bestLoad) continue
        best = i
        bestLoad = load
      }
      const [member] = best < 0 ? [] : left.splice(best, 1)
      if (member === undefined) break
      chosen.push(member.id)
      zones.set(zoneOf(member), (zones.get(zoneOf(member)) ?? 0) + 1)
      regions.set(member.region, (regions.get(member.region) ?? 0) + 1)
    }
    return chosen
  }
}

/** Zones of two regions that are called alike are two. */
function zoneOf({ region, zone }: PlacedMember): string {
  return `${region}\0${zone}`
}

function remembered<T>(table: Map<number, T>, shard: number, make: () => T): T {
  const known = table.get(shard)
  if (known !== undefined) return known
  const value = make()
  table.set(shard, value)
  return value
}
