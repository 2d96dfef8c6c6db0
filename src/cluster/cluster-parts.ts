/**
 * The parts of a node's cluster, and what each may ask of the others: nothing here happens by itself. `Cluster` starts and stops them.
 *
 * A part that is made first asks for one that is made later only through a function, when it runs.
 */
import { ShoalError } from '../ports/errors.ts'
import type { PeerId } from '../ports/network.ts'
import type { ClusterEvents, ClusterOptions, Ports } from './cluster-options.ts'
import { shardOf } from './hash-ring.ts'
import { Holdings } from './holdings.ts'
import { originOf } from './identity.ts'
import { Leases } from './lease/leases.ts'
import type { Voters } from './lease/voters.ts'
import { LinkSupervisor } from './link-supervisor.ts'
import type { MemberRecord } from './member-record.ts'
import { Membership } from './membership.ts'
import { nameHashKeyBytes } from './name-hash.ts'
import { OwnNotes } from './own-notes.ts'
import { OwnWeight } from './own-weight.ts'
import { Ownership } from './ownership.ts'
import { PeerConduct } from './peer-conduct.ts'
import { PeerRecords } from './peer-records.ts'
import { Rebalance, type RebalanceEvents } from './rebalance.ts'
import { ReplicaSets } from './replica-sets.ts'
import { Replication } from './replication.ts'
import { ShardStore } from './shard-store.ts'
import { Verification } from './verification.ts'
import { type Bulk, type Control, encodeBulk, encodeCalls, encodeControl } from './wire.ts'

/** Time for the last words of a process that gives way to a later one. */
const lastWordsMs = 100

export class ClusterParts {
  readonly store: ShardStore
  readonly membership: Membership
  readonly ownership: Ownership
  readonly ownWeight: OwnWeight
  readonly replication: Replication
  readonly verification: Verification
  readonly replicas: ReplicaSets
  readonly rebalance: Rebalance
  readonly supervisor: LinkSupervisor
  readonly conduct: PeerConduct
  readonly records: PeerRecords
  /** Where there is a lease store. */
  readonly leases: Leases | undefined
  /** Where the cluster keeps the lease store itself. */
  readonly voters: Voters | undefined
  readonly #ports: Ports
  readonly #options: ClusterOptions
  readonly #events: ClusterEvents
  /** What most parts are given of the outside world. */
  readonly #common: Pick<Ports, 'clock' | 'logger' | 'metrics'>
  readonly notes: OwnNotes
  readonly #holdings: Holdings
  /** Refused for a drill. */
  #drilled: ReadonlySet<PeerId> = new Set()
  #stopped = false

