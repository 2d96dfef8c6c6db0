/**
 * Replication of one node, its three speeds together: push, beacon and catch-up, full compare.
 *
 * Invariant: two replicas of a shard with equal contexts hold equal states, and whatever is on some disk that stays or returns
 * reaches every other.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Origin } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { Beacon, type BeaconOptions } from './beacon.ts'
import { CatchUp, type CatchUpOptions } from './catch-up.ts'
import { CommitBacklog, type CommitBacklogOptions } from './commit-backlog.ts'
import {
  type Audience,
  Dissemination,
  type DisseminationEvents,
  type DisseminationOptions,
  maxWantedPublications
} from './dissemination.ts'
import { DurablePrefixes } from './durable-prefixes.ts'
import { Garbage } from './garbage.ts'
import type { GarbageOptions } from './garbage-options.ts'
import { isStoreEnd } from './group-commit.ts'
import { isOriginOf } from './identity.ts'
import { LatestLives } from './latest-lives.ts'
import type { MemberRecord } from './member-record.ts'
import { Outbox, type OutboxOptions } from './outbox.ts'
import { PublicationGaps, type PublicationGapsOptions } from './publication-gaps.ts'
import type { Actor, LocalUpdate, ShardStore } from './shard-store.ts'
import { StoredTracker, type StoredTrackerOptions } from './stored-tracker.ts'
import { type Bulk, type Control, decodePush, malformed, originOfPush, readPush, replicaCounts, safe } from './wire.ts'

const maxKnownWriters = 1024
const maxFlushesPerPeer = 4

export interface ReplicationOptions
  extends OutboxOptions,
    DisseminationOptions,
    StoredTrackerOptions,
    PublicationGapsOptions,
    CommitBacklogOptions,
    CatchUpOptions,
    BeaconOptions,
    GarbageOptions {
  /** How long a leaving node waits for the others to have everything it has, in milliseconds. @default 5000 */
  flushTimeoutMs?: number
}

export interface ReplicationEvents extends DisseminationEvents {
  sendControl(peer: PeerId, message: Control): boolean
  sendBulk(peer: PeerId, message: Bulk): boolean
  /** Peers are to wait with further pushes, or may go on. */
  holdPushes(isHeld: boolean): void
  /** Who stores a shard. */
  audience(shard: number): Audience
  readonly self: PeerId
  /** The shards that this node and the peer store. */
  common(peer: PeerId): readonly number[]
  /** What the peer is to have of this node's shards when this node has left. */
  inherits(peer: PeerId): readonly number[]
  /** A peer asks this node to take what it has of these shards. */
  adopt(peer: PeerId, shards: readonly number[]): void
  /** Linked, present members. */
  peers(): readonly { readonly id: PeerId; readonly region: string }[]
  readonly region: string
  members(): readonly MemberRecord[]
  told(members: readonly MemberRecord[]): void
  seal(peer: PeerId, shards: readonly number[], members: readonly MemberRecord[]): Promise<void>
}

export class Replication {
  readonly tracker: StoredTracker
  readonly #store: ShardStore
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: ReplicationEvents
  readonly #outbox: Outbox
  readonly #dissemination: Dissemination
  readonly #gaps: PublicationGaps
  readonly #backlog: CommitBacklog
  readonly #catchUp: CatchUp
  readonly #beacon: Beacon
  readonly #prefixes: DurablePrefixes
  readonly #garbage: Garbage
  readonly #flushTimeoutMs: number
  readonly #flushes = new Map<number, { readonly peer: PeerId; done(isFlushed: boolean): void }>()
  /** Pushes to confirm, per node, once they are on this disk. */
  readonly #toConfirm = new Map<PeerId, number[]>()
  /** Which member writes under an origin, as far as it was asked. */
  readonly #writers = new Map<Origin, PeerId>()
  /** Of linked peers: under which origin they write. */
  readonly #linkOrigins = new Map<PeerId, Origin>()
  readonly #latestLives
  readonly #received
  readonly #receivedBytes
  readonly #dropped
  readonly #holds
  readonly #askedAgain
  readonly #redundant
  readonly #redundantDeltas
  readonly #malformed
  /** Flushes under way, by the peer that asked. */
  readonly #flushing = new Map<PeerId, number>()
  #flushNumber = 0
  #confirms = true

