/**
 * One node's part in the cluster: everything below the actors, started in order.
 *
 * Start: the disk's claim, a fresh incarnation on disk, the shards, the network, then who talks. Events of the network are told
 * to membership first, because all others ask it.
 */

import { ShoalError } from '../ports/errors.ts'
import type { PeerId } from '../ports/network.ts'
import type { ClusterEvents, ClusterOptions, Ports } from './cluster-options.ts'
import { ClusterParts } from './cluster-parts.ts'
import { newIncarnation } from './identity.ts'
import { isRegisterKey } from './lease/lease-registers.ts'
import type { Leases } from './lease/leases.ts'
import { settleLostMemory } from './lease/lost-memory.ts'
import { Voters } from './lease/voters.ts'
import { isAdmitted, isPresent } from './member-record.ts'
import type { Membership } from './membership.ts'
import { assertUndamaged, claimDisk, keepIncarnation, mendMeta, readMeta } from './meta.ts'
import type { Ownership } from './ownership.ts'
import type { ReplicaSets } from './replica-sets.ts'
import type { Replication } from './replication.ts'
import type { ShardStore } from './shard-store.ts'
import { migrateDisk } from './storage-migration/migrate.ts'
import { type Calls, encodeCalls, encodeControl } from './wire.ts'

export type { ClusterEvents, ClusterOptions, Ports } from './cluster-options.ts'

/** How long a leaving node goes on answering `moved` and serving pulls after it has said farewell. */
const lingerMs = 150
/** What was under way when a leaving node sealed its shards has so long to end and to get to its disk. */
const sealTimeoutMs = 5000
/** Of nodes that nobody here knows any more, sessions that may begin at a voter in an hour: others have these, and read them with it. */
const maxStrangers = 4096
const strangersForMs = 3_600_000

export class Cluster {
  readonly incarnation: string
  readonly store: ShardStore
  readonly membership: Membership
  readonly ownership: Ownership
  readonly replication: Replication
  readonly replicas: ReplicaSets
  /** The lease shards; none without a lease store. */
  readonly leases: Leases | undefined
  readonly #parts: ClusterParts
  readonly #ports: Ports
  readonly #options: ClusterOptions
  readonly #events: ClusterEvents
  readonly #links
  #seenChanges = 0
  #seenRosterChanges = 0

  private constructor(
    ports: Ports,
    options: ClusterOptions,
    events: ClusterEvents,
    incarnation: string,
    voters?: Voters
  ) {
    this.#ports = ports
    this.#options = options
    this.#events = events
    this.incarnation = incarnation
    this.#links = ports.metrics.gauge('shoal_links', 'Peers with a link')
    this.#parts = new ClusterParts(ports, options, events, incarnation, voters)
    this.store = this.#parts.store
    this.membership = this.#parts.membership
    this.ownership = this.#parts.ownership
    this.replication = this.#parts.replication
    this.replicas = this.#parts.replicas
    this.leases = this.#parts.leases
  }

  /** Draws the incarnation. The disk is open; the network has not started. Then `start`. */
  static async create(ports: Ports, options: ClusterOptions, events: ClusterEvents): Promise<Cluster> {
    await migrateDisk(ports.disk, options.facts, ports.logger)
    await mendMeta(ports.disk, ports.logger)
    await claimDisk(ports.disk, options.facts)
    assertUndamaged(ports.disk, ports.network.self)
    await settleLostMemory(ports.disk, ports.logger)
    const incarnation = newIncarnation(ports.clock, ports.random, readMeta(ports.disk, 'incarnation'))
    await keepIncarnation(ports.disk, incarnation)
    let cluster: Cluster | undefined
    const isMember = (id: PeerId) => cluster?.membership.member(id) !== undefined
    const voters = await openVoters(ports, options, isMember, events.failed)
    cluster = new Cluster(ports, options, events, incarnation, voters)
    return cluster
  }

