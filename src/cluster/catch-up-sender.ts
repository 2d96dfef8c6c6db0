/**
 * Speed 2, the sender's side of a catch-up stream: everything of some shards that a peer's contexts do not cover.
 *
 * Of each shard, under one snapshot of the disk: for every origin of which we have a seq that the peer lacks, the index is read
 * from the smallest such seq **to its end**, entries above gaps included, and each actor it names is sent as its difference
 * together with our context. Only after the last of them comes `complete`, and only then may the peer's context grow. (The index
 * keeps the newest entry per actor, so stopping earlier would skip what was overwritten; test/models/catch-up shows it.) A peer that
 * has fewer than half of the actors is sent the same ones in the order of their names, record after record, which costs a third. Where the
 * peer does not cover our floor, neither tells all: it must compare in full.
 *
 * A slow peer holds up nothing here: so many chunks are under way, a stream without progress ends, and so does one whose snapshot
 * has grown old. The peer goes on at its cursor.
 */
import type { shoal } from '#proto/generated/peer.js'
import { FragmentWriter } from '../crdt/fragments.ts'
import { CausalContext, type Dot, diffState } from '../crdt/index.ts'
import { canExpand, shortened } from '../crdt/short-context.ts'
import type { Clock } from '../ports/clock.ts'
import { after } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { CheckedSnapshot } from './checked-reads.ts'
import { eachPosition } from './index-positions.ts'
import { isEarlier, isMissing, startsOf } from './missing-entries.ts'
import { pagesBySize } from './shard-keys.ts'
import { readShard, type ShardRecord } from './shard-record.ts'
import {
  type ActorRecord,
  actorOfStateKey,
  checksumOf,
  decodeActorRecord,
  decodeIndexEntry,
  indexRange,
  seqOfIndexKey,
  stateKey,
  stateRange
} from './storage-layout.ts'
import { noTally, tallyWith } from './tally.ts'
import { assertTold } from './whole-records.ts'
import type { Bulk } from './wire.ts'

/** What a peer has of a shard, and what it asks for. */
export interface WantedShard {
  readonly shard: number
  readonly context: CausalContext
  /** Else the peer has seen more: the context is of its last lives only, and what is asked for does not depend on the others. */
  readonly isWhole: boolean
  /** `missing`: what the context lacks; `everything`: every actor; otherwise the actors of these names. */
  readonly what: 'missing' | 'everything' | readonly string[]
  /** Where an earlier stream broke off: an entry of the index, or a name where everything is asked for. */
  readonly cursor: Dot | string | undefined
  /** The peer's hash of the shard; `undefined` while its changes are on their way to its disk. */
  readonly hash: Uint8Array | undefined
}

export interface SenderLimits {
  readonly chunkBytes: number
  /** A peer that takes no chunk for so long has given the stream up. */
  readonly patienceMs: number
  /** How long one snapshot of the disk is held; by name, from where the cursor is reached. */
  readonly maxSnapshotMs: number
}

const pageEntries = 512
/** Chunks under way before the peer has taken the first of them. */
const windowChunks = 4
/** Actors of a chunk: the peer joins a chunk in one turn of its event loop. */
const maxChunkEntries = 512
/** A chunk that one actor makes larger is sent in pieces. */
const pieceBytes = 512 * 1024
/** Names kept in mind so that an actor is not read again for each of its origins. */
const maxSentNames = 65_536

/** Of a stream that reads much of which the peer lacks little. */
const maxSilenceMs = 1000

/** Longest body of a chunk, in bytes, all its pieces together: what a peer keeps in memory of one at a time. */
export const maxBodyBytes = 32 * 1024 * 1024

const oldSnapshot = 'the snapshot of this stream is old; go on with a new one'

/** Whether a stream ended for that reason: at the sender, or as the receiver was told. */
export function isOldSnapshot(error: ShoalError): boolean {
  return error.message === oldSnapshot
}

