/**
 * Speed 2, the sender's side of a catch-up stream: everything of some shards that a peer's contexts do not cover.
 *
 * Of each shard, under one snapshot of the disk: for every origin of which we have a seq that the peer lacks, the index is read
 * from the smallest such seq **to its end**, entries above gaps included, and each actor it names is sent as its difference
 * together with our context. Only after the last of them comes `complete`, and only then may the peer's context grow. (The index
 * keeps the newest entry per actor, so stopping earlier would skip what was overwritten; test/models/catch-up shows it.)
 */
import type { shoal } from '#proto/generated/peer.js'
import { CausalContext, diffState, encodeState } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import { after, type Disk, type DiskSnapshot } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { eachPosition } from './index-positions.ts'
import { seenBeyond } from './seen-dots.ts'
import {
  actorOfStateKey,
  decodeActorRecord,
  decodeIndexEntry,
  decodeShardRecord,
  indexRange,
  noShard,
  shardRecordKey,
  stateKey,
  stateRange
} from './storage-layout.ts'
import type { Bulk } from './wire.ts'

/** What a peer has of a shard. With `full` every actor is sent, whatever the contexts say. */
export interface WantedShard {
  readonly shard: number
  readonly context: CausalContext
  readonly full: boolean
  /** The peer's hash of the shard; `undefined` while its changes are on their way to its disk. */
  readonly hash: Uint8Array | undefined
}

const pageEntries = 512
/** Chunks under way before the peer has taken the first of them. */
const windowChunks = 4

/** One stream to one peer. It ends when the last chunk is taken, or with an error. */
export class CatchUpSender {
  readonly peer: PeerId
  readonly session: number
  readonly #disk: Disk
  readonly #chunkBytes: number
  readonly #send: (message: Bulk) => boolean
  readonly #view: () => shoal.peer.IMember[]
  readonly #sentActors
  #parts: shoal.peer.IShardPart[] = []
  #bytes = 0
  #sent = 0
  #taken = 0
  #room: (() => void) | undefined
  #broken: ShoalError | undefined
  readonly #clock: Clock
  /** When the peer last took a chunk, on this node's `elapsed` clock. */
  progressMs: number

  constructor(parts: {
    peer: PeerId
    session: number
    disk: Disk
    chunkBytes: number
    clock: Clock
    metrics: Metrics
    send(message: Bulk): boolean
    /** What goes with the last chunk. */
    view(): shoal.peer.IMember[]
  }) {
    this.peer = parts.peer
    this.session = parts.session
    this.#disk = parts.disk
    this.#chunkBytes = parts.chunkBytes
    this.#clock = parts.clock
    this.progressMs = parts.clock.elapsed()
    this.#send = parts.send
    this.#view = parts.view
    this.#sentActors = parts.metrics.counter('shoal_catch_up_sent_actors_total', 'Actors sent by catch-up streams')
  }

  async run(wanted: readonly WantedShard[]): Promise<void> {
    const snapshot = this.#disk.snapshot()
    try {
      for (const want of wanted) await this.#sendShard(snapshot, want)
      this.#sendChunk(true)
      while (this.#taken < this.#sent) await this.#wait()
    } finally {
      await snapshot.close()
    }
  }

  /** The peer has this chunk on disk. */
  taken(number: number): void {
    if (number > this.#taken && number <= this.#sent) this.#taken = number
    this.progressMs = this.#clock.elapsed()
    this.#room?.()
  }

  stop(reason: ShoalError): void {
    this.#broken ??= reason
    this.#room?.()
  }

  async #sendShard(snapshot: DiskSnapshot, want: WantedShard): Promise<void> {
    const { shard } = want
    const bytes = snapshot.get(shardRecordKey(shard))
    const { context } = bytes === undefined ? noShard : decodeShardRecord(bytes, shard)
    if (want.context.covers(context) && !want.full) {
      this.#add({ shard, complete: true }, 8)
      return
    }
    const encoded = context.encode()
    this.#add({ shard, context: encoded }, encoded.length + 16)
    const sent = new Set<string>()
    for await (const names of want.full ? everyActor(snapshot, shard) : changedActors(snapshot, want, context)) {
      for (const name of names) {
        if (sent.has(name)) continue
        sent.add(name)
        this.#addActor(snapshot, want, name, context)
        while (this.#bytes >= this.#chunkBytes) await this.#flush()
      }
    }
    this.#add({ shard, complete: true }, 8)
  }

  #addActor(snapshot: DiskSnapshot, want: WantedShard, name: string, context: CausalContext): void {
    const bytes = snapshot.get(stateKey(want.shard, name))
    if (bytes === undefined) throw new ShoalError('SHOAL_CORRUPT', `${name}: the index names it, and it is not there`)
    const record = decodeActorRecord(bytes, name)
    const { fragment, held } = diffState(record.state, want.full ? CausalContext.empty : want.context)
    const encoded = encodeState(fragment)
    const index = [...eachPosition(record.index)].map(({ origin, seq }) => ({ origin, seq }))
    const actor: shoal.peer.IActorPart = {
      actor: name,
      fragment: encoded,
      index
    }
    if (!held.isEmpty()) actor.held = held.encode()
    const extra = seenBeyond(record, context)
    if (!extra.isEmpty()) actor.extra = extra.encode()
    this.#sentActors.add()
    this.#add({ shard: want.shard, actors: [actor] }, encoded.length + name.length + 64 * index.length + 32)
  }

  #add(part: shoal.peer.IShardPart, bytes: number): void {
    const last = this.#parts.at(-1)
    // One part per shard and chunk is enough: what follows is merged into it.
    if (last !== undefined && last.shard === part.shard && last.complete !== true) {
      if (part.actors != null) {
        last.actors ??= []
        last.actors.push(...part.actors)
      }
      if (part.complete === true) last.complete = true
    } else this.#parts.push(part)
    this.#bytes += bytes
  }

  async #flush(): Promise<void> {
    while (this.#sent - this.#taken >= windowChunks) await this.#wait()
    this.#sendChunk(false)
  }

  #sendChunk(last: boolean): void {
    if (this.#broken !== undefined) throw this.#broken
    const members = last ? this.#view() : []
    const chunk = { session: this.session, number: ++this.#sent, parts: this.#parts, last, members }
    this.#parts = []
    this.#bytes = 0
    if (!this.#send({ chunk }))
      throw new ShoalError('SHOAL_UNAVAILABLE', `the link to ${this.peer} is gone or full`, { retryable: true })
  }

  async #wait(): Promise<void> {
    if (this.#broken !== undefined) throw this.#broken
    await new Promise<void>(resolve => {
      this.#room = resolve
    })
    this.#room = undefined
    if (this.#broken !== undefined) throw this.#broken
  }
}

async function* changedActors(
  snapshot: DiskSnapshot,
  want: WantedShard,
  context: CausalContext
): AsyncGenerator<string[]> {
  for (const origin of context.origins()) {
    const first = context.firstMissing(origin, want.context)
    if (first === undefined) continue
    for await (const page of pages(snapshot, indexRange(want.shard, origin, first)))
      yield page.map(entry => decodeIndexEntry(entry.key, entry.value))
  }
}

async function* everyActor(snapshot: DiskSnapshot, shard: number): AsyncGenerator<string[]> {
  for await (const page of pages(snapshot, stateRange(shard))) yield page.map(entry => actorOfStateKey(entry.key))
}

async function* pages(snapshot: DiskSnapshot, bounds: { gte: Uint8Array; lt: Uint8Array }) {
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
