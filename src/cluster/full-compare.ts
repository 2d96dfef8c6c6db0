/**
 * Speed 3, both ends: runs full compares of shards with peers, and answers those of the peers.
 *
 * Whoever answers keeps nothing between two queries: each is answered from a snapshot of its own (see range-compare.ts).
 */
import type { shoal } from '#proto/generated/peer.js'
import type { CausalContext } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk, DiskSnapshot } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { maxQueryRanges, RangeCompare, rangeAnswerFrom } from './range-compare.ts'
import { bytesOfSums, type NameRange, rangeSums } from './range-sums.ts'
import type { ShardStore } from './shard-store.ts'
import { decodeShardRecord, noShard, shardRecordKey, stateRange } from './storage-layout.ts'
import { actorName, type Bulk, malformed, safe, shardNumber } from './wire.ts'

export interface Fetched {
  readonly context: CausalContext
  readonly floor: CausalContext
}

export interface FullCompareEvents {
  send(peer: PeerId, message: Bulk): boolean
  compared(peer: PeerId, shard: number): void
  isSound(shard: number): boolean
  fetch(peer: PeerId, shard: number, names: readonly string[], keepsBoth: boolean): Promise<Fetched>
}

/** Queries of one peer that are being answered at a time. */
const maxQueriesPerPeer = 4
/** Names in one answer; the rest is asked for again. */
const maxAnswerCharacters = 256 * 1024

interface Question {
  readonly peer: PeerId
  readonly shard: number
  resolve(answer: shoal.peer.IRangeAnswer): void
  reject(error: ShoalError): void
}

export class FullCompare {
  readonly #store: ShardStore
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #events: FullCompareEvents
  readonly #timeoutMs: number
  readonly #questions = new Map<number, Question>()
  /** Numbers of queries being answered, by peer. */
  readonly #answering = new Map<PeerId, number>()
  readonly #compares
  readonly #queries
  readonly #differences
  readonly #answeredBytes
  readonly #running = new Map<RangeCompare, number>()
  #session = 0