/** One stream to one peer. It ends when the last chunk is taken, or with an error. */
export class CatchUpSender {
  readonly peer: PeerId
  readonly session: number
  readonly #clock: Clock
  readonly #limits: SenderLimits
  readonly #send: (message: Bulk) => boolean
  readonly #serves: (shard: number) => boolean
  readonly #snapshot: (shards: Iterable<number>) => Promise<CheckedSnapshot>
  readonly #isAllIn: (shard: number, context: CausalContext) => boolean
  readonly #view: () => shoal.peer.IMember[]
  readonly #sentActors
  readonly #sentBytes
  readonly #body = new FragmentWriter()
  /** Of which shard the last entry of the body is. */
  #shard: number | undefined
  readonly #refused: number[] = []
  readonly #compare: number[] = []
  #inFull: readonly number[] = []
  #reading: number | undefined
  #shards: ReadonlySet<number> = new Set()
  #startedMs = 0
  #flushedMs = 0
  #sent = 0
  #taken = 0
  #room: (() => void) | undefined
  #broken: ShoalError | undefined

  constructor(parts: {
    peer: PeerId
    session: number
    clock: Clock
    limits: SenderLimits
    metrics: Metrics
    send(message: Bulk): boolean
    /** Whether this node may speak for the shard. */
    serves(shard: number): boolean
    /** The disk as of now, of which these shards are read. */
    snapshot(shards: Iterable<number>): Promise<CheckedSnapshot>
    /** Whether all that this node has of the shard on its disk is among that, as it was told when that was written. */
    isAllIn(shard: number, context: CausalContext): boolean
    /** What goes with the last chunk. */
    view(): shoal.peer.IMember[]
  }) {
    this.peer = parts.peer
    this.session = parts.session
    this.#clock = parts.clock
    this.#limits = parts.limits
    this.#send = parts.send
    this.#serves = parts.serves
    this.#snapshot = parts.snapshot
    this.#isAllIn = parts.isAllIn
    this.#view = parts.view
    this.#sentActors = parts.metrics.counter('shoal_catch_up_sent_actors_total', 'Actors sent by catch-up streams')
    this.#sentBytes = parts.metrics.counter('shoal_catch_up_sent_bytes_total', 'Bytes sent by catch-up streams')
  }

  /** `inFull`: shards that cannot be told of before the peer has told its whole context. */
  async run(wanted: readonly WantedShard[], inFull: readonly number[]): Promise<void> {
    this.#inFull = inFull
    this.#shards = new Set(wanted.map(({ shard }) => shard))
    this.#startedMs = this.#clock.elapsed()
    this.#flushedMs = this.#startedMs
    const lacking = wanted.filter(want => !this.#isDone(want))
    // A snapshot waits for the commit that is under way, on a disk that stands still for as long as that does.
    if (lacking.length > 0) await this.#sendAll(lacking)
    await this.#flush(true)
    while (this.#taken < this.#sent) await this.#wait()
  }

  /** The peer lacks nothing of the shard. */
  #isDone({ shard, what, context }: WantedShard): boolean {
    if (what !== 'missing' || !this.#serves(shard) || !this.#isAllIn(shard, context)) return false
    this.#in(shard).complete()
    return true
  }

  async #sendAll(wanted: readonly WantedShard[]): Promise<void> {
    const snapshot = await this.#snapshot(this.#shards)
    try {
      for (const want of wanted) {
        this.#reading = want.shard
        await this.#sendShard(snapshot, want)
      }
      this.#reading = undefined
    } finally {
      await snapshot.close()
    }
  }

  /** The peer has this chunk on disk. */
  taken(number: number): void {
    if (number > this.#taken && number <= this.#sent) this.#taken = number
    this.#room?.()
  }

  /** The shard that it is at, or broke off at. */
  get reading(): number | undefined {
    return this.#reading
  }

  isOf(shard: number): boolean {
    return this.#shards.has(shard)
  }

  stop(reason: ShoalError): void {
    this.#broken ??= reason
    this.#room?.()
  }

  async #sendShard(snapshot: CheckedSnapshot, want: WantedShard): Promise<void> {
    const { shard, what } = want
    if (!this.#serves(shard)) {
      this.#refused.push(shard)
      return
    }
    const stored = readShard(snapshot, shard)
    const { context, floor } = stored
    const isAll = what === 'missing'
    if (isAll && want.context.covers(context)) {
      this.#in(shard).complete()
      return
    }
    if (isAll && !want.context.covers(floor)) {
      this.#compare.push(shard)
      return
    }
    this.#tellContext(want, context)
    if (what === 'missing') {
      if (isByName(want, stored)) await this.#sendByName(snapshot, want, stored)
      else await this.#sendByIndex(snapshot, want, context)
      this.#in(shard).setHash(stored.setHash)
    } else {
      this.#in(shard).floor(floor)
      if (what === 'everything') await this.#sendByName(snapshot, want, stored)
      else await this.#sendNamed(snapshot, shard, what)
    }
    this.#in(shard).complete()
  }

  #tellContext({ shard, context: known, isWhole }: WantedShard, context: CausalContext): void {
    const isShort = isWhole && !context.ended().isEmpty() && canExpand(context, known)
    if (isShort) this.#in(shard).short(shortened(context))
    else this.#in(shard).context(context)
  }

