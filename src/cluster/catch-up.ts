/**
 * Speeds 2 and 3, both ends: pulls what this node lacks from a peer, and serves the peers' pulls.
 *
 * A pull that breaks off does no harm: what arrived was joined with its contexts, the shard's context has not grown, and the next
 * pull goes on where it broke off. With `claim` a pull first makes the peer stop serving the shards (see ownership.ts). What the
 * index does not tell is compared in full.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { CatchUpPulls } from './catch-up-pulls.ts'
import { inRecords, type Want } from './catch-up-request.ts'
import type { WantedShard } from './catch-up-sender.ts'
import { CatchUpStreams } from './catch-up-streams.ts'
import { FullCompare } from './full-compare.ts'
import type { MemberRecord } from './member-record.ts'
import { ResumePoints } from './resume-points.ts'
import type { ShardStore } from './shard-store.ts'
import type { TableState } from './table-hash.ts'
import { type Bulk, safe } from './wire.ts'

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
  /** In place of `members`, where the peer may know the same. */
  table(): TableState
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

export class CatchUp {
  readonly #store: ShardStore
  readonly #events: CatchUpEvents
  readonly #resumePoints: ResumePoints
  readonly #pulls: CatchUpPulls
  readonly #streams: CatchUpStreams
  readonly #fullCompare: FullCompare
  readonly #uncovered
  readonly #unequal

