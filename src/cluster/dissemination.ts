/**
 * How a push travels: over the link of each node that is to have it, or as a publication that the nodes pass on.
 *
 * Over links it costs less and arrives sooner, and whoever cannot keep up is known; but it takes a link with everybody, and the
 * sender's work grows with their number. A publication reaches nodes without a link, may be lost on its way, and is then asked for
 * again by its number. Which is the better was measured: docs/adr/0019-pushes-go-over-links.md.
 */
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { encodePush, type Push } from './wire.ts'

/** Who is to have a push: all nodes, or these (this node may be among them). */
export type Audience = 'everyone' | readonly PeerId[]

export interface DisseminationOptions {
  /**
   * How updates that all nodes store travel: over links (`direct`), as publications (`gossip`), or over links while there is one
   * with every present member and there are at most `maxDirectNodes` (`auto`). @default 'auto'
   */
  dissemination?: 'auto' | 'direct' | 'gossip'
  /** Most nodes, this one included, that `auto` reaches over links. @default 16 */
  maxDirectNodes?: number
  /** Bytes of pushes that wait for one peer; past it further ones are left to catch-up. @default 4194304 */
  maxPeerQueueBytes?: number
  /** Bytes of recent publications that are kept for whom they did not reach. @default 2097152 */
  maxKeptPublicationBytes?: number
}

export interface DisseminationEvents {
  publish(bytes: Uint8Array): void
  sendPush(peer: PeerId, bytes: Uint8Array): boolean
  /** Bytes of pushes that wait for this peer. */
  queuedPushBytes(peer: PeerId): number
  links(): readonly PeerId[]
  /** Members that are present, this node included. */
  present(): readonly PeerId[]
}

/** Most publications that one request may name. */
export const maxWantedPublications = 64

export class Dissemination {
  readonly #self: PeerId
  readonly #events: DisseminationEvents
  readonly #options: Required<DisseminationOptions>
  readonly #copies
  readonly #leftBehind
  readonly #repeats
  /** Publications of late, by their number: the oldest first. */
  readonly #kept = new Map<number, Uint8Array>()
  #keptBytes = 0
  #publication = 0

  constructor(
    parts: { self: PeerId; metrics: Metrics; events: DisseminationEvents },
    options: DisseminationOptions = {}
  ) {
    this.#self = parts.self
    this.#events = parts.events
    this.#options = {
      dissemination: options.dissemination ?? 'auto',
      maxDirectNodes: options.maxDirectNodes ?? 16,
      maxPeerQueueBytes: options.maxPeerQueueBytes ?? 4 * 1024 * 1024,
      maxKeptPublicationBytes: options.maxKeptPublicationBytes ?? 2 * 1024 * 1024
    }
    this.#copies = parts.metrics.counter(
      'shoal_push_copies_total',
      'Pushes sent over a link, counted once for each peer'
    )
    this.#leftBehind = parts.metrics.counter(
      'shoal_push_left_behind_total',
      'Pushes not sent to a peer because too much waited for it: catch-up brings them'
    )
    this.#repeats = parts.metrics.counter('shoal_push_repeated_total', 'Publications sent again to a peer that asked')
  }

  /** The push as it will travel. `send` lets it go. */
  prepare(push: Push, audience: Audience): { readonly bytes: Uint8Array; send(): void } {
    if (audience === 'everyone' && !this.#goesOverLinks()) {
      const publication = ++this.#publication
      const bytes = encodePush({ ...push, publication })
      return { bytes, send: () => this.#publish(publication, bytes) }
    }
    const bytes = encodePush(push)
    return { bytes, send: () => this.#sendToAll(bytes, audience) }
  }

  /** `false`: there is no link, or too much waits for the peer. */
  sendTo(peer: PeerId, bytes: Uint8Array): boolean {
    const isSent =
      this.#events.queuedPushBytes(peer) <= this.#options.maxPeerQueueBytes && this.#events.sendPush(peer, bytes)
    if (isSent) this.#copies.add()
    else this.#leftBehind.add()
    return isSent
  }

  /** The peer did not get these publications. Those that are not kept any more, catch-up brings. */
  repeat(peer: PeerId, publications: readonly number[]): void {
    for (const number of publications.slice(0, maxWantedPublications)) {
      const bytes = this.#kept.get(number)
      if (bytes !== undefined && this.sendTo(peer, bytes)) this.#repeats.add()
    }
  }

  #goesOverLinks(): boolean {
    const { dissemination, maxDirectNodes } = this.#options
    if (dissemination !== 'auto') return dissemination === 'direct'
    const present = this.#events.present()
    if (present.length > maxDirectNodes) return false
    const links = this.#events.links()
    return present.every(id => id === this.#self || links.includes(id))
  }

  #sendToAll(bytes: Uint8Array, audience: Audience): void {
    const links = this.#events.links()
    if (audience === 'everyone') for (const peer of links) this.sendTo(peer, bytes)
    else for (const peer of audience) if (links.includes(peer)) this.sendTo(peer, bytes)
  }

  #publish(number: number, bytes: Uint8Array): void {
    this.#kept.set(number, bytes)
    this.#keptBytes += bytes.length
    for (const [oldest, { length }] of this.#kept) {
      if (this.#keptBytes <= this.#options.maxKeptPublicationBytes) break
      this.#kept.delete(oldest)
      this.#keptBytes -= length
    }
    this.#events.publish(bytes)
  }
}
