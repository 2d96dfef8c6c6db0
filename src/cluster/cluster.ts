/**
 * One node's part in the cluster: everything below the actors, composed and started in order.
 *
 * Start: the disk's claim, a fresh incarnation on disk, the shards, the network, then who talks. Events of the network are told
 * to membership first, because all others ask it.
 */

import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ClusterFacts, Network, PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { shardOf } from './hash-ring.ts'
import { Holdings } from './holdings.ts'
import { newIncarnation, originOf } from './identity.ts'
import { LinkSupervisor } from './link-supervisor.ts'
import { isPresent, type MemberRecord } from './member-record.ts'
import { memberLimits, memberTo } from './member-wire.ts'
import { Membership } from './membership.ts'
import type { MembershipOptions } from './membership-options.ts'
import {
  assertUndamaged,
  claimDisk,
  forgetDamage,
  isLossAccepted,
  mendMeta,
  noteDamage,
  readMembers,
  readMeta,
  writeMeta
} from './meta.ts'
import { Ownership, type OwnershipOptions } from './ownership.ts'
import { PeerConduct } from './peer-conduct.ts'
import { PeerRecords } from './peer-records.ts'
import { Rebalance, type RebalanceEvents, type RebalanceOptions } from './rebalance.ts'
import { ReplicaSets } from './replica-sets.ts'
import { Replication, type ReplicationOptions } from './replication.ts'
import { type Commit, type Damage, ShardStore, type ShardStoreOptions } from './shard-store.ts'
import { migrateDisk } from './storage-migration/migrate.ts'
import { Verification, type VerificationOptions } from './verification.ts'
import { type Bulk, type Calls, type Control, encodeBulk, encodeCalls, encodeControl } from './wire.ts'

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
  /** What this node has of the shard is in doubt, or no more here. */
  abandoned(shard: number): void
  committed(commit: Commit): void
  failed(error: ShoalError): void
  /** A shard on this disk proved damaged; what is intact of it stays, and the others fill it again. */
  damaged(damage: Damage): void
  refused(peer: PeerId | undefined, reason: string): void
  drain(shards: ReadonlySet<number>): Promise<void>
}

/** How long a leaving node goes on answering `moved` and serving pulls after it has said farewell. */
const lingerMs = 150

export class Cluster {
  readonly incarnation: string
  readonly store: ShardStore
  readonly membership: Membership
  readonly ownership: Ownership
  readonly replication: Replication
  readonly #verification: Verification
  readonly replicas: ReplicaSets
  readonly #rebalance: Rebalance
  readonly #ports: Ports
  readonly #options: ClusterOptions
  readonly #events: ClusterEvents
  readonly #supervisor: LinkSupervisor
  readonly #conduct: PeerConduct
  #seenChanges = 0
  /** Refused for a drill. */
  #drilled: ReadonlySet<PeerId> = new Set()
  readonly #records: PeerRecords
  readonly #links
  #stopped = false

