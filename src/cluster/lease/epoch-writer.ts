/**
 * The one writer of an epoch of a lease shard: numbers its entries, sends them to the replicas of the epoch's set, and acknowledges what
 * a majority, or all, have accepted without a gap.
 *
 * Entries go out in batches, one after the other without waiting. Who lacks more than the tail that is kept here fetches. Once a replica
 * tells of a later promise it is fenced, for good: nobody knows what becomes of what was not acknowledged.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import { EntryTail, type TailRoom } from './entry-tail.ts'
import type { NamedEntry } from './lease-layout.ts'
import type { LeaseBody } from './lease-messages.ts'
import { isRecordName } from './record-name.ts'
import type { Replica } from './replica.ts'

export interface EpochWriterParts {
  readonly clock: Clock
  readonly self: PeerId
  readonly epoch: number
  /** This node is one of them. */
  readonly set: readonly PeerId[]
  readonly replica: Replica
  /** Entries that it begins with: those rewritten from before. */
  readonly last: number
  readonly tails: TailRoom
  send(peer: PeerId, body: LeaseBody): boolean
}

/** How many replicas must have an entry on their disks. */
export type LeaseAcknowledgement = 'majority' | 'all'

interface Follower {
  /** -1: nothing of this epoch. */
  accepted: number
  sent: number
  /** As it was a tick ago. */
  acceptedBefore: number
}

interface Waiting {
  readonly n: number
  readonly done: PromiseWithResolvers<void>
}

const resendIntervalMs = 250
/** While those that lack something cannot be reached at all. */
const maxResendIntervalMs = 10_000
/** Entries that wait for their acknowledgement. */
const maxWaiting = 4096
const maxReaders = 4096
/** Of one actor's state. */
export const maxStateBytes = 1024 * 1024

export class EpochWriter {
  readonly epoch: number
  readonly #parts: EpochWriterParts
  readonly #followers = new Map<PeerId, Follower>()
  readonly #waiting: Record<LeaseAcknowledgement, Waiting[]> = { majority: [], all: [] }
  readonly #tail: EntryTail
  #last: number
  #isFlushing = false
  #readers = 0
  #timer: Timer | undefined
  #pauseMs = resendIntervalMs
  #fence: ShoalError | undefined
  readonly #fenced = Promise.withResolvers<ShoalError>()

  constructor(parts: EpochWriterParts) {
    this.#parts = parts
    this.epoch = parts.epoch
    this.#last = parts.last
    this.#tail = new EntryTail(parts.tails)
    for (const peer of parts.set) this.#followers.set(peer, { accepted: -1, sent: -1, acceptedBefore: -1 })
    this.#tick()
  }

  get last(): number {
    return this.#last
  }

  asks(peer: PeerId): boolean {
    return this.#followers.has(peer)
  }

  get isFenced(): boolean {
    return this.#fence !== undefined
  }

  /** Why, once it is. */
  get fenced(): Promise<ShoalError> {
    return this.#fenced.promise
  }