  async start(): Promise<void> {
    const { network, disk } = this.#ports
    const { membership, ownership, ownWeight, replication, rebalance, supervisor, verification, records } = this.#parts
    await this.store.load({
      committed: commit => {
        replication.committed(commit.updates)
        replication.emptied(commit.emptied)
        this.#events.committed(commit)
      },
      failed: error => this.#events.failed(error)
    })
    await this.leases?.start()
    this.#watchMembers()
    // Before the first link: a greeting that came earlier would find nobody to answer it.
    membership.start()
    const { bootstrap, mayDiscover = false } = this.#options
    const expectsOthers = bootstrap.length > 0 || mayDiscover || this.#parts.notes.hasForgottenMembers
    ownership.start(!expectsOthers && membership.admitted().length === 1)
    ownWeight.look()
    replication.start()
    verification.start()
    rebalance.start()
    // What a file has lost may leave records that fit together, of a time before this node confirmed the rest.
    if (disk.damage !== undefined) rebalance.readmitted()
    await network.start({
      linked: peer => this.#linked(peer),
      unlinked: peer => this.#unlinked(peer),
      record: (peer, channel, bytes) => {
        if (this.#parts.isStopped) records.receiveStopping(peer, channel, bytes)
        else records.receive(peer, channel, bytes)
      },
      published: (bytes, writer) => {
        if (!this.#parts.isStopped) records.publication(writer, bytes)
      },
      discovered: addresses => supervisor.discovered(addresses),
      refused: (peer, reason) => this.#events.refused(peer, reason),
      admitsClock: (peer, offsetMs) => membership.admitsClock(peer, offsetMs),
      admitsWriter: writer => {
        const member = membership.member(writer)
        return member !== undefined && isAdmitted(member)
      }
    })
    supervisor.start()
  }

  #watchMembers(): void {
    this.membership.onChange(({ before, after }) => {
      if (before !== undefined && isPresent(after) && after.id !== this.#ports.network.self) {
        const isSameLife = before.incarnation === after.incarnation
        if (isSameLife && !isPresent(before)) this.ownership.forget(after.id)
        if (!isSameLife || !isPresent(before)) this.#parts.supervisor.wake(after.id)
      }
      this.leases?.memberChanged(after)
      // All changes of a message are in before the first of them is told: one look is enough for all.
      const { changes, rosterChanges } = this.membership
      if (changes === this.#seenChanges) return
      this.#seenChanges = changes
      if (rosterChanges === this.#seenRosterChanges) this.#events.viewChanged(true)
      else this.#parts.viewChanged()
      this.#seenRosterChanges = rosterChanges
    })
    this.membership.onRefuted(({ status }) => {
      if (status === 'dead') this.ownership.revalidate()
    })
  }

  /**
   * Before `leave`: the others take what is here while this node serves on. Some of them may take seconds, such as one that still looks through its
   * disk, and in those nobody else could serve.
   */
  async flushAhead(): Promise<void> {
    // A part that it takes now the others would take back a moment later.
    this.#parts.ownWeight.stop()
    await this.replication.flush()
  }

  /**
   * Hands over, lets the others take all that is only here, and says farewell. Then `stop`. Answers whether of all that is here somebody
   * has said that it is on another disk, that stays. Throws `SHOAL_DISK`, without a farewell, where its own disk stands still: what may get there
   * later, or never, is not to be done again by the others as if it had not been.
   */
  async leave(): Promise<boolean> {
    // The lease store may be slow: until it has answered, the shards of `merge` kinds are served here.
    await this.#events.leaving?.()
    // A copy on a disk that leaves is no copy.
    this.replication.confirmNoMore()
    await this.#seal()
    await this.#events.sealed?.()
    const isFlushed = await this.replication.flushRest()
    if (!isFlushed && this.membership.admitted().length > 1)
      this.#ports.logger.error(
        'this node leaves, and nobody has confirmed to have all that it has: keep its data; started again, it gives the others the rest'
      )
    this.#parts.rebalance.left()
    await this.membership.leave()
    this.#parts.viewChanged()
    const isReplaced = (await this.#events.left?.()) ?? true
    await new Promise<void>(resolve => this.#ports.clock.after(lingerMs, resolve))
    const isVoter = this.#parts.voters?.isVoter === true
    if (isVoter) this.#ports.logger.warn('this node leaves, and it is a voter of the lease store: keep its data')
    return isFlushed && isReplaced && !isVoter
  }

  async #seal(): Promise<void> {
    const late = Promise.withResolvers<'late'>()
    const timer = this.#ports.clock.after(sealTimeoutMs, () => late.resolve('late'))
    const outcome = await Promise.race([this.ownership.seal(), late.promise])
    timer.cancel()
    if (outcome !== 'late') return
    throw new ShoalError(
      'SHOAL_DISK',
      'the disk of this node stands still: it stops as if it had died, and its data is to be kept',
      { retryable: true }
    )
  }

  /** Ends all protocols and links; waits for the last commit. The disk stays open. */
  async stop(): Promise<void> {
    if (this.#parts.isStopped) return
    this.#parts.stop()
    await this.leases?.stop()
    await this.#parts.voters?.stop()
    await this.store.close()
    await this.#ports.network.stop()
  }

  /** Ends the links with these peers, refuses new ones, and dials all others at once. */
  refuse(peers: ReadonlySet<PeerId>): void {
    this.#parts.refuse(peers)
  }

  sendCalls(peer: PeerId, message: Calls): boolean {
    return this.#ports.network.send(peer, 'calls', encodeCalls(message))
  }

  /** Bytes that wait to be sent to the peer among its calls. */
  queuedCallBytes(peer: PeerId): number {
    return this.#ports.network.queuedBytes(peer, 'calls')
  }

  links(): readonly PeerId[] {
    return this.#ports.network.links()
  }

  /** This node owns its part of the shards, or will when they are granted. */
  get ownsItsPart(): boolean {
    return this.#parts.ownWeight.isTaken
  }

  /** This node has all that it may be asked for of the shard. */
  isWhole(shard: number): boolean {
    return this.#parts.rebalance.isWhole(shard)
  }

  // ---- events of the network ---------------------------------------------------------------------------------------------------

  #linked(peer: PeerId): void {
    if (this.#parts.isStopped) return
    this.#links.set(this.#ports.network.links().length)
    this.#parts.supervisor.linked(peer)
    this.membership.linked(peer)
    this.ownership.linked(peer)
    this.#parts.ownWeight.look()
    this.replication.greet(peer)
    this.#parts.rebalance.linked(peer)
    this.leases?.linked(peer)
    this.#events.linked(peer)
  }

  #unlinked(peer: PeerId): void {
    this.#parts.voters?.unlinked(peer)
    if (this.#parts.isStopped) return
    this.#links.set(this.#ports.network.links().length)
    this.#parts.supervisor.unlinked(peer)
    this.membership.unlinked(peer)
    this.replication.unlinked(peer)
    this.#parts.rebalance.unlinked(peer)
    this.leases?.unlinked(peer)
    this.#events.unlinked(peer)
  }
}

async function openVoters(
  { clock, random, disk, network, logger, metrics }: Ports,
  { lease, facts }: ClusterOptions,
  isMember: (id: PeerId) => boolean,
  failed: (error: ShoalError) => void
): Promise<Voters | undefined> {
  if (lease === undefined || !('voters' in lease.store)) return undefined
  const { voters } = lease.store
  let strangers = 0
  let sinceMs = clock.elapsed()
  const admitsStranger = () => {
    if (clock.elapsed() - sinceMs >= strangersForMs) [strangers, sinceMs] = [0, clock.elapsed()]
    return strangers++ < maxStrangers
  }
  return Voters.open({
    ...{ voters, self: network.self, disk, clock, random, logger, metrics, failed },
    send: (peer, message) => network.send(peer, 'control', encodeControl(message)),
    mayBegin: (key, peer) =>
      isRegisterKey(key, facts.shards, node => node === peer || isMember(node) || admitsStranger())
  })
}
