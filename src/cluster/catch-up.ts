/**
 * Speed 2, both ends of catch-up: pulls what this node lacks from a peer, and serves the peers' pulls.
 *
 * A pull that breaks off does no harm: what arrived was joined with its contexts, the shard's context has not grown, and the
 * next pull starts again. With `claim` a pull first makes the peer stop serving the shards (see ownership.ts).
 */
import type { shoal } from '#proto/generated/peer.js'
import { type ActorState, CausalContext, decodeState } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { CatchUpSender, type WantedShard } from './catch-up-sender.ts'
import type { MemberRecord } from './member-record.ts'
import { memberFrom, memberTo } from './member-wire.ts'
import type { ShardStore } from './shard-store.ts'
import { actorName, type Bulk, contextFrom, copied, malformed, name, safe, seqNumber, shardNumber } from './wire.ts'

export interface CatchUpOptions {
  /** A pull without a chunk for so long is given up, in milliseconds. @default 3000 */
  stallTimeoutMs?: number
  /** Streams served to one peer at a time; one more is refused. @default 8 */
  maxStreamsPerPeer?: number
  /** Size at which a chunk of a stream is full, in bytes. @default 131072 */
  chunkBytes?: number
}

export interface CatchUpEvents {
  send(peer: PeerId, message: Bulk): boolean
  /** A peer claims shards in its view. Resolves when this node has stopped serving them; throws `SHOAL_NOT_OWNER` to refuse. */
  seal(peer: PeerId, shards: readonly number[], members: readonly MemberRecord[]): Promise<void>
  /** A peer has asked for these; what it has was seen on the way. */
  asked(peer: PeerId, wanted: readonly WantedShard[]): void
  /** A peer has told its view. */
  told(members: readonly MemberRecord[]): void
  members(): readonly MemberRecord[]
}

/** Contexts in one request; what a node with a long past wants of many shards is asked for in several. */
const maxWantedBytes = 1024 * 1024

interface Pull {
  readonly peer: PeerId
  readonly shards: ReadonlySet<number>
  /** The sender's context per shard, as its stream says it. */
  readonly contexts: Map<number, CausalContext>
  next: number
  timer: Timer
  readonly resolve: () => void
  readonly reject: (error: ShoalError) => void
}

export class CatchUp {
  readonly #store: ShardStore
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #metrics: Metrics
  readonly #events: CatchUpEvents
  readonly #stallTimeoutMs: number
  readonly #maxStreamsPerPeer: number
  readonly #chunkBytes: number
  readonly #pulls = new Map<number, Pull>()
  readonly #streams = new Map<string, CatchUpSender>()
  readonly #started
  readonly #joinedActors
  readonly #redundantActors
  readonly #failed
  #session = 0

