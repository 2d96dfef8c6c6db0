/** What membership sends to one peer: probes and their answers, each with news that rides along and the time by this node's clock. */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'
import type { MemberGossip } from './member-gossip.ts'
import type { MemberRecord } from './member-record.ts'

export interface ProbeMailDeps {
  readonly clock: Clock
  send(peer: PeerId, control: shoal.peer.IControl): boolean
  isLinked(peer: PeerId): boolean
  record(id: PeerId): MemberRecord | undefined
  readonly gossip: () => Pick<MemberGossip, 'rideAlong'>
}

export class ProbeMail {
  readonly #deps: ProbeMailDeps

  constructor(deps: ProbeMailDeps) {
    this.#deps = deps
  }

  /** `first` goes before all other news. Answers whether it left. */
  ping(peer: PeerId, number: number, first: readonly MemberRecord[] = []): boolean {
    if (!this.#deps.isLinked(peer)) return false
    return this.#deps.send(peer, { ping: { number, news: this.#newsFor(peer, first), wallMs: this.#wallMs() } })
  }

  ack(peer: PeerId, number: number, first: readonly MemberRecord[] = []): void {
    this.#deps.send(peer, { ack: { number, news: this.#newsFor(peer, first), wallMs: this.#wallMs() } })
  }

  nack(peer: PeerId, number: number): void {
    this.#deps.send(peer, { nack: { number } })
  }

  requestPing(helper: PeerId, number: number, target: PeerId): boolean {
    return this.#deps.send(helper, { pingRequest: { number, target, news: this.#newsFor(helper, []) } })
  }

  #wallMs(): number {
    return Math.max(0, Math.floor(this.#deps.clock.now()))
  }

  /** Whoever is accused hears of it with whatever we send it (Lifeguard's buddy system). */
  #newsFor(peer: PeerId, first: readonly MemberRecord[]): shoal.peer.IMember[] {
    const record = this.#deps.record(peer)
    const isAccused = record !== undefined && record.status !== 'alive' && !first.includes(record)
    return this.#deps.gossip().rideAlong(peer, isAccused ? [record, ...first] : first)
  }
}
