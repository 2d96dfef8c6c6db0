/**
 * The `Network` port on libp2p: TCP, TLS 1.3, yamux, gossipsub, and mDNS where asked for.
 *
 * Who may pass and which connection of a pair stays is settled in the encrypter (`doorkeeper.ts`), so that everything above sees
 * one admitted connection per peer. Redialling is the cluster's task; this only ends links that have gone silent or deaf.
 */
import type { Connection, PrivateKey } from '@libp2p/interface'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p, type Libp2p, type Libp2pOptions } from 'libp2p'
import { ShoalError } from '../../ports/errors.ts'
import { type Channel, maxRecordBytes, type Network, type NetworkEvents, type PeerId } from '../../ports/network.ts'
import { Dialer } from './dialer.ts'
import { type Admitted, type DialTicket, Doorkeeper, type TicketOptions } from './doorkeeper.ts'
import { EventQueue } from './event-queue.ts'
import { figuresOf } from './figures.ts'
import { Gossip } from './gossip.ts'
import { type Components, libp2pOptions } from './libp2p-options.ts'
import { channels, Link, protocolOf } from './link.ts'
import { LinkTable } from './link-table.ts'
import { LinkWatch } from './link-watch.ts'
import { decodeNodeKey, idOfKey } from './node-key.ts'
import { NodeSignatures } from './node-signatures.ts'
import { type CompleteOptions, completeOptions, type Libp2pNetworkOptions } from './options.ts'
import { RefusalNotices } from './refusal-notices.ts'

export { generateNodeKey } from './node-key.ts'
export type { Libp2pNetworkOptions } from './options.ts'

/** How long a stop lets queued records leave, in milliseconds. */
const gentleStopMs = 250

export class Libp2pNetwork implements Network {
  readonly self: PeerId
  readonly #options: CompleteOptions
  readonly #key: PrivateKey
  readonly #figures
  readonly #signatures: NodeSignatures
  readonly #doorkeeper: Doorkeeper
  readonly #dialer: Dialer
  readonly #gossip: Gossip
  readonly #links: LinkTable
  readonly #watch: LinkWatch
  readonly #notices: RefusalNotices
  readonly #dirty = new Set<Link>()
  readonly #held = new Set<Channel>()
  #refusedPeers: ReadonlySet<PeerId> = new Set()
  #state: 'new' | 'started' | 'stopped' = 'new'
  #events: EventQueue<NetworkEvents> | undefined
  #admitsClock: NetworkEvents['admitsClock']
  #admitsWriter: NetworkEvents['admitsWriter']
  #libp2p: Libp2p | undefined
  #components: Components | undefined
  #stopping: Promise<void> | undefined