  private constructor(ports: Ports, options: ClusterOptions, events: ClusterEvents, incarnation: string) {
    const { clock, random, disk, network, logger, metrics } = ports
    this.#ports = ports
    this.#options = options
    this.#events = events
    this.incarnation = incarnation
    this.#conduct = new PeerConduct(clock, () => this.#refuseAll())
    this.#links = metrics.gauge('shoal_links', 'Peers with a link')
    const origin = originOf(network.self, incarnation)
    const { cluster, shards } = options.facts
    const sliceOf = (name: string) => {
      const slash = name.indexOf('/')
      return shardOf(name.slice(0, slash), name.slice(slash + 1), shards, cluster)
    }
    this.store = new ShardStore({ disk, clock, logger, metrics, origin, shards, sliceOf }, options.store)
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
        forgotten: () => this.#rebalance.readmitted(),
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
          settled: () => this.#settled(),
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
          audience: shard => (shard < this.store.shardCount ? 'everyone' : this.replicas.placement.storing(shard)),
          common: peer => this.replicas.common(peer),
          inherits: peer => this.replicas.inherits(peer),
          adopt: (peer, shards) => this.#rebalance.adopt(shards, this.replicas.placementWithout(peer)),
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
        disk,
        clock,
        logger,
        metrics,
        events: {
          hasOthers: () => this.membership.admitted().length > 1 || isLossAccepted(disk),
          verified: () => {
            forgetDamage(disk).catch(error => {
              if (!this.#stopped) logger.warn('a note could not be taken from the disk', { err: error })
            })
          },
          mayFindOthers: () => mayFindOthers,
          abandon: shard => {
            this.replication.abandon(shard)
            this.#events.abandoned(shard)
          },
          damaged: damage => {
            this.#rebalance.damaged(damage.shard)
            this.#events.damaged(damage)
          },
          lost: damage => noteDamage(disk, damage)
        }
      },
      options.verification
    )
    const holdings = new Holdings(options.facts.shards)
    this.replicas = new ReplicaSets(
      {
        self: network.self,
        store: this.store,
        holdings,
        clock,
        events: {
          admitted: () => this.membership.admitted(),
          present: () => this.membership.alive(),
          member: id => this.membership.member(id),
          isSettled: () => this.ownership.isSettled,
          isWhole: shard => this.isWhole(shard),
          placed: () => this.#rebalance.placed()
        }
      },
      options.rebalance
    )
    this.#rebalance = this.#makeRebalance(holdings)
    this.#records = new PeerRecords({
      membership: this.membership,
      ownership: this.ownership,
      replication: this.replication,
      rebalance: this.#rebalance,
      conduct: this.#conduct,
      logger,
      metrics,
      calls: (peer, message) => events.calls(peer, message),
      unlink: peer => network.unlink(peer)
    })
  }

  #makeRebalance(holdings: Holdings): Rebalance {
    const { clock, disk, network, logger, metrics } = this.#ports
    const { facts, replicaCounts = [facts.replicas ?? 0], rebalance } = this.#options
    const events: RebalanceEvents = {
      placement: () => this.replicas.placement,
      isSettled: () => this.ownership.isSettled,
      present: () => this.membership.alive(),
      pull: (peer, shards) => this.replication.fetch(peer, shards),
      flush: (peer, shards) => this.replication.flushTo(peer, shards),
      send: (peer, message) => this.#sendControl(peer, message),
      links: () => network.links(),
      kept: readMeta(disk, 'holdings'),
      keep: text => this.#keep({ holdings: text }),
      moved: () => {
        this.replication.tracker.reconsider()
        this.#events.viewChanged()
      }
    }
    const parts = { self: network.self, store: this.store, holdings, clock, logger, metrics }
    return new Rebalance({ ...parts, replicaCounts, events }, rebalance)
  }

  /** Draws the incarnation. The disk is open; the network has not started. Then `start`. */
  static async create(ports: Ports, options: ClusterOptions, events: ClusterEvents): Promise<Cluster> {
    await migrateDisk(ports.disk, options.facts, ports.logger)
    await mendMeta(ports.disk, ports.logger)
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
      // All changes of a message are in before the first of them is told: one look is enough for all.
      const { changes } = this.membership
      if (changes === this.#seenChanges) return
      this.#seenChanges = changes
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
    // What a file has lost may leave records that fit together, of a time before this node confirmed the rest.
    if (this.#ports.disk.damage !== undefined) this.#rebalance.readmitted()
    await network.start({
      linked: peer => this.#linked(peer),
      unlinked: peer => this.#unlinked(peer),
      record: (peer, channel, bytes) => {
        if (!this.#stopped) this.#records.receive(peer, channel, bytes)
      },
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
    if (!(await this.replication.flush()) && this.membership.admitted().length > 1)
      this.#ports.logger.error(
        'this node leaves, and nobody has confirmed to have all that it has: keep its data; started again, it gives the others the rest'
      )
    this.#rebalance.left()
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
    this.replicas.stop()
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

  /** This node has all that it may be asked for of the shard. */
  isWhole(shard: number): boolean {
    return this.#rebalance.isWhole(shard)
  }

  // ---- events of the network ---------------------------------------------------------------------------------------------------

  #linked(peer: PeerId): void {
    if (this.#stopped) return
    this.#links.set(this.#ports.network.links().length)
    this.#supervisor.linked(peer)
    this.membership.linked(peer)
    this.ownership.linked(peer)
    this.replication.greet(peer)
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

  // ---- helpers ---------------------------------------------------------------------------------------------------------------

  #viewChanged(): void {
    if (this.#stopped) return
    this.replicas.viewChanged()
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

  /** Who else is a member is known: majorities count from now on. Whoever waits to own anything may go by our view. */
  #settled(): void {
    this.replication.tracker.reconsider()
    this.#rebalance.look()
    this.#events.viewChanged()
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
