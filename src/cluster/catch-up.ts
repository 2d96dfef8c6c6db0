/**
 * Speeds 2 and 3, both ends: pulls what this node lacks from a peer, and serves the peers' pulls.
 *
 * A pull that breaks off does no harm: what arrived was joined with its contexts, the shard's context has not grown, and the next
 * pull goes on where it broke off. With `claim` a pull first makes the peer stop serving the shards (see ownership.ts). What the
 * index does not tell is compared in full.
 */
import type { shoal } from '#proto/generated/peer.js'
import { decodeFragments, FragmentWriter } from '../crdt/fragments.ts'
import { CausalContext, type Dot } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { type Asked, CatchUpReceiver } from './catch-up-receiver.ts'
import { CatchUpSender, type WantedShard } from './catch-up-sender.ts'
import { type Fetched, FullCompare } from './full-compare.ts'
import type { MemberRecord } from './member-record.ts'
import { memberFrom, memberTo } from './member-wire.ts'
import { ResumePoints } from './resume-points.ts'
import type { ShardStore } from './shard-store.ts'
import { actorName, type Bulk, copied, malformed, safe, shardNumber } from './wire.ts'

export interface CatchUpOptions {
  /** A pull without a chunk for so long is given up, in milliseconds. @default 3000 */
  stallTimeoutMs?: number
  /** Streams served to one peer at a time; one more is refused. @default 8 */
  maxStreamsPerPeer?: number
  /** Size at which a chunk of a stream is full, in bytes. @default 131072 */
  chunkBytes?: number
  /** How long a stream reads one snapshot of the disk, in milliseconds; then its receiver goes on with a new one. @default 30000 */
  maxSnapshotMs?: number
}

export interface CatchUpEvents {
  send(peer: PeerId, message: Bulk): boolean
  /** A peer claims shards in its view. Resolves when this node has stopped serving them; throws `SHOAL_NOT_OWNER` to refuse. */
  seal(peer: PeerId, shards: readonly number[], members: readonly MemberRecord[]): Promise<void>
  /** A peer has asked for these; what it has was seen on the way. */
  asked(peer: PeerId, wanted: readonly WantedShard[]): void
  /** A peer compares the shard in full, because contexts are equal and states are not. */
  compared(peer: PeerId, shard: number): void
  /** A peer has told its view. */
  told(members: readonly MemberRecord[]): void
  members(): readonly MemberRecord[]
  /** Whether what this node has of the shard is known to be whole: it may be told to others. @default always */
  isSound?(shard: number): boolean
}

export interface PullOptions {
  readonly claim?: boolean
  /** Compare all actors, whatever the contexts say. */
  readonly full?: boolean
  /** With `full`: the contexts are equal, so what one side lacks it has lost. */
  readonly keepsBoth?: boolean
}

/** Contexts in one request; what a node with a long past wants of many shards is asked for in several. */
const maxWantedBytes = 1024 * 1024
const maxWantedShards = 2048

interface Want extends Asked {
  readonly shard: number
}

/** One stream that is being received. */
interface Pull {
  readonly session: number
  readonly receiver: CatchUpReceiver
  timer: Timer
  readonly end: (outcome: Outcome) => void
}

