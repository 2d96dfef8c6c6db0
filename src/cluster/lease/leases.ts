/**
 * The lease shards of a node: its replicas, what it owns, and who asks what.
 *
 * An epoch is claimed by compare-and-set in the lease store, sealed on a majority of the replicas of the epoch that was opened last, and
 * open when a majority of its own replicas has everything that they had accepted, and the store says so. In no other set can anything have been
 * acknowledged. Source: Lamport, Malkhi, Zhou, "Vertical Paxos and primary-backup replication", 2009; test/models/epochs.model.ts.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock } from '../../ports/clock.ts'
import type { Disk } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { LeaseStore } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { MemberRecord } from '../member-record.ts'
import type { Calls } from '../wire.ts'
import { ClaimCheck } from './claim-check.ts'
import { TailRoom } from './entry-tail.ts'
import { type OpenedEpoch, openEpoch } from './epoch-opening.ts'
import { Journal, type SetAsideEntry } from './journal.ts'
import { Lease } from './lease.ts'
import { type LeaseBody, type LeaseMessage, leaseFrom, leaseTo } from './lease-messages.ts'
import { type OwnershipRecord, ownershipFrom, ownershipPrefix } from './lease-registers.ts'
import { LeaseShard } from './lease-shard.ts'
import { LettingGo } from './letting-go.ts'
import { positionOf, type Stamp } from './lineage.ts'
import { ReplicaDropping } from './replica-dropping.ts'
import { SessionRemoval } from './session-removal.ts'
import { type SessionOptions, Sessions } from './sessions.ts'
import { StoreIdentity } from './store-identity.ts'
import { Turns } from './turns.ts'

export interface LeasesParts {
  readonly store: LeaseStore
  readonly self: PeerId
  readonly incarnation: string
  readonly shards: number
  readonly clock: Clock
  readonly disk: Disk
  readonly logger: Logger
  readonly metrics: Metrics
  isLinked(peer: PeerId): boolean
  /** Who has not left, this node included. */
  members(): readonly PeerId[]
  send(peer: PeerId, message: Calls): boolean
  failed(error: ShoalError): void
  /** A session of this node has begun. */
  began(): void
}

export interface OwnershipRecords {
  readonly known: ReadonlyMap<number, OwnershipRecord>
  /** Shards whose registers hold what no node of Shoal writes: nobody knows who stores them. */
  readonly unreadable: readonly number[]
}

/** With what else asks the store, less than the calls that it may have in flight (lease-calls.ts). */
const maxClaimsAtOnce = 24
const maxFetchesAtOnce = 8
/** How long a node that stops waits for the lease store. */
const stopPatienceMs = 500

export class Leases {
  readonly #parts: LeasesParts
  readonly #journal: Journal
  readonly #sessions: Sessions
  readonly #identity: StoreIdentity
  readonly #claims: ClaimCheck
  readonly #lettingGo: LettingGo
  readonly #turns = new Turns(maxClaimsAtOnce)
  readonly #fetches = new Turns(maxFetchesAtOnce)
  readonly #tails = new TailRoom()
  readonly #dropping: ReplicaDropping
  readonly #removal: SessionRemoval
  readonly #shards = new Map<number, LeaseShard>()
  readonly #opening = new Map<number, Promise<Lease>>()
  readonly #owned = new Map<number, Lease>()
  #isSealed = false
  #released: (shard: number, epoch: number) => void = () => {}
  /** Shards whose registers cannot be read, which was said. */
  #unreadable: ReadonlySet<number> = new Set()
  #isStopped = false

