/**
 * Speed 3, both ends: runs full compares of shards with peers, and answers those of the peers.
 *
 * All queries of one compare are answered from one snapshot of the disk (see range-compare.ts), which is let go of when the compare is
 * over, when the link ends, or after a while: then the compare begins anew.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { CausalContext } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Disk, DiskSnapshot } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { checkAnswer, maxQueryRanges, type RangeAnswer, RangeCompare, rangeAnswerFrom } from './range-compare.ts'
import { bytesOfSums, type NameRange, rangeSums } from './range-sums.ts'
import { RequestNumbers } from './request-numbers.ts'
import { readShard } from './shard-record.ts'
import type { ShardStore } from './shard-store.ts'
import { stateRange } from './storage-layout.ts'
import { assertWhole } from './whole-records.ts'
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

/** Compares of one peer that are answered at a time. */
const maxComparesPerPeer = 4
/** Names in one answer; the rest is asked for again. */
const maxAnswerCharacters = 256 * 1024

interface Question {
  readonly peer: PeerId
  readonly shard: number
  readonly ranges: readonly NameRange[]
  /** The first of its compare: nothing was told yet that its answer could be the same as. */
  readonly isFirst: boolean
  resolve(answer: RangeAnswer): void
  reject(error: ShoalError): void
}

/** A peer's compare that is being answered. */
interface Answered {
  readonly peer: PeerId
  readonly shard: number
  readonly snapshot: Promise<DiskSnapshot>
  readonly timer: Timer
  isBusy: boolean
  isOver: boolean
  /** Its peer knows the context and floor of the snapshot. */
  hasTold: boolean
}

export class FullCompare {
  readonly #store: ShardStore
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #events: FullCompareEvents
  readonly #timeoutMs: number
  readonly #maxSnapshotMs: number
  readonly #questions = new Map<number, Question>()
  /** Compares of peers, by peer and number. */
  readonly #answered = new Map<string, Answered>()
  readonly #compares
  readonly #queries
  readonly #differences
  readonly #answeredBytes
  readonly #running = new Map<RangeCompare, number>()
  readonly #sessions: RequestNumbers

