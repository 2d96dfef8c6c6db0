/**
 * Speed 2, all streams that this node receives: asked for, confirmed chunk by chunk when they are on disk, given up when they stall.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock, Timer } from '../ports/clock.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { CatchUpReceiver } from './catch-up-receiver.ts'
import { requestOf, type Want } from './catch-up-request.ts'
import { isOldSnapshot } from './catch-up-sender.ts'
import type { Fetched } from './full-compare.ts'
import type { MemberRecord } from './member-record.ts'
import { memberFrom, memberTo } from './member-wire.ts'
import { RequestNumbers } from './request-numbers.ts'
import type { ResumePoints } from './resume-points.ts'
import type { ShardStore } from './shard-store.ts'
import type { TableState } from './table-hash.ts'
import { type Bulk, malformed, safe, shardNumber } from './wire.ts'

export interface CatchUpPullsEvents {
  send(peer: PeerId, message: Bulk): boolean
  told(members: readonly MemberRecord[]): void
  members(): readonly MemberRecord[]
  table(): TableState
}

/** One stream that is being received. */
interface Pull {
  readonly session: number
  readonly receiver: CatchUpReceiver
  timer: Timer
  readonly end: (outcome: Outcome) => void
}

/** What the last chunk says beside its body. */
interface Last {
  readonly members: readonly MemberRecord[]
  readonly compare: readonly number[]
  readonly inFull: readonly number[]
}

interface Outcome {
  readonly error: ShoalError | undefined
  /** Shards that the peer cannot speak for now, and those that must be compared in full. */
  readonly refused: readonly number[]
  readonly compare: readonly number[]
  /** Those that must be asked for with the whole context. */
  readonly inFull: readonly number[]
  /** Those in which contexts are equal now, and states are not. */
  readonly unlike: readonly number[]
}

type Claim = Pick<shoal.peer.ICatchUp, 'claim' | 'members' | 'table'>
const noClaim: Claim = { claim: false }

export class CatchUpPulls {
  readonly #store: ShardStore
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: CatchUpPullsEvents
  readonly #stallTimeoutMs: number
  readonly #resumePoints: ResumePoints
  readonly #pulls = new Map<number, Pull>()
  readonly #started
  readonly #resumed
  readonly #inFull
  readonly #seconds
  readonly #receivedBytes
  readonly #failed
  readonly #figures
  readonly #sessions: RequestNumbers

  constructor(parts: {
    store: ShardStore
    clock: Clock
    logger: Logger
    metrics: Metrics
    events: CatchUpPullsEvents
    resumePoints: ResumePoints
    stallTimeoutMs: number
  }) {
    this.#store = parts.store
    this.#sessions = new RequestNumbers(parts.store.origin)
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#resumePoints = parts.resumePoints
    this.#stallTimeoutMs = parts.stallTimeoutMs
    const { metrics } = parts
    this.#started = metrics.counter('shoal_catch_up_pulls_total', 'Catch-up streams this node has asked for')
    this.#resumed = metrics.counter(
      'shoal_catch_up_resumed_total',
      'Shards of which a stream went on where one broke off'
    )
    this.#inFull = metrics.counter(
      'shoal_catch_up_in_full_total',
      'Shards asked for again with the whole context, because the peer has seen other updates of ended lives'
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

