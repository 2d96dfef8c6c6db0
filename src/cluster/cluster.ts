/**
 * One node's part in the cluster: everything below the actors, composed and started in order.
 *
 * Start: the disk's claim, a fresh incarnation on disk, the shards, the network, then who talks. Events of the network are told
 * to membership first, because all others ask it. A record that is not well-formed ends the link it came by.
 */

import type { Clock, Timer } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Channel, ClusterFacts, Network, PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { isStoreEnd } from './group-commit.ts'
import { Holdings } from './holdings.ts'
import { newIncarnation, originOf } from './identity.ts'
import { LinkSupervisor } from './link-supervisor.ts'
import { isPresent, type MemberRecord } from './member-record.ts'
import {
  ackFrom,
  helloFrom,
  memberLimits,
  memberTo,
  pingFrom,
  pingRequestFrom,
  tableHashFrom,
  twinFrom
} from './member-wire.ts'
import { Membership } from './membership.ts'
import type { MembershipOptions } from './membership-options.ts'
import { assertUndamaged, claimDisk, noteDamage, readMembers, readMeta, writeMeta } from './meta.ts'
import { Ownership, type OwnershipOptions } from './ownership.ts'
import { PeerConduct } from './peer-conduct.ts'
import { Placement } from './placement.ts'
import { countQuorum, type Quorum, type QuorumLevel } from './quorum.ts'
import { Rebalance, type RebalanceEvents, type RebalanceOptions } from './rebalance.ts'
import { Replication, type ReplicationOptions } from './replication.ts'
import { type Commit, type Damage, ShardStore, type ShardStoreOptions } from './shard-store.ts'
import { Verification, type VerificationOptions } from './verification.ts'
import {
  type Bulk,
  type Calls,
  type Control,
  decodeBulk,
  decodeCalls,
  decodeControl,
  encodeBulk,
  encodeCalls,
  encodeControl
} from './wire.ts'

/** The outside world of a node. */
export interface Ports {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly network: Network
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface ClusterOptions {
  readonly facts: ClusterFacts
  readonly name: string
  readonly region: string
  /** What fails together within the region. @default the region */
  readonly zone?: string
  /** Addresses of other nodes. Tried for ever. */
  readonly bootstrap: readonly string[]
  /** Others may turn up without being named (mDNS): do not own anything before looking for them. */
  readonly mayDiscover?: boolean
  readonly membership?: MembershipOptions
  readonly replication?: ReplicationOptions
  readonly ownership?: OwnershipOptions
  readonly store?: ShardStoreOptions
  readonly verification?: VerificationOptions
  readonly rebalance?: RebalanceOptions
  /** Numbers of replicas that the kinds of this node have; 0 where every node has one. @default the cluster's */
  readonly replicaCounts?: Iterable<number>
}

/** What the floor above is told. */
export interface ClusterEvents {
  calls(peer: PeerId, message: Calls): void
  linked(peer: PeerId): void
  unlinked(peer: PeerId): void
  /** Placement changed: who is present, or who owns what. */
  viewChanged(): void
  committed(commit: Commit): void
  failed(error: ShoalError): void
  /** A shard on this disk proved damaged; what is intact of it stays, and the others fill it again. */
  damaged(damage: Damage): void
  refused(peer: PeerId | undefined, reason: string): void
  drain(shards: ReadonlySet<number>): Promise<void>
}

/** How long it takes, at most and as a rule, until all members know of a newcomer. */
const newcomerMs = 2000
/** How long a leaving node goes on answering `moved` and serving pulls after it has said farewell. */
const lingerMs = 150

export class Cluster {
  readonly incarnation: string
  readonly store: ShardStore
  readonly membership: Membership
  readonly ownership: Ownership
  readonly replication: Replication
  readonly #verification: Verification
  readonly holdings: Holdings
  readonly #rebalance: Rebalance
  readonly #ports: Ports
  readonly #options: ClusterOptions
  readonly #events: ClusterEvents
  readonly #supervisor: LinkSupervisor
  readonly #conduct: PeerConduct
  /** Refused for a drill. */
  #drilled: ReadonlySet<PeerId> = new Set()
  readonly #malformed
  readonly #links
  readonly #presentSinceMs = new Map<PeerId, number>()
  readonly #goneSinceMs = new Map<PeerId, number>()
  #placement: Placement | undefined
  #placementTimer: Timer | undefined
  #stopped = false

