/**
 * Speed 1, receiving: a push is joined whole, committed with whatever else there is, and confirmed when its writer wants that.
 *
 * What cannot be stored as fast as it comes is not piled up: peers wait with what they send over links, and publications are
 * dropped, since catch-up brings what they carried. A gap that a push shows is asked for: a lost publication by its number, updates
 * of a shard by a pull. What a writer vouches for, and this node has not seen, is fetched from it before it is confirmed.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Origin } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { CommitBacklog, type CommitBacklogOptions } from './commit-backlog.ts'
import { isOriginOf } from './identity.ts'
import { LatestLives } from './latest-lives.ts'
import type { MemberRecord } from './member-record.ts'
import { PublicationGaps, type PublicationGapsOptions } from './publication-gaps.ts'
import { PublishingLives } from './publishing-lives.ts'
import type { ShardStore } from './shard-store.ts'
import { type Control, decodePush, malformed, originOfPush, readPush, type SeenActor, safe } from './wire.ts'

export interface PushReceiverOptions extends PublicationGapsOptions, CommitBacklogOptions {}

export interface PushReceiverEvents {
  sendControl(peer: PeerId, message: Control): boolean
  /** Peers are to wait with further pushes, or may go on. */
  holdPushes(isHeld: boolean): void
  members(): readonly MemberRecord[]
  /** Updates of this origin went missing in the shard before those that the peer pushed. */
  gap(shard: number, origin: Origin, peer: PeerId): void
  /** These actors as the peer has them; resolves when they are on this disk. */
  fetch(peer: PeerId, shard: number, names: readonly string[]): Promise<void>
}

interface WaitingPush {
  readonly number: number
  /** Resolves when it is on this disk. */
  readonly commit: Promise<void>
}

export class PushReceiver {
  readonly #store: ShardStore
  readonly #events: PushReceiverEvents
  readonly #gaps: PublicationGaps
  readonly #backlog: CommitBacklog
  /** Pushes to confirm once they are on this disk, by origin: each life of a node counts its own. */
  readonly #toConfirm = new Map<Origin, WaitingPush[]>()
  readonly #publishing: PublishingLives
  /** Of linked peers: under which origin they write. */
  readonly #linkOrigins = new Map<PeerId, Origin>()
  /** From whom what they vouched for is on its way: of each, what one push names. The next is looked at when it is sent again. */
  readonly #fetching = new Set<PeerId>()
  readonly #latestLives
  readonly #received
  readonly #receivedBytes
  readonly #dropped
  readonly #holds
  readonly #askedAgain
  readonly #redundant
  readonly #redundantDeltas
  readonly #ofStrangers
  readonly #vouchedFetched
  #confirms = true

