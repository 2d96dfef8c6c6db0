/**
 * Speed 1, sending: durable local updates wait a moment for company, then leave as one push to all who are to have them.
 *
 * After a silence the first leaves at once. Under load the wait grows with what came together in the last one, so that pushes are
 * few and full; it does not for an update whose writer waits for others. Deltas to one actor are joined while they wait; a push
 * carries the whole effect of each seq it names. Past its memory limit
 * the outbox forgets updates instead of growing: they are on disk, and catch-up serves them. So it does with what cannot be sent,
 * and whoever waits for others to store that is not told that they did.
 */
import {
  CausalContext,
  type Delta,
  emptyState,
  encodeBatch,
  joinDeltas,
  maxBatchUpdates,
  type Origin
} from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { maxRecordBytes } from '../ports/network.ts'
import type { Audience } from './dissemination.ts'
import type { LocalUpdate } from './shard-store.ts'
import type { StoredTracker } from './stored-tracker.ts'
import type { Push, SeenActor } from './wire.ts'

export interface OutboxOptions {
  /** Time from one flush to the next while little is written, in milliseconds. @default 3 */
  flushIntervalMs?: number
  /** Longest time an update waits for company while much is written, in milliseconds. @default 20 */
  maxFlushIntervalMs?: number
  /** Size at which a push is full, in bytes of encoded deltas. @default 49152 */
  maxPushBytes?: number
  /** Deltas at which a push is full, at most 1024. @default 256 */
  maxPushDeltas?: number
  /** Rate of publishing past which updates wait, in bytes per second: publications know no backpressure. @default 33554432 */
  maxBytesPerSecond?: number
  /** Bytes of updates that wait; past it those that nobody waits for are left to catch-up. @default 8388608 */
  maxWaitingBytes?: number
}

interface WaitingDelta {
  readonly shard: number
  readonly actor: string
  seqs: CausalContext
  /** Between this and the newest of `seqs` there are no other updates to the actor. */
  after: number
  delta: Delta
  bytes: number
  tracked: ((push: number) => void)[]
}

/** What waits for the same nodes. */
interface Group {
  readonly audience: Audience
  readonly waiting: Map<string, WaitingDelta>
}

/** A push is sent again inside a record of another kind, whose frame needs some bytes. */
const maxPushRecordBytes = maxRecordBytes - 1024

/** What this node has seen of an actor, for which it vouches: whoever has seen as much confirms. It brings no update. */
export interface Vouched extends SeenActor {
  readonly tracked: (push: number) => void
}

export class Outbox {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #origin: Origin
  readonly #tracker: StoredTracker
  readonly #audience: (shard: number) => Audience
  readonly #prepare: (push: Push, audience: Audience) => { readonly bytes: Uint8Array; send(): void }
  readonly #options: Required<OutboxOptions>
  readonly #pushes
  readonly #pushBytes
  readonly #forgotten
  readonly #groups = new Map<string, Group>()
  #waitingBytes = 0
  /** Updates since the last flush, those whose writers wait for others counted apart. */
  #added = 0
  #trackedSinceFlush = 0
  #intervalMs: number
  #timer: Timer | undefined
  #lastFlushMs = Number.NEGATIVE_INFINITY
  /** When the timer goes off. */
  #dueMs = 0
  /** Moment at which the bytes published so far are within the rate. */
  #paidUntilMs = Number.NEGATIVE_INFINITY
  #number = 0
  #stopped = false

