/** The links of a node, by peer and by connection, and those who wait for one to come up. */
import type { Connection } from '@libp2p/interface'
import type { Clock, Timer } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Link } from './link.ts'

interface Waiter {
  readonly timer: Timer
  readonly firstLinkOnly: boolean
  settle(error?: Error): void
}

export class LinkTable {
  readonly #clock: Clock
  readonly #byPeer = new Map<PeerId, Link>()
  /** The transport's connection and libp2p's share this one object. */
  readonly #byTimeline = new WeakMap<object, Link>()
  readonly #waiters = new Map<PeerId, Set<Waiter>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(link: Link, timeline: object): void {
    this.#byPeer.set(link.peer, link)
    this.#byTimeline.set(timeline, link)
  }

  /** Not down, though perhaps not up yet. */
  get(peer: PeerId): Link | undefined {
    return this.#byPeer.get(peer)
  }

  of(connection: Connection): Link | undefined {
    const link = this.#byTimeline.get(connection.timeline)
    return link === undefined || link.isDown ? undefined : link
  }

  all(): Link[] {
    return [...this.#byPeer.values()]
  }

  remove(link: Link): void {
    if (this.#byPeer.get(link.peer) === link) this.#byPeer.delete(link.peer)
    this.#settle(link.peer, waiter => waiter.firstLinkOnly, ended(link.peer))
  }

  /** The link is up. */
  settle(link: Link): void {
    this.#settle(link.peer, () => true)
  }

  /** All links are somebody else's now. */
  clear(): void {
    this.#byPeer.clear()
    for (const peer of [...this.#waiters.keys()]) this.#settle(peer, () => true, ended(peer))
  }

  /** Rejects after the time, or, when `firstLinkOnly`, as soon as there is no link that could come up. */
  untilUp(peer: PeerId, withinMs: number, firstLinkOnly: boolean): Promise<void> {
    const link = this.#byPeer.get(peer)
    if (link?.isUp === true) return Promise.resolve()
    if (firstLinkOnly && link === undefined) return Promise.reject(ended(peer))
    return new Promise((resolve, reject) => {
      const waiting = this.#waiters.get(peer) ?? new Set()
      this.#waiters.set(peer, waiting)
      const waiter: Waiter = {
        firstLinkOnly,
        timer: this.#clock.after(withinMs, () => {
          waiting.delete(waiter)
          if (waiting.size === 0 && this.#waiters.get(peer) === waiting) this.#waiters.delete(peer)
          waiter.settle(ended(peer))
        }),
        settle: error => (error === undefined ? resolve() : reject(error))
      }
      waiting.add(waiter)
    })
  }

  #settle(peer: PeerId, isMeant: (waiter: Waiter) => boolean, error?: Error): void {
    const waiting = this.#waiters.get(peer)
    for (const waiter of waiting ?? []) {
      if (!isMeant(waiter)) continue
      waiting?.delete(waiter)
      waiter.timer.cancel()
      waiter.settle(error)
    }
    if (waiting?.size === 0) this.#waiters.delete(peer)
  }
}

function ended(peer: PeerId): ShoalError {
  return new ShoalError('SHOAL_DIAL_FAILED', `the connection to ${peer} did not become a link`, { retryable: true })
}