  constructor(
    parts: { store: ShardStore; clock: Clock; metrics: Metrics; events: PushReceiverEvents },
    options: PushReceiverOptions = {}
  ) {
    const { store, clock, metrics, events } = parts
    this.#store = store
    this.#events = events
    this.#latestLives = new LatestLives(() => events.members())
    this.#publishing = new PublishingLives(clock, () => events.members())
    this.#gaps = new PublicationGaps({ clock, ask: (origin, lost) => this.#askAgain(origin, lost) }, options)
    this.#backlog = new CommitBacklog({ durable: () => store.durable(), hold: isHeld => this.#hold(isHeld) }, options)
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
    this.#ofStrangers = metrics.counter(
      'shoal_push_of_strangers_total',
      'Publications of writers, or of lives of them, that the list of members does not tell of yet: catch-up brings them'
    )
    this.#vouchedFetched = metrics.counter(
      'shoal_vouched_fetched_total',
      'Actors fetched because a writer vouched for what this node had not seen of them'
    )
  }

  stop(): void {
    this.#gaps.stop()
  }

  unlinked(peer: PeerId): void {
    for (const origin of this.#toConfirm.keys()) if (isOriginOf(peer, origin)) this.#toConfirm.delete(origin)
    this.#linkOrigins.delete(peer)
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

  /** `writer` has made it, that is proven. Throws `SHOAL_MALFORMED`. */
  receivePublication(writer: PeerId, bytes: Uint8Array): void {
    if (this.#backlog.isFull) {
      this.#dropped.add()
      return
    }
    const message = decodePush(bytes)
    const origin = originOfPush(message)
    if (!isOriginOf(writer, origin)) throw malformed(`publication of ${writer} under the origin ${origin}`)
    const publication = safe(message.publication)
    if (!this.#publishing.publishes(writer, origin)) this.#ofStrangers.add()
    else if (publication === 0 || this.#gaps.arrived(origin, publication)) this.#take(writer, message, bytes.length)
  }

  /** Over the link with a peer. Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, bytes: Uint8Array): void {
    const message = decodePush(bytes)
    const origin = originOfPush(message)
    this.#assertTheirs(peer, origin)
    // It may have come before as a publication, and its writer waits to hear that it is stored.
    const publication = safe(message.publication)
    if (publication !== 0) this.#gaps.arrived(origin, publication)
    this.#take(peer, message, bytes.length)
  }

  #take(writer: PeerId, message: shoal.peer.IPush, length: number): void {
    this.#received.add()
    this.#receivedBytes.add(length)
    const push = readPush(message, this.#store.shardCount)
    if (this.#latestLives.hasEnded(push.origin)) return
    this.#backlog.add(length, push.deltas)
    let isStored = true
    for (const batch of push.batches) {
      if (!this.#store.hosts(batch.shard)) {
        // Its writer goes by an older view of who stores what.
        isStored = false
        continue
      }
      const joined = this.#store.joining.joinBatch(batch.shard, push.origin, batch.seqs, batch.deltas)
      if (!joined.isStored) isStored = false
      this.#redundantDeltas.add(joined.redundantDeltas)
      if (!joined.isNew) this.#redundant.add()
      else if (this.#store.hasGap(batch.shard, push.origin)) this.#events.gap(batch.shard, push.origin, writer)
    }
    const confirm = () => {
      if (isStored && push.wantsStored && this.#confirms) this.#confirmLater(writer, push.origin, push.number)
    }
    const unseen = push.vouched.filter(vouched => !this.#hasSeen(vouched))
    if (unseen.length === 0) confirm()
    else if (!this.#fetching.has(writer))
      this.#fetch(writer, unseen).then(
        () => unseen.every(vouched => this.#hasSeen(vouched)) && confirm(),
        () => {}
      )
  }

  #hasSeen({ shard, actor, seen }: SeenActor): boolean {
    if (!this.#store.isVerified(shard)) return false
    return this.#store.joining.proves(shard, actor, seen)
  }

  /** What comes to nothing is tried again when the push comes again. */
  async #fetch(writer: PeerId, unseen: readonly SeenActor[]): Promise<void> {
    this.#fetching.add(writer)
    this.#vouchedFetched.add(unseen.length)
    try {
      for (const [shard, actors] of Map.groupBy(unseen, vouched => vouched.shard)) {
        // Its writer goes by an older view of who stores what.
        if (!this.#store.hosts(shard)) continue
        await this.#events.fetch(
          writer,
          shard,
          actors.map(({ actor }) => actor)
        )
      }
    } finally {
      this.#fetching.delete(writer)
    }
  }

  /** Over a link a node pushes what it writes itself, in the one life that the link has been made by. */
  #assertTheirs(peer: PeerId, origin: Origin): void {
    const known = this.#linkOrigins.get(peer)
    if (known === origin) return
    if (known !== undefined || !isOriginOf(peer, origin)) throw malformed(`push of ${peer} under the origin ${origin}`)
    this.#linkOrigins.set(peer, origin)
  }

  /** One record confirms all pushes of one life of a node that one commit has stored. */
  #confirmLater(node: PeerId, origin: Origin, number: number): void {
    const push = { number, commit: this.#store.durable() }
    const waiting = this.#toConfirm.get(origin)
    if (waiting !== undefined) {
      waiting.push(push)
      // Should it fail, whoever waits for those before is told.
      push.commit.catch(() => {})
      return
    }
    const pushes = [push]
    this.#toConfirm.set(origin, pushes)
    void this.#confirm(node, origin, pushes)
  }

  /** Ends early where the link has ended: what a node still waits for, it sends again. */
  async #confirm(node: PeerId, origin: Origin, waiting: WaitingPush[]): Promise<void> {
    const isWanted = () => this.#confirms && this.#toConfirm.get(origin) === waiting
    try {
      for (let [first] = waiting; first !== undefined && isWanted(); [first] = waiting) {
        const { commit } = first
        await commit
        // What came while this commit was under way waits for the next.
        const later = waiting.findIndex(push => push.commit !== commit)
        const stored = waiting.splice(0, later < 0 ? waiting.length : later)
        const pushes = stored.map(({ number }) => number)
        if (isWanted()) this.#events.sendControl(node, { stored: { origin, pushes } })
      }
    } catch {
      // The store has ended: nothing more is stored.
    }
    if (this.#toConfirm.get(origin) === waiting) this.#toConfirm.delete(origin)
  }

  #askAgain(origin: Origin, publications: readonly number[]): void {
    const writer = this.#publishing.writerOf(origin)
    if (writer === undefined || this.#backlog.isFull) return
    this.#askedAgain.add(publications.length)
    this.#events.sendControl(writer, { pushWanted: { publications: [...publications] } })
  }

  #hold(isHeld: boolean): void {
    if (isHeld) this.#holds.add()
    this.#events.holdPushes(isHeld)
  }
}