  constructor(parts: LeasesParts, options?: SessionOptions) {
    this.#parts = parts
    const { clock, disk, logger, metrics, store, self, incarnation } = parts
    this.#journal = new Journal({
      disk,
      clock,
      logger,
      metrics,
      stored: replica => this.#shards.get(replica.shard)?.stored(),
      damaged: (replica, error) => this.#shards.get(replica.shard)?.end(error),
      failed: error => {
        this.#endAll(error)
        parts.failed(error)
      }
    })
    const lost = () => this.#endAll(ended('its session is over'))
    const deadline = () => this.#sessions.deadline()
    const identity = new StoreIdentity({ store, disk, clock, logger, newId: `${self}.${incarnation}`, deadline })
    this.#identity = identity
    const mayBegin = () => identity.check()
    const began = () => parts.began()
    this.#sessions = new Sessions({ store, clock, logger, self, incarnation, mayBegin, lost, began }, options)
    this.#lettingGo = new LettingGo({ store, clock, logger, self, sessions: this.#sessions })
    this.#dropping = new ReplicaDropping({
      ...{ self, clock, logger, metrics, journal: this.#journal },
      shard: number => this.#shard(number),
      isInUse: number => this.#opening.has(number) || this.#owned.has(number)
    })
    this.#claims = new ClaimCheck({ store, logger, isOwnStore: mayBegin, deadline })
    const { rateError } = this.#sessions
    this.#removal = new SessionRemoval({
      ...{ store, clock, logger, metrics, rateError, isOwnStore: mayBegin },
      rank: () => parts.members().filter(peer => peer < self && parts.isLinked(peer)).length
    })
  }

  /** Now it may claim shards. */
  get hasSession(): boolean {
    return this.#sessions.isValid()
  }

  async start(): Promise<void> {
    await this.#journal.load()
    this.#sessions.start()
    this.#removal.start()
  }

  /** What is owned is ended in the store as well as it can be in a moment, so that others need not wait for a lease. */
  async stop(): Promise<void> {
    this.#isStopped = true
    this.#sessions.stop()
    this.#removal.stop()
    this.#lettingGo.stop()
    this.#endAll(ended('this node has stopped'))
    for (const shard of this.#shards.values()) shard.stop()
    const { clock } = this.#parts
    const { promise: moment, resolve } = Promise.withResolvers<void>()
    const timer = clock.after(stopPatienceMs, resolve)
    await Promise.race([this.#sessions.end(clock.elapsed() + stopPatienceMs), moment])
    timer.cancel()
    await this.#dropping.stop()
    await this.#journal.close()
  }

  /** This node leaves: from now on it claims nothing, and what it lets go of is free when all is, by `end`. */
  seal(): void {
    this.#isSealed = true
    this.#lettingGo.stop()
  }

  /**
   * After `seal`, when no handler runs: what was not acknowledged yet is in doubt, and nothing more is accepted or shown under the epochs of this
   * node. Then its session is ended, by one write however many shards there are, and others may claim them at once. `false`: the store has not
   * taken that.
   */
  end(): Promise<boolean> {
    this.#endAll(ended('this node has left'))
    return this.#sessions.end(this.#parts.clock.elapsed() + this.#sessions.leaseMs)
  }

  /**
   * Makes this node the owner of a shard, with these replicas, of which it is one. Throws `SHOAL_NOT_OWNER` where another has it, and other
   * retryable errors where the store or too many replicas do not answer.
   */
  async open(shard: number, set: readonly PeerId[]): Promise<Lease> {
    if (!set.includes(this.#parts.self)) throw new TypeError('the owner of a lease shard is one of its replicas')
    if (this.#isStopped) throw ended('this node has stopped')
    if (this.#isSealed) throw ended('this node leaves')
    const owned = this.#owned.get(shard)
    if (owned?.isReleased === true) throw ended('it is letting go of it')
    if (owned !== undefined) return owned
    const underWay = this.#opening.get(shard) ?? this.#open(shard, set)
    this.#opening.set(shard, underWay)
    try {
      return await underWay
    } finally {
      this.#opening.delete(shard)
    }
  }

  /** Who has claimed and opened what, of every shard that anybody ever has. Throws as the store does. */
  async records(): Promise<OwnershipRecords> {
    const { store, shards, logger } = this.#parts
    // Of another store nothing is believed: neither that shards have lost their replicas, nor that nobody needs this disk.
    await this.#identity.check()
    const known = new Map<number, OwnershipRecord>()
    const unreadable: number[] = []
    const registers = await store.list(ownershipPrefix, this.#sessions.deadline())
    for (const register of registers) {
      const shard = Number(register.key.slice(ownershipPrefix.length))
      if (!Number.isInteger(shard) || shard >= shards) continue
      try {
        known.set(shard, ownershipFrom(register))
      } catch (error) {
        unreadable.push(shard)
        if (!this.#unreadable.has(shard))
          logger.error('a register of the lease store cannot be read: its shard can be neither opened nor tended', {
            register: register.key,
            err: error
          })
      }
    }
    this.#unreadable = new Set(unreadable)
    return { known, unreadable }
  }

  /** Drops what others store in this node's place, by records as above. `isWanted`: this node would be one of its replicas now. Answers how many. */
  dropReplaced(
    records: ReadonlyMap<number, OwnershipRecord>,
    isWanted: (shard: number) => boolean,
    afterMs?: number
  ): Promise<number> {
    return this.#dropping.look(records, isWanted, afterMs)
  }

  /** A message of a peer. Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, message: shoal.peer.ILease): void {
    const decoded = leaseFrom(message, this.#parts.shards)
    if (this.#isStopped) return
    const shard = this.#shard(decoded.shard)
    if (decoded.kind === 'released') this.#released(decoded.shard, decoded.epoch)
    else if (this.#claims.isNeeded(shard.replica, decoded)) void this.#checked(shard, peer, decoded)
    else shard.receive(peer, decoded)
  }

  /** Tells who is to own the shard next that the store says that this node does no more. */
  tellReleased(shard: number, epoch: number, next: PeerId): void {
    this.#parts.send(next, leaseTo({ shard, epoch, kind: 'released' }))
  }

  /** Who wants to know that the owner of an epoch says that it has let go. That is no proof: the store has to say so. */
  onReleased(listener: (shard: number, epoch: number) => void): void {
    this.#released = listener
  }

  memberChanged({ id, status }: MemberRecord): void {
    if (status === 'suspect' || status === 'dead') this.#doubts(id)
    else if (status === 'left') this.#sessions.watch.left(id)
    else if (this.#parts.isLinked(id)) this.#sessions.watch.trust(id)
  }

  /** Resolves when the session that the node had is over, or the node is there again (`true`), or after so long. */
  whenOver(node: PeerId, atMostMs: number): Promise<boolean> {
    return this.#sessions.watch.whenOver(node, atMostMs)
  }

  unlinked(peer: PeerId): void {
    for (const shard of this.#shards.values()) shard.unlinked(peer)
    this.#doubts(peer)
  }

  linked(peer: PeerId): void {
    this.#sessions.watch.trust(peer)
    for (const shard of this.#shards.values()) shard.linked(peer)
  }

  /** What this node has of a shard, whoever owns it: it may be old, and may be excluded by a later epoch. For inspection. */
  replica(shard: number): { readonly position: Stamp; read(actor: string): Uint8Array | undefined } {
    const replica = this.#journal.replica(shard)
    return { position: positionOf(replica.lineage), read: actor => replica.read(actor)?.state }
  }

  /** What later epochs have excluded of what this node's disk had, by shard, epoch and place. */
  setAside(): AsyncGenerator<SetAsideEntry> {
    return this.#journal.setAside()
  }

  async #checked(shard: LeaseShard, peer: PeerId, message: LeaseMessage): Promise<void> {
    if (!(await this.#claims.passes(shard.replica, message)) || this.#isStopped) return
    try {
      shard.receiveChecked(peer, message)
    } catch (error) {
      // As of what comes without a check: who asks asks again.
      this.#parts.logger.warn('a replica of a lease shard could not take a message', {
        shard: message.shard,
        err: error
      })
    }
  }

  async #open(number: number, set: readonly PeerId[]): Promise<Lease> {
    const { store, self, clock, logger } = this.#parts
    const shard = this.#shard(number)
    if (shard.isDropping) throw ended('what it had of it is being dropped')
    const opened = await openEpoch({
      store,
      self,
      clock,
      logger,
      sessions: this.#sessions,
      journal: this.#journal,
      shard,
      set,
      identity: this.#identity,
      lettingGo: this.#lettingGo,
      turns: this.#turns,
      mayClaim: () => !this.#isSealed && !this.#isStopped,
      isLinked: peer => this.#parts.isLinked(peer),
      members: () => this.#parts.members()
    })
    const { replica } = shard
    const shared = { sessions: this.#sessions, clock, lettingGo: this.#lettingGo }
    const { writer, session } = opened
    const lease = new Lease({ ...shared, writer, session, claim: opened, shard: number, replica })
    if (this.#isStopped) writer.stop(ended('this node has stopped'))
    this.#own(lease, opened)
    return lease
  }

  #own(lease: Lease, { writer, session }: OpenedEpoch): void {
    this.#owned.set(lease.shard, lease)
    void writer.fenced.then(() => {
      if (this.#owned.get(lease.shard) === lease) this.#owned.delete(lease.shard)
      if (!this.#isStopped) void this.#lettingGo.letGo(lease.shard, lease.epoch, session)
    })
  }

  /** It is not there, as it seems. */
  #doubts(peer: PeerId): void {
    if (peer !== this.#parts.self) this.#sessions.watch.suspect(peer)
  }

  #shard(number: number): LeaseShard {
    const known = this.#shards.get(number)
    if (known !== undefined) return known
    const { self, clock, logger, send } = this.#parts
    const shard = new LeaseShard({
      self,
      clock,
      logger,
      journal: this.#journal,
      replica: this.#journal.replica(number),
      fetches: this.#fetches,
      tails: this.#tails,
      send: (peer: PeerId, epoch: number, body: LeaseBody) => send(peer, leaseTo({ shard: number, epoch, ...body }))
    })
    this.#shards.set(number, shard)
    return shard
  }

  #endAll(why: ShoalError): void {
    for (const shard of this.#shards.values()) shard.end(why)
  }
}

function ended(why: string): ShoalError {
  return new ShoalError('SHOAL_NOT_OWNER', `this node does not own the shard: ${why}`, { retryable: true })
}