  constructor(
    parts: { store: ShardStore; disk: Disk; clock: Clock; logger: Logger; metrics: Metrics; events: CatchUpEvents },
    options: CatchUpOptions = {}
  ) {
    this.#store = parts.store
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#metrics = parts.metrics
    this.#events = parts.events
    this.#stallTimeoutMs = options.stallTimeoutMs ?? 3000
    this.#maxStreamsPerPeer = options.maxStreamsPerPeer ?? 8
    this.#chunkBytes = options.chunkBytes ?? 128 * 1024
    this.#started = parts.metrics.counter('shoal_catch_up_pulls_total', 'Catch-up streams this node has asked for')
    this.#joinedActors = parts.metrics.counter(
      'shoal_catch_up_joined_actors_total',
      'Actors received by catch-up streams'
    )
    this.#redundantActors = parts.metrics.counter(
      'shoal_catch_up_redundant_actors_total',
      'Actors received by catch-up streams that changed nothing and were not stored again'
    )
    this.#failed = parts.metrics.counter(
      'shoal_catch_up_failed_total',
      'Catch-up streams that broke off, on either side'
    )
  }

  /**
   * Everything the peer has on disk of these shards and this node lacks; resolves when it is on this disk. Throws
   * `SHOAL_UNAVAILABLE` (broken off, stalled), `SHOAL_NOT_OWNER` (a claim was refused).
   */
  async pull(peer: PeerId, shards: readonly number[], how: { claim?: boolean; full?: boolean } = {}): Promise<void> {
    const wanted: shoal.peer.IShardState[] = []
    let bytes = 0
    for (const shard of shards) {
      const want = this.#want(shard, how.full ?? false)
      const size = (want.context?.length ?? 0) + 32
      if (bytes + size > maxWantedBytes && wanted.length > 0) {
        await this.#pull(peer, wanted.splice(0), how.claim ?? false)
        bytes = 0
      }
      wanted.push(want)
      bytes += size
    }
    await this.#pull(peer, wanted, how.claim ?? false)
  }

  #pull(peer: PeerId, wanted: readonly shoal.peer.IShardState[], claim: boolean): Promise<void> {
    const session = ++this.#session
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const pull: Pull = {
      peer,
      shards: new Set(wanted.map(want => want.shard ?? 0)),
      contexts: new Map(),
      next: 1,
      timer: this.#stallTimer(session),
      resolve,
      reject
    }
    this.#pulls.set(session, pull)
    this.#started.add()
    const members = claim ? this.#events.members().map(memberTo) : []
    if (!this.#events.send(peer, { catchUp: { session, shards: [...wanted], claim, members } })) {
      this.#endPull(session, unavailable(`no link to ${peer}`))
    }
    return promise
  }

  #want(shard: number, full: boolean): shoal.peer.IShardState {
    const { hash, isSettled } = this.#store.durableShard(shard)
    const context = this.#store.context(shard)
    const want: shoal.peer.IShardState = { shard, full }
    if (!context.isEmpty()) want.context = context.encode()
    if (isSettled) want.hash = hash
    return want
  }

  receive(peer: PeerId, message: shoal.peer.Bulk): void {
    if (message.catchUp != null) this.#serve(peer, message.catchUp)
    else if (message.chunk != null) this.#takeChunk(peer, message.chunk)
    else if (message.chunkTaken != null) {
      const { session, number } = message.chunkTaken
      this.#streams.get(streamKey(peer, safe(session)))?.taken(safe(number))
    } else if (message.end != null) this.#takeEnd(peer, message.end)
  }

  unlinked(peer: PeerId): void {
    for (const [session, pull] of this.#pulls)
      if (pull.peer === peer) this.#endPull(session, unavailable(`the link to ${peer} ended`))
    for (const stream of this.#streams.values())
      if (stream.peer === peer) stream.stop(unavailable(`the link to ${peer} ended`))
  }

  stop(): void {
    const stopped = new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
    for (const session of [...this.#pulls.keys()]) this.#endPull(session, stopped)
    for (const stream of this.#streams.values()) stream.stop(stopped)
  }

  // ---- receiving -------------------------------------------------------------------------------------------------------------

  #takeChunk(peer: PeerId, chunk: shoal.peer.IChunk): void {
    const session = safe(chunk.session)
    const pull = this.#pulls.get(session)
    if (pull === undefined || pull.peer !== peer) return
    try {
      if (safe(chunk.number) !== pull.next) throw malformed('catch-up: a chunk is missing')
      const steps = this.#readChunk(pull, chunk.parts ?? [])
      for (const step of steps) step()
    } catch (error) {
      this.#endPull(session, isShoalError(error) ? error : malformed('chunk', error))
      return
    }
    const number = pull.next++
    pull.timer.cancel()
    pull.timer = this.#stallTimer(session)
    this.#store.durable().then(
      () => {
        this.#events.send(peer, { chunkTaken: { session, number } })
        if (chunk.last !== true) return
        // Before the claim counts as granted: whom the granter knows must be asked, too.
        const members = (chunk.members ?? []).map(memberFrom)
        if (members.length > 0) this.#events.told(members)
        this.#endPull(session, undefined)
      },
      error => this.#endPull(session, isShoalError(error) ? error : unavailable('the store failed'))
    )
  }

  /** Reads the whole chunk before a single part of it is joined. */
  #readChunk(pull: Pull, parts: readonly shoal.peer.IShardPart[]): (() => void)[] {
    const steps: (() => void)[] = []
    for (const part of parts) {
      const shard = shardNumber(part.shard, this.#store.shardCount)
      if (!pull.shards.has(shard)) throw malformed('catch-up: a shard that was not asked for')
      if (part.context != null && part.context.length > 0) pull.contexts.set(shard, contextFrom(part.context))
      const context = pull.contexts.get(shard) ?? CausalContext.empty
      for (const actor of part.actors ?? []) steps.push(this.#readActor(shard, context, actor))
      if (part.complete === true) steps.push(() => this.#store.joinContext(shard, context))
    }
    return steps
  }

  #readActor(shard: number, context: CausalContext, part: shoal.peer.IActorPart): () => void {
    const actor = actorName(part.actor)
    const fragment: ActorState = decodeState(copied(part.fragment))
    const seen = context.union(contextFrom(part.extra)).minus(contextFrom(part.held))
    const index = (part.index ?? []).map(entry => ({
      origin: name(entry.origin, 64, 'origin'),
      seq: seqNumber(entry.seq)
    }))
    return () => {
      const isNew = this.#store.joinActor(shard, actor, fragment, seen, index)
      this.#joinedActors.add()
      if (!isNew) this.#redundantActors.add()
    }
  }

  #takeEnd(peer: PeerId, end: shoal.peer.ICatchUpEnd): void {
    const session = safe(end.session)
    const pull = this.#pulls.get(session)
    if (pull === undefined || pull.peer !== peer) return
    const members = (end.members ?? []).map(memberFrom)
    const refused = members.length > 0
    const reason = (end.reason ?? '').slice(0, 200)
    this.#endPull(
      session,
      refused ? new ShoalError('SHOAL_NOT_OWNER', reason, { retryable: true }) : unavailable(reason)
    )
    if (refused) this.#events.told(members)
  }

  #endPull(session: number, error: ShoalError | undefined): void {
    const pull = this.#pulls.get(session)
    if (pull === undefined) return
    this.#pulls.delete(session)
    pull.timer.cancel()
    if (error === undefined) pull.resolve()
    else {
      this.#failed.add()
      pull.reject(error)
    }
  }

  #stallTimer(session: number): Timer {
    return this.#clock.after(this.#stallTimeoutMs, () =>
      this.#endPull(session, unavailable('a catch-up stream stalled'))
    )
  }

  // ---- serving ---------------------------------------------------------------------------------------------------------------

  #serve(peer: PeerId, request: shoal.peer.ICatchUp): void {
    const session = safe(request.session)
    if ((request.shards?.length ?? 0) > this.#store.shardCount) throw malformed('catch-up: shards named twice')
    const wanted = (request.shards ?? []).map(want => ({
      shard: shardNumber(want.shard, this.#store.shardCount),
      context: contextFrom(want.context),
      full: want.full ?? false,
      hash: want.hash == null || want.hash.length === 0 ? undefined : copied(want.hash)
    }))
    const members = (request.members ?? []).map(memberFrom)
    let streams = 0
    for (const stream of this.#streams.values()) {
      if (stream.peer !== peer) continue
      // A peer that was stopped in the middle of a stream has given it up when it asks again.
      if (this.#clock.elapsed() - stream.progressMs > 2 * this.#stallTimeoutMs)
        stream.stop(unavailable('the receiver stalled'))
      else streams++
    }
    if (streams >= this.#maxStreamsPerPeer) {
      this.#events.send(peer, { end: { session, reason: 'busy: too many streams' } })
      return
    }
    const send = (message: Bulk) => this.#events.send(peer, message)
    const view = () => (request.claim === true ? this.#events.members().map(memberTo) : [])
    const stream = new CatchUpSender({
      view,
      peer,
      session,
      disk: this.#disk,
      chunkBytes: this.#chunkBytes,
      clock: this.#clock,
      metrics: this.#metrics,
      send
    })
    const key = streamKey(peer, session)
    this.#streams.set(key, stream)
    void this.#run(stream, wanted, request.claim === true ? members : undefined).finally(() =>
      this.#streams.delete(key)
    )
  }

  async #run(
    stream: CatchUpSender,
    wanted: readonly WantedShard[],
    claim: readonly MemberRecord[] | undefined
  ): Promise<void> {
    const { peer, session } = stream
    try {
      const shards = wanted.map(want => want.shard)
      if (claim !== undefined) await this.#events.seal(peer, shards, claim)
      await this.#store.durable()
      this.#events.asked(peer, wanted)
      await stream.run(wanted)
    } catch (error) {
      this.#failed.add()
      const refused = isShoalError(error) && error.code === 'SHOAL_NOT_OWNER'
      // Links end and nodes stop: the next beacon starts again. Anything else somebody should see.
      const expected = isShoalError(error) && error.retryable
      this.#logger[expected ? 'debug' : 'warn']('a catch-up stream broke off', { peer, err: error })
      const members = refused ? this.#events.members().map(memberTo) : []
      this.#events.send(peer, { end: { session, reason: error instanceof Error ? error.message : 'failed', members } })
    }
  }
}

function streamKey(peer: PeerId, session: number): string {
  return `${session}/${peer}`
}

function unavailable(message: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true })
}