interface Outcome {
  readonly error: ShoalError | undefined
  readonly refused: readonly number[]
  readonly compare: readonly number[]
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
  readonly #maxSnapshotMs: number
  readonly #resumePoints: ResumePoints
  readonly #fullCompare: FullCompare
  readonly #pulls = new Map<number, Pull>()
  readonly #streams = new Map<string, CatchUpSender>()
  readonly #started
  readonly #resumed
  readonly #uncovered
  readonly #seconds
  readonly #receivedBytes
  readonly #failed
  readonly #figures
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
    this.#maxSnapshotMs = options.maxSnapshotMs ?? 30_000
    this.#resumePoints = new ResumePoints(parts.clock)
    this.#fullCompare = new FullCompare({
      store: parts.store,
      disk: parts.disk,
      clock: parts.clock,
      metrics: parts.metrics,
      events: {
        send: (peer, message) => parts.events.send(peer, message),
        compared: (peer, shard) => parts.events.compared(peer, shard),
        isSound: shard => this.#isSound(shard),
        fetch: (peer, shard, names, keepsBoth) => this.#fetch(peer, shard, names, keepsBoth)
      },
      timeoutMs: 10 * this.#stallTimeoutMs,
      maxSnapshotMs: 4 * this.#maxSnapshotMs
    })
    const { metrics } = parts
    this.#started = metrics.counter('shoal_catch_up_pulls_total', 'Catch-up streams this node has asked for')
    this.#resumed = metrics.counter(
      'shoal_catch_up_resumed_total',
      'Shards of which a stream went on where one broke off'
    )
    this.#uncovered = metrics.counter(
      'shoal_floor_uncovered_total',
      'Shards compared in full because this node had not seen what a peer has dropped the records of'
    )
    this.#seconds = metrics.histogram('shoal_catch_up_seconds', 'Time of one catch-up stream, as its receiver sees it')
    this.#receivedBytes = metrics.counter('shoal_catch_up_received_bytes_total', 'Bytes received by catch-up streams')
    this.#failed = metrics.counter('shoal_catch_up_failed_total', 'Catch-up streams that broke off, on either side')
    this.#figures = {
      actors: metrics.counter('shoal_catch_up_joined_actors_total', 'Actors received by catch-up streams'),
      redundantActors: metrics.counter(
        'shoal_catch_up_redundant_actors_total',
        'Actors received by catch-up streams that changed nothing and were not stored again'
      ),
      keptActors: metrics.counter(
        'shoal_full_compare_kept_total',
        'Actors of which this node had lost something though contexts were equal, and got it back'
      )
    }
  }

  /**
   * Everything the peer has on disk of these shards and this node lacks; resolves when it is on this disk. Throws
   * `SHOAL_UNAVAILABLE` (broken off, stalled, or the peer cannot speak for all of them), `SHOAL_NOT_OWNER` (a claim was refused).
   */
  async pull(peer: PeerId, shards: readonly number[], how: PullOptions = {}): Promise<void> {
    // What a shard falsely claims to have would not come, and be taken for seen.
    if (shards.some(shard => !this.#store.trust.isVerified(shard))) await this.#store.verified(shards)
    const compare = how.full === true ? [...shards] : []
    const refused: number[] = []
    if (how.full !== true) {
      for (const some of this.#inRecords(shards)) {
        const outcome = await this.#stream(peer, some, how.claim ?? false)
        compare.push(...outcome.compare)
        this.#uncovered.add(outcome.compare.length)
        refused.push(...outcome.refused)
      }
    }
    for (const shard of compare) await this.#compare(peer, shard, how.keepsBoth ?? false)
    if (refused.length > 0) throw unavailable(`${peer} cannot speak for shards ${refused.slice(0, 8).join(', ')} now`)
  }

  /** What this node has of the shard is not what it was: nothing that is under way for it may count as whole. */
  abandon(shard: number): void {
    this.#resumePoints.delete(shard)
    for (const { receiver } of this.#pulls.values()) receiver.abandon(shard)
    for (const stream of this.#streams.values())
      if (stream.isOf(shard)) stream.stop(unavailable('what this node has of a shard is in doubt'))
    this.#fullCompare.abandon(shard)
  }

  receive(peer: PeerId, message: shoal.peer.Bulk): void {
    if (message.catchUp != null) this.#serve(peer, message.catchUp)
    else if (message.chunk != null) this.#takeChunk(peer, message.chunk)
    else if (message.chunkTaken != null) {
      const { session, number } = message.chunkTaken
      this.#streams.get(streamKey(peer, safe(session)))?.taken(safe(number))
    } else if (message.end != null) this.#takeEnd(peer, message.end)
    else if (message.rangeQuery != null) this.#fullCompare.receiveQuery(peer, message.rangeQuery)
    else if (message.rangeAnswer != null) this.#fullCompare.receiveAnswer(peer, message.rangeAnswer)
  }

  unlinked(peer: PeerId): void {
    const gone = unavailable(`the link to ${peer} ended`)
    for (const pull of this.#pulls.values()) if (pull.receiver.peer === peer) this.#endPull(pull, gone)
    for (const stream of this.#streams.values()) if (stream.peer === peer) stream.stop(gone)
    this.#fullCompare.unlinked(peer)
  }

  stop(): void {
    const stopped = new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
    for (const pull of this.#pulls.values()) this.#endPull(pull, stopped)
    for (const stream of this.#streams.values()) stream.stop(stopped)
    this.#fullCompare.stop(stopped)
  }

  #isSound(shard: number): boolean {
    return this.#store.hosts(shard) && (this.#events.isSound?.(shard) ?? true)
  }

  // ---- asking ----------------------------------------------------------------------------------------------------------------

  *#inRecords(shards: readonly number[]): Generator<Want[]> {
    let wants: Want[] = []
    let bytes = 0
    for (const shard of shards) {
      const size = this.#store.context(shard).encode().length + 32
      if (wants.length > 0 && (bytes + size > maxWantedBytes || wants.length === maxWantedShards)) {
        yield wants
        wants = []
        bytes = 0
      }
      wants.push({ shard, what: 'missing', resumed: this.#resumePoints.get(shard, 'missing'), keepsBoth: false })
      bytes += size
    }
    if (wants.length > 0) yield wants
  }

  /** A stream, and the next where one ends early of its own accord: its snapshot was old. */
  async #stream(peer: PeerId, wants: readonly Want[], claim: boolean): Promise<Outcome> {
    const refused: number[] = []
    const compare: number[] = []
    let rest = wants
    for (;;) {
      const { receiver, outcome } = await this.#pull(peer, rest, claim)
      refused.push(...outcome.refused)
      compare.push(...outcome.compare)
      if (outcome.error === undefined) return { error: undefined, refused, compare }
      const open = rest.filter(({ shard }) => !receiver.completed.has(shard))
      if (!isOldSnapshot(outcome.error) || !receiver.hasBegun) throw outcome.error
      rest = open.map(want => ({ ...want, resumed: this.#resumePointOf(want) }))
    }
  }

  #resumePointOf({ shard, what }: Want) {
    return typeof what === 'string' ? this.#resumePoints.get(shard, what) : undefined
  }

  async #pull(
    peer: PeerId,
    wants: readonly Want[],
    claim: boolean
  ): Promise<{ receiver: CatchUpReceiver; outcome: Outcome }> {
    const session = ++this.#session
    const startMs = this.#clock.elapsed()
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const receiver = new CatchUpReceiver({
      peer,
      asked: new Map(wants.map(want => [want.shard, want])),
      store: this.#store,
      resumePoints: this.#resumePoints,
      figures: this.#figures
    })
    const pull: Pull = { session, receiver, timer: this.#clock.after(0, () => {}), end: resolve }
    this.#restartTimer(pull)
    this.#pulls.set(session, pull)
    this.#started.add()
    for (const { resumed } of wants) if (resumed !== undefined) this.#resumed.add()
    if (!this.#events.send(peer, { catchUp: this.#request(session, wants, claim) }))
      this.#endPull(pull, unavailable(`no link to ${peer}`))
    const outcome = await promise
    if (outcome.error === undefined) this.#seconds.observe((this.#clock.elapsed() - startMs) / 1000)
    return { receiver, outcome }
  }

  #request(session: number, wants: readonly Want[], claim: boolean): shoal.peer.ICatchUp {
    const contexts = new FragmentWriter()
    const shards = wants.map(({ shard, what, resumed }) => {
      contexts.shard(shard)
      contexts.context(this.#store.context(shard))
      if (typeof resumed?.cursor === 'string') contexts.reached(resumed.cursor)
      else if (resumed !== undefined) contexts.cursor(resumed.cursor)
      const { hash, isSettled } = this.#store.durableShard(shard)
      const want: shoal.peer.IShardState = { shard }
      if (isSettled) want.hash = hash
      if (what === 'everything') want.everything = true
      else if (what !== 'missing') want.actors = [...what]
      return want
    })
    const members = claim ? this.#events.members().map(memberTo) : []
    return { session, shards, claim, members, contexts: contexts.finish() }
  }

  async #compare(peer: PeerId, shard: number, keepsBoth: boolean): Promise<void> {
    // Where there is nothing to be compared, all actors come in one stream, and are compared then.
    const resumed = this.#resumePoints.get(shard, 'everything')
    if (!keepsBoth && (resumed !== undefined || (await this.#fullCompare.isBare(shard)))) {
      const { refused } = await this.#stream(peer, [{ shard, what: 'everything', resumed, keepsBoth: false }], false)
      if (refused.length > 0) throw unavailable(`${peer} cannot speak for shard ${shard} now`)
    }
    await this.#fullCompare.run(peer, shard, keepsBoth)
  }

  /** These actors whole. Answers the context that they came with, and the floor. */
  async #fetch(peer: PeerId, shard: number, names: readonly string[], keepsBoth: boolean): Promise<Fetched> {
    const want: Want = { shard, what: names, resumed: undefined, keepsBoth }
    const { receiver, outcome } = await this.#pull(peer, [want], false)
    if (outcome.error !== undefined) throw outcome.error
    if (receiver.kept.length > 0)
      this.#logger.error('equal contexts over unequal states: what either side has is kept; please report this', {
        peer,
        shard,
        actors: receiver.kept
      })
    const told = receiver.told(shard)
    if (told === undefined || !receiver.completed.has(shard))
      throw unavailable(`${peer} cannot speak for shard ${shard} now`)
    return told
  }

  // ---- receiving -------------------------------------------------------------------------------------------------------------

  #takeChunk(peer: PeerId, chunk: shoal.peer.IChunk): void {
    const pull = this.#pulls.get(safe(chunk.session))
    if (pull === undefined || pull.receiver.peer !== peer) return
    this.#receivedBytes.add(chunk.body?.length ?? 0)
    let number: number
    try {
      number = pull.receiver.take(chunk)
    } catch (error) {
      this.#endPull(pull, isShoalError(error) ? error : malformed('chunk', error))
      return
    }
    this.#restartTimer(pull)
    this.#store.durable().then(
      () => {
        this.#events.send(peer, { chunkTaken: { session: pull.session, number } })
        if (chunk.last === true) this.#takeLast(pull, chunk)
      },
      error => this.#endPull(pull, isShoalError(error) ? error : unavailable('the store failed'))
    )
  }

  #takeLast(pull: Pull, chunk: shoal.peer.IChunk): void {
    try {
      // Before the claim counts as granted: whom the granter knows must be asked, too.
      const members = (chunk.members ?? []).map(memberFrom)
      if (members.length > 0) this.#events.told(members)
      const { completed, asked } = pull.receiver
      const left = new Set([...asked.keys()].filter(shard => !completed.has(shard)))
      const compare = (chunk.compare ?? []).filter(shard => left.delete(shard))
      this.#endPull(pull, undefined, { refused: [...left], compare })
    } catch (error) {
      this.#endPull(pull, malformed('the last chunk', error))
    }
  }

  #takeEnd(peer: PeerId, end: shoal.peer.ICatchUpEnd): void {
    if (end.givenUp === true) {
      this.#streams.get(streamKey(peer, safe(end.session)))?.stop(unavailable('the receiver has given it up'))
      return
    }
    const pull = this.#pulls.get(safe(end.session))
    if (pull === undefined || pull.receiver.peer !== peer) return
    const members = (end.members ?? []).map(memberFrom)
    const refused = members.length > 0
    const reason = (end.reason ?? '').slice(0, 200)
    const error = refused ? new ShoalError('SHOAL_NOT_OWNER', reason, { retryable: true }) : unavailable(reason)
    // What came before it is on its way to the disk; who goes on, goes on after that.
    this.#store.durable().then(
      () => this.#endPull(pull, error),
      failure => this.#endPull(pull, isShoalError(failure) ? failure : unavailable('the store failed'))
    )
    if (refused) this.#events.told(members)
  }

  #endPull(
    pull: Pull,
    error: ShoalError | undefined,
    { refused = [], compare = [] }: { refused?: readonly number[]; compare?: readonly number[] } = {}
  ): void {
    if (!this.#pulls.delete(pull.session)) return
    pull.timer.cancel()
    if (error !== undefined) {
      this.#failed.add()
      this.#events.send(pull.receiver.peer, { end: { session: pull.session, givenUp: true } })
    }
    pull.end({ error, refused, compare })
  }

  #restartTimer(pull: Pull): void {
    pull.timer.cancel()
    pull.timer = this.#clock.after(this.#stallTimeoutMs, () =>
      this.#endPull(pull, unavailable('a catch-up stream stalled'))
    )
  }

  // ---- serving ---------------------------------------------------------------------------------------------------------------

  #serve(peer: PeerId, request: shoal.peer.ICatchUp): void {
    const session = safe(request.session)
    const wanted = wantedFrom(request, this.#store.shardCount)
    const members = (request.members ?? []).map(memberFrom)
    let streams = 0
    for (const stream of this.#streams.values()) if (stream.peer === peer) streams++
    if (streams >= this.#maxStreamsPerPeer) {
      this.#events.send(peer, { end: { session, reason: 'busy: too many streams' } })
      return
    }
    const stream = new CatchUpSender({
      peer,
      session,
      disk: this.#disk,
      clock: this.#clock,
      metrics: this.#metrics,
      limits: {
        chunkBytes: this.#chunkBytes,
        patienceMs: 2 * this.#stallTimeoutMs,
        maxSnapshotMs: this.#maxSnapshotMs
      },
      send: message => this.#events.send(peer, message),
      serves: shard => this.#isSound(shard),
      view: () => (request.claim === true ? this.#events.members().map(memberTo) : [])
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
      this.#events.asked(
        peer,
        wanted.filter(({ shard }) => this.#store.hosts(shard))
      )
      await stream.run(wanted)
    } catch (error) {
      this.#failed.add()
      if (isShoalError(error) && error.code === 'SHOAL_CORRUPT')
        for (const { shard } of wanted) this.#store.suspect(shard)
      const refused = isShoalError(error) && error.code === 'SHOAL_NOT_OWNER'
      // Links end and nodes stop: the next beacon starts again. Anything else somebody should see.
      const expected = isShoalError(error) && error.retryable
      this.#logger[expected ? 'debug' : 'warn']('a catch-up stream broke off', { peer, err: error })
      const members = refused ? this.#events.members().map(memberTo) : []
      this.#events.send(peer, { end: { session, reason: error instanceof Error ? error.message : 'failed', members } })
    }
  }
}

/** Throws `SHOAL_MALFORMED`. */
function wantedFrom(request: shoal.peer.ICatchUp, shardCount: number): WantedShard[] {
  const known = new Map<number, { context: CausalContext; cursor: Dot | string | undefined }>()
  let shard = -1
  for (const entry of decodeFragments(copied(request.contexts))) {
    const told = known.get(shard)
    if (entry.is === 'shard') {
      shard = entry.shard
      if (known.has(shard)) throw malformed('catch-up: a shard named twice')
      known.set(shard, { context: CausalContext.empty, cursor: undefined })
    } else if (told === undefined) throw malformed('catch-up: an entry without a shard')
    else if (entry.is === 'context') told.context = entry.context
    else if (entry.is === 'cursor') told.cursor = entry.cursor
    else if (entry.is === 'reached') told.cursor = actorName(entry.name)
    else throw malformed('catch-up: an entry of another kind')
  }
  const wanted: WantedShard[] = []
  for (const want of request.shards ?? []) {
    const number = shardNumber(want.shard, shardCount)
    const { context, cursor } = known.get(number) ?? { context: CausalContext.empty, cursor: undefined }
    // Each is asked for once.
    if (!known.delete(number)) throw malformed('catch-up: a shard without a context, or named twice')
    const names = (want.actors ?? []).map(actorName)
    const what = want.everything === true ? 'everything' : names.length > 0 ? names : 'missing'
    const hash = want.hash == null || want.hash.length === 0 ? undefined : copied(want.hash)
    wanted.push({ shard: number, context, what, cursor, hash })
  }
  return wanted
}

function streamKey(peer: PeerId, session: number): string {
  return `${session}/${peer}`
}

const oldSnapshot = 'the snapshot of this stream is old; go on with a new one'

function isOldSnapshot(error: ShoalError): boolean {
  return error.message === oldSnapshot
}

function unavailable(message: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true })
}
