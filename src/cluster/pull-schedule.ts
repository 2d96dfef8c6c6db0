/**
 * Which shards are pulled from whom: from several peers at once, each shard from one at a time.
 *
 * A peer that differs in many shards is asked for a part of them, so that others who differ in the same ones bring the rest. When a
 * source fails, its shards are free for the others at once, and it is asked again after a while; and when one takes very long, others
 * may bring them as well: else one that sends a byte now and then could keep a shard from being repaired. What a peer told is looked at again
 * before it is asked: another may have brought it meanwhile.
 */
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { PeerId } from '../ports/network.ts'

export interface PullScheduleEvents {
  pull(peer: PeerId, shards: readonly number[]): Promise<void>
  compare(peer: PeerId, shards: readonly number[]): Promise<void>
  /** How many peers might differ. */
  sources(): number
  /** Whether there is nothing to pull: this node does not store the shard (any more), or it is just what the peer told. */
  isSettled(shard: number, hash: Uint8Array | undefined): boolean
  /** What a shard lacked is here, so long after a peer was seen to have it. */
  caughtUp(ms: number): void
  /** A pull from the peer took so long that it may have more by now. */
  tookLong(peer: PeerId): void
}

interface Source {
  /** What it differs in, with its hash where it told one. */
  readonly wanted: Map<number, Uint8Array | undefined>
  isBusy: boolean
  urgentPulls: number
  failures: number
  retry: Timer | undefined
}

/** A peer is asked for at least so many shards at a time, where it differs in as many. */
const minShards = 16
/** Pulls at a time for gaps in what the peer has pushed. */
const maxUrgentPulls = 2
const minRetryMs = 200
const maxRetryMs = 2000
const longPullMs = 1000
/** So long a shard is left to one source alone. A stream that works brings some hundred megabytes meanwhile. */
const maxTurnMs = 30_000

export class PullSchedule {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: PullScheduleEvents
  readonly #sources = new Map<PeerId, Source>()
  /** Shards that are being pulled, and from whom. */
  readonly #pulling = new Map<number, PeerId>()
  /** Since when shards are known to lack something. */
  readonly #behindSinceMs = new Map<number, number>()
  readonly #waiters = new Set<() => void>()
  #stopped = false

  constructor(parts: { clock: Clock; logger: Logger; events: PullScheduleEvents }) {
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
  }

  /** The peer has other replicas of these shards than this node. */
  want(peer: PeerId, shards: Iterable<readonly [shard: number, hash: Uint8Array | undefined]>): void {
    const source = this.#source(peer)
    for (const [shard, hash] of shards) {
      source.wanted.set(shard, hash)
      this.#fellBehind(shard)
    }
    // Nothing has become free for the others by this.
    this.#ask(peer, source)
    this.#tellWaiters()
  }