  constructor(
    parts: {
      store: ShardStore
      disk: Disk
      clock: Clock
      random: Random
      logger: Logger
      metrics: Metrics
      events: ReplicationEvents
    },
    options: ReplicationOptions = {}
  ) {
    const { store, disk, clock, random, logger, metrics, events } = parts
    this.#store = store
    this.#clock = clock
    this.#logger = logger
    this.#events = events
    this.#latestLives = new LatestLives(() => events.members())
    this.#flushTimeoutMs = options.flushTimeoutMs ?? 5000
    this.#dissemination = new Dissemination({ self: events.self, metrics, events }, options)
    this.#gaps = new PublicationGaps({ clock, ask: (origin, lost) => this.#askAgain(origin, lost) }, options)
    this.#backlog = new CommitBacklog({ durable: () => store.durable(), hold: isHeld => this.#hold(isHeld) }, options)
    this.tracker = new StoredTracker(
      {
        clock,
        metrics,
        resend: (peer, push) => {
          this.#dissemination.sendTo(peer, push)
        },
        queuedBytes: () => this.#outbox.waitingBytes
      },
      options
    )
    this.#outbox = new Outbox(
      {
        clock,
        logger,
        metrics,
        origin: store.origin,
        tracker: this.tracker,
        audience: shard => events.audience(shard),
        prepare: (push, audience) => this.#dissemination.prepare(push, audience)
      },
      options
    )
    this.#catchUp = new CatchUp(
      {
        store,
        disk,
        clock,
        logger,
        metrics,
        events: {
          send: (peer, message) => events.sendBulk(peer, message),
          seal: (peer, shards, members) => events.seal(peer, shards, members),
          asked: (peer, wanted) => this.#beacon.asked(peer, wanted),
          compared: (peer, shard) => this.#beacon.compared(peer, shard),
          isSound: shard => store.isVerified(shard),
          told: members => events.told(members),
          members: () => events.members()
        }
      },
      options
    )
    this.#beacon = new Beacon(
      {
        store,
        catchUp: this.#catchUp,
        clock,
        random,
        logger,
        metrics,
        events: {
          send: (peer, message) => events.sendControl(peer, message),
          common: peer => events.common(peer),
          peers: () => events.peers(),
          region: events.region
        }
      },
      options
    )
    this.#prefixes = new DurablePrefixes({ store, clock, send: (peer, message) => events.sendBulk(peer, message) })
    this.#garbage = new Garbage(
      {
        store,
        disk,
        clock,
        random,
        logger,
        metrics,
        prefixes: this.#prefixes,
        events: {
          self: events.self,
          members: () => events.members(),
          peers: () => events.peers(),
          stores: (member, shard) => isIn(events.audience(shard), member)
        }
      },
      options
    )
    this.#received = metrics.counter('shoal_push_received_total', 'Pushes received')
    this.#receivedBytes = metrics.counter('shoal_push_received_bytes_total', 'Bytes of pushes received')
    this.#dropped = metrics.counter(
      'shoal_push_dropped_total',
      'Publications not taken because too much waited for the disk: catch-up brings them'
    )
    this.#holds = metrics.counter(
      'shoal_push_holds_total',
      'Times that peers had to wait because too much that they sent waited for the disk'
    )
    this.#askedAgain = metrics.counter(
      'shoal_push_lost_total',
      'Publications that did not arrive and were asked for again'
    )
    this.#redundant = metrics.counter('shoal_push_redundant_total', 'Shard batches received that brought nothing new')
    this.#redundantDeltas = metrics.counter(
      'shoal_push_redundant_deltas_total',
      'Deltas received that changed nothing and were not stored again'
    )
    this.#malformed = metrics.counter('shoal_push_malformed_total', 'Publications that were not well-formed')
  }

  start(): void {
    this.#beacon.start()
    this.#garbage.start()
  }

  stop(): void {
    this.#outbox.stop()
    this.#gaps.stop()
    this.#beacon.stop()
    this.#catchUp.stop()
    this.#prefixes.stop()
    this.#garbage.stop()
    this.tracker.stop()
  }

  /** What this node has of the shard is in doubt, or not what it was: what is under way with it must not count. */
  abandon(shard: number): void {
    this.#catchUp.abandon(shard)
  }

  /** Local updates are on disk: they may leave. */
  committed(updates: readonly LocalUpdate[]): void {
    this.#outbox.add(updates)
    if (updates.length > 0) this.#beacon.stir()
  }

  /** These actors have a record on disk, and nothing in it. */
  emptied(actors: readonly Actor[]): void {
    this.#garbage.emptied(actors)
  }

  linked(peer: PeerId): void {
    this.#beacon.greet(peer)
  }

  unlinked(peer: PeerId): void {
    this.#catchUp.unlinked(peer)
    this.#prefixes.unlinked(peer)
    this.#beacon.unlinked(peer)
    this.#toConfirm.delete(peer)
    this.#linkOrigins.delete(peer)
  }

  /** Everything of these shards that the peer has; resolves when it is on this disk. */
  fetch(peer: PeerId, shards: readonly number[]): Promise<void> {
    return this.#catchUp.pull(peer, shards)
  }

  /** Everything of these shards that the peer has, after it has let go of them. */
  claim(peer: PeerId, shards: readonly number[]): Promise<void> {
    return this.#catchUp.pull(peer, shards, { claim: true })
  }

  receivePublication(bytes: Uint8Array): void {
    if (this.#backlog.isFull) {
      this.#dropped.add()
      return
    }
    try {
      this.#receivePush(bytes)
    } catch (error) {
      if (isStoreEnd(error)) return
      this.#malformed.add()
      this.#logger.warn('a publication was refused', { err: error })
    }
  }

  /** Over the link with a peer. Throws `SHOAL_MALFORMED`. */
  receivePush(peer: PeerId, bytes: Uint8Array): void {
    this.#receivePush(bytes, peer)
  }

  receiveBulk(peer: PeerId, message: shoal.peer.Bulk): void {
    if (message.prefixQuery != null) this.#prefixes.receiveQuery(peer, message.prefixQuery)
    else if (message.prefixReply != null) this.#prefixes.receiveReply(peer, message.prefixReply)
    else this.#catchUp.receive(peer, message)
  }

  /** Answers whether the message was one of replication's. */
  receiveControl(peer: PeerId, message: shoal.peer.Control): boolean {
    if (message.beacon != null) this.#beacon.receiveBeacon(peer, message.beacon.root ?? new Uint8Array(0))
    else if (message.shardHashes != null) this.#beacon.receiveHashes(peer, message.shardHashes)
    else if (message.stored != null) this.tracker.stored(peer, (message.stored.pushes ?? []).map(safe))
    else if (message.pushWanted != null) this.#repeat(peer, message.pushWanted.publications ?? [])
    else if (message.flush != null) void this.#answerFlush(peer, message.flush)
    else if (message.flushed != null) this.#takeFlushed(peer, message.flushed.number ?? 0)
    else return false
    return true
  }

  /**
   * From now on no push of an earlier life of that node is taken: what a disk has of it comes by catch-up. The origin is that of a
   * member's life.
   */
  endEarlierLives(origin: Origin): void {
    this.#latestLives.endBefore(origin)
  }

  /** From now on no push is confirmed: this node is about to leave. */
  confirmNoMore(): void {
    this.#confirms = false
  }

  /**
   * Resolves when every linked member has on disk what this node has, those that appear meanwhile included, or after
   * `flushTimeoutMs`. For a leaving node.
   */
  async flush(): Promise<void> {
    const deadlineMs = this.#clock.elapsed() + this.#flushTimeoutMs
    const done = new Set<PeerId>()
    for (;;) {
      await this.#store.durable()
      const peers = this.#events.peers().filter(({ id }) => !done.has(id))
      if (peers.length === 0 || this.#clock.elapsed() >= deadlineMs) return
      await Promise.all(peers.map(({ id }) => this.flushTo(id, this.#events.inherits(id))))
      for (const { id } of peers) done.add(id)
    }
  }

  /** Answers whether the peer has said in time that it has on its disk what this node has of these shards on its own. */
  flushTo(peer: PeerId, shards: readonly number[]): Promise<boolean> {
    const number = ++this.#flushNumber
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#clock.after(this.#flushTimeoutMs, () => {
      this.#logger.warn('a peer did not confirm that it has everything of this node', { peer })
      done(false)
    })
    const done = (isFlushed: boolean) => {
      timer.cancel()
      this.#flushes.delete(number)
      resolve(isFlushed)
    }
    this.#flushes.set(number, { peer, done })
    if (!this.#events.sendControl(peer, { flush: { number, ...this.#beacon.hashes(shards) } })) done(false)
    return promise
  }

  #takeFlushed(peer: PeerId, number: number): void {
    const flush = this.#flushes.get(number)
    if (flush?.peer === peer) flush.done(true)
  }

  /** A few at a time for each peer: one that gets no answer asks again. */
  async #answerFlush(peer: PeerId, flush: shoal.peer.IFlush): Promise<void> {
    const underWay = this.#flushing.get(peer) ?? 0
    if (underWay >= maxFlushesPerPeer) return
    this.#flushing.set(peer, underWay + 1)
    try {
      const shards = flush.shards ?? []
      if (shards.length > this.#store.shardCount * replicaCounts) throw malformed('flush: shards named twice')
      this.#events.adopt(peer, shards)
      const different = this.#beacon.different(flush)
      // What is not stored here cannot be taken over.
      if (!shards.every(shard => this.#store.hosts(shard))) return
      if (different.length > 0) await this.#catchUp.pull(peer, different)
      await this.#store.durable()
      this.#events.sendControl(peer, { flushed: { number: flush.number ?? 0 } })
    } catch (error) {
      this.#logger.warn('could not take everything of a leaving peer', { peer, err: error })
    } finally {
      const left = (this.#flushing.get(peer) ?? 1) - 1
      if (left > 0) this.#flushing.set(peer, left)
      else this.#flushing.delete(peer)
    }
  }

  /** `from` is the peer whose link brought it; a publication comes from wherever, so its writer is looked up. */
  #receivePush(bytes: Uint8Array, from?: PeerId): void {
    const message = decodePush(bytes)
    const origin = originOfPush(message)
    this.#received.add()
    this.#receivedBytes.add(bytes.length)
    if (from !== undefined) this.#assertTheirs(from, origin)
    const writer = from ?? this.#writerOf(origin)
    // What comes over a link may have come before, and its writer waits to hear that it is stored.
    const isNew = this.#noteArrival(origin, safe(message.publication), writer)
    if (from === undefined && !isNew) return
    const push = readPush(message, this.#store.shardCount)
    if (this.#latestLives.hasEnded(push.origin)) return
    this.#backlog.add(bytes.length, push.deltas)
    let isStored = true
    for (const batch of push.batches) {
      if (!this.#store.hosts(batch.shard)) {
        // Its writer goes by an older view of who stores what.
        isStored = false
        continue
      }
      const joined = this.#store.joinBatch(batch.shard, push.origin, batch.seqs, batch.deltas)
      if (!joined.isStored) isStored = false
      this.#redundantDeltas.add(joined.redundantDeltas)
      if (!joined.isNew) this.#redundant.add()
      else if (writer !== undefined && this.#store.hasGap(batch.shard, push.origin))
        this.#beacon.gap(batch.shard, push.origin, writer)
    }
    if (isStored && push.wantsStored && this.#confirms && writer !== undefined) this.#confirmLater(writer, push.number)
  }

  /** Over a link a node pushes what it writes itself, in the one life that the link has been made by. */
  #assertTheirs(peer: PeerId, origin: Origin): void {
    const known = this.#linkOrigins.get(peer)
    if (known === origin) return
    if (known !== undefined || !isOriginOf(peer, origin)) throw malformed(`push of ${peer} under the origin ${origin}`)
    this.#linkOrigins.set(peer, origin)
  }

  /** None while the member is not known here: what it asks to be confirmed, it sends again over its link. */
  #writerOf(origin: Origin): PeerId | undefined {
    const known = this.#writers.get(origin)
    if (known !== undefined) return known
    const member = this.#events.members().find(({ id }) => isOriginOf(id, origin))
    if (member === undefined) return undefined
    if (this.#writers.size >= maxKnownWriters) this.#writers.clear()
    this.#writers.set(origin, member.id)
    return member.id
  }

  /** One record confirms all pushes of a node that one commit has stored. */
  #confirmLater(node: PeerId, number: number): void {
    const numbers = this.#toConfirm.get(node)
    if (numbers !== undefined) {
      numbers.push(number)
      return
    }
    this.#toConfirm.set(node, [number])
    void this.#confirm(node)
  }

  async #confirm(node: PeerId): Promise<void> {
    const numbers = this.#toConfirm.get(node) ?? []
    // What comes while this commit is under way waits for the next.
    const count = numbers.length
    try {
      await this.#store.durable()
    } catch {
      this.#toConfirm.delete(node)
      return
    }
    const confirmed = numbers.splice(0, Math.max(count, 1))
    if (this.#confirms) this.#events.sendControl(node, { stored: { pushes: confirmed } })
    if (numbers.length === 0) this.#toConfirm.delete(node)
    else void this.#confirm(node)
  }

  /** Only of members, whose number is bounded: who is not known here cannot be asked. */
  #noteArrival(origin: Origin, publication: number, writer: PeerId | undefined): boolean {
    return publication === 0 || writer === undefined || this.#gaps.arrived(origin, publication)
  }

  #askAgain(origin: Origin, publications: readonly number[]): void {
    const writer = this.#writerOf(origin)
    if (writer === undefined || this.#backlog.isFull) return
    this.#askedAgain.add(publications.length)
    this.#events.sendControl(writer, { pushWanted: { publications: [...publications] } })
  }

  #repeat(peer: PeerId, publications: readonly number[]): void {
    if (publications.length > maxWantedPublications) throw malformed('publications wanted')
    this.#dissemination.repeat(peer, publications.map(safe))
  }

  #hold(isHeld: boolean): void {
    if (isHeld) this.#holds.add()
    this.#events.holdPushes(isHeld)
  }
}

function isIn(audience: Audience, member: PeerId): boolean {
  return audience === 'everyone' || audience.includes(member)
}