  constructor(parts: {
    store: ShardStore
    disk: Disk
    clock: Clock
    metrics: Metrics
    events: FullCompareEvents
    timeoutMs: number
    /** How long a compare of a peer may take. */
    maxSnapshotMs: number
  }) {
    this.#store = parts.store
    this.#sessions = new RequestNumbers(parts.store.origin)
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#events = parts.events
    this.#timeoutMs = parts.timeoutMs
    this.#maxSnapshotMs = parts.maxSnapshotMs
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
    const number = this.#sessions.next()
    const compare = new RangeCompare({
      shard,
      store: this.#store,
      disk: this.#disk,
      peer: {
        ask: async ranges => {
          const answer = await this.#ask(
            peer,
            ranges,
            { shard, compare: number, mutual: keepsBoth && isFirst },
            isFirst
          )
          isFirst = false
          return answer
        },
        fetch: names => this.#events.fetch(peer, shard, names, keepsBoth)
      }
    })
    this.#running.set(compare, shard)
    try {
      await compare.run()
    } catch (error) {
      this.#doubt(shard, error)
      throw error
    } finally {
      this.#running.delete(compare)
      this.#events.send(peer, { rangeQuery: { shard, compare: number, over: true } })
      this.#differences.add(compare.differences)
    }
  }

  receiveQuery(peer: PeerId, query: shoal.peer.IRangeQuery): void {
    const session = safe(query.session)
    const shard = shardNumber(query.shard, this.#store.shardCount)
    const key = `${safe(query.compare)}/${peer}`
    const known = this.#answered.get(key)
    if (query.over === true) {
      if (known !== undefined) this.#letGo(key, known)
      return
    }
    const ranges = (query.ranges ?? []).map(({ from, to }) => ({ from: bound(from), to: bound(to) }))
    if (ranges.length === 0 || ranges.length > maxQueryRanges || (known !== undefined && known.shard !== shard))
      throw malformed('range query')
    const answered = known ?? this.#begin(key, peer, shard)
    if (answered === undefined || answered.isBusy) {
      this.#events.send(peer, { rangeAnswer: { session, refused: 'busy: too many queries' } })
      return
    }
    void this.#answer(key, answered, session, ranges)
    if (query.mutual === true) this.#events.compared(peer, shard)
  }

  /** Throws `SHOAL_MALFORMED`: at once, so that it ends the link. */
  receiveAnswer(peer: PeerId, answer: shoal.peer.IRangeAnswer): void {
    const question = this.#questions.get(safe(answer.session))
    if (question?.peer !== peer) return
    if (answer.refused != null && answer.refused !== '') {
      question.reject(unavailable(answer.refused.slice(0, 200)))
      return
    }
    const read = rangeAnswerFrom(answer)
    if (question.isFirst && read.told === undefined) throw malformed('range answer: the same as none')
    checkAnswer(question.ranges, read)
    question.resolve(read)
  }

  /** What this node has of the shard is not what it was. */
  abandon(shard: number): void {
    for (const [key, answered] of this.#answered) if (answered.shard === shard) this.#letGo(key, answered)
    for (const [compare, compared] of this.#running) if (compared === shard) compare.abandon()
    this.#end(question => question.shard === shard, unavailable('what this node has of the shard is in doubt'))
  }

  unlinked(peer: PeerId): void {
    for (const [key, answered] of this.#answered) if (answered.peer === peer) this.#letGo(key, answered)
    this.#end(question => question.peer === peer, unavailable(`the link to ${peer} ended`))
  }

  stop(error: ShoalError): void {
    for (const [key, answered] of this.#answered) this.#letGo(key, answered)
    this.#end(() => true, error)
  }

  #end(isMeant: (question: Question) => boolean, error: ShoalError): void {
    for (const question of this.#questions.values()) if (isMeant(question)) question.reject(error)
  }

  #ask(
    peer: PeerId,
    ranges: readonly NameRange[],
    query: { readonly shard: number; readonly compare: number; readonly mutual: boolean },
    isFirst: boolean
  ): Promise<RangeAnswer> {
    const session = this.#sessions.next()
    const { promise, resolve, reject } = Promise.withResolvers<RangeAnswer>()
    const timer = this.#clock.after(this.#timeoutMs, () => reject(unavailable(`${peer} did not answer a compare`)))
    this.#questions.set(session, { peer, shard: query.shard, ranges, isFirst, resolve, reject })
    this.#queries.add()
    if (!this.#events.send(peer, { rangeQuery: { ...query, session, ranges: [...ranges] } }))
      reject(unavailable(`no link to ${peer}`))
    return promise.finally(() => {
      timer.cancel()
      this.#questions.delete(session)
    })
  }

  /** A compare of which this is the first query; none where the peer has too many. */
  #begin(key: string, peer: PeerId, shard: number): Answered | undefined {
    let compares = 0
    for (const answered of this.#answered.values()) if (answered.peer === peer) compares++
    if (compares >= maxComparesPerPeer) return undefined
    const snapshot = this.#snapshot(shard)
    snapshot.catch(() => {})
    const timer = this.#clock.after(this.#maxSnapshotMs, () => this.#letGo(key, answered))
    const answered: Answered = { peer, shard, snapshot, timer, isBusy: false, isOver: false, hasTold: false }
    this.#answered.set(key, answered)
    return answered
  }

  async #snapshot(shard: number): Promise<DiskSnapshot> {
    if (!this.#events.isSound(shard)) throw unavailable(`cannot speak for shard ${shard} now`)
    await this.#store.durable()
    const snapshot = this.#disk.snapshot()
    try {
      // What the sums do not name the peer takes for removed.
      await assertWhole(snapshot, shard)
      return snapshot
    } catch (error) {
      await snapshot.close()
      throw error
    }
  }

  #letGo(key: string, answered: Answered): void {
    if (!this.#answered.delete(key)) return
    answered.timer.cancel()
    answered.isOver = true
    if (!answered.isBusy) this.#close(answered)
  }

  #close({ snapshot }: Answered): void {
    snapshot.then(
      opened => opened.close(),
      () => {}
    )
  }

  async #answer(key: string, answered: Answered, session: number, ranges: readonly NameRange[]): Promise<void> {
    const { peer, shard } = answered
    answered.isBusy = true
    try {
      const answer = await this.#sums(answered, await answered.snapshot, ranges)
      if (answered.isOver) throw unavailable('the snapshot of this compare is gone')
      this.#events.send(peer, { rangeAnswer: { session, ...answer } })
      answered.hasTold = true
    } catch (error) {
      this.#doubt(shard, error)
      const refused = isShoalError(error) ? error.message : 'failed'
      this.#events.send(peer, { rangeAnswer: { session, refused } })
      this.#letGo(key, answered)
    }
    answered.isBusy = false
    if (answered.isOver) this.#close(answered)
  }

  /** A record on this disk proved damaged. */
  #doubt(shard: number, error: unknown): void {
    if (isShoalError(error) && error.code === 'SHOAL_CORRUPT') this.#store.suspect(shard)
  }

  async #sums(
    { shard, hasTold }: Answered,
    snapshot: DiskSnapshot,
    ranges: readonly NameRange[]
  ): Promise<Omit<shoal.peer.IRangeAnswer, 'session'>> {
    const { context, floor } = readShard(snapshot, shard)
    const answered: shoal.peer.IRangeSums[] = []
    let characters = 0
    for (const range of ranges) {
      const { cuts, sums, actors = [] } = await rangeSums(snapshot, shard, range, context)
      answered.push({ cuts: [...cuts], sums: bytesOfSums(sums), actors: [...actors] })
      for (const name of [...cuts, ...actors]) characters += name.length + 8
      if (characters > maxAnswerCharacters) break
    }
    this.#answeredBytes.add(characters)
    const told = hasTold ? { same: true } : { context: context.encode(), floor: floor.encode() }
    return { ...told, ranges: answered }
  }
}

function bound(name: string | null | undefined): string {
  return name == null || name === '' ? '' : actorName(name)
}

function unavailable(message: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true })
}
