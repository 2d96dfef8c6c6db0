/**
 * Speed 1, sending: durable local updates wait a moment for company, then leave as one publication.
 *
 * Deltas to one actor are joined while they wait; a push carries the whole effect of each seq it names. Past its memory limit
 * the outbox forgets updates instead of growing: they are on disk, and catch-up serves them. So it does with what cannot be sent,
 * and whoever waits for others to store that is not told that they did.
 */
import { type CausalContext, type Delta, encodeBatch, joinDeltas, maxBatchUpdates, type Origin } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { maxRecordBytes } from '../ports/network.ts'
import type { LocalUpdate } from './shard-store.ts'
import type { StoredTracker } from './stored-tracker.ts'
import { encodePush } from './wire.ts'

export interface OutboxOptions {
  /** Longest time an update waits for company before it is sent, in milliseconds. @default 3 */
  flushIntervalMs?: number
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
  readonly key: string
  shard: number
  actor: string
  seqs: CausalContext
  delta: Delta
  bytes: number
  tracked: ((push: number) => void)[]
}

/** A push is sent again inside a record of another kind, whose frame needs some bytes. */
const maxPushRecordBytes = maxRecordBytes - 1024

/** It brings no update of this node's own: it repeats what a replica has, to be sure that others have it. */
function isRepeat({ seqs }: { readonly seqs: CausalContext }): boolean {
  return seqs.isEmpty()
}

export class Outbox {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #origin: Origin
  readonly #tracker: StoredTracker
  readonly #publish: (bytes: Uint8Array) => void
  readonly #options: Required<OutboxOptions>
  readonly #pushes
  readonly #pushBytes
  readonly #forgotten
  #waiting = new Map<string, WaitingDelta>()
  #waitingBytes = 0
  #timer: Timer | undefined
  #lastFlushMs = Number.NEGATIVE_INFINITY
  /** Moment at which the bytes published so far are within the rate. */
  #paidUntilMs = 0
  #number = 0
  #stopped = false

  constructor(
    parts: {
      clock: Clock
      logger: Logger
      metrics: Metrics
      origin: Origin
      tracker: StoredTracker
      publish(bytes: Uint8Array): void
    },
    options: OutboxOptions = {}
  ) {
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#origin = parts.origin
    this.#tracker = parts.tracker
    this.#publish = parts.publish
    this.#options = {
      flushIntervalMs: options.flushIntervalMs ?? 3,
      maxPushBytes: options.maxPushBytes ?? 48 * 1024,
      maxPushDeltas: Math.min(options.maxPushDeltas ?? 256, maxBatchUpdates),
      maxBytesPerSecond: options.maxBytesPerSecond ?? 32 * 1024 * 1024,
      maxWaitingBytes: options.maxWaitingBytes ?? 8 * 1024 * 1024
    }
    this.#pushes = parts.metrics.counter('shoal_push_sent_total', 'Pushes published')
    this.#pushBytes = parts.metrics.counter('shoal_push_sent_bytes_total', 'Bytes of pushes published')
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

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    this.#timer = undefined
    this.#waiting.clear()
  }

  #add(update: LocalUpdate): void {
    if (this.#waitingBytes + update.deltaBytes > this.#options.maxWaitingBytes && update.tracked === undefined) {
      this.#forgotten.add()
      return
    }
    const key = `${isRepeat(update) ? 'repeat' : 'update'} ${update.actor}`
    const waiting = this.#waiting.get(key)
    this.#waitingBytes += update.deltaBytes
    if (waiting === undefined) {
      this.#waiting.set(key, {
        key,
        shard: update.shard,
        actor: update.actor,
        seqs: update.seqs,
        delta: update.delta,
        bytes: update.deltaBytes,
        tracked: update.tracked === undefined ? [] : [update.tracked]
      })
      return
    }
    waiting.delta = joinDeltas(waiting.delta, update.delta)
    waiting.seqs = waiting.seqs.union(update.seqs)
    waiting.bytes += update.deltaBytes
    if (update.tracked !== undefined) waiting.tracked.push(update.tracked)
  }

  /** At once when the last push is long ago, else after the interval; later still while the rate is exceeded. */
  #schedule(): void {
    if (this.#timer !== undefined) return
    const nowMs = this.#clock.elapsed()
    const delayMs = Math.max(this.#lastFlushMs + this.#options.flushIntervalMs - nowMs, this.#paidUntilMs - nowMs, 0)
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

  #flush(): void {
    this.#lastFlushMs = this.#clock.elapsed()
    while (this.#waiting.size > 0 && this.#paidUntilMs <= this.#lastFlushMs) this.#sendOne()
    if (this.#waiting.size > 0) this.#schedule()
  }

  #sendOne(): void {
    const deltas: WaitingDelta[] = []
    let bytes = 0
    for (const waiting of this.#waiting.values()) {
      if (deltas.length > 0 && bytes + waiting.bytes > this.#options.maxPushBytes) break
      deltas.push(waiting)
      bytes += waiting.bytes
      this.#waiting.delete(waiting.key)
      if (deltas.length >= this.#options.maxPushDeltas) break
    }
    this.#waitingBytes -= bytes
    if (this.#waiting.size === 0) this.#waitingBytes = 0
    this.#send(deltas)
  }

  /** Total: it runs in a timer, and what is wrong with one update must stop neither the others nor the node. */
  #send(deltas: readonly WaitingDelta[]): void {
    const number = ++this.#number
    const tracked = deltas.flatMap(delta => delta.tracked)
    let push: Uint8Array
    try {
      push = encodePush({ number, wantsStored: tracked.length > 0, batch: this.#encode(deltas) })
    } catch (error) {
      if (deltas.length > 1) for (const delta of deltas) this.#send([delta])
      else this.#forget(deltas, 'an update that cannot be encoded is left to catch-up', error)
      return
    }
    if (push.length > maxPushRecordBytes) {
      this.#forgotten.add(deltas.length)
      return
    }
    const announce = () => {
      for (const tell of tracked) tell(number)
    }
    const nowMs = this.#clock.elapsed()
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - 50) + (push.length / this.#options.maxBytesPerSecond) * 1000
    try {
      if (tracked.length > 0) this.#tracker.sent(number, push, announce)
      this.#publish(push)
    } catch (error) {
      this.#forget(deltas, 'a push that could not be published is left to catch-up', error)
      return
    }
    this.#pushes.add()
    this.#pushBytes.add(push.length)
  }

  #forget(deltas: readonly WaitingDelta[], message: string, error: unknown): void {
    this.#forgotten.add(deltas.length)
    this.#logger.error(message, { err: error, actor: deltas[0]?.actor, updates: deltas.length })
  }

  #encode(deltas: readonly WaitingDelta[]): Uint8Array {
    const updates = deltas.map(({ shard, actor, seqs, delta }) => ({ shard, name: actor, seqs, delta }))
    return encodeBatch({ origin: this.#origin, updates })
  }
}