  /** A stream, and the next where one ends early of its own accord: its snapshot was old. */
  async stream(peer: PeerId, wants: readonly Want[], isClaim: boolean): Promise<Outcome> {
    const refused: number[] = []
    const compare: number[] = []
    const inFull: number[] = []
    let rest = wants
    let isNamed = !this.#events.table().isLarge
    for (;;) {
      const claim = isClaim ? this.#claim(isNamed) : noClaim
      const { receiver, outcome } = await this.#pull(peer, rest, claim)
      refused.push(...outcome.refused)
      compare.push(...outcome.compare)
      inFull.push(...outcome.inFull)
      if (outcome.error === undefined) return { ...outcome, refused, compare, inFull }
      if (isClaim && !isNamed && outcome.error.code === 'SHOAL_NOT_OWNER') {
        isNamed = true
        continue
      }
      const open = rest.filter(({ shard }) => !receiver.completed.has(shard))
      if (!isOldSnapshot(outcome.error) || !receiver.hasBegun) throw outcome.error
      rest = open.map(want => ({ ...want, resumed: this.#resumePointOf(want) }))
    }
  }

  /**
   * The view that a claim is made in. In a large cluster its hash; where the peer has another, it refuses, tells its own, and is told
   * ours the second time.
   */
  #claim(isNamed: boolean): Claim {
    const { hash, isLarge } = this.#events.table()
    const members = isNamed ? { members: this.#events.members().map(memberTo) } : {}
    return { claim: true, ...members, ...(isLarge ? { table: hash } : {}) }
  }

  #resumePointOf({ shard, what }: Want) {
    return typeof what === 'string' ? this.#resumePoints.get(shard, what) : undefined
  }

  async #pull(
    peer: PeerId,
    wants: readonly Want[],
    claim: Claim
  ): Promise<{ receiver: CatchUpReceiver; outcome: Outcome }> {
    const session = this.#sessions.next()
    const startMs = this.#clock.elapsed()
    const { promise, resolve } = Promise.withResolvers<Outcome>()
    const asked = wants.map(want => ({ ...want, context: this.#store.context(want.shard) }))
    const receiver = new CatchUpReceiver({
      peer,
      asked: new Map(asked.map(want => [want.shard, want])),
      store: this.#store,
      resumePoints: this.#resumePoints,
      figures: this.#figures
    })
    const pull: Pull = { session, receiver, timer: this.#clock.after(0, () => {}), end: resolve }
    this.#restartTimer(pull)
    this.#pulls.set(session, pull)
    this.#started.add()
    for (const { resumed } of wants) if (resumed !== undefined) this.#resumed.add()
    if (!this.#events.send(peer, { catchUp: { session, ...claim, ...requestOf(this.#store, asked) } }))
      this.#endPull(pull, unavailable(`no link to ${peer}`))
    const outcome = await promise
    if (outcome.error === undefined) this.#seconds.observe((this.#clock.elapsed() - startMs) / 1000)
    return { receiver, outcome }
  }

  /** These actors whole. Answers the context that they came with, and the floor. */
  async fetch(peer: PeerId, shard: number, names: readonly string[], keepsBoth: boolean): Promise<Fetched> {
    const want: Want = { shard, what: names, resumed: undefined, keepsBoth, inFull: false }
    const { receiver, outcome } = await this.#pull(peer, [want], noClaim)
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

  /** Throws `SHOAL_MALFORMED`; the stream has ended then. */
  takeChunk(peer: PeerId, chunk: shoal.peer.IChunk): void {
    const pull = this.#pulls.get(safe(chunk.session))
    if (pull === undefined || pull.receiver.peer !== peer) return
    this.#receivedBytes.add(chunk.body?.length ?? 0)
    let number: number
    let last: Last | undefined
    try {
      last = chunk.last === true ? this.#readLast(chunk) : undefined
      number = pull.receiver.take(chunk)
    } catch (cause) {
      const error = isShoalError(cause) ? cause : malformed('chunk', cause)
      this.#endPull(pull, error)
      if (error.code === 'SHOAL_MALFORMED') throw error
      return
    }
    this.#restartTimer(pull)
    this.#store.durable().then(
      () => {
        this.#events.send(peer, { chunkTaken: { session: pull.session, number } })
        if (last !== undefined) this.#takeLast(pull, last)
      },
      error => this.#endPull(pull, isShoalError(error) ? error : unavailable('the store failed'))
    )
  }

  #readLast(chunk: shoal.peer.IChunk): Last {
    const shards = (numbers: readonly number[] | null | undefined) =>
      (numbers ?? []).map(shard => shardNumber(shard, this.#store.shardCount))
    return {
      members: (chunk.members ?? []).map(memberFrom),
      compare: shards(chunk.compare),
      inFull: shards(chunk.inFull)
    }
  }

  #takeLast(pull: Pull, last: Last): void {
    try {
      // Before the claim counts as granted: whom the granter knows must be asked, too.
      if (last.members.length > 0) this.#events.told(last.members)
    } catch (error) {
      this.#endPull(pull, malformed('the members of the last chunk', error))
      return
    }
    const { completed, asked } = pull.receiver
    const left = new Set([...asked.keys()].filter(shard => !completed.has(shard)))
    const compare = last.compare.filter(shard => left.delete(shard))
    // Who was asked in full already has no reason to say so again.
    const inFull = last.inFull.filter(shard => asked.get(shard)?.inFull === false && left.delete(shard))
    this.#inFull.add(inFull.length)
    this.#endPull(pull, undefined, { refused: [...left], compare, inFull, unlike: pull.receiver.unlike() })
  }

  takeEnd(peer: PeerId, end: shoal.peer.ICatchUpEnd): void {
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
    { refused = [], compare = [], inFull = [], unlike = [] }: Partial<Omit<Outcome, 'error'>> = {}
  ): void {
    if (!this.#pulls.delete(pull.session)) return
    pull.timer.cancel()
    if (error !== undefined) {
      this.#failed.add()
      this.#events.send(pull.receiver.peer, { end: { session: pull.session, givenUp: true } })
    }
    pull.end({ error, refused, compare, inFull, unlike })
  }

  #restartTimer(pull: Pull): void {
    pull.timer.cancel()
    pull.timer = this.#clock.after(this.#stallTimeoutMs, () =>
      this.#endPull(pull, unavailable('a catch-up stream stalled'))
    )
  }

  /** What this node has of the shard is not what it asked with. */
  abandon(shard: number): void {
    for (const { receiver } of this.#pulls.values()) receiver.abandon(shard)
  }

  /** Ends the pulls from this peer, or all. */
  end(peer: PeerId | undefined, error: ShoalError): void {
    for (const pull of this.#pulls.values())
      if (peer === undefined || pull.receiver.peer === peer) this.#endPull(pull, error)
  }
}

function unavailable(message: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true })
}
