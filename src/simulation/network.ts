/**
 * The `Network` of one simulated process. Links are made by a handshake of two messages over the fabric, with the refusals that
 * the port promises; publications go to every linked peer, each copy with a fate of its own.
 */
import { ShoalError } from '../ports/errors.ts'
import {
  type Admission,
  type Channel,
  maxRecordBytes,
  type Network,
  type NetworkEvents,
  type PeerId
} from '../ports/network.ts'
import { dialFailed, refusalOf, stopped } from './admission.ts'
import type { SimulatedClock } from './clock.ts'
import type { SimulatedFabric, Site } from './fabric.ts'
import { LinkEnd } from './link.ts'
import { LinkTable } from './link-table.ts'
import type { SimulatedProcess } from './process.ts'
import { publishOver } from './publication.ts'
import { isSimulatedSignature, simulatedSignature } from './signature.ts'

/** What a dialled node answers: the dialler's end of their link, or why there is none. */
type Answer = { end: LinkEnd } | { error: ShoalError; isRefusal: boolean }

export class SimulatedNetwork implements Network {
  readonly self: PeerId
  readonly process: SimulatedProcess
  readonly admission: Admission
  /** Its links. */
  readonly table: LinkTable
  readonly #clock: SimulatedClock | undefined
  readonly #fabric: SimulatedFabric
  readonly #site: Site
  readonly #dials = new Set<(error: ShoalError) => void>()
  #refused: ReadonlySet<PeerId> = new Set()
  readonly #held = new Set<Channel>()
  #events: NetworkEvents | undefined
  #isStopped = false