  async #sendByIndex(snapshot: CheckedSnapshot, want: WantedShard, context: CausalContext): Promise<void> {
    const { shard } = want
    const sent = new Set<string>()
    const cursor = typeof want.cursor === 'object' ? want.cursor : undefined
    const starts = startsOf(context, want.context, cursor)
    for (const [origin, first] of starts) {
      for await (const page of pages(snapshot, indexRange(shard, origin, first))) {
        for (const { key, value } of page) {
          const name = decodeIndexEntry(key, value)
          if (!sent.has(name)) {
            const record = this.#named(snapshot, shard, name)
            if (!isEarlier(record.index, starts, origin)) {
              this.#sendActor(want, name, record)
              if (sent.size === maxSentNames) sent.clear()
              sent.add(name)
            }
          }
          if (!this.#isFull()) continue
          this.#in(shard).cursor({ origin, seq: seqOfIndexKey(key) })
          await this.#flush(false)
        }
      }
    }
  }

  /** The actor that an entry of the index names. Throws `SHOAL_CORRUPT` where it is not there, or an older one. */
  #named(snapshot: CheckedSnapshot, shard: number, name: string): ActorRecord {
    const bytes = snapshot.get(stateKey(shard, name))
    if (bytes === undefined) throw new ShoalError('SHOAL_CORRUPT', `${name}: the index names it, and it is not there`)
    snapshot.check(shard, name, checksumOf(bytes))
    return decodeActorRecord(bytes, name)
  }

  /**
   * What is wanted of all records. They are counted, since nothing else would show that one is gone; so are those up to the cursor.
   * Throws `SHOAL_CORRUPT` where the shard's own record tells of others.
   */
  async #sendByName(snapshot: CheckedSnapshot, want: WantedShard, { context, tally }: ShardRecord): Promise<void> {
    const { shard, what, cursor } = want
    const starts = what === 'missing' ? startsOf(context, want.context, undefined) : undefined
    const { gte, lt } = stateRange(shard)
    const from = typeof cursor === 'string' ? after(stateKey(shard, cursor)) : gte
    let found = noTally
    if (from !== gte)
      for await (const page of pagesBySize(snapshot, { gte, lt: from })) {
        for (const { value } of page) found = tallyWith(found, checksumOf(value))
        // The way to the cursor does not age the snapshot: one that takes too long would be gone again and again.
        this.#startedMs = this.#clock.elapsed()
        if (this.#isSilent()) await this.#flushAt(shard, cursor)
      }
    for await (const page of pagesBySize(snapshot, { gte: from, lt })) {
      for (const { key, value } of page) {
        const name = actorOfStateKey(key)
        const checksum = checksumOf(value)
        found = tallyWith(found, checksum)
        snapshot.check(shard, name, checksum)
        const record = decodeActorRecord(value, name)
        if (starts === undefined || isMissing(record.index, starts)) this.#sendActor(want, name, record)
        if (this.#isFull() || this.#isSilent()) await this.#flushAt(shard, name)
      }
    }
    assertTold(shard, found, tally)
  }

  async #sendNamed(snapshot: CheckedSnapshot, shard: number, names: readonly string[]): Promise<void> {
    for (const name of names) {
      const bytes = snapshot.get(stateKey(shard, name))
      snapshot.check(shard, name, bytes === undefined ? 0 : checksumOf(bytes))
      if (bytes === undefined) this.#in(shard).absent(name)
      else this.#sendActor(undefined, name, decodeActorRecord(bytes, name), shard)
      if (this.#isFull()) await this.#flush(false)
    }
  }

  #sendActor(want: WantedShard | undefined, name: string, record: ActorRecord, shard = want?.shard ?? 0): void {
    const isWhole = want === undefined || want.what !== 'missing' || want.context.isEmpty()
    const { fragment, held } = isWhole
      ? { fragment: record.state, held: CausalContext.empty }
      : diffState(record.state, want.context)
    this.#in(shard).fragment({
      name,
      state: fragment,
      positions: [...eachPosition(record.index)],
      // Nor may it take for seen what this replica lacks.
      held: held.union(record.gaps),
      extra: record.extra
    })
    this.#sentActors.add()
  }

  #in(shard: number): FragmentWriter {
    if (this.#shard !== shard) this.#body.shard(shard)
    this.#shard = shard
    return this.#body
  }

  #isFull(): boolean {
    return this.#body.bytes >= this.#limits.chunkBytes || this.#body.entries >= maxChunkEntries
  }

  /** The peer takes a stream of which it hears nothing for one that has broken off. */
  #isSilent(): boolean {
    return this.#clock.elapsed() - this.#flushedMs > maxSilenceMs
  }

  async #flushAt(shard: number, reached: WantedShard['cursor']): Promise<void> {
    if (typeof reached === 'string') this.#in(shard).reached(reached)
    await this.#flush(false)
  }

  async #flush(last: boolean): Promise<void> {
    this.#flushedMs = this.#clock.elapsed()
    const body = this.#body.finish()
    this.#shard = undefined
    if (body.length > maxBodyBytes)
      throw new ShoalError('SHOAL_LIMIT', `an actor of ${body.length} bytes is too large for catch-up`)
    for (let at = 0; at === 0 || at < body.length; at += pieceBytes) {
      while (this.#sent - this.#taken >= windowChunks) await this.#wait()
      const more = at + pieceBytes < body.length
      this.#sendChunk(body.subarray(at, at + pieceBytes), more, last && !more)
    }
    if (!last && this.#clock.elapsed() - this.#startedMs > this.#limits.maxSnapshotMs)
      throw new ShoalError('SHOAL_UNAVAILABLE', oldSnapshot, { retryable: true })
  }

  #sendChunk(body: Uint8Array, more: boolean, last: boolean): void {
    if (this.#broken !== undefined) throw this.#broken
    const chunk: shoal.peer.IChunk = { session: this.session, number: ++this.#sent, body, more, last }
    if (last) {
      chunk.members = this.#view()
      chunk.refused = this.#refused
      chunk.compare = this.#compare
      chunk.inFull = [...this.#inFull]
    }
    this.#sentBytes.add(body.length)
    if (!this.#send({ chunk }))
      throw new ShoalError('SHOAL_UNAVAILABLE', `the link to ${this.peer} is gone or full`, { retryable: true })
  }

  async #wait(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    const stalled = new ShoalError('SHOAL_UNAVAILABLE', 'the receiver stalled', { retryable: true })
    const timer = this.#clock.after(this.#limits.patienceMs, () => this.stop(stalled))
    await new Promise<void>(resolve => {
      this.#room = resolve
    })
    timer.cancel()
    this.#room = undefined
    if (this.#broken !== undefined) throw this.#broken
  }
}

/**
 * Whether to read all records is less than to read the index and then most of them; what was begun so goes on so. Every actor that the
 * peer has took one update at least: how many updates it lacks says nothing, as all may be of one actor.
 */
function isByName({ cursor, context: known, isWhole }: WantedShard, { tally }: ShardRecord): boolean {
  if (cursor !== undefined) return typeof cursor === 'string'
  return isWhole && 2 * known.size() < tally.count
}

async function* pages(snapshot: CheckedSnapshot, bounds: { gte: Uint8Array; lt: Uint8Array }) {
  let { gte } = bounds
  for (;;) {
    const page = await snapshot.range({ gte, lt: bounds.lt, limit: pageEntries })
    const last = page.at(-1)
    if (last === undefined) return
    yield page
    if (page.length < pageEntries) return
    gte = after(last.key)
  }
}