  /** Updates that the peer has are missing: it is asked for them at once, whatever else is under way. */
  wantAtOnce(peer: PeerId, shards: readonly number[]): void {
    if (this.#stopped) return
    const source = this.#source(peer)
    const free = shards.filter(shard => this.#pulling.get(shard) !== peer)
    if (free.length === 0) return
    if (source.urgentPulls >= maxUrgentPulls) {
      this.want(
        peer,
        free.map(shard => [shard, undefined])
      )
      return
    }
    source.urgentPulls++
    for (const shard of free) this.#fellBehind(shard)
    void this.#events
      .pull(peer, free)
      .then(() => this.#caughtUp(free))
      .catch(error => this.#logger.debug('a pull broke off', { peer, err: error }))
      .finally(() => {
        source.urgentPulls--
        this.#forgetUnwanted(free)
        this.#forgetIdle(peer, source)
      })
  }

  /** Compares these shards in full with the peer, unless it or they are busy. */
  compare(peer: PeerId, shards: readonly number[]): void {
    if (this.#stopped || this.isBusy(peer)) return
    for (const shard of shards) this.#fellBehind(shard)
    void this.#run(peer, this.#source(peer), shards, this.#events.compare(peer, shards))
  }

  isBusy(peer: PeerId): boolean {
    return this.#sources.get(peer)?.isBusy ?? false
  }

  isPulling(shard: number): boolean {
    return this.#pulling.has(shard)
  }

  /**
   * Resolves when each of these shards was seen not to be on its way here any more, nor about to be asked for; when `isWanted` says no,
   * and after as long as a shard is left to one source in any case. What has failed and is asked for again later is not waited for.
   */
  async fetched(shards: readonly number[], isWanted: () => boolean = () => true): Promise<void> {
    const untilMs = this.#clock.elapsed() + maxTurnMs
    for (let left = shards; ; ) {
      left = left.filter(shard => this.#isUnderWay(shard))
      const leftMs = untilMs - this.#clock.elapsed()
      if (left.length === 0 || leftMs <= 0 || this.#stopped || !isWanted()) return
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#waiters.add(resolve)
      const timer = this.#clock.after(leftMs, resolve)
      await promise
      timer.cancel()
      this.#waiters.delete(resolve)
    }
  }

  #isUnderWay(shard: number): boolean {
    if (this.#pulling.has(shard)) return true
    for (const { isBusy, wanted } of this.#sources.values()) if (isBusy && wanted.has(shard)) return true
    return false
  }

  unlinked(peer: PeerId): void {
    this.#sources.get(peer)?.retry?.cancel()
    this.#sources.delete(peer)
    this.#forgetUnwanted(this.#behindSinceMs.keys())
    this.#next()
  }

  stop(): void {
    this.#stopped = true
    for (const { retry } of this.#sources.values()) retry?.cancel()
    this.#sources.clear()
    this.#tellWaiters()
  }

  #tellWaiters(): void {
    for (const resolve of this.#waiters) resolve()
  }

  #source(peer: PeerId): Source {
    let source = this.#sources.get(peer)
    if (source === undefined) {
      source = { wanted: new Map(), isBusy: false, urgentPulls: 0, failures: 0, retry: undefined }
      this.#sources.set(peer, source)
    }
    return source
  }

  #next(): void {
    for (const [peer, source] of this.#sources) this.#ask(peer, source)
    this.#tellWaiters()
  }

  #ask(peer: PeerId, source: Source): void {
    if (this.#stopped || source.isBusy || source.retry !== undefined || source.wanted.size === 0) return
    const shards = this.#choose(source)
    if (shards.length > 0) void this.#run(peer, source, shards, this.#events.pull(peer, shards))
    else this.#forgetIdle(peer, source)
  }

  /** What is looked at again and again stays short: in a large cluster nearly all peers have nothing that is lacking here. */
  #forgetIdle(peer: PeerId, source: Source): void {
    const { wanted, isBusy, urgentPulls, retry } = source
    if (wanted.size > 0 || isBusy || urgentPulls > 0 || retry !== undefined) return
    if (this.#sources.get(peer) === source) this.#sources.delete(peer)
  }

  #choose({ wanted }: Source): number[] {
    const free: number[] = []
    for (const [shard, hash] of wanted) {
      if (this.#events.isSettled(shard, hash)) {
        wanted.delete(shard)
        this.#caughtUp([shard])
      } else if (!this.#pulling.has(shard)) free.push(shard)
    }
    if (free.length <= minShards) return free
    const sources = this.#events.sources()
    return sources <= 1 ? free : free.slice(0, Math.max(minShards, Math.ceil(free.length / (2 * sources))))
  }

  async #run(peer: PeerId, source: Source, shards: readonly number[], pull: Promise<void>): Promise<void> {
    const told = new Map<number, Uint8Array | undefined>()
    for (const shard of shards) {
      told.set(shard, source.wanted.get(shard))
      source.wanted.delete(shard)
      this.#pulling.set(shard, peer)
    }
    source.isBusy = true
    const release = () => {
      for (const shard of shards) if (this.#pulling.get(shard) === peer) this.#pulling.delete(shard)
    }
    const turn = this.#clock.after(maxTurnMs, () => {
      release()
      this.#next()
    })
    const startMs = this.#clock.elapsed()
    try {
      await pull
      source.failures = 0
      this.#caughtUp(shards)
      if (this.#clock.elapsed() - startMs > longPullMs && this.#isLinked(peer, source)) this.#events.tookLong(peer)
    } catch (error) {
      this.#logger.debug('a pull broke off', { peer, err: error })
      if (this.#isLinked(peer, source)) this.#retryLater(source, told)
    }
    turn.cancel()
    release()
    source.isBusy = false
    this.#forgetIdle(peer, source)
    this.#forgetUnwanted(shards)
    this.#next()
  }

  #fellBehind(shard: number): void {
    if (!this.#behindSinceMs.has(shard)) this.#behindSinceMs.set(shard, this.#clock.elapsed())
  }

  #caughtUp(shards: readonly number[]): void {
    for (const shard of shards) {
      const sinceMs = this.#behindSinceMs.get(shard)
      if (sinceMs !== undefined) this.#events.caughtUp(this.#clock.elapsed() - sinceMs)
      this.#behindSinceMs.delete(shard)
    }
  }

  /** Whoever had it is gone, or it came by itself: how long that took nobody can say. */
  #forgetUnwanted(shards: Iterable<number>): void {
    for (const shard of shards) if (!this.#isWanted(shard)) this.#behindSinceMs.delete(shard)
  }

  #isWanted(shard: number): boolean {
    if (this.#pulling.has(shard)) return true
    for (const { wanted } of this.#sources.values()) if (wanted.has(shard)) return true
    return false
  }

  #isLinked(peer: PeerId, source: Source): boolean {
    return !this.#stopped && this.#sources.get(peer) === source
  }

  #retryLater(source: Source, told: ReadonlyMap<number, Uint8Array | undefined>): void {
    for (const [shard, hash] of told) if (!source.wanted.has(shard)) source.wanted.set(shard, hash)
    const delayMs = Math.min(maxRetryMs, minRetryMs * 2 ** source.failures++)
    source.retry ??= this.#clock.after(delayMs, () => {
      source.retry = undefined
      this.#next()
    })
  }
}
