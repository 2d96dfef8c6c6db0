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
import { LastFlush, type LastFlushEvents, type LastFlushOptions } from './last-flush.ts'
import type { MemberRecord } from './member-record.ts'
import { Outbox, type OutboxOptions, type Vouched } from './outbox.ts'
import { PushReceiver, type PushReceiverEvents, type PushReceiverOptions } from './push-receiver.ts'
import type { Actor, LocalUpdate, ShardStore } from './shard-store.ts'
import { StoredTracker, type StoredTrackerOptions } from './stored-tracker.ts'
import type { TableState } from './table-hash.ts'
import { type Bulk, type Control, malformed, safe } from './wire.ts'

export interface ReplicationOptions
  extends OutboxOptions,
    DisseminationOptions,
    StoredTrackerOptions,
    PushReceiverOptions,
    CatchUpOptions,
    BeaconOptions,
    GarbageOptions,
    LastFlushOptions {}

export interface ReplicationEvents
  extends DisseminationEvents,
    LastFlushEvents,
    Omit<PushReceiverEvents, 'gap' | 'fetch'> {
  sendControl(peer: PeerId, message: Control): boolean
  sendBulk(peer: PeerId, message: Bulk): boolean
  /** Who stores a shard. */
  audience(shard: number): Audience
  readonly self: PeerId
  /** The shards that this node and the peer store. */
  common(peer: PeerId): readonly number[]
  /** Linked, present members. */
  peers(): readonly { readonly id: PeerId; readonly region: string }[]
  readonly region: string
  members(): readonly MemberRecord[]
  table(): TableState
  told(members: readonly MemberRecord[]): void
  seal(peer: PeerId, shards: readonly number[], members: readonly MemberRecord[]): Promise<void>
}