  /** Resolves when so many replicas have it on disk. Throws `SHOAL_INDETERMINATE` where it was fenced before that. */
  append(actor: string, state: Uint8Array, acknowledge: LeaseAcknowledgement): Promise<void> {
    if (this.#fence !== undefined) throw this.#fence
    // Who waits for all may wait for one that is gone: that keeps nobody from a majority.
    const waiting = this.#waiting[acknowledge].length - (acknowledge === 'majority' ? this.#readers : 0)
    if (waiting >= maxWaiting)
      throw new ShoalError('SHOAL_OVERLOADED', `${maxWaiting} entries wait for replicas`, { retryable: true })
    // What a replica could not read would keep it from all that follows.
    if (!isRecordName(actor)) throw new TypeError(`${JSON.stringify(actor)} names no record`)
    if (state.length > maxStateBytes)
      throw new ShoalError('SHOAL_LIMIT', `a state of ${state.length} bytes; at most ${maxStateBytes} may be kept`)
    const entry: NamedEntry = { actor, state, epoch: this.epoch, n: this.#last + 1 }
    this.#parts.replica.append(entry)
    this.#last++
    this.#tail.add(entry)
    this.#flushSoon()
    return this.reached(this.#last, acknowledge)
  }

  /** So many replicas have all entries up to this one. Throws `SHOAL_UNAVAILABLE` where it was fenced before that, and `SHOAL_OVERLOADED`. */
  async acknowledged(n: number, acknowledge: LeaseAcknowledgement): Promise<void> {
    if (this.#readers >= maxReaders)
      throw new ShoalError('SHOAL_OVERLOADED', `${maxReaders} reads wait for replicas`, { retryable: true })
    this.#readers++
    try {
      await this.reached(n, acknowledge)
    } catch (error) {
      throw new ShoalError('SHOAL_UNAVAILABLE', 'ownership ended before what was read was acknowledged', {
        cause: error,
        retryable: true
      })
    } finally {
      this.#readers--
    }
  }

  /** So many replicas have all entries up to this one. */
  reached(n: number, acknowledge: LeaseAcknowledgement = 'majority'): Promise<void> {
    if (this.#fence !== undefined) return Promise.reject(this.#fence)
    if (this.#acceptedBy(acknowledge) >= n) return Promise.resolve()
    const done = Promise.withResolvers<void>()
    this.#waiting[acknowledge].push({ n, done })
    return done.promise
  }

  /** Of a replica of the set, this node's own included. Answers whether it is news. */
  accepted(peer: PeerId, n: number): boolean {
    const follower = this.#followers.get(peer)
    if (follower === undefined || n > this.#last || n <= follower.accepted) return false
    const isNew = follower.accepted < 0
    follower.accepted = n
    follower.sent = Math.max(follower.sent, n)
    if (isNew) this.#flushSoon()
    this.#tail.dropTo(this.#acceptedBy('all'))
    for (const acknowledge of ['majority', 'all'] as const) {
      const reached = this.#acceptedBy(acknowledge)
      const waiting = this.#waiting[acknowledge]
      // Those of one kind wait in the order of their numbers, but for who asks anew for what was there.
      let done = 0
      for (const wait of waiting) {
        if (wait.n > reached) break
        wait.done.resolve()
        done++
      }
      if (done > 0) waiting.splice(0, done)
    }
    return true
  }

  linked(peer: PeerId): void {
    const follower = this.#followers.get(peer)
    if (follower === undefined) return
    follower.sent = follower.accepted
    this.#probe(peer, follower)
    this.#lookSoon()
  }

  /** For good. Whoever waits is told that nobody knows. */
  stop(why: ShoalError): void {
    if (this.#fence !== undefined) return
    this.#fence = why
    this.#timer?.cancel()
    this.#tail.clear()
    const unknown = new ShoalError('SHOAL_INDETERMINATE', 'ownership ended before this was acknowledged', {
      cause: why
    })
    for (const waiting of Object.values(this.#waiting))
      for (const { done } of waiting.splice(0)) {
        done.promise.catch(() => {})
        done.reject(unknown)
      }
    this.#fenced.resolve(why)
  }

  #acceptedBy(acknowledge: LeaseAcknowledgement): number {
    const all = [...this.#followers.values()].map(({ accepted }) => accepted).sort((a, b) => b - a)
    return all[acknowledge === 'all' ? all.length - 1 : Math.floor(all.length / 2)] ?? -1
  }

  #flushSoon(): void {
    if (this.#isFlushing) return
    this.#isFlushing = true
    this.#parts.clock.soon(() => {
      this.#isFlushing = false
      if (this.#fence !== undefined) return
      for (const [peer, follower] of this.#followers) this.#flush(peer, follower)
      this.#lookSoon()
    })
  }

  /** `false`: it cannot be reached. */
  #flush(peer: PeerId, follower: Follower): boolean {
    if (peer === this.#parts.self || follower.accepted < 0) return true
    if (follower.sent < this.#first - 1) return true
    while (follower.sent < this.#last) {
      const entries = this.#tail.batch(follower.sent + 1)
      if (!this.#parts.send(peer, { kind: 'entries', after: follower.sent, entries, fetch: false })) return false
      follower.sent += entries.length
    }
    return true
  }

  get #first(): number {
    return this.#tail.first ?? this.#last + 1
  }

  /** Where does it stand? And where it lacks more than is kept here, it must fetch. `false`: it cannot be reached. */
  #probe(peer: PeerId, follower: Follower): boolean {
    if (peer === this.#parts.self) return true
    const fetch = follower.accepted >= 0 && follower.accepted < this.#first - 1
    if (fetch || follower.accepted < 0 || follower.accepted === this.#last)
      return this.#parts.send(peer, { kind: 'entries', after: this.#last, entries: [], fetch })
    return this.#flush(peer, follower)
  }

  /** What was lost with a link or with a restart is sent again. */
  #tick(): void {
    let isInReach = false
    for (const [peer, follower] of this.#followers) {
      if (follower.accepted < this.#last) {
        const stands = follower.accepted === follower.acceptedBefore
        if (stands) follower.sent = follower.accepted
        if (!stands || this.#probe(peer, follower)) isInReach = true
      }
      follower.acceptedBefore = follower.accepted
    }
    this.#pauseMs = isInReach ? resendIntervalMs : Math.min(maxResendIntervalMs, this.#pauseMs * 2)
    this.#lookAgain()
  }

  /** Somebody who can be reached may lack something now. */
  #lookSoon(): void {
    if (this.#pauseMs > resendIntervalMs) {
      this.#pauseMs = resendIntervalMs
      this.#timer?.cancel()
      this.#timer = undefined
    }
    this.#lookAgain()
  }

  /** For as long as somebody lacks something. */
  #lookAgain(): void {
    if (this.#timer !== undefined || this.#fence !== undefined || this.#acceptedBy('all') >= this.#last) return
    this.#timer = this.#parts.clock.after(this.#pauseMs, () => {
      this.#timer = undefined
      this.#tick()
    })
  }
}
