/** Speed 2, all streams that this node serves: who gets one, what comes before it, and what is said when it breaks off. */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { wantedFrom } from './catch-up-request.ts'
import { CatchUpSender, type SenderLimits, type WantedShard } from './catch-up-sender.ts'
import { HashBudget } from './hash-budget.ts'
import type { MemberRecord } from './member-record.ts'
import { memberFrom, memberTo, tableHashFrom } from './member-wire.ts'
import type { ShardStore } from './shard-store.ts'
import { isSameHash, type TableState } from './table-hash.ts'
import { type Bulk, safe } from './wire.ts'

/** How long a peer waits for what is in memory to get to this node's disk. */
const durablePatienceMs = 100

export interface CatchUpStreamsEvents {
  send(peer: PeerId, message: Bulk): boolean
  seal(peer: PeerId, shards: readonly number[], members: readonly MemberRecord[]): Promise<void>
  asked(peer: PeerId, wanted: readonly WantedShard[]): void
  members(): readonly MemberRecord[]
  table(): TableState
  isSound(shard: number): boolean
}

export class CatchUpStreams {
  readonly #store: ShardStore
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #events: CatchUpStreamsEvents
  readonly #limits: SenderLimits & { readonly maxStreamsPerPeer: number }
  readonly #hashBudget: HashBudget
  readonly #streams = new Map<string, CatchUpSender>()
  readonly #failed

  constructor(parts: {
    store: ShardStore
    disk: Disk
    clock: Clock
    logger: Logger
    metrics: Metrics
    events: CatchUpStreamsEvents
    limits: SenderLimits & { readonly maxStreamsPerPeer: number }
  }) {
    this.#store = parts.store
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#hashBudget = new HashBudget(parts.clock)
    this.#logger = parts.logger
    this.#metrics = parts.metrics
    this.#events = parts.events
    this.#limits = parts.limits
    this.#failed = parts.metrics.counter(
      'shoal_catch_up_failed_total',
      'Catch-up streams that broke off, on either side'
    )
  }

  /** Throws `SHOAL_MALFORMED`. */
  serve(peer: PeerId, request: shoal.peer.ICatchUp): void {
    const session = safe(request.session)
    let streams = 0
    for (const stream of this.#streams.values()) if (stream.peer === peer) streams++
    if (streams >= this.#limits.maxStreamsPerPeer) {
      this.#events.send(peer, { end: { session, reason: 'busy: too many streams' } })
      return
    }
    const { wanted, inFull } = wantedFrom(
      request,
      this.#store.shardCount,
      shard => (this.#store.hosts(shard) ? this.#store.context(shard) : undefined),
      lives => this.#hashBudget.take(lives)
    )
    const claim = request.claim === true ? (request.members ?? []).map(memberFrom) : undefined
    const table = tableHashFrom(request)
    const isEqual = () => table !== undefined && isSameHash(table, this.#events.table().hash)
    const stream = new CatchUpSender({
      peer,
      session,
      clock: this.#clock,
      metrics: this.#metrics,
      limits: this.#limits,
      send: message => this.#events.send(peer, message),
      serves: shard => this.#events.isSound(shard),
      snapshot: shards => this.#store.reads.snapshot(shards),
      isAllIn: (shard, context) => context.covers(this.#store.durableShard(shard).context),
      view: () => (claim === undefined || isEqual() ? [] : this.#events.members().map(memberTo))
    })
    const key = streamKey(peer, session)
    this.#streams.set(key, stream)
    const isUnknown = claim?.length === 0 && !isEqual()
    void this.#run(stream, { wanted, inFull }, claim, isUnknown).finally(() => this.#streams.delete(key))
  }

  async #run(
    stream: CatchUpSender,
    { wanted, inFull }: { readonly wanted: readonly WantedShard[]; readonly inFull: readonly number[] },
    claim: readonly MemberRecord[] | undefined,
    isUnknown: boolean
  ): Promise<void> {
    const { peer, session } = stream
    try {
      const shards = [...wanted.map(want => want.shard), ...inFull]
      // A grant in another view than the claimer's would be no promise: it has to say who its members are.
      if (isUnknown) throw new ShoalError('SHOAL_NOT_OWNER', 'a claim among members unknown here', { retryable: true })
      if (claim !== undefined) await this.#events.seal(peer, shards, claim)
      await this.#durableSoon()
      this.#events.asked(
        peer,
        wanted.filter(({ shard }) => this.#store.hosts(shard))
      )
      await stream.run(wanted, inFull)
    } catch (error) {
      this.#failed.add()
      if (isShoalError(error) && error.code === 'SHOAL_CORRUPT' && stream.reading !== undefined)
        this.#store.suspect(stream.reading)
      const refused = isShoalError(error) && error.code === 'SHOAL_NOT_OWNER'
      // Links end and nodes stop: the next beacon starts again. Anything else somebody should see.
      const expected = isShoalError(error) && error.retryable
      this.#logger[expected ? 'debug' : 'warn']('a catch-up stream broke off', { peer, err: error })
      const members = refused ? this.#events.members().map(memberTo) : []
      this.#events.send(peer, { end: { session, reason: error instanceof Error ? error.message : 'failed', members } })
    }
  }

  /**
   * What is on its way to the disk goes with the stream. But nobody was told that it is there, and what this node did as an owner got there before a
   * claim is granted: so a disk that stands still holds up no peer that lacks nothing of what is on it.
   */
  async #durableSoon(): Promise<void> {
    const late = Promise.withResolvers<void>()
    const timer = this.#clock.after(durablePatienceMs, late.resolve)
    await Promise.race([this.#store.durable(), late.promise])
    timer.cancel()
  }

  /** The peer has this chunk on disk. */
  taken(peer: PeerId, taken: shoal.peer.IChunkTaken): void {
    this.#streams.get(streamKey(peer, safe(taken.session)))?.taken(safe(taken.number))
  }

  /** The peer wants no more of this stream. */
  givenUp(peer: PeerId, session: number, reason: ShoalError): void {
    this.#streams.get(streamKey(peer, session))?.stop(reason)
  }

  /** Ends the streams that are meant. */
  end(isMeant: (stream: CatchUpSender) => boolean, reason: ShoalError): void {
    for (const stream of this.#streams.values()) if (isMeant(stream)) stream.stop(reason)
  }
}

function streamKey(peer: PeerId, session: number): string {
  return `${session}/${peer}`
}