export class Replication {
  readonly #store: ShardStore
  readonly tracker: StoredTracker
  readonly #outbox: Outbox
  readonly #dissemination: Dissemination
  readonly #receiver: PushReceiver
  readonly #catchUp: CatchUp
  readonly #beacon: Beacon
  readonly #prefixes: DurablePrefixes
  readonly #garbage: Garbage
  readonly #lastFlush: LastFlush
  /** Those that wait to be made: with the link they end. */
  readonly #claims = new Map<PeerId, object>()

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
    this.#dissemination = new Dissemination({ self: events.self, metrics, events }, options)
    this.tracker = new StoredTracker(
      {
        origin: store.origin,
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
          members: () => events.members(),
          table: () => events.table()
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
          stores: (peer, shard) => events.common(peer).includes(shard),
          peers: () => events.peers(),
          region: events.region
        }
      },
      options
    )
    this.#receiver = new PushReceiver(
      {
        store,
        clock,
        metrics,
        events: {
          sendControl: (peer, message) => events.sendControl(peer, message),
          holdPushes: isHeld => events.holdPushes(isHeld),
          members: () => events.members(),
          gap: (shard, origin, peer) => this.#beacon.gap(shard, origin, peer),
          fetch: (peer, shard, names) => this.#catchUp.fetch(peer, shard, names)
        }
      },
      options
    )
    this.#lastFlush = new LastFlush(
      { store, beacon: this.#beacon, catchUp: this.#catchUp, clock, logger, events },
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
  }

  start(): void {
    this.#beacon.start()
    this.#garbage.start()
  }

  stop(): void {
    this.#outbox.stop()
    this.#receiver.stop()
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

  /** For what is on disk here: to be confirmed by those who have it on theirs. */
  vouch(vouched: Vouched): void {
    this.#outbox.vouch(vouched)
  }

  /** These actors have a record on disk, and nothing in it. */
  emptied(actors: readonly Actor[]): void {
    this.#garbage.emptied(actors)
  }

  /** A link came up, or the two have more shards in common than before. */
  greet(peer: PeerId): void {
    this.#beacon.greet(peer)
  }

  unlinked(peer: PeerId): void {
    this.#claims.delete(peer)
    this.#catchUp.unlinked(peer)
    this.#prefixes.unlinked(peer)
    this.#beacon.unlinked(peer)
    this.#receiver.unlinked(peer)
  }

  /** Everything of these shards that the peer has; resolves when it is on this disk. */
  fetch(peer: PeerId, shards: readonly number[]): Promise<void> {
    return this.#catchUp.pull(peer, shards)
  }

  /**
   * Everything of these shards that the peer has, after it has let go of them. Where this node has nothing of a shard yet, and that is on its
   * way here, it is waited for, or each granter would send it once more. Nothing else is: while somebody writes there is always something on its
   * way, and nobody serves meanwhile.
   */
  async claim(peer: PeerId, shards: readonly number[]): Promise<void> {
    await this.#arrived(peer, this.#bare(shards))
    return this.#catchUp.pull(peer, shards, { claim: true })
  }

  /** The same without the claim, while others serve: so that it need bring little when it is made. */
  async fetchAhead(peer: PeerId, shards: readonly number[]): Promise<void> {
    this.#beacon.want(peer, this.#bare(shards))
    await this.#arrived(peer, shards)
    return this.#catchUp.pull(peer, shards)
  }

  #bare(shards: readonly number[]): number[] {
    return shards.filter(shard => this.#store.context(shard).isEmpty())
  }

  async #arrived(peer: PeerId, shards: readonly number[]): Promise<void> {
    const claim = {}
    this.#claims.set(peer, claim)
    await this.#beacon.fetched(shards, () => this.#claims.get(peer) === claim)
    if (this.#claims.get(peer) === claim) this.#claims.delete(peer)
  }

  /** `writer` has made it, that is proven. Throws `SHOAL_MALFORMED`. */
  receivePublication(writer: PeerId, bytes: Uint8Array): void {
    this.#receiver.receivePublication(writer, bytes)
  }

  /** Over the link with a peer. Throws `SHOAL_MALFORMED`. */
  receivePush(peer: PeerId, bytes: Uint8Array): void {
    this.#receiver.receive(peer, bytes)
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
    else if (message.stored != null) this.#stored(peer, message.stored)
    else if (message.pushWanted != null) this.#repeat(peer, message.pushWanted.publications ?? [])
    else if (message.flush != null) void this.#lastFlush.answer(peer, message.flush)
    else if (message.flushed != null) this.#lastFlush.answered(peer, message.flushed)
    else return false
    return true
  }

  /**
   * From now on no push of an earlier life of that node is taken: what a disk has of it comes by catch-up. The origin is that of a
   * member's life.
   */
  endEarlierLives(origin: Origin): void {
    this.#receiver.endEarlierLives(origin)
  }

  /** From now on no push is confirmed, and nothing that others want to be on a disk that stays: this node is about to leave. */
  confirmNoMore(): void {
    this.#receiver.confirmNoMore()
    this.#lastFlush.confirmNoMore()
  }

  /**
   * Resolves when every present member has on disk what this node has, or after `flushTimeoutMs`. For a leaving node, while it serves. Answers
   * whether of each shard somebody has said so.
   */
  flush(): Promise<boolean> {
    return this.#lastFlush.toAll()
  }

  /** The same when nobody serves: resolves when most of them have. */
  flushRest(): Promise<boolean> {
    return this.#lastFlush.toMost()
  }

  /** Answers whether the peer has said in time that it has on its disk what this node has of these shards on its own. */
  flushTo(peer: PeerId, shards: readonly number[]): Promise<boolean> {
    return this.#lastFlush.to(peer, shards)
  }

  #stored(peer: PeerId, { origin, pushes }: shoal.peer.IStored): void {
    this.tracker.stored(peer, origin ?? '', (pushes ?? []).map(safe))
  }

  #repeat(peer: PeerId, publications: readonly number[]): void {
    if (publications.length > maxWantedPublications) throw malformed('publications wanted')
    this.#dissemination.repeat(peer, publications.map(safe))
  }
}

function isIn(audience: Audience, member: PeerId): boolean {
  return audience === 'everyone' || audience.includes(member)
}
