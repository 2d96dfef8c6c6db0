/**
 * Which nodes are to store a lease shard, by this node's view, and whether those that do are still the ones to have.
 *
 * A set that names a member that left or was forgotten is poor, though nobody can take its place: else those who go one by one take the
 * majority with them. One that is only dead may come back, and stays where no other node could be in its place.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { PeerId } from '../../ports/network.ts'

export class LeaseSets {
  readonly #cluster: Cluster
  readonly #self: PeerId
  readonly #replicas: number
  #alive: ReadonlySet<PeerId> = new Set()
  #admitted: ReadonlySet<PeerId> = new Set()
  /** The lists that these are of. */
  #seen: readonly (readonly PeerId[])[] = []

  constructor(cluster: Cluster, self: PeerId, replicas: number) {
    this.#cluster = cluster
    this.#self = self
    this.#replicas = replicas
  }

  /** The owner first, then those that the ring prefers, in different zones where it can be; who is not there only where others are lacking. */
  setFor(shard: number, owner = this.#self): PeerId[] {
    this.#look()
    const { replicas, store, membership } = this.#cluster
    const isThere = (peer: PeerId) => this.#alive.has(peer)
    const home = replicas.placement.home(this.#replicas * store.shardCount + shard)
    const others = membership.admitted()
    const inOrder = [owner, ...home.filter(isThere), ...others.filter(isThere), ...home, ...others]
    return [...new Set(inOrder)].slice(0, this.#replicas)
  }

  /** One of them is a member no more, or is not there while another node is that could be one. */
  isPoor(set: readonly PeerId[]): boolean {
    return this.#isPoor(set, peer => this.#alive.has(peer))
  }

  /** As `isPoor`, of a shard that nobody calls: who is away for a moment is waited for. */
  isPoorForLong(set: readonly PeerId[]): boolean {
    return this.#isPoor(set, peer => !this.#cluster.replicas.isLongGone(peer))
  }

  /** A majority of them can be asked, so that an epoch can be opened with others. Who leaves answers until it is gone. */
  canBeAsked(set: readonly PeerId[]): boolean {
    this.#look()
    const links = new Set([this.#self, ...this.#cluster.links()])
    return set.filter(peer => links.has(peer) || this.#alive.has(peer)).length > set.length / 2
  }

  #isPoor(set: readonly PeerId[], counts: (peer: PeerId) => boolean): boolean {
    this.#look()
    return (
      set.some(peer => !this.#admitted.has(peer)) ||
      set.filter(counts).length < Math.min(this.#replicas, this.#alive.size)
    )
  }

  #look(): void {
    const { membership } = this.#cluster
    const lists = [membership.alive(), membership.admitted()] as const
    if (lists.every((list, i) => list === this.#seen[i])) return
    this.#seen = lists
    this.#alive = new Set(lists[0])
    this.#admitted = new Set(lists[1])
  }
}