  constructor(parts: {
    store: ShardStore
    disk: Disk
    clock: Clock
    metrics: Metrics
    events: FullCompareEvents
    timeoutMs: number
  }) {
    this.#store = parts.store
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#events = parts.events
    this.#timeoutMs = parts.timeoutMs
    const { metrics } = parts
    this.#compares = metrics.counter('shoal_full_compares_total', 'Shards compared in full with a peer')
    this.#queries = metrics.counter('shoal_full_compare_queries_total', 'Queries of full compares sent')
    this.#differences = metrics.counter(
      'shoal_full_compare_differences_total',
      'Actors that a full compare found different and fetched'
    )
    this.#answeredBytes = metrics.counter(
      'shoal_full_compare_answered_bytes_total',
      'Bytes of names and sums sent in answers to full compares'
    )
  }

  /** Whether this disk has no actor of the shard. */
  async isBare(shard: number): Promise<boolean> {
    await this.#store.durable()
    return (await this.#disk.range({ ...stateRange(shard), limit: 1 })).length === 0
  }

  /** Resolves when this replica has all that the peer had, on its disk. Throws `SHOAL_UNAVAILABLE`. */
  async run(peer: PeerId, shard: number, keepsBoth: boolean): Promise<void> {
    this.#compares.add()
    let isFirst = true
    const compare = new RangeCompare({
      shard,
      store: this.#store,
      disk: this.#disk,
      peer: {
        ask: async ranges => {
          const answer = await this.#ask(peer, shard, ranges, keepsBoth && isFirst)
          isFirst = false
          return rangeAnswerFrom(answer)
        },
        fetch: names => this.#events.fetch(peer, shard, names, keepsBoth)
      }
    })
    this.#running.set(compare, shard)
    try {
      await compare.run()
    } finally {
      this.#running.delete(compare)
      this.#differences.add(compare.differences)
    }
  }

  receiveQuery(peer: PeerId, query: shoal.peer.IRangeQuery): void {
    const session = safe(query.session)
    const shard = shardNumber(query.shard, this.#store.shardCount)
    const ranges = (query.ranges ?? []).map(({ from, to }) => ({ from: bound(from), to: bound(to) }))
    if (ranges.length === 0 || ranges.length > maxQueryRanges) throw malformed('range query')
    const underWay = this.#answering.get(peer) ?? 0
    if (underWay >= maxQueriesPerPeer) {
      this.#events.send(peer, { rangeAnswer: { session, refused: 'busy: too many queries' } })
      return
    }
    this.#answering.set(peer, underWay + 1)
    void this.#answer(peer, session, shard, ranges).finally(() => {
      const left = (this.#answering.get(peer) ?? 1) - 1
      if (left > 0) this.#answering.set(peer, left)
      else this.#answering.delete(peer)
    })
    if (query.mutual === true) this.#events.compared(peer, shard)
  }

  receiveAnswer(peer: PeerId, answer: shoal.peer.IRangeAnswer): void {
    const question = this.#questions.get(safe(answer.session))
    if (question?.peer !== peer) return
    if (answer.refused != null && answer.refused !== '') question.reject(unavailable(answer.refused.slice(0, 200)))
    else question.resolve(answer)
  }

  /** What this node has of the shard is not what it was. */
  abandon(shard: number): void {
    for (const [compare, compared] of this.#running) if (compared === shard) compare.abandon()
    this.#end(question => question.shard === shard, unavailable('what this node has of the shard is in doubt'))
  }

  unlinked(peer: PeerId): void {
    this.#end(question => question.peer === peer, unavailable(`the link to ${peer} ended`))
  }

  stop(error: ShoalError): void {
    this.#end(() => true, error)
  }

  #end(isMeant: (question: Question) => boolean, error: ShoalError): void {
    for (const question of this.#questions.values()) if (isMeant(question)) question.reject(error)
  }

  #ask(peer: PeerId, shard: number, ranges: readonly NameRange[], mutual: boolean): Promise<shoal.peer.IRangeAnswer> {
    const session = ++this.#session
    const { promise, resolve, reject } = Promise.withResolvers<shoal.peer.IRangeAnswer>()
    const timer = this.#clock.after(this.#timeoutMs, () => reject(unavailable(`${peer} did not answer a compare`)))
    this.#questions.set(session, { peer, shard, resolve, reject })
    this.#queries.add()
    if (!this.#events.send(peer, { rangeQuery: { session, shard, ranges: [...ranges], mutual } }))
      reject(unavailable(`no link to ${peer}`))
    return promise.finally(() => {
      timer.cancel()
      this.#questions.delete(session)
    })
  }

  async #answer(peer: PeerId, session: number, shard: number, ranges: readonly NameRange[]): Promise<void> {
    try {
      if (!this.#events.isSound(shard)) throw unavailable(`cannot speak for shard ${shard} now`)
      await this.#store.durable()
      const snapshot = this.#disk.snapshot()
      try {
        const answer = await this.#sums(snapshot, shard, ranges)
        this.#events.send(peer, { rangeAnswer: { session, ...answer } })
      } finally {
        await snapshot.close()
      }
    } catch (error) {
      const refused = isShoalError(error) ? error.message : 'failed'
      this.#events.send(peer, { rangeAnswer: { session, refused } })
    }
  }

  async #sums(
    snapshot: DiskSnapshot,
    shard: number,
    ranges: readonly NameRange[]
  ): Promise<Omit<shoal.peer.IRangeAnswer, 'session'>> {
    const record = snapshot.get(shardRecordKey(shard))
    const { context, floor } = record === undefined ? noShard : decodeShardRecord(record, shard)
    const answered: shoal.peer.IRangeSums[] = []
    let characters = 0
    for (const range of ranges) {
      const { cuts, sums, actors = [] } = await rangeSums(snapshot, shard, range, context)
      answered.push({ cuts: [...cuts], sums: bytesOfSums(sums), actors: [...actors] })
      for (const name of [...cuts, ...actors]) characters += name.length + 8
      if (characters > maxAnswerCharacters) break
    }
    this.#answeredBytes.add(characters)
    return { context: context.encode(), floor: floor.encode(), ranges: answered }
  }
}

function bound(name: string | null | undefined): string {
  return name == null || name === '' ? '' : actorName(name)
}

function unavailable(message: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true })
}