  constructor(ports: Ports, options: ClusterOptions, events: ClusterEvents, incarnation: string, voters?: Voters) {
    const { clock, disk, network, random, logger, metrics } = ports
    this.#ports = ports
    this.#options = options
    this.#events = events
    this.voters = voters
    this.#common = { clock, logger, metrics }
    this.notes = new OwnNotes(disk, logger)
    this.#holdings = new Holdings(options.facts.shards)
    this.conduct = new PeerConduct(clock, () => this.#refuseAll())
    const origin = originOf(network.self, incarnation)
    const { shards, cluster } = options.facts
    const { shardKey = cluster } = options
    const sliceOf = (name: string) => {
      const slash = name.indexOf('/')
      return shardOf(name.slice(0, slash), name.slice(slash + 1), shards, shardKey)
    }
    const nameKey = random.bytes(nameHashKeyBytes)
    this.store = new ShardStore({ disk, clock, logger, metrics, origin, shards, sliceOf, nameKey }, options.store)
    this.membership = this.#makeMembership(incarnation)
    this.supervisor = this.#makeSupervisor()
    this.ownership = this.#makeOwnership()
    this.replication = this.#makeReplication()
    this.ownWeight = this.#makeOwnWeight()
    this.verification = this.#makeVerification()
    this.replicas = this.#makeReplicaSets()
    this.rebalance = this.#makeRebalance()
    this.leases = this.#makeLeases(incarnation)
    this.records = new PeerRecords({
      membership: this.membership,
      ownership: this.ownership,
      replication: this.replication,
      rebalance: this.rebalance,
      conduct: this.conduct,
      logger,
      metrics,
      voting: (peer, message) => voters?.receive(peer, message) ?? false,
      calls: (peer, message) => {
        if (message.lease != null) this.leases?.receive(peer, message.lease)
        else events.calls(peer, message)
      },
      unlink: peer => network.unlink(peer)
    })
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  /** All but the store and the network, which end when the last commit is on disk. */
  stop(): void {
    this.#stopped = true
    this.notes.stop()
    this.supervisor.stop()
    this.conduct.stop()
    this.membership.stop()
    this.ownership.stop()
    this.ownWeight.stop()
    this.rebalance.stop()
    this.replicas.stop()
    this.replication.stop()
    this.verification.stop()
  }

  /** Ends the links with these peers, refuses new ones, and dials all others at once. */
  refuse(peers: ReadonlySet<PeerId>): void {
    this.#drilled = peers
    this.#refuseAll()
    this.supervisor.wake()
  }

  /** Who is present, or admitted, has changed. */
  viewChanged(): void {
    if (this.#stopped) return
    this.replicas.viewChanged()
    this.ownership.viewChanged()
    this.ownWeight.look()
    this.replication.tracker.reconsider()
    this.#events.viewChanged()
  }

  // ---- the parts ---------------------------------------------------------------------------------------------------------------

  #makeMembership(incarnation: string): Membership {
    const { random, network } = this.#ports
    const { name, region, zone = region, kinds, membership } = this.#options
    // It owns nothing before it is ready: see own-weight.ts.
    const self = { id: network.self, name, region, zone, weight: 0, incarnation, addresses: () => network.addresses() }
    return new Membership(
      {
        ...this.#common,
        random,
        self: kinds === undefined ? self : { ...self, kinds },
        send: (peer, message) => this.#sendControl(peer, message),
        isLinked: peer => network.links().includes(peer),
        sign: bytes => network.sign(bytes),
        isSignedBy: (id, bytes, signature) => network.isSignedBy(id, bytes, signature),
        remembered: this.notes.members,
        remember: records => this.notes.remember(records),
        impostor: record => this.#giveWay(record),
        forgotten: () => this.rebalance.readmitted(),
        unlink: peer => network.unlink(peer)
      },
      membership
    )
  }

  #makeSupervisor(): LinkSupervisor {
    const { clock, random, network, logger } = this.#ports
    return new LinkSupervisor({
      clock,
      random,
      logger,
      network,
      members: () => this.membership.known(),
      changes: () => this.membership.changes,
      bootstrap: this.#options.bootstrap,
      remembered: this.notes.members.filter(record => record.status !== 'left').flatMap(record => record.addresses)
    })
  }

  #makeOwnership(): Ownership {
    const { network } = this.#ports
    const { facts, ownership } = this.#options
    return new Ownership(
      {
        ...this.#common,
        self: network.self,
        shards: facts.shards,
        events: {
          present: () => this.membership.alive(),
          weights: () => this.membership.weights(),
          incarnation: peer => this.membership.member(peer)?.incarnation,
          isLinked: peer => network.links().includes(peer),
          merge: (members, from) => this.membership.merge(members, from),
          claim: (peer, shards) => this.replication.claim(peer, shards),
          settled: () => this.#settled(),
          drain: shards => this.#events.drain(shards)
        }
      },
      ownership
    )
  }