  /** Throws a `TypeError` or `SHOAL_BAD_CONFIGURATION` where an option cannot be. */
  constructor(options: Libp2pNetworkOptions) {
    this.#options = completeOptions(options)
    const { admission, clock, handshakeDeadlineMs, dialDeadlineMs, meshHeartbeatMs, metrics } = this.#options
    const { deafLimitMs, silenceLimitMs } = this.#options
    this.#key = decodeNodeKey(options.privateKey)
    this.self = idOfKey(this.#key)
    this.#signatures = new NodeSignatures(this.#key)
    this.#figures = figuresOf(metrics)
    this.#links = new LinkTable(clock)
    this.#notices = new RefusalNotices(clock)
    const common = {
      self: this.self,
      clock,
      isRefused: (peer: PeerId) => this.#state !== 'started' || this.#refusedPeers.has(peer),
      refused: (peer: PeerId, reason: string) => this.#onRefused(peer, reason)
    }
    this.#doorkeeper = new Doorkeeper({
      ...common,
      admission,
      handshakeDeadlineMs,
      admitsClock: (peer, offsetMs) => this.#admitsClock?.(peer, offsetMs) ?? true,
      admitted: admitted => this.#onAdmitted(admitted),
      ended: (peer, id) => {
        const link = this.#links.get(peer)
        if (link?.id === id) link.close('the connection ended')
      }
    })
    this.#dialer = new Dialer({
      ...common,
      dialDeadlineMs,
      hasLink: peer => this.#links.get(peer) !== undefined,
      untilUp: (peer, withinMs, firstLinkOnly) => this.#links.untilUp(peer, withinMs, firstLinkOnly),
      connect: (address, ticket, signal) => this.#connect(address, ticket, signal)
    })
    this.#gossip = new Gossip({
      cluster: admission.facts.cluster,
      meshHeartbeatMs,
      key: this.#key,
      startMs: clock.now(),
      isLinked: connection => this.#links.of(connection) !== undefined,
      isAdmitted: writer => this.#links.get(writer) !== undefined || (this.#admitsWriter?.(writer) ?? true),
      published: (bytes, writer) => {
        this.#figures.publicationsReceived.add()
        this.#events?.post(events => events.published(bytes, writer))
      },
      forged: peer => this.#links.get(peer)?.close('malformed'),
      publishFailed: err => {
        this.#figures.publishFailures.add()
        this.#options.logger.debug('a publication failed', { err })
      }
    })
    this.#watch = new LinkWatch({
      clock,
      deafLimitMs,
      silenceLimitMs,
      figures: this.#figures,
      gossip: this.#gossip,
      links: () => this.#links.all()
    })
  }

  async start(events: NetworkEvents): Promise<void> {
    if (this.#state !== 'new') throw new ShoalError('SHOAL_STOPPED', 'a network starts once')
    const { clock, logger, listen } = this.#options
    this.#events = new EventQueue(events, clock, logger)
    this.#admitsClock = events.admitsClock?.bind(events)
    this.#admitsWriter = events.admitsWriter?.bind(events)
    this.#state = 'started'
    try {
      this.#libp2p = await createLibp2p(this.#libp2pOptions())
      this.#libp2p.addEventListener('connection:open', event => this.#onConnection(event.detail))
      for (const channel of channels) {
        const attach = (stream: Parameters<Link['attach']>[1], connection: Connection): void => {
          const link = this.#links.of(connection)
          if (link?.direction === 'inbound') link.attach(channel, stream)
          else stream.abort(new ShoalError('SHOAL_MALFORMED', 'there is no link for this stream'))
        }
        await this.#libp2p.handle(protocolOf(channel), attach, { maxInboundStreams: 1, maxOutboundStreams: 1 })
      }
      await this.#libp2p.start()
    } catch (cause) {
      await this.stop()
      const why = cause instanceof Error ? cause.message : String(cause)
      throw new ShoalError('SHOAL_BAD_CONFIGURATION', `cannot listen on ${listen.join(', ')}: ${why}`, { cause })
    }
    this.#gossip.start()
    this.#watch.start()
  }

  stop(): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async #stop(): Promise<void> {
    this.#state = 'stopped'
    this.#events?.stop()
    this.#watch.stop()
    this.#dialer.stop()
    const links = this.#links.all()
    this.#links.clear()
    const hurry = new AbortController()
    const deadline = this.#options.clock.after(gentleStopMs, () => hurry.abort())
    await Promise.all(links.map(link => link.closeGently(hurry.signal)))
    deadline.cancel()
    await this.#libp2p?.stop()
  }

  addresses(): readonly string[] {
    if (this.#state !== 'started') return []
    const known = this.#components?.addressManager.getAddressesWithMetadata() ?? []
    const suffix = `/p2p/${this.self}`
    return known
      .map(({ multiaddr }) => multiaddr.toString())
      .map(text => (text.endsWith(suffix) ? text : text + suffix))
  }

  async dial(addresses: readonly string[]): Promise<PeerId> {
    if (this.#state !== 'started') throw new ShoalError('SHOAL_STOPPED', 'the network is not running')
    this.#figures.dials.add()
    const started = this.#options.clock.elapsed()
    try {
      const peer = await this.#dialer.dial(addresses)
      this.#figures.dialSeconds.observe((this.#options.clock.elapsed() - started) / 1_000)
      return peer
    } catch (error) {
      this.#figures.dialFailures.add()
      throw error
    }
  }

  sign(bytes: Uint8Array): Uint8Array {
    return this.#signatures.sign(bytes)
  }

  isSignedBy(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
    return this.#signatures.isSignedBy(peer, bytes, signature)
  }

  unlink(peer: PeerId): void {
    this.#links.get(peer)?.close('this node ended it')
  }

  links(): readonly PeerId[] {
    return this.#links
      .all()
      .filter(link => link.isUp)
      .map(link => link.peer)
  }

  send(peer: PeerId, channel: Channel, record: Uint8Array): boolean {
    checkLength(record, 'record')
    const link = this.#links.get(peer)
    if (link?.isUp !== true) return false
    const isQueued = link.send(channel, record)
    if (isQueued) this.#figures.recordsSent.add()
    else this.#figures.recordsTurnedAway.add()
    return isQueued
  }

  queuedBytes(peer: PeerId, channel: Channel): number {
    return this.#links.get(peer)?.queuedBytes(channel) ?? 0
  }

  hold(channel: Channel, isHeld: boolean): void {
    if (isHeld) this.#held.add(channel)
    else this.#held.delete(channel)
    for (const link of this.#links.all()) link.hold(channel, isHeld)
  }

  publish(bytes: Uint8Array): number {
    checkLength(bytes, 'publication')
    if (this.#state !== 'started') return 0
    this.#figures.publicationsSent.add()
    return this.#gossip.publish(bytes)
  }

  refuse(peers: ReadonlySet<PeerId>): void {
    this.#refusedPeers = new Set(peers)
    for (const peer of peers) this.#links.get(peer)?.close('this node refuses the peer')
  }

  #onRefused(peer: PeerId, reason: string): void {
    if (this.#state !== 'started') return
    this.#figures.refusals.add()
    const level = this.#notices.levelOf(peer, reason)
    if (level === undefined) return
    this.#options.logger[level]('a link was refused', { peer, reason })
    this.#events?.post(events => events.refused(peer, reason))
  }

  #onAdmitted(admitted: Admitted): void {
    const { clock, handshakeDeadlineMs, maxQueuedBytes } = this.#options
    this.#links.get(admitted.peer)?.close('the peer has made a new connection')
    const late = clock.after(handshakeDeadlineMs, () => link.close('its streams did not open in time'))
    const link = new Link(admitted, maxQueuedBytes, this.#held, {
      up: () => {
        late.cancel()
        this.#onUp(link)
      },
      down: (_, wasUp, reason) => {
        late.cancel()
        this.#onDown(link, wasUp, reason)
      },
      received: (_, channel, record) => {
        this.#figures.recordsReceived.add()
        this.#events?.postPromptly(events => events.record(link.peer, channel, record))
      },
      needsFlush: () => this.#flushSoon(link)
    })
    this.#links.add(link, admitted.raw.timeline)
  }

  #onConnection(connection: Connection): void {
    const link = this.#links.of(connection)
    if (link === undefined) {
      connection.abort(new ShoalError('SHOAL_UNAVAILABLE', 'the link is gone'))
      return
    }
    const abort = new AbortController()
    const late = this.#options.clock.after(this.#options.handshakeDeadlineMs, () => abort.abort())
    link.connected(connection, abort.signal).finally(() => late.cancel())
  }

  #onUp(link: Link): void {
    this.#options.logger.info('linked', { peer: link.peer, direction: link.direction })
    this.#events?.post(events => events.linked(link.peer))
    if (link.connection !== undefined) this.#gossip.linked(link.peer, link.connection)
    this.#links.settle(link)
  }

  #onDown(link: Link, wasUp: boolean, reason: string): void {
    this.#links.remove(link)
    this.#dirty.delete(link)
    this.#gossip.unlinked(link.peer)
    if (reason === 'malformed') this.#figures.malformed.add()
    if (!wasUp) return
    this.#options.logger.info('unlinked', { peer: link.peer, reason })
    this.#events?.post(events => events.unlinked(link.peer))
  }

  #flushSoon(link: Link): void {
    if (this.#dirty.size === 0) {
      this.#options.clock.soon(() => {
        const links = [...this.#dirty]
        this.#dirty.clear()
        for (const dirty of links) if (dirty.flush()) this.#figures.writes.add()
      })
    }
    this.#dirty.add(link)
  }

  #libp2pOptions(): Libp2pOptions<Record<string, unknown>> {
    return libp2pOptions({
      options: this.#options,
      key: this.#key,
      doorkeeper: this.#doorkeeper,
      gossip: this.#gossip,
      created: components => {
        this.#components = components
      },
      found: (peer, addresses) => {
        if (peer === this.self || this.#links.get(peer) !== undefined) return
        this.#events?.post(events => events.discovered(addresses))
      }
    })
  }

  #connect(address: Multiaddr, shoalTicket: DialTicket, signal: AbortSignal): Promise<unknown> {
    const components = this.#components
    if (components === undefined) return Promise.reject(new ShoalError('SHOAL_STOPPED', 'the network is not running'))
    // Past libp2p's dial queue, which would join dials by peer and try their addresses one after the other.
    const options: { signal: AbortSignal } & TicketOptions = { signal, shoalTicket }
    return components.transportManager.dial(address, options)
  }
}

function checkLength(bytes: Uint8Array, what: string): void {
  if (bytes.length <= maxRecordBytes) return
  throw new ShoalError('SHOAL_LIMIT', `a ${what} of ${bytes.length} bytes is larger than ${maxRecordBytes}`)
}
