/**
 * Removed exclusive actors keep the ids of their last requests, which the next request would drop; of an actor that has none any more
 * they are dropped here, by its owner and well after they have expired, so that it goes away like any removed actor.
 *
 * Looked for now and then over all that this node owns, slowly: so it does not matter which node it was that ran them.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { actorOfStateKey, decodeActorRecord, stateRangeOf } from '../../cluster/storage-layout.ts'
import { type ActorState, CausalContext, type Covers, isEmptyState, Transaction } from '../../crdt/index.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { after, type Disk } from '../../ports/disk.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import type { OverlapTelling } from './overlap-telling.ts'
import { dropExpiredRequests } from './request-log.ts'

export interface RequestExpiryOptions {
  /** Time between two searches for actors that only expired requests are left of, in milliseconds. @default 3600000 */
  requestSweepIntervalMs?: number
}

/** Few, as an actor may take a megabyte. */
const pageEntries = 64
const pauseMs = 20
/** A shard is first searched so long after it was found to be served here: an owner that died may have left overlaps untold. In milliseconds. */
const lookEveryMs = 30_000
/** What a member that is away has not seen goes so long after it has expired, in milliseconds: removed actors must not wait for ever. */
const patienceMs = 60 * 60 * 1000
const everything: Covers = { has: () => true, hasRange: () => true }

export class RequestExpiry {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #kinds: readonly string[]
  readonly #found: OverlapTelling['consider']
  readonly #intervalMs: number
  readonly #emptied
  /** When each shard was last searched, on the clock's `elapsed`. */
  readonly #searchedMs = new Map<number, number>()
  #timer: Timer | undefined
  #isStopped = false

  /** `kinds`: the exclusive ones. */
  constructor(
    parts: {
      cluster: Cluster
      runtime: ActorRuntime
      disk: Disk
      clock: Clock
      logger: Logger
      metrics: Metrics
      kinds: readonly string[]
      /** Is shown every actor that is looked at. */
      found: OverlapTelling['consider']
    },
    options: RequestExpiryOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#kinds = parts.kinds
    this.#found = actor => parts.found(actor)
    this.#intervalMs = options.requestSweepIntervalMs ?? 60 * 60 * 1000
    this.#emptied = parts.metrics.counter(
      'shoal_requests_expired_total',
      'Exclusive actors of which only expired requests were left, and now nothing is'
    )
  }

  start(): void {
    if (this.#kinds.length === 0 || this.#isStopped) return
    this.#timer = this.#clock.after(Math.min(this.#intervalMs, lookEveryMs), () => {
      this.#sweep()
        .catch(error => {
          if (!this.#isStopped) this.#logger.warn('a search for expired requests broke off', { err: error })
        })
        .finally(() => this.start())
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #sweep(): Promise<void> {
    for (const shard of this.#cluster.store.hosted()) {
      const nowMs = this.#clock.elapsed()
      const searchedMs = this.#searchedMs.get(shard)
      if (searchedMs !== undefined && nowMs < searchedMs + this.#intervalMs) continue
      if (!this.#cluster.ownership.isOpen(shard)) continue
      this.#searchedMs.set(shard, nowMs)
      for (const kind of this.#kinds) {
        let { gte, lt } = stateRangeOf(shard, kind)
        for (;;) {
          if (this.#isStopped) return
          if (!this.#cluster.ownership.isOpen(shard)) {
            this.#searchedMs.delete(shard)
            break
          }
          const page = await this.#disk.range({ gte, lt, limit: pageEntries })
          const expired: string[] = []
          for (const { key, value } of page) {
            const name = actorOfStateKey(key)
            const state = this.#stateOf(shard, name, value)
            if (state === undefined) continue
            this.#found({ name, shard, state })
            if (this.#hasExpired(state, everything, this.#clock.now())) expired.push(name)
          }
          // Side by side: each may wait for members that do not answer.
          await Promise.all(expired.map(name => this.#drop(shard, name)))
          const last = page.at(-1)
          if (last === undefined || page.length < pageEntries) break
          gte = after(last.key)
          await new Promise<void>(resolve => this.#clock.after(pauseMs, resolve))
        }
      }
    }
  }

  /** `undefined` where the record cannot be read. */
  #stateOf(shard: number, name: string, record: Uint8Array): ActorState | undefined {
    try {
      return decodeActorRecord(record, name).state
    } catch {
      this.#cluster.store.suspect(shard)
      return undefined
    }
  }

  /** Looked at on a copy: to find that it cannot be emptied must draw no seq. */
  #hasExpired(state: ActorState, seenByAll: Covers, nowMs: number): boolean {
    if (isEmptyState(state)) return false
    const origin = 'nobody'
    let seq = 0
    const trial = new Transaction({
      state,
      covers: CausalContext.empty,
      origin,
      nextDot: () => ({ origin, seq: ++seq }),
      now: () => this.#clock.now(),
      clientId: () => 1
    })
    dropExpiredRequests(trial, nowMs, seenByAll)
    return isEmptyState(trial.state)
  }

  async #drop(shard: number, name: string): Promise<void> {
    const seenByAll = await this.#runtime.seenByAll.ask(shard, name)
    await this.#runtime.between(shard, name, transaction => {
      // Somebody may have written to it since, or it may be another's by now.
      if (!this.#cluster.ownership.isOpen(shard)) return
      const nowMs = this.#clock.now()
      const { state } = transaction
      if (this.#hasExpired(state, seenByAll, nowMs)) dropExpiredRequests(transaction, nowMs, seenByAll)
      else if (this.#hasExpired(state, everything, nowMs - patienceMs))
        dropExpiredRequests(transaction, nowMs - patienceMs, everything)
      else return
      this.#emptied.add()
    })
  }
}
