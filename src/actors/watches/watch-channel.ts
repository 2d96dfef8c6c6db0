/**
 * Watches that run at other nodes. Each state comes when the one before was taken, so no watch keeps more than one here, and none
 * on its way. Each watch ends: with its reader, when the other node shows it no more, or with the link.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { RequestNumbers } from '../../cluster/request-numbers.ts'
import { contextFrom, safe } from '../../cluster/wire.ts'
import type { CausalContext } from '../../crdt/index.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { PeerId } from '../../ports/network.ts'
import { argumentFrom, resultOf } from '../calls/call-messages.ts'
import type { WatchSource } from './followed-watch.ts'
import { markOf, type Shown } from './watch.ts'

/** Whoever has not said by then that it has the actor shows nothing. */
const begunWithinMs = 2000
/** The same of its first state, which may be large, and the link slow, and of one that was asked for since. */
const firstWithinMs = 10_000
/** Until what found no room in a link's queue is sent again. */
const sendAgainAfterMs = 50

export class WatchChannel {
  readonly #cluster: Pick<Cluster, 'sendCalls' | 'incarnation'>
  readonly #clock: Clock
  readonly #numbers: RequestNumbers
  readonly #watches = new Map<number, RemoteWatch>()

  constructor({ cluster, clock }: { cluster: Pick<Cluster, 'sendCalls' | 'incarnation'>; clock: Clock }) {
    this.#cluster = cluster
    this.#clock = clock
    this.#numbers = new RequestNumbers(cluster.incarnation)
  }

  open(peer: PeerId, actor: string, shown: CausalContext, leased = false): WatchSource {
    const number = this.#numbers.next()
    const watch: RemoteWatch = new RemoteWatch({
      peer,
      clock: this.#clock,
      tell: (isOver, again) => this.#cluster.sendCalls(peer, { watchTaken: { number, isOver, again } }),
      ended: () => this.#watches.delete(number)
    })
    this.#watches.set(number, watch)
    if (!this.#cluster.sendCalls(peer, { watch: { number, actor, shown: shown.encode(), leased } })) watch.lost()
    return watch
  }

  /** Throws `SHOAL_MALFORMED`. */
  receiveState(peer: PeerId, message: shoal.peer.IWatchState): void {
    const number = safe(message.number)
    const watch = this.#watches.get(number)
    if (watch?.peer === peer) {
      if ((message.state?.length ?? 0) === 0) watch.begun()
      else watch.take(message)
    } else this.#cluster.sendCalls(peer, { watchTaken: { number, isOver: true } })
  }

  receiveEnd(peer: PeerId, message: shoal.peer.IWatchEnd): void {
    const watch = this.#watches.get(safe(message.number))
    if (watch?.peer === peer) watch.end(message.failure)
  }

  unlinked(peer: PeerId): void {
    for (const watch of [...this.#watches.values()]) if (watch.peer === peer) watch.lost()
  }

  stop(): void {
    for (const watch of [...this.#watches.values()]) watch.lost()
  }
}

interface RemoteWatchParts {
  readonly peer: PeerId
  readonly clock: Clock
  /** That the next state is wanted, of this round or later, or that nobody wants more; answers whether it was sent. */
  tell(isOver: boolean, again: number): boolean
  /** No more is heard of it. */
  ended(): void
}

class RemoteWatch implements WatchSource {
  readonly peer: PeerId
  readonly #parts: RemoteWatchParts
  #ready: Shown | undefined
  #wanted: PromiseWithResolvers<Shown | undefined> | undefined
  #error: { readonly error: unknown } | undefined
  #isDone = false
  /** The reader is gone, and the other node does not know it yet. */
  #isLeft = false
  #isBegun = false
  /** Of the last state that was asked for. */
  #again = 0
  #patience: Timer
  #sending: Timer | undefined

  constructor(parts: RemoteWatchParts) {
    this.#parts = parts
    this.peer = parts.peer
    this.#patience = parts.clock.after(begunWithinMs, () => this.return())
  }

  /** The other node has the actor, and will show it. */
  begun(): void {
    if (this.#isBegun || this.#isDone) return
    this.#isBegun = true
    this.#waitFor()
  }

  refresh(round: number): void {
    this.#again = round
    if (this.#isDone) return
    if (this.#isBegun) this.#waitFor()
    this.#tell(false)
  }

  #waitFor(): void {
    this.#patience.cancel()
    this.#patience = this.#parts.clock.after(firstWithinMs, () => this.return())
  }

  next(): Promise<Shown | undefined> {
    const ready = this.#ready
    if (ready !== undefined) {
      this.#ready = undefined
      this.#tell(false)
      return Promise.resolve(ready)
    }
    if (this.#error !== undefined) return Promise.reject(this.#error.error)
    if (this.#isDone) return Promise.resolve(undefined)
    this.#wanted = Promise.withResolvers()
    return this.#wanted.promise
  }

  take(message: shoal.peer.IWatchState): void {
    if (this.#isDone) return
    this.#isBegun = true
    const round = Math.min(safe(message.again), this.#again)
    if (round === this.#again) this.#patience.cancel()
    const text = new TextDecoder('utf-8').decode(message.state ?? new Uint8Array(0))
    const shown = {
      value: argumentFrom(message.state),
      seen: contextFrom(message.seen),
      text,
      mark: markOf(text),
      round
    }
    const wanted = this.#wanted
    this.#wanted = undefined
    if (wanted === undefined) this.#ready = shown
    else {
      this.#tell(false)
      wanted.resolve(shown)
    }
  }

  /** The other node shows no more of it. */
  end(failure: shoal.peer.IFailure | null | undefined): void {
    if (failure != null && !this.#isDone) this.#error = { error: errorOf(failure) }
    this.lost()
  }

  /** Nothing more can come, and nobody needs to be told. */
  lost(): void {
    this.#finish()
    this.#isLeft = false
    this.#patience.cancel()
    this.#sending?.cancel()
    this.#parts.ended()
  }

  return(): void {
    if (this.#isDone) return
    this.#finish()
    this.#isLeft = true
    this.#tell(true)
  }

  #finish(): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#patience.cancel()
    const wanted = this.#wanted
    this.#wanted = undefined
    if (this.#error !== undefined) wanted?.reject(this.#error.error)
    else wanted?.resolve(undefined)
  }

  /** The other node waits for this word, so it is said until it has left, or the link is gone. */
  #tell(isOver: boolean): void {
    if (this.#isDone !== isOver || (isOver && !this.#isLeft)) return
    this.#sending?.cancel()
    if (!this.#parts.tell(isOver, this.#again))
      this.#sending = this.#parts.clock.after(sendAgainAfterMs, () => this.#tell(isOver))
    else if (isOver) this.lost()
  }
}

function errorOf(failure: shoal.peer.IFailure): unknown {
  try {
    resultOf({ failure })
  } catch (error) {
    return error
  }
  return undefined
}