  constructor(
    fabric: SimulatedFabric,
    process: SimulatedProcess,
    self: PeerId,
    admission: Admission,
    clock?: SimulatedClock,
    place: string = self
  ) {
    this.self = self
    this.process = process
    this.admission = admission
    this.#clock = clock
    this.#fabric = fabric
    this.#site = fabric.site(place, self)
    this.table = new LinkTable(fabric, process, (what, peer) => this.#tell(what, peer))
    process.onKill(isPowerLoss => this.#died(isPowerLoss))
  }

  async start(events: NetworkEvents): Promise<void> {
    if (this.#events !== undefined || this.#isStopped) throw new TypeError('a network starts once')
    if (this.#site.occupant !== undefined) throw new TypeError(`another process is running as ${this.self}`)
    this.#site.occupant = this
    await new Promise<void>(resolve => this.process.schedule(1000, resolve))
    this.#events = events
    if (this.#fabric.options.hasDiscovery) this.#announce()
  }

  async stop(): Promise<void> {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#leaveSite()
    this.table.endAll()
    for (const fail of [...this.#dials]) fail(stopped())
    await new Promise<void>(resolve => this.process.schedule(1000, resolve))
  }

  addresses(): readonly string[] {
    return this.#events === undefined ? [] : [`/sim/${this.#site.number}/p2p/${this.self}`]
  }

  async dial(addresses: readonly string[]): Promise<PeerId> {
    this.#checkUp()
    const linked = addresses
      .map(address => this.#fabric.siteAt(address)?.id)
      .find(id => id !== undefined && this.table.isUp(id))
    if (linked !== undefined) return linked
    let failure: ShoalError | undefined
    for (const address of addresses) {
      const outcome = await this.#dialOne(address)
      if (typeof outcome === 'string') return outcome
      this.#checkUp()
      if (failure === undefined || failure.code === 'SHOAL_DIAL_FAILED') failure = outcome
    }
    throw failure ?? dialFailed('no address to dial')
  }

  sign(bytes: Uint8Array): Uint8Array {
    return simulatedSignature(this.self, bytes)
  }

  isSignedBy(peer: PeerId, bytes: Uint8Array, signature: Uint8Array): boolean {
    return isSimulatedSignature(peer, bytes, signature)
  }

  unlink(peer: PeerId): void {
    const end = this.table.get(peer)
    if (end?.state === 'up') this.table.end(end, 'tell')
  }

  links(): readonly PeerId[] {
    return this.table.peers()
  }

  send(peer: PeerId, channel: Channel, record: Uint8Array): boolean {
    checkLength(record)
    const end = this.table.get(peer)
    return end?.state === 'up' && !this.process.isDead && end.send(channel, record)
  }

  queuedBytes(peer: PeerId, channel: Channel): number {
    return this.table.get(peer)?.queuedBytes(channel) ?? 0
  }

  hold(channel: Channel, isHeld: boolean): void {
    if (isHeld) this.#held.add(channel)
    else if (this.#held.delete(channel)) this.table.release()
  }

  holds(channel: Channel): boolean {
    return this.#held.has(channel)
  }

  publish(bytes: Uint8Array): number {
    checkLength(bytes)
    if (this.process.isDead) return 0
    const ends = this.table.up()
    const copy = bytes.slice()
    for (const end of ends) {
      const { owner } = end.peer
      publishOver(this.#fabric, end, copy, () => owner.#hear(this.self, copy))
    }
    return ends.length
  }

  refuse(peers: ReadonlySet<PeerId>): void {
    this.#refused = new Set(peers)
    for (const peer of this.#refused) {
      const end = this.table.get(peer)
      if (end !== undefined) this.table.end(end, 'tell')
    }
  }

  /** For the link: a record for this node. */
  receive(peer: PeerId, channel: Channel, bytes: Uint8Array): void {
    this.#note(`record ${channel}`, peer, bytes)
    this.#events?.record(peer, channel, bytes)
  }

  // ---- handshake ---------------------------------------------------------------------------------------------------------------

  #dialOne(address: string): Promise<PeerId | ShoalError> {
    const target = this.#fabric.siteAt(address)
    if (target === undefined) return Promise.resolve(dialFailed(`"${address}" is not an address of this network`))
    const { site, id } = target
    if (id === this.self) return Promise.resolve(dialFailed('this is our own address'))
    if (this.#refused.has(id)) {
      const refusal = new ShoalError('SHOAL_PEER_REFUSED', `this node refuses links with ${id}`, { retryable: true })
      this.process.schedule(0, () => this.#tell('refused', id, refusal.message))
      return Promise.resolve(refusal)
    }
    return new Promise(resolve => {
      const finish = (outcome: PeerId | ShoalError) => {
        timeout.cancel()
        this.#dials.delete(finish)
        resolve(outcome)
      }
      this.#dials.add(finish)
      const { dialTimeoutMs } = this.#fabric.options
      const timeout = this.process.schedule(dialTimeoutMs * 1000, () => finish(dialFailed(`no answer from ${address}`)))
      if (site === undefined) this.process.schedule(1000, () => finish(dialFailed(`nobody answers at ${address}`)))
      else this.#knock(site, id, answer => this.#answered(id, answer, this.#dials.has(finish), finish))
    })
  }

  /** Asks the site for a link. `answered` runs at this node, unless the question, the answer or one of the two is lost. */
  #knock(site: Site, wanted: PeerId, answered: (answer: Answer) => void): void {
    const back = this.#fabric.path(site, this.#site)
    const reply = (answer: Answer, lost?: () => void) =>
      this.#fabric.post(back, () => this.process.schedule(0, () => answered(answer)), lost)
    this.#fabric.post(this.#fabric.path(this.#site, site), () => {
      const host = site.occupant
      if (host === undefined) reply({ error: dialFailed(`nobody answers as ${site.id}`), isRefusal: false })
      else host.process.schedule(0, () => host.#answer(this, wanted, reply))
    })
  }

  #answer(caller: SimulatedNetwork, wanted: PeerId, reply: (answer: Answer, lost?: () => void) => number): void {
    const answer = this.#accept(caller, wanted)
    if (answer === undefined) return
    if ('error' in answer) {
      reply(answer)
      return
    }
    const mine = answer.end.peer
    const arrivesUs = reply(answer, () => this.process.schedule(0, () => this.table.end(mine, 'tell')))
    if (answer.end.state === 'opening') mine.arrivesAfter(arrivesUs)
  }

  #accept(caller: SimulatedNetwork, wanted: PeerId): Answer | undefined {
    if (this.#events === undefined || this.#isStopped || caller.process.isDead || caller.#isStopped) return undefined
    if (wanted !== this.self) return { error: dialFailed(`${this.self} answers, not ${wanted}`), isRefusal: false }
    const refusal =
      refusalOf(this.admission, caller.admission, this.#refused.has(caller.self)) ?? this.#clockRefusal(caller)
    if (refusal !== undefined) {
      this.#tell('refused', caller.self, refusal.message)
      return { error: refusal, isRefusal: true }
    }
    const known = this.table.get(caller.self)
    if (known !== undefined && known.peer.owner === caller && known.peer.state !== 'closed') {
      this.table.open(known)
      return { end: known.peer }
    }
    // The caller no longer has what this node takes for their link, or the other way round.
    if (known !== undefined) this.table.end(known, 'hush')
    const stale = caller.table.get(this.self)
    if (stale !== undefined) caller.table.end(stale, 'hush')
    return { end: this.#makeLink(caller) }
  }

  /** Either of the two may find that the other's clock is off. */
  #clockRefusal(caller: SimulatedNetwork): ShoalError | undefined {
    if (this.#clock === undefined || caller.#clock === undefined) return undefined
    const aheadMs = caller.#clock.now() - this.#clock.now()
    const isWelcome =
      this.#events?.admitsClock?.(caller.self, aheadMs) !== false &&
      caller.#events?.admitsClock?.(this.self, -aheadMs) !== false
    if (isWelcome) return undefined
    this.#fabric.sightings.see('network: a clock was refused')
    return new ShoalError('SHOAL_CLOCK_OFFSET', `the clocks of these two nodes are ${Math.abs(aheadMs)} ms apart`, {
      retryable: true
    })
  }

  #makeLink(caller: SimulatedNetwork): LinkEnd {
    const mine = new LinkEnd(this.#fabric, this, this.#fabric.path(this.#site, caller.#site), 'opening')
    const theirs = new LinkEnd(this.#fabric, caller, this.#fabric.path(caller.#site, this.#site), 'opening')
    LinkEnd.join(mine, theirs)
    this.table.add(mine)
    caller.table.add(theirs)
    this.table.open(mine)
    return theirs
  }

  #answered(peer: PeerId, answer: Answer, isAwaited: boolean, finish: (outcome: PeerId | ShoalError) => void): void {
    if ('error' in answer) {
      if (answer.isRefusal) this.#tell('refused', peer, answer.error.message)
      finish(answer.error)
      return
    }
    const { end } = answer
    if (isAwaited) this.table.open(end)
    else if (end.state === 'opening') this.table.end(end, 'tell') // too late: the dial has failed already
    finish(end.state === 'up' ? peer : dialFailed(`the link with ${peer} ended as it was made`))
  }

  #hear(from: PeerId, bytes: Uint8Array): void {
    this.#note('publication', from, bytes)
    this.#events?.published(bytes.slice(), from)
  }

  // ---- life --------------------------------------------------------------------------------------------------------------------

  #announce(): void {
    for (const site of this.#fabric.sites()) {
      const other = site.occupant
      if (other === undefined || other === this) continue
      this.#fabric.post(this.#fabric.path(this.#site, site), () => other.#discover(this.addresses()))
      this.#fabric.post(this.#fabric.path(site, this.#site), () => this.#discover(other.addresses()))
    }
  }

  #discover(addresses: readonly string[]): void {
    if (addresses.length === 0) return
    this.process.schedule(0, () => {
      if (!this.#isStopped) this.#events?.discovered(addresses)
    })
  }

  #died(isPowerLoss: boolean): void {
    this.#leaveSite()
    this.table.died(isPowerLoss)
  }

  #leaveSite(): void {
    if (this.#site.occupant === this) this.#site.occupant = undefined
  }

  #checkUp(): void {
    if (this.#events === undefined || this.#isStopped) throw stopped()
  }

  #tell(what: 'linked' | 'unlinked', peer: PeerId): void
  #tell(what: 'refused', peer: PeerId, reason: string): void
  #tell(what: 'linked' | 'unlinked' | 'refused', peer: PeerId, reason = ''): void {
    if (this.#isStopped) return
    this.#note(what, peer)
    if (what === 'linked') this.#events?.linked(peer)
    else if (what === 'unlinked') this.#events?.unlinked(peer)
    else {
      this.#fabric.sightings.see('network: a link was refused')
      this.#events?.refused(peer, reason)
    }
  }

  #note(what: string, peer: PeerId, bytes?: Uint8Array): void {
    const { trace, nowUs } = this.#fabric.time
    trace.note(
      what,
      nowUs,
      bytes,
      () => `${peer} > ${this.self}${bytes === undefined ? '' : `, ${bytes.length} bytes`}`
    )
  }
}

function checkLength(bytes: Uint8Array): void {
  if (bytes.length <= maxRecordBytes) return
  throw new ShoalError('SHOAL_LIMIT', `a record of ${bytes.length} bytes; at most ${maxRecordBytes} may be sent`)
}