  constructor(
    parts: { store: ShardStore; disk: Disk; clock: Clock; logger: Logger; metrics: Metrics; events: CatchUpEvents },
    options: CatchUpOptions = {}
  ) {
    const { store, disk, clock, logger, metrics, events } = parts
    this.#store = store
    this.#events = events
    this.#resumePoints = new ResumePoints(clock)
    this.#uncovered = metrics.counter(
      'shoal_floor_uncovered_total',
      'Shards compared in full because this node had not seen what a peer has dropped the records of'
    )
    this.#unequal = metrics.counter(
      'shoal_equal_contexts_unequal_total',
      'Shards compared in full because contexts were equal and states were not'
    )
    const stallTimeoutMs = options.stallTimeoutMs ?? 3000
    const maxSnapshotMs = options.maxSnapshotMs ?? 30_000
    const isSound = (shard: number) => this.#isSound(shard)
    this.#pulls = new CatchUpPulls({
      store,
      clock,
      logger,
      metrics,
      events,
      resumePoints: this.#resumePoints,
      stallTimeoutMs
    })
    this.#streams = new CatchUpStreams({
      store,
      disk,
      clock,
      logger,
      metrics,
      events: {
        send: (peer, message) => events.send(peer, message),
        seal: (peer, shards, members) => events.seal(peer, shards, members),
        asked: (peer, wanted) => events.asked(peer, wanted),
        members: () => events.members(),
        table: () => events.table(),
        isSound
      },
      limits: {
        chunkBytes: options.chunkBytes ?? 128 * 1024,
        patienceMs: 2 * stallTimeoutMs,
        maxSnapshotMs,
        maxStreamsPerPeer: options.maxStreamsPerPeer ?? 8
      }
    })
    this.#fullCompare = new FullCompare({
      store,
      disk,
      clock,
      metrics,
      events: {
        send: (peer, message) => events.send(peer, message),
        compared: (peer, shard) => events.compared(peer, shard),
        isSound,
        fetch: (peer, shard, names, keepsBoth) => this.#pulls.fetch(peer, shard, names, keepsBoth)
      },
      timeoutMs: 10 * stallTimeoutMs,
      maxSnapshotMs: 4 * maxSnapshotMs
    })
  }

  /**
   * Everything the peer has on disk of these shards and this node lacks; resolves when it is on this disk. Throws
   * `SHOAL_UNAVAILABLE` (broken off, stalled, or the peer cannot speak for all of them), `SHOAL_NOT_OWNER` (a claim was refused).
   */
  async pull(peer: PeerId, shards: readonly number[], how: PullOptions = {}): Promise<void> {
    // What a shard falsely claims to have would not come, and be taken for seen.
    const isVerified = (shard: number) => this.#store.trust.isVerified(shard)
    let left = shards.filter(shard => !isVerified(shard))
    // A claim is made for all together. Else each goes on when it has been looked through, before those that nobody waits for.
    const looked = this.#store.verified(left)
    looked.catch(() => {})
    if (how.claim === true && left.length > 0) {
      await looked
      left = []
    }
    const ready = shards.filter(shard => !left.includes(shard))
    const refused = ready.length === 0 ? [] : await this.#pullVerified(peer, ready, how)
    for (let [next] = left; next !== undefined; [next] = left) {
      await this.#store.verified([next])
      const some = left.filter(isVerified)
      left = left.filter(shard => !some.includes(shard))
      if (some.length > 0) refused.push(...(await this.#pullVerified(peer, some, how)))
    }
    if (refused.length > 0) throw unavailable(`${peer} cannot speak for shards ${refused.slice(0, 8).join(', ')} now`)
  }

  /** These actors as the peer has them on disk, whole; resolves when they are on this disk. Throws as `pull` does. */
  async fetch(peer: PeerId, shard: number, names: readonly string[]): Promise<void> {
    await this.#store.verified([shard])
    await this.#pulls.fetch(peer, shard, names, false)
  }

  /** Answers those that the peer cannot speak for. */
  async #pullVerified(peer: PeerId, shards: readonly number[], how: PullOptions): Promise<number[]> {
    const compare = how.full === true ? [...shards] : []
    const refused: number[] = []
    const unlike: number[] = []
    let wants = how.full === true ? [] : shards.map(shard => this.#missing(shard))
    while (wants.length > 0) {
      const again: Want[] = []
      for (const some of inRecords(this.#store, wants)) {
        const outcome = await this.#pulls.stream(peer, some, how.claim ?? false)
        compare.push(...outcome.compare)
        this.#uncovered.add(outcome.compare.length)
        refused.push(...outcome.refused)
        const open = new Set([...outcome.compare, ...outcome.refused, ...outcome.inFull])
        const resumed = some.filter(want => want.resumed !== undefined && !open.has(want.shard))
        again.push(...some.filter(({ shard }) => outcome.inFull.includes(shard)).map(want => this.#inFull(want)))
        // What went on where another stream broke off has brought what was there when that one began: it may be of another peer, or old.
        again.push(...resumed.map(want => ({ ...want, resumed: undefined })))
        unlike.push(...outcome.unlike.filter(shard => !resumed.some(want => want.shard === shard)))
      }
      wants = again
    }
    for (const shard of compare) await this.#compare(peer, shard, how.keepsBoth ?? false)
    this.#unequal.add(unlike.length)
    for (const shard of unlike) await this.#compare(peer, shard, true)
    return refused
  }

  #missing(shard: number): Want {
    const resumed = this.#resumePoints.get(shard, 'missing')
    return { shard, what: 'missing', resumed, keepsBoth: false, inFull: false }
  }

  /** Once more, with the whole context. What was not to go on where a stream broke off is not to do so now. */
  #inFull(want: Want): Want {
    const resumed = want.resumed && this.#resumePoints.get(want.shard, 'missing')
    return { ...want, resumed, inFull: true }
  }

  async #compare(peer: PeerId, shard: number, keepsBoth: boolean): Promise<void> {
    // Where there is nothing to be compared, all actors come in one stream, and are compared then.
    const resumed = this.#resumePoints.get(shard, 'everything')
    if (!keepsBoth && (resumed !== undefined || (await this.#fullCompare.isBare(shard)))) {
      const { refused } = await this.#pulls.stream(
        peer,
        [{ shard, what: 'everything', resumed, keepsBoth: false, inFull: false }],
        false
      )
      if (refused.length > 0) throw unavailable(`${peer} cannot speak for shard ${shard} now`)
    }
    await this.#fullCompare.run(peer, shard, keepsBoth)
  }

  /** What this node has of the shard is not what it was: nothing that is under way for it may count as whole. */
  abandon(shard: number): void {
    this.#resumePoints.delete(shard)
    this.#pulls.abandon(shard)
    this.#streams.end(stream => stream.isOf(shard), unavailable('what this node has of a shard is in doubt'))
    this.#fullCompare.abandon(shard)
  }

  /** Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, message: shoal.peer.Bulk): void {
    if (message.catchUp != null) this.#streams.serve(peer, message.catchUp)
    else if (message.chunk != null) this.#pulls.takeChunk(peer, message.chunk)
    else if (message.chunkTaken != null) this.#streams.taken(peer, message.chunkTaken)
    else if (message.end != null) this.#takeEnd(peer, message.end)
    else if (message.rangeQuery != null) this.#fullCompare.receiveQuery(peer, message.rangeQuery)
    else if (message.rangeAnswer != null) this.#fullCompare.receiveAnswer(peer, message.rangeAnswer)
  }

  #takeEnd(peer: PeerId, end: shoal.peer.ICatchUpEnd): void {
    if (end.givenUp !== true) this.#pulls.takeEnd(peer, end)
    else this.#streams.givenUp(peer, safe(end.session), unavailable('the receiver has given it up'))
  }

  unlinked(peer: PeerId): void {
    const gone = unavailable(`the link to ${peer} ended`)
    this.#pulls.end(peer, gone)
    this.#streams.end(stream => stream.peer === peer, gone)
    this.#fullCompare.unlinked(peer)
  }

  stop(): void {
    const stopped = new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
    this.#pulls.end(undefined, stopped)
    this.#streams.end(() => true, stopped)
    this.#fullCompare.stop(stopped)
  }

  #isSound(shard: number): boolean {
    return this.#store.hosts(shard) && (this.#events.isSound?.(shard) ?? true)
  }
}

function unavailable(message: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true })
}
