/**
 * Which pushes are on whose disks: how a write waits for more than its own.
 *
 * A push that somebody waits for is kept until the wait ends, and sent again over the link of each member that has not said
 * `stored`, because a publication may be lost. The quorum is asked for anew at every change of the view.
 */
import type { Origin } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { ShoalError } from '../ports/errors.ts'
import { type Metrics, noMetrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { Quorum } from './quorum.ts'

export interface StoredTrackerOptions {
  /** Time until a push is sent again to members that have not stored it, in milliseconds; doubles up to a second. @default 250 */
  resendAfterMs?: number
  /** Bytes of updates and pushes kept for waiting writes; past it a new write with a quorum is `SHOAL_OVERLOADED`. @default 33554432 */
  maxTrackedBytes?: number
}

interface Wait {
  readonly quorum: Quorum
  readonly resolve: () => void
}

interface TrackedPush {
  readonly bytes: Uint8Array
  readonly stored: Set<PeerId>
  readonly waits: Set<Wait>
  readonly sentMs: number
  timer: Timer | undefined
  delayMs: number
}

/** A push whose confirmations are counted, without a wait. */
interface Followed {
  readonly quorum: Quorum
  readonly stored: Set<PeerId>
  readonly over: (isStored: boolean) => void
}

/** Pushes that are followed. */
const maxFollowed = 256
/** Time between two pushes that are to be confirmed though nobody waits for them. */
const sampleIntervalMs = 1000

export class StoredTracker {
  readonly #origin: Origin
  readonly #clock: Clock
  readonly #resend: (peer: PeerId, push: Uint8Array) => void
  readonly #resendAfterMs: number
  readonly #queuedBytes: () => number
  readonly #maxTrackedBytes: number
  readonly #storedSeconds
  readonly #pushes = new Map<number, TrackedPush>()
  readonly #followed = new Map<number, Followed>()
  #trackedBytes = 0
  /** The last push that is to be confirmed only to tell how far behind the others' disks are. */
  #sample: { readonly number: number; readonly sentMs: number; readonly stored: Set<PeerId> } | undefined

  constructor(
    parts: {
      /** Under which this life writes. */
      origin: Origin
      clock: Clock
      metrics?: Metrics
      resend(peer: PeerId, push: Uint8Array): void
      /** Bytes of updates that have not become pushes yet. */
      queuedBytes?(): number
    },
    options: StoredTrackerOptions = {}
  ) {
    this.#origin = parts.origin
    this.#clock = parts.clock
    this.#resend = parts.resend
    this.#queuedBytes = parts.queuedBytes ?? (() => 0)
    this.#storedSeconds = (parts.metrics ?? noMetrics).histogram(
      'shoal_push_stored_seconds',
      'Time from a push until a peer has confirmed that it is on its disk: of those that somebody waits for, and of one a second'
    )
    this.#resendAfterMs = options.resendAfterMs ?? 250
    this.#maxTrackedBytes = options.maxTrackedBytes ?? 32 * 1024 * 1024
  }

  /** Throws `SHOAL_OVERLOADED` while too many writes wait for others. Ask before the write is made. */
  admit(): void {
    if (this.#trackedBytes + this.#queuedBytes() <= this.#maxTrackedBytes) return
    throw new ShoalError('SHOAL_OVERLOADED', 'too many writes wait for other nodes to store them', { retryable: true })
  }

  /**
   * A wait for one update that is about to be pushed. Give `tracked` to the store; `stored` resolves when the quorum has it on
   * disk. End it with `cancel` when nobody waits any more.
   */
  wait(quorum: Quorum): { tracked(push: number): void; stored: Promise<void>; cancel(): void } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const wait: Wait = { quorum, resolve }
    let number: number | undefined
    let cancelled = false
    return {
      stored: promise,
      tracked: push => {
        number = push
        const entry = this.#pushes.get(push)
        if (!cancelled && entry !== undefined) entry.waits.add(wait)
      },
      cancel: () => {
        cancelled = true
        const entry = number === undefined ? undefined : this.#pushes.get(number)
        if (number === undefined || entry === undefined) return
        entry.waits.delete(wait)
        this.#settle(number, entry)
      }
    }
  }

  /**
   * Tells when the quorum has this push on disk, or, once 256 others are followed, that nobody waits for that any more. The push is
   * not sent again for it. To be called when the push is announced.
   */
  follow(push: number, quorum: Quorum, over: (isStored: boolean) => void): void {
    this.#followed.set(push, { quorum, stored: new Set(), over })
    if (this.#followed.size <= maxFollowed) return
    const [oldest] = this.#followed
    if (oldest !== undefined) this.#unfollow(...oldest, false)
  }

  /** A push is about to leave: `announce` calls the `tracked` of the updates in it. */
  sent(number: number, bytes: Uint8Array, announce: () => void): void {
    const entry: TrackedPush = {
      bytes,
      stored: new Set(),
      waits: new Set(),
      sentMs: this.#clock.elapsed(),
      timer: undefined,
      delayMs: this.#resendAfterMs
    }
    this.#pushes.set(number, entry)
    this.#trackedBytes += bytes.length
    announce()
    this.#settle(number, entry)
    if (entry.waits.size > 0) this.#arm(number, entry)
  }

  /** Whether the push that is about to leave is to be confirmed, though nobody waits for it. */
  sample(number: number): boolean {
    const nowMs = this.#clock.elapsed()
    if (this.#sample !== undefined && nowMs < this.#sample.sentMs + sampleIntervalMs) return false
    this.#sample = { number, sentMs: nowMs, stored: new Set() }
    return true
  }

  /** A peer has on its disk these pushes of a life of this node: those of an earlier life have the same numbers. */
  stored(peer: PeerId, origin: Origin, numbers: readonly number[]): void {
    if (origin !== this.#origin) return
    for (const number of numbers) {
      this.#confirmed(peer, number)
      const entry = this.#pushes.get(number)
      const observed = entry ?? (this.#sample?.number === number ? this.#sample : undefined)
      if (observed === undefined) continue
      if (!observed.stored.has(peer)) this.#storedSeconds.observe((this.#clock.elapsed() - observed.sentMs) / 1000)
      observed.stored.add(peer)
      if (entry !== undefined) this.#settle(number, entry)
    }
  }

  #confirmed(peer: PeerId, number: number): void {
    const followed = this.#followed.get(number)
    if (followed === undefined) return
    followed.stored.add(peer)
    if (followed.quorum(followed.stored).enough) this.#unfollow(number, followed, true)
  }

  #unfollow(number: number, { over }: Followed, isStored: boolean): void {
    this.#followed.delete(number)
    over(isStored)
  }

  /** The view changed: who counts, and how many are enough, may have changed with it. */
  reconsider(): void {
    for (const [number, entry] of [...this.#pushes]) this.#settle(number, entry)
  }

  stop(): void {
    for (const entry of this.#pushes.values()) entry.timer?.cancel()
    this.#pushes.clear()
    this.#followed.clear()
    this.#trackedBytes = 0
  }

  #settle(number: number, entry: TrackedPush): void {
    for (const wait of entry.waits) {
      if (!wait.quorum(entry.stored).enough) continue
      entry.waits.delete(wait)
      wait.resolve()
    }
    if (entry.waits.size > 0 || this.#pushes.get(number) !== entry) return
    entry.timer?.cancel()
    this.#pushes.delete(number)
    this.#trackedBytes -= entry.bytes.length
  }

  #arm(number: number, entry: TrackedPush): void {
    entry.timer = this.#clock.after(entry.delayMs, () => {
      if (this.#pushes.get(number) !== entry) return
      const missing = new Set<PeerId>()
      for (const wait of entry.waits) for (const peer of wait.quorum(entry.stored).missing) missing.add(peer)
      for (const peer of missing) this.#resend(peer, entry.bytes)
      entry.delayMs = Math.min(entry.delayMs * 2, 1000)
      this.#arm(number, entry)
    })
  }
}