  #makeOwnWeight(): OwnWeight {
    const { clock, network, logger } = this.#ports
    const { facts, weight = 1 } = this.#options
    return new OwnWeight({
      self: network.self,
      weight,
      shards: facts.shards,
      clock,
      logger,
      events: {
        mayOwn: () => this.ownership.isSettled && !this.ownership.isSealed,
        isVerified: () => this.store.trust.unverifiedCount === 0,
        hasSession: () => this.leases?.hasSession ?? true,
        present: () => this.membership.alive(),
        weights: () => this.membership.weights(),
        isLinked: peer => network.links().includes(peer),
        fetch: (peer, shards) => this.replication.fetchAhead(peer, shards),
        declare: weight => this.membership.takeWeight(weight)
      }
    })
  }

  #makeReplication(): Replication {
    const { random, disk, network } = this.#ports
    const { region, replication } = this.#options
    return new Replication(
      {
        ...this.#common,
        store: this.store,
        disk,
        random,
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
          heirs: () => this.membership.alive().filter(id => id !== network.self),
          inherits: peer => this.replicas.inherits(peer),
          adopt: (peer, shards) => this.rebalance.adopt(shards, this.replicas.placementWithout(peer)),
          peers: () => this.#linkedMembers(),
          region,
          members: () => this.membership.records(),
          table: () => this.membership.table(),
          told: members => this.membership.merge(members),
          seal: (peer, shards, members) => this.ownership.grant(peer, shards, members)
        }
      },
      replication
    )
  }

  #makeVerification(): Verification {
    return new Verification(
      {
        ...this.#common,
        store: this.store,
        disk: this.#ports.disk,
        events: {
          hasOthers: () => this.membership.admitted().length > 1 || this.notes.isLossAccepted,
          hasForgottenOthers: () => this.notes.hasForgottenMembers,
          verified: () => {
            this.ownWeight.look()
            this.notes.verified()
          },
          abandon: shard => {
            this.replication.abandon(shard)
            this.#events.abandoned(shard)
          },
          bent: about => this.voters?.distrust(about),
          damaged: damage => {
            this.rebalance.damaged(damage.shard)
            this.#events.damaged(damage)
          },
          lost: damage => this.notes.lost(damage)
        }
      },
      this.#options.verification
    )
  }

  #makeReplicaSets(): ReplicaSets {
    const { clock, network } = this.#ports
    return new ReplicaSets(
      {
        self: network.self,
        store: this.store,
        holdings: this.#holdings,
        clock,
        events: {
          admitted: () => this.membership.admitted(),
          present: () => this.membership.alive(),
          member: id => this.membership.member(id),
          isSettled: () => this.ownership.isSettled,
          isWhole: shard => this.rebalance.isWhole(shard),
          placed: () => this.rebalance.placed()
        }
      },
      this.#options.rebalance
    )
  }

  #makeRebalance(): Rebalance {
    const { network } = this.#ports
    const { facts, replicaCounts = [facts.replicas ?? 0], rebalance } = this.#options
    const events: RebalanceEvents = {
      placement: () => this.replicas.placement,
      isSettled: () => this.ownership.isSettled,
      present: () => this.membership.alive(),
      admitted: () => this.membership.admitted(),
      pull: (peer, shards) => this.replication.fetch(peer, shards),
      flush: (peer, shards) => this.replication.flushTo(peer, shards),
      send: (peer, message) => this.#sendControl(peer, message),
      links: () => network.links(),
      kept: this.notes.holdings,
      keep: text => this.notes.keepHoldings(text),
      moved: () => {
        this.replication.tracker.reconsider()
        this.#events.viewChanged()
      }
    }
    const parts = { ...this.#common, self: network.self, store: this.store, holdings: this.#holdings }
    return new Rebalance({ ...parts, replicaCounts, events }, rebalance)
  }

  #makeLeases(incarnation: string): Leases | undefined {
    const { disk, network } = this.#ports
    const { lease, facts } = this.#options
    if (lease === undefined) return undefined
    const store = 'voters' in lease.store ? this.voters?.store : lease.store
    if (store === undefined) throw new TypeError('the voters were not opened')
    return new Leases(
      {
        ...this.#common,
        store,
        self: network.self,
        incarnation,
        shards: facts.shards,
        disk,
        isLinked: peer => network.links().includes(peer),
        members: () => this.membership.admitted(),
        send: (peer, message) => network.send(peer, 'calls', encodeCalls(message)),
        failed: error => this.#events.failed(error),
        began: () => this.ownWeight.look()
      },
      lease
    )
  }

  // ---- between them ------------------------------------------------------------------------------------------------------------

  #refuseAll(): void {
    this.#ports.network.refuse(new Set([...this.#drilled, ...this.conduct.refused()]))
  }

  #linkedMembers(): { id: PeerId; region: string }[] {
    const links = new Set(this.#ports.network.links())
    return this.membership.alive().flatMap(id => {
      const record = this.membership.member(id)
      return links.has(id) && record !== undefined ? [{ id, region: record.region }] : []
    })
  }

  /**
   * Of two processes under one id the younger stays. Or this one was started on an old disk under a clock that was set back, and
   * only looks old: so the next start must be younger than what was heard of.
   */
  #giveWay({ incarnation }: MemberRecord): void {
    this.notes.keepYounger(incarnation)
    const message = `another process runs under this node's identity, and is younger (${incarnation}): was its data copied?`
    this.membership.sayOutlived()
    // Links end with this node, and what they have not sent yet with them.
    this.#ports.clock.after(lastWordsMs, () => {
      if (!this.#stopped) this.#events.failed(new ShoalError('SHOAL_CORRUPT', message))
    })
  }

  /** Who else is a member is known: majorities count from now on. Whoever waits to own anything may go by our view. */
  #settled(): void {
    this.ownWeight.look()
    this.replication.tracker.reconsider()
    this.rebalance.look()
    this.#events.viewChanged()
    this.membership.greetAll()
  }

  #sendControl(peer: PeerId, message: Control): boolean {
    if (message.hello != null) message.hello.settled = this.ownership.isSettled
    return this.#ports.network.send(peer, 'control', encodeControl(message))
  }

  #sendBulk(peer: PeerId, message: Bulk): boolean {
    return this.#ports.network.send(peer, 'bulk', encodeBulk(message))
  }
}