  private constructor(ports: Ports, options: ClusterOptions, events: ClusterEvents, incarnation: string) {
    const { clock, random, disk, network, logger, metrics } = ports
    this.#ports = ports
    this.#options = options
    this.#events = events
    this.incarnation = incarnation
    this.#malformed = metrics.counter('shoal_malformed_records_total', 'Records of peers that were not well-formed')
    this.#conduct = new PeerConduct(clock, () => this.#refuseAll())
    this.#links = metrics.gauge('shoal_links', 'Peers with a link')
    const origin = originOf(network.self, incarnation)
    this.store = new ShardStore({ disk, clock, logger, metrics, origin, shards: options.facts.shards }, options.store)
    const remembered = readMembers(disk)
    this.membership = new Membership(
      {
        clock,
        random,
        logger,
        metrics,
        self: {
          id: network.self,
          name: options.name,
          region: options.region,
          zone: options.zone ?? options.region,
          incarnation,
          addresses: () => network.addresses()
        },
        send: (peer, message) => this.#sendControl(peer, message),
        isLinked: peer => network.links().includes(peer),
        remembered,
        remember: records => this.#remember(records),
        impostor: record => this.#giveWay(record),
        unlink: peer => network.unlink(peer)
      },
      options.membership
    )
    this.#supervisor = new LinkSupervisor({
      clock,
      random,
      logger,
      network,
      members: () => this.membership.records(),
      bootstrap: options.bootstrap,
      remembered: remembered.filter(record => record.status !== 'left').flatMap(record => record.addresses)
    })
    this.ownership = new Ownership(
      {
        self: network.self,
        shards: options.facts.shards,
        clock,
        logger,
        metrics,
        events: {
          present: () => this.membership.alive(),
          isLinked: peer => network.links().includes(peer),
          merge: (members, from) => this.membership.merge(members, from),
          claim: (peer, shards) => this.replication.claim(peer, shards),
          settled: () => this.#tellSettled(),
          drain: shards => this.#events.drain(shards)
        }
      },
      options.ownership
    )
    this.replication = new Replication(
      {
        store: this.store,
        disk,
        clock,
        random,
        logger,
        metrics,
        events: {
          sendControl: (peer, message) => this.#sendControl(peer, message),
          sendBulk: (peer, message) => this.#sendBulk(peer, message),
          self: network.self,
          publish: bytes => {
            network.publish(bytes)
          },
          sendPush: (peer, bytes) => network.send(peer, 'push', bytes),
          queuedPushBytes: peer => network.queuedBytes(peer, 'push'),
          holdPushes: isHeld => network.hold('push', isHeld),
          links: () => network.links(),
          present: () => this.membership.alive(),
          audience: shard => (shard < this.store.shardCount ? 'everyone' : this.placement.storing(shard)),
          common: peer => this.#common(peer),
          inherits: peer => this.#inherits(peer),
          adopt: (peer, shards) => this.#rebalance.adopt(shards, this.#placementWithout(peer)),
          peers: () => this.#linkedMembers(),
          region: options.region,
          members: () => this.membership.records(),
          told: members => this.#merge(members),
          seal: (peer, shards, members) => this.ownership.grant(peer, shards, members)
        }
      },
      options.replication
    )
    const mayFindOthers = options.bootstrap.length > 0 || options.mayDiscover === true
    this.#verification = new Verification(
      {
        store: this.store,
        clock,
        logger,
        metrics,
        events: {
          hasOthers: () => this.membership.admitted().length > 1,
          mayFindOthers: () => mayFindOthers,
          abandon: shard => this.replication.abandon(shard),
          damaged: damage => this.#events.damaged(damage),
          lost: damage => noteDamage(disk, damage)
        }
      },
      options.verification
    )
    this.holdings = new Holdings(options.facts.shards)
    this.#rebalance = this.#makeRebalance()
  }

  #makeRebalance(): Rebalance {
    const { clock, disk, network, logger, metrics } = this.#ports
    const { facts, replicaCounts = [facts.replicas ?? 0], rebalance } = this.#options
    const events: RebalanceEvents = {
      placement: () => this.placement,
      present: () => this.membership.alive(),
      pull: (peer, shards) => this.replication.fetch(peer, shards),
      flush: (peer, shards) => this.replication.flushTo(peer, shards),
      send: (peer, message) => this.#sendControl(peer, message),
      links: () => network.links(),
      kept: readMeta(disk, 'holdings'),
      keep: text => this.#keep({ holdings: text }),
      moved: () => this.#events.viewChanged()
    }
    const parts = { self: network.self, store: this.store, holdings: this.holdings, clock, logger, metrics }
    return new Rebalance({ ...parts, replicaCounts, events }, rebalance)
  }

  /** Draws the incarnation. The disk is open; the network has not started. Then `start`. */
  static async create(ports: Ports, options: ClusterOptions, events: ClusterEvents): Promise<Cluster> {
    await claimDisk(ports.disk, options.facts)
    assertUndamaged(ports.disk, ports.network.self)
    const incarnation = newIncarnation(ports.clock, ports.random, readMeta(ports.disk, 'incarnation'))
    await writeMeta(ports.disk, { incarnation })
    return new Cluster(ports, options, events, incarnation)
  }

  async start(): Promise<void> {
    const { network } = this.#ports
    await this.store.load({
      committed: commit => {
        this.replication.committed(commit.updates)
        this.replication.emptied(commit.emptied)
        this.#events.committed(commit)
      },
      failed: error => this.#events.failed(error)
    })
    this.membership.onChange(({ before, after }) => {
      const returned =
        before !== undefined && isPresent(after) && (before.incarnation !== after.incarnation || !isPresent(before))
      if (returned && after.id !== network.self) {
        this.ownership.forget(after.id)
        this.#supervisor.wake(after.id)
      }
      this.#viewChanged()
    })
    this.membership.onRefuted(({ status }) => {
      if (status === 'dead') this.ownership.revalidate()
    })
    // Before the first link: a greeting that came earlier would find nobody to answer it.
    this.membership.start()
    const knowsOthers =
      this.#options.bootstrap.length > 0 || this.#options.mayDiscover === true || this.membership.admitted().length > 1
    this.ownership.start(!knowsOthers)
    this.replication.start()
    this.#verification.start()
    this.#rebalance.start()
    await network.start({
      linked: peer => this.#linked(peer),
      unlinked: peer => this.#unlinked(peer),
      record: (peer, channel, bytes) => this.#record(peer, channel, bytes),
      published: bytes => {
        if (!this.#stopped) this.replication.receivePublication(bytes)
      },
      discovered: addresses => this.#supervisor.discovered(addresses),
      refused: (peer, reason) => this.#events.refused(peer, reason),
      admitsClock: (peer, offsetMs) => this.membership.admitsClock(peer, offsetMs)
    })
    this.#supervisor.start()
  }

  /** Hands over, lets the others take all that is only here, and says farewell. Then `stop`. */
  async leave(): Promise<void> {
    // A copy on a disk that leaves is no copy.
    this.replication.confirmNoMore()
    await this.ownership.seal()
    await this.replication.flush()
    await this.membership.leave()
    this.#viewChanged()
    await new Promise<void>(resolve => this.#ports.clock.after(lingerMs, resolve))
  }

  /** Ends all protocols and links; waits for the last commit. The disk stays open. */
  async stop(): Promise<void> {
    if (this.#stopped) return
    this.#stopped = true
    this.#supervisor.stop()
    this.#conduct.stop()
    this.membership.stop()
    this.ownership.stop()
    this.#rebalance.stop()
    this.#placementTimer?.cancel()
    this.replication.stop()
    this.#verification.stop()
    await this.store.close()
    await this.#ports.network.stop()
  }

  /** Ends the links with these peers, refuses new ones, and dials all others at once. */
  refuse(peers: ReadonlySet<PeerId>): void {
    this.#drilled = peers
    this.#refuseAll()
    this.#supervisor.wake()
  }

  #refuseAll(): void {
    this.#ports.network.refuse(new Set([...this.#drilled, ...this.#conduct.refused()]))
  }

  sendCalls(peer: PeerId, message: Calls): boolean {
    return this.#ports.network.send(peer, 'calls', encodeCalls(message))
  }

  /** Who stores what, in this node's view. */
  get placement(): Placement {
    this.#placement ??= this.#placementWithout(undefined)
    return this.#placement
  }

  /** This node has all that it may be asked for of the shard. */
  isWhole(shard: number): boolean {
    return this.#rebalance.isWhole(shard)
  }

  /**
   * Where a call to a replicated actor of the shard runs: at this node, at the nearest peer that has the shard whole and is not to be
   * avoided, or nowhere for now. Where nobody has it whole, what this node has must do.
   */
  replica(shard: number, avoid: ReadonlySet<PeerId>): PeerId | undefined {
    const { self } = this.#ports.network
    if (shard < this.store.shardCount || this.isWhole(shard)) return self
    const holders = this.holdings.holdersOf(shard)
    const near = this.#byNearness(holders.filter(peer => !avoid.has(peer)))[0]
    return near ?? (holders.length === 0 && this.store.hosts(shard) ? self : undefined)
  }

  #byNearness(peers: readonly PeerId[]): PeerId[] {
    const own = this.membership.member(this.#ports.network.self)
    const distance = (peer: PeerId) => {
      const member = this.membership.member(peer)
      if (member === undefined || member.region !== own?.region) return 2
      return member.zone === own.zone ? 0 : 1
    }
    return peers.toSorted((a, b) => distance(a) - distance(b) || (a < b ? -1 : 1))
  }

  /**
   * The members that must have a write, or be asked by a read: a majority or all of the shard's home, dead members included, or of its
   * present hosts. Of the latter also of those that have been present for a while: a newcomer that not all know yet must not be the
   * only one to have it. `selfCounts`: this node is one of them.
   */
  quorum(shard: number, of: 'admitted' | 'present', level: QuorumLevel, selfCounts = true): Quorum {
    const { self } = this.#ports.network
    return having => {
      const members = of === 'admitted' ? this.#homeOf(shard) : this.membership.alive()
      const sets = of === 'admitted' ? [members] : [members, members.filter(id => !this.#isNewcomer(id))]
      return countQuorum(sets, id => (id === self ? selfCounts : having.has(id)), level)
    }
  }

  #homeOf(shard: number): readonly PeerId[] {
    return shard < this.store.shardCount ? this.membership.admitted() : this.placement.home(shard)
  }

  /** As it will be without this member. */
  #placementWithout(left: PeerId | undefined): Placement {
    const nowMs = this.#ports.clock.elapsed()
    const members = this.membership.admitted().flatMap(id => {
      const member = this.membership.member(id)
      if (member === undefined || id === left) return []
      const goneMs = nowMs - (this.#goneSinceMs.get(id) ?? nowMs)
      return { id, region: member.region, zone: member.zone, isLongGone: goneMs >= this.#rebalance.rebalanceDelayMs }
    })
    return new Placement(members, this.store.shardCount)
  }

  /** Notes who has gone and who is back; whoever stays away is replaced in time. */
  #placeAnew(): void {
    const nowMs = this.#ports.clock.elapsed()
    const present = new Set(this.membership.alive())
    const admitted = new Set(this.membership.admitted())
    for (const id of this.#goneSinceMs.keys()) if (present.has(id) || !admitted.has(id)) this.#goneSinceMs.delete(id)
    for (const id of admitted) if (!present.has(id) && !this.#goneSinceMs.has(id)) this.#goneSinceMs.set(id, nowMs)
    this.#placement = undefined
    this.#placementTimer?.cancel()
    let nextMs = Number.POSITIVE_INFINITY
    for (const sinceMs of this.#goneSinceMs.values()) {
      const dueMs = sinceMs + this.#rebalance.rebalanceDelayMs
      if (dueMs > nowMs) nextMs = Math.min(nextMs, dueMs)
    }
    if (nextMs < Number.POSITIVE_INFINITY)
      this.#placementTimer = this.#ports.clock.after(nextMs - nowMs, () => this.#placeAnew())
    this.#rebalance.viewChanged()
  }

  #common(peer: PeerId): readonly number[] {
    const hosted = this.store.hosted()
    if (hosted.length === this.store.shardCount) return hosted
    return hosted.filter(shard => this.holdings.stores(peer, shard))
  }

  #inherits(peer: PeerId): readonly number[] {
    const hosted = this.store.hosted()
    if (hosted.length === this.store.shardCount) return hosted
    const placement = this.#placementWithout(this.#ports.network.self)
    return hosted.filter(shard => shard < this.store.shardCount || placement.storing(shard).includes(peer))
  }

  #isNewcomer(id: PeerId): boolean {
    const sinceMs = this.#presentSinceMs.get(id)
    return (
      id !== this.#ports.network.self && (sinceMs === undefined || this.#ports.clock.elapsed() - sinceMs < newcomerMs)
    )
  }

  // ---- events of the network ---------------------------------------------------------------------------------------------------

  #linked(peer: PeerId): void {
    if (this.#stopped) return
    this.#links.set(this.#ports.network.links().length)
    this.#supervisor.linked(peer)
    this.membership.linked(peer)
    this.ownership.linked(peer)
    this.replication.linked(peer)
    this.#rebalance.linked(peer)
    this.#events.linked(peer)
  }

  #unlinked(peer: PeerId): void {
    if (this.#stopped) return
    this.#links.set(this.#ports.network.links().length)
    this.#supervisor.unlinked(peer)
    this.membership.unlinked(peer)
    this.replication.unlinked(peer)
    this.#rebalance.unlinked(peer)
    this.#events.unlinked(peer)
  }

  #record(peer: PeerId, channel: Channel, bytes: Uint8Array): void {
    if (this.#stopped) return
    this.membership.heard(peer)
    try {
      if (channel === 'control') this.#control(peer, bytes)
      else if (channel === 'calls') this.#events.calls(peer, decodeCalls(bytes))
      else if (channel === 'push') this.replication.receivePush(peer, bytes)
      else this.replication.receiveBulk(peer, decodeBulk(bytes))
    } catch (error) {
      if (isStoreEnd(error)) return
      this.#malformed.add()
      const isTheirs = isShoalError(error) && error.code === 'SHOAL_MALFORMED'
      const refusedForMs = isTheirs ? this.#conduct.offended(peer) : 0
      this.#ports.logger.warn('a record was refused; its link ends', { peer, channel, refusedForMs, err: error })
      this.#ports.network.unlink(peer)
    }
  }

  #control(peer: PeerId, bytes: Uint8Array): void {
    const message = decodeControl(bytes)
    if (this.replication.receiveControl(peer, message)) return
    if (message.holdings != null) this.#rebalance.receive(peer, message.holdings)
    if (message.hello != null) {
      this.membership.receiveHello(peer, helloFrom(message.hello), tableHashFrom(message.hello))
      const twin = twinFrom(message.hello)
      if (twin !== undefined) this.membership.receiveTwin(peer, twin)
      if (message.hello.settled === true) this.ownership.settle()
    } else if (message.ping != null) {
      const { number, news, wallMs } = pingFrom(message.ping)
      this.membership.receivePing(peer, number, news, wallMs)
    } else if (message.ack != null) {
      const { number, news, wallMs } = ackFrom(message.ack)
      this.membership.receiveAck(peer, number, news, wallMs)
    } else if (message.nack != null) {
      this.membership.receiveNack(peer, message.nack.number ?? 0)
    } else if (message.pingRequest != null) {
      const { number, target, news } = pingRequestFrom(message.pingRequest)
      this.membership.receivePingRequest(peer, number, target, news)
    }
  }

  // ---- helpers ---------------------------------------------------------------------------------------------------------------

  #viewChanged(): void {
    if (this.#stopped) return
    const present = new Set(this.membership.alive())
    for (const id of this.#presentSinceMs.keys()) if (!present.has(id)) this.#presentSinceMs.delete(id)
    for (const id of present)
      if (!this.#presentSinceMs.has(id)) this.#presentSinceMs.set(id, this.#ports.clock.elapsed())
    this.#placeAnew()
    this.ownership.viewChanged()
    this.replication.tracker.reconsider()
    this.#events.viewChanged()
  }

  #merge(members: readonly MemberRecord[]): void {
    this.membership.merge(members)
  }

  #linkedMembers(): { id: PeerId; region: string }[] {
    const links = new Set(this.#ports.network.links())
    const peers: { id: PeerId; region: string }[] = []
    for (const id of this.membership.alive()) {
      const record = this.membership.member(id)
      if (links.has(id) && record !== undefined) peers.push({ id, region: record.region })
    }
    return peers
  }

  #remember(records: readonly MemberRecord[]): void {
    this.#keep({ members: JSON.stringify(records.map(memberTo)) })
  }

  /**
   * Of two processes under one id the younger stays. Or this one was started on an old disk under a clock that was set back, and
   * only looks old: so the next start must be younger than what was heard of.
   */
  #giveWay({ incarnation }: MemberRecord): void {
    this.#keep({ incarnation })
    const message = `another process runs under this node's identity, and is younger (${incarnation}): was its data copied?`
    this.#events.failed(new ShoalError('SHOAL_CORRUPT', message))
  }

  #keep(entries: Readonly<Record<string, string>>): void {
    writeMeta(this.#ports.disk, entries).catch(error => {
      if (!this.#stopped) this.#ports.logger.warn('a note could not be kept on disk', { err: error })
    })
  }

  /** Whoever waits to own anything may go by our view. */
  #tellSettled(): void {
    const members = this.membership.records().slice(0, memberLimits.helloMembers).map(memberTo)
    for (const peer of this.#ports.network.links()) this.#sendControl(peer, { hello: { members } })
  }

  #sendControl(peer: PeerId, message: Control): boolean {
    if (message.hello != null) message.hello.settled = this.ownership.isSettled
    return this.#ports.network.send(peer, 'control', encodeControl(message))
  }

  #sendBulk(peer: PeerId, message: Bulk): boolean {
    return this.#ports.network.send(peer, 'bulk', encodeBulk(message))
  }
}
