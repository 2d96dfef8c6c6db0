/**
 * Shows the actors of this node to the watches of others: to each the newest state, when the one before was taken and the link has
 * room. What waits for either is no state at all: it is read then.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { actorName, contextFrom, malformed, safe } from '../../cluster/wire.ts'
import type { CausalContext } from '../../crdt/index.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import { failureOf } from '../calls/call-messages.ts'
import type { Shown, Turn, Watcher } from './watch.ts'

export interface WatchServerOptions {
  /** Watches of one peer that run here at once; one more is refused. @default 1024 */
  maxWatchesPerPeer?: number
  /** What the watches of one peer have seen before, as they told it, all together, in bytes; more is refused. @default 8388608 */
  maxSeenBytesPerPeer?: number
  /** Bytes queued for one peer among its calls up to which a state is added to them. @default 1048576 */
  maxQueuedBytes?: number
}

/** As another node asks for it. */
export interface OpenedWatch {
  readonly actor: string
  readonly shown: CausalContext
  /** Of a kind that is of mode `lease` there. */
  readonly isLeased: boolean
}

/** Until a link without room is looked at again. */
const lookAgainAfterMs = 20
/** States that are read for one peer at once, those that found no room after all included. */
const maxReads = 16

/** The watches of one peer. */
interface Peer {
  readonly served: Map<number, Served>
  seenBytes: number
  /** Those that have something to send, in order: full queues have turned it away. */
  readonly sending: Set<Served>
  /** Those that may have something new to read, in order. */
  readonly waiting: Map<Served, () => Promise<void>>
  reading: number
  timer: Timer | undefined
}

export class WatchServer {
  readonly #cluster: Pick<Cluster, 'sendCalls' | 'queuedCallBytes'>
  readonly #clock: Clock
  readonly #open: (watch: OpenedWatch, turn: Turn) => Watcher
  readonly #options: Required<WatchServerOptions>
  readonly #peers = new Map<PeerId, Peer>()
  readonly #gauge
  #count = 0
  #stopped = false