  constructor(
    parts: {
      clock: Clock
      logger: Logger
      metrics: Metrics
      origin: Origin
      tracker: StoredTracker
      /** Who is to have the updates of a shard. */
      audience(shard: number): Audience
      prepare(push: Push, audience: Audience): { readonly bytes: Uint8Array; send(): void }
    },
    options: OutboxOptions = {}
  ) {
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#origin = parts.origin
    this.#tracker = parts.tracker
    this.#audience = parts.audience
    this.#prepare = parts.prepare
    this.#options = {
      flushIntervalMs: options.flushIntervalMs ?? 3,
      maxFlushIntervalMs: Math.max(options.maxFlushIntervalMs ?? 20, options.flushIntervalMs ?? 3),
      maxPushBytes: options.maxPushBytes ?? 48 * 1024,
      maxPushDeltas: Math.min(options.maxPushDeltas ?? 256, maxBatchUpdates),
      maxBytesPerSecond: options.maxBytesPerSecond ?? 32 * 1024 * 1024,
      maxWaitingBytes: options.maxWaitingBytes ?? 8 * 1024 * 1024
    }
    this.#intervalMs = this.#options.flushIntervalMs
    this.#pushes = parts.metrics.counter('shoal_push_sent_total', 'Pushes made')
    this.#pushBytes = parts.metrics.counter('shoal_push_sent_bytes_total', 'Bytes of pushes made, each counted once')
    this.#forgotten = parts.metrics.counter(
      'shoal_push_forgotten_total',
      'Updates left to catch-up because the outbox was full or they could not be sent'
    )
  }

  add(updates: readonly LocalUpdate[]): void {
    if (this.#stopped) return
    for (const update of updates) this.#add(update)
    if (updates.length > 0) this.#schedule()
  }

  /** Leaves behind what was added before. */
  vouch({ shard, actor, seen, tracked }: Vouched): void {
    const delta = { state: emptyState, context: seen }
    this.add([{ shard, actor, seqs: CausalContext.empty, after: 0, delta, deltaBytes: seen.encode().length, tracked }])
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#groups.clear()
    this.#waitingBytes = 0
  }

  /** Bytes of updates that have not left. */
  get waitingBytes(): number {
    return this.#waitingBytes
  }

  #add(update: LocalUpdate): void {
    if (this.#waitingBytes + update.deltaBytes > this.#options.maxWaitingBytes && update.tracked === undefined) {
      this.#forgotten.add()
      return
    }
    this.#added++
    if (update.tracked !== undefined) this.#trackedSinceFlush++
    this.#waitingBytes += update.deltaBytes
    const { waiting } = this.#groupOf(this.#audience(update.shard))
    const key = `${update.seqs.isEmpty() ? 'vouched' : 'update'} ${update.actor}`
    const known = waiting.get(key)
    if (known === undefined) {
      waiting.set(key, {
        shard: update.shard,
        actor: update.actor,
        seqs: update.seqs,
        after: update.after,
        delta: update.delta,
        bytes: update.deltaBytes,
        tracked: update.tracked === undefined ? [] : [update.tracked]
      })
      return
    }
    known.delta = joinDeltas(known.delta, update.delta)
    // One between them may have been forgotten.
    if (update.after !== known.seqs.next(this.#origin) - 1) known.after = update.after
    known.seqs = known.seqs.union(update.seqs)
    known.bytes += update.deltaBytes
    if (update.tracked !== undefined) known.tracked.push(update.tracked)
  }

  #groupOf(audience: Audience): Group {
    const key = audience === 'everyone' ? audience : audience.join()
    const known = this.#groups.get(key)
    if (known !== undefined) return known
    const group: Group = { audience, waiting: new Map() }
    this.#groups.set(key, group)
    return group
  }

  /** At once after a silence or when a push is full, else after the interval; later still while the rate is exceeded. */
  #schedule(): void {
    const nowMs = this.#clock.elapsed()
    const delayMs = Math.max(this.#flushDelayMs(nowMs), this.#paidUntilMs - nowMs, 0)
    if (this.#timer !== undefined) {
      if (nowMs + delayMs >= this.#dueMs) return
      this.#timer.cancel()
    }
    this.#dueMs = nowMs + delayMs
    const flush = () => {
      this.#timer = undefined
      this.#flush()
    }
    if (delayMs > 0) this.#timer = this.#clock.after(delayMs, flush)
    else {
      this.#timer = { cancel: () => {} }
      this.#clock.soon(flush)
    }
  }

  #flushDelayMs(nowMs: number): number {
    const { flushIntervalMs, maxPushBytes, maxPushDeltas } = this.#options
    if (this.#waitingBytes >= maxPushBytes || this.#added >= maxPushDeltas) return 0
    const intervalMs = this.#trackedSinceFlush > 0 ? flushIntervalMs : this.#intervalMs
    return this.#lastFlushMs + intervalMs - nowMs
  }

  #flush(): void {
    this.#lastFlushMs = this.#clock.elapsed()
    this.#adapt()
    for (const [key, group] of this.#groups) {
      while (group.waiting.size > 0 && this.#paidUntilMs <= this.#lastFlushMs) this.#sendOne(group)
      // Behind the others the next time.
      this.#groups.delete(key)
      if (group.waiting.size > 0) this.#groups.set(key, group)
      if (this.#paidUntilMs > this.#lastFlushMs) break
    }
    if (this.#groups.size > 0) this.#schedule()
    else this.#waitingBytes = 0
  }

  /**
   * The square root of what came together, times the shortest wait: at a steady rate r per millisecond it settles at r times that
   * wait squared, and falls back by itself when less is written.
   */
  #adapt(): void {
    const { flushIntervalMs, maxFlushIntervalMs } = this.#options
    this.#intervalMs = Math.min(flushIntervalMs * Math.sqrt(Math.max(1, this.#added)), maxFlushIntervalMs)
    this.#added = 0
    this.#trackedSinceFlush = 0
  }

  #sendOne({ audience, waiting }: Group): void {
    const deltas: WaitingDelta[] = []
    let bytes = 0
    for (const [key, delta] of waiting) {
      if (deltas.length > 0 && bytes + delta.bytes > this.#options.maxPushBytes) break
      deltas.push(delta)
      bytes += delta.bytes
      waiting.delete(key)
      if (deltas.length >= this.#options.maxPushDeltas) break
    }
    this.#waitingBytes -= bytes
    this.#send(deltas, audience)
  }

  /** Total: it runs in a timer, and what is wrong with one update must stop neither the others nor the node. */
  #send(deltas: readonly WaitingDelta[], audience: Audience): void {
    const number = ++this.#number
    const tracked = deltas.flatMap(delta => delta.tracked)
    let push: { readonly bytes: Uint8Array; send(): void }
    const wantsStored = tracked.length > 0 || this.#tracker.sample(number)
    try {
      push = this.#prepare({ number, wantsStored, batch: this.#encode(deltas) }, audience)
    } catch (error) {
      if (deltas.length > 1) for (const delta of deltas) this.#send([delta], audience)
      else this.#forget(deltas, 'an update that cannot be encoded is left to catch-up', error)
      return
    }
    const { bytes } = push
    if (bytes.length > maxPushRecordBytes) {
      this.#forgotten.add(deltas.length)
      return
    }
    const announce = () => {
      for (const tell of tracked) tell(number)
    }
    const nowMs = this.#clock.elapsed()
    this.#paidUntilMs =
      Math.max(this.#paidUntilMs, nowMs - 50) + (bytes.length / this.#options.maxBytesPerSecond) * 1000
    try {
      if (tracked.length > 0) this.#tracker.sent(number, bytes, announce)
      push.send()
    } catch (error) {
      this.#forget(deltas, 'a push that could not be published is left to catch-up', error)
      return
    }
    this.#pushes.add()
    this.#pushBytes.add(bytes.length)
  }

  #forget(deltas: readonly WaitingDelta[], message: string, error: unknown): void {
    this.#forgotten.add(deltas.length)
    this.#logger.error(message, { err: error, actor: deltas[0]?.actor, updates: deltas.length })
  }

  #encode(deltas: readonly WaitingDelta[]): Uint8Array {
    const updates = deltas.map(({ shard, actor, seqs, after, delta }) => ({ shard, name: actor, seqs, after, delta }))
    return encodeBatch({ origin: this.#origin, updates })
  }
}