  constructor(
    parts: {
      cluster: Pick<Cluster, 'sendCalls' | 'queuedCallBytes'>
      clock: Clock
      metrics: Metrics
      /** Watches an actor that this node has. Throws what a caller would be told. */
      open(watch: OpenedWatch, turn: Turn): Watcher
    },
    options: WatchServerOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#clock = parts.clock
    this.#open = (watch, turn) => parts.open(watch, turn)
    this.#gauge = parts.metrics.gauge('shoal_watches_served', 'Watches of other nodes that run on this one')
    this.#options = {
      maxWatchesPerPeer: options.maxWatchesPerPeer ?? 1024,
      maxSeenBytesPerPeer: options.maxSeenBytesPerPeer ?? 8 * 1024 * 1024,
      maxQueuedBytes: options.maxQueuedBytes ?? 1024 * 1024
    }
  }

  /** Throws `SHOAL_MALFORMED`. */
  begin(id: PeerId, message: shoal.peer.IWatch): void {
    const number = safe(message.number)
    const actor = actorName(message.actor)
    const shown = contextFrom(message.shown)
    const isLeased = message.leased ?? false
    if (this.#stopped) return
    const peer = this.#peers.get(id) ?? newPeer()
    if (peer.served.has(number)) throw malformed('watch: its number is in use')
    try {
      const seenBytes = message.shown?.length ?? 0
      const { maxWatchesPerPeer, maxSeenBytesPerPeer } = this.#options
      if (peer.served.size >= maxWatchesPerPeer || peer.seenBytes + seenBytes > maxSeenBytesPerPeer)
        throw new ShoalError('SHOAL_OVERLOADED', 'too many watches run here for this node', { retryable: true })
      const turn: Turn = read => this.#inTurn(id, served, read)
      const served: Served = new Served(number, seenBytes, this.#open({ actor, shown, isLeased }, turn), () =>
        this.#hasNews(id, served)
      )
      this.#peers.set(id, peer)
      peer.served.set(number, served)
      peer.seenBytes += seenBytes
      this.#gauge.set(++this.#count)
      // Without a state: it is here, and will come. What is sent in one turn arrives at once, when the last of it does.
      this.#cluster.sendCalls(id, { watchState: { number } })
      this.#clock.soon(() => served.ask(0))
    } catch (error) {
      // Where this gets lost, the other node gives up in a moment.
      this.#cluster.sendCalls(id, { watchEnd: { number, failure: failureOf(error, false) } })
    }
  }

  /** The next state is wanted, or the reader is gone. */
  taken(id: PeerId, message: shoal.peer.IWatchTaken): void {
    const served = this.#peers.get(id)?.served.get(safe(message.number))
    if (served === undefined) return
    if (message.isOver === true) this.#end(id, served)
    else served.ask(safe(message.again))
  }

  unlinked(id: PeerId): void {
    for (const served of [...(this.#peers.get(id)?.served.values() ?? [])]) this.#end(id, served)
  }

  stop(): void {
    this.#stopped = true
    for (const id of [...this.#peers.keys()]) this.unlinked(id)
  }

  #end(id: PeerId, served: Served): void {
    const peer = this.#peers.get(id)
    if (peer === undefined || !peer.served.delete(served.number)) return
    served.end()
    peer.seenBytes -= served.seenBytes
    peer.sending.delete(served)
    peer.waiting.delete(served)
    this.#gauge.set(--this.#count)
    if (peer.served.size > 0) return
    peer.timer?.cancel()
    this.#peers.delete(id)
  }

  #hasNews(id: PeerId, served: Served): void {
    const peer = this.#peers.get(id)
    if (peer?.served.get(served.number) !== served) return
    peer.sending.add(served)
    this.#send(id, peer)
  }

  #inTurn(id: PeerId, served: Served, read: () => Promise<void>): void {
    const peer = this.#peers.get(id)
    if (peer === undefined) return
    peer.waiting.set(served, read)
    this.#send(id, peer)
  }

  #send(id: PeerId, peer: Peer): void {
    if (this.#peers.get(id) !== peer) return
    peer.timer?.cancel()
    if (!this.#sendAll(id, peer) || !this.#readAll(id, peer))
      peer.timer = this.#clock.after(lookAgainAfterMs, () => this.#send(id, peer))
  }

  /** Answers `false` where the link has no room. */
  #sendAll(id: PeerId, peer: Peer): boolean {
    for (const served of peer.sending) {
      if (!this.#hasRoom(id) || !this.#tell(id, served)) return false
      peer.sending.delete(served)
      if (served.isOver) this.#end(id, served)
    }
    return true
  }

  #readAll(id: PeerId, peer: Peer): boolean {
    for (const [served, read] of peer.waiting) {
      if (!this.#hasRoom(id)) return false
      if (peer.reading >= maxReads) return true
      peer.waiting.delete(served)
      peer.reading++
      void read().finally(() => {
        peer.reading--
        this.#send(id, peer)
      })
    }
    return true
  }

  #hasRoom(id: PeerId): boolean {
    return this.#cluster.queuedCallBytes(id) <= this.#options.maxQueuedBytes
  }

  #tell(id: PeerId, served: Served): boolean {
    const { number, news } = served
    if (news === undefined) return true
    if ('error' in news)
      return this.#cluster.sendCalls(id, { watchEnd: { number, failure: failureOf(news.error, false) } })
    if (news.shown === undefined) return this.#cluster.sendCalls(id, { watchEnd: { number } })
    const { text, seen, round } = news.shown
    const message = { number, state: new TextEncoder().encode(text), seen: seen.encode(), again: round }
    try {
      const isSent = this.#cluster.sendCalls(id, { watchState: message })
      if (isSent) served.forget()
      return isSent
    } catch (error) {
      // It is larger than a record may be.
      served.fail(error)
      return this.#tell(id, served)
    }
  }
}

function newPeer(): Peer {
  return { served: new Map(), seenBytes: 0, sending: new Set(), waiting: new Map(), reading: 0, timer: undefined }
}

/** `shown` is `undefined` where this node shows it no more. */
type News = { readonly shown: Shown | undefined } | { readonly error: unknown }

class Served {
  readonly number: number
  readonly seenBytes: number
  readonly #watcher: Watcher
  readonly #hasNews: () => void
  #news: News | undefined
  #isAsking = false

  constructor(number: number, seenBytes: number, watcher: Watcher, hasNews: () => void) {
    this.number = number
    this.seenBytes = seenBytes
    this.#watcher = watcher
    this.#hasNews = hasNews
  }

  /** For the next state, a new one or one of this round; once for all who ask before it comes. */
  ask(round: number): void {
    this.#watcher.refresh(round)
    if (this.#isAsking) return
    this.#isAsking = true
    this.#watcher.next().then(
      shown => this.#is({ shown }),
      error => this.#is({ error })
    )
  }

  #is(news: News): void {
    this.#news = news
    this.#isAsking = false
    this.#hasNews()
  }

  /** What is to be sent. */
  get news(): News | undefined {
    return this.#news
  }

  forget(): void {
    this.#news = undefined
  }

  fail(error: unknown): void {
    this.#news = { error }
  }

  get isOver(): boolean {
    return this.#news !== undefined && !('shown' in this.#news && this.#news.shown !== undefined)
  }

  end(): void {
    this.#watcher.return()
  }
}
