/**
 * Who is in the cluster, as this node knows it.
 *
 * SWIM (Das, Gupta, Motivala, 2002) with Lifeguard's care about one's own health (Dadgar, Phillips, Currey, 2018): probes direct
 * and through others, suspicion that the accused can refute, and news that rides along. A closed link triggers a probe and
 * proves nothing by itself; a node that stood still gives everyone that much more time. It only talks over links that exist: the
 * link supervisor makes them.
 */
import type { PeerId } from '../ports/network.ts'
import { ClockOffsets } from './clock-offsets.ts'
import { Farewell } from './farewell.ts'
import { MemberBook } from './member-book.ts'
import { MemberGossip } from './member-gossip.ts'
import type { MemberRecord } from './member-record.ts'
import type { MemberChange } from './member-view.ts'
import { MemberWatch } from './member-watch.ts'
import type { MembershipDeps } from './membership-deps.ts'
import { type MembershipFigures, membershipFigures } from './membership-figures.ts'
import { completeMembershipOptions, type MembershipOptions } from './membership-options.ts'
import type { Refutation } from './own-record.ts'
import { ProbeMail } from './probe-mail.ts'
import { Pulse } from './pulse.ts'
import { isLargeTable, type TableState } from './table-hash.ts'
import { Twins } from './twins.ts'

export type { MemberChange } from './member-view.ts'
export type { MembershipDeps } from './membership-deps.ts'
export type { Refutation } from './own-record.ts'

/** Number of the pings that carry a farewell; probes count from 1. */
const farewellNumber = 0
/** Longest time between two ticks, in milliseconds: for what has no moment of its own. */
const idleTickMs = 500
/** How often the figure of the clocks is set. */
const clockFigureIntervalMs = 1000

export class Membership {
  readonly #deps: MembershipDeps
  readonly #options: Readonly<Required<MembershipOptions>>
  readonly #book: MemberBook
  readonly #gossip: MemberGossip
  readonly #watch: MemberWatch
  readonly #mail: ProbeMail
  readonly #pulse: Pulse
  readonly #clocks: ClockOffsets
  readonly #twins = new Twins()
  readonly #figures: MembershipFigures
  #isStarted = false
  #isStopped = false
  #nextClocksMs = 0
  #farewell: Farewell | undefined

  constructor(deps: MembershipDeps, options: MembershipOptions = {}) {
    const complete = completeMembershipOptions(options)
    this.#deps = deps
    this.#options = complete
    this.#figures = membershipFigures(deps.metrics)
    this.#clocks = new ClockOffsets(deps.clock, complete.maxClockOffsetMs)
    const { clock, random, logger, send } = deps
    this.#book = new MemberBook(
      {
        clock,
        logger,
        figures: this.#figures,
        self: deps.self,
        remembered: deps.remembered,
        sign: bytes => deps.sign(bytes),
        isSignedBy: (id, bytes, signature) => deps.isSignedBy(id, bytes, signature),
        remember: records => deps.remember(records),
        gossip: () => this.#gossip,
        watch: () => this.#watch,
        forgotten: () => deps.forgotten?.(),
        impostor: record => deps.impostor?.(record)
      },
      complete
    )
    this.#gossip = new MemberGossip(
      {
        clock,
        random,
        send,
        records: () => this.records(),
        self: () => this.#book.self(),
        record: id => this.#book.get(id),
        members: () => this.#book.size,
        hash: () => this.#book.hash()
      },
      complete
    )
    this.#mail = new ProbeMail({
      clock,
      send,
      isLinked: peer => deps.isLinked(peer),
      record: id => this.#book.get(id),
      gossip: () => this.#gossip
    })
    this.#watch = this.#makeWatch(complete)
    this.#pulse = new Pulse({
      clock,
      tickMs: complete.tickMs,
      idleTickMs,
      isBusy: () => this.#gossip.isBusy || this.#watch.isBusy || this.#farewell?.isOver === false,
      dueMs: () => this.#watch.dueMs(),
      beat: (nowMs, lateMs) => this.#beat(nowMs, lateMs)
    })
  }

  /** Begins to watch. What peers said before is taken in all the same: links may come up while the node is starting. */
  start(): void {
    if (this.#isStarted || this.#isStopped) return
    this.#isStarted = true
    this.#watch.start(this.#book.values(), this.#deps.clock.elapsed())
    this.#book.renewAddresses()
    this.#pulse.start()
  }

  /** Falls silent, without a farewell. Harmless when called twice. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#pulse.stop()
    this.#gossip.stop()
    this.#farewell?.end()
    this.#book.rememberIfDue(Number.POSITIVE_INFINITY)
  }

  /** Declares that this node leaves for good, and resolves when all linked peers know, or after a moment. */
  leave(): Promise<void> {
    const self = this.#book.self()
    if (this.#isStopped || self.status === 'left') return Promise.resolve()
    this.#book.leave()
    const nowMs = this.#deps.clock.elapsed()
    const farewell = new Farewell(nowMs + 2 * this.#options.probeTimeoutMs)
    this.#farewell = farewell
    for (const peer of this.#gossip.links) {
      if (this.#mail.ping(peer, farewellNumber, [this.#book.self()])) farewell.told(peer)
    }
    farewell.look(nowMs)
    this.#pulse.arm()
    return farewell.over
  }

  /**
   * An operator declares that nobody counts on a dead member any more. Should it return, it is a member as before. Throws
   * `SHOAL_NOT_FOUND`, `SHOAL_BAD_ARGUMENT` where it is present. Harmless when it is gone already.
   */
  forget(id: PeerId): void {
    this.#book.forget(id)
    this.#pulse.arm()
  }

  /** This node's part in owning shards is another from now on. All linked peers are told: who serves what is its part now is to hear it first. */
  takeWeight(weight: number): void {
    if (this.#isStopped) return
    this.#book.takeWeight(weight)
    for (const peer of this.#gossip.links) this.#gossip.tell(peer, [this.#book.self()])
    this.#pulse.arm()
  }

  linked(peer: PeerId): void {
    if (this.#isStopped) return
    this.heard(peer)
    this.#book.renewAddresses()
    const twin = this.#twins.linked(peer, this.#book.get(peer)?.incarnation, this.#deps.clock.elapsed())
    if (twin !== undefined) this.#deps.send(peer, { hello: { twin } })
    this.#gossip.linked(peer)
    this.#watch.linked(peer, this.#deps.clock.elapsed())
    this.#pulse.arm()
  }

  unlinked(peer: PeerId): void {
    this.#gossip.unlinked(peer)
    this.#clocks.forget(peer)
    this.#twins.unlinked(peer)
    this.#farewell?.answered(peer, this.#deps.clock.elapsed())
    if (!this.#isStopped && !this.#book.hasLeft()) this.#watch.unlinked(peer, this.#deps.clock.elapsed())
    this.#pulse.arm()
  }

  /** Any record of this peer, of whatever kind, is a sign of life that spares it a wrong accusation. */
  heard(peer: PeerId): void {
    if (!this.#isStopped) this.#watch.heard(peer, this.#deps.clock.elapsed())
  }

  /** `table`, where it is given, is a hash over all the records of the peer. Answers whether they are all known here. */
  receiveHello(peer: PeerId, records: readonly MemberRecord[], table?: Uint8Array): boolean {
    if (this.#isStopped) return false
    this.heard(peer)
    const spoken = records.find(record => record.id === peer)
    if (spoken !== undefined && this.#twins.spoke(peer, spoken.incarnation, this.#deps.clock.elapsed()))
      this.#deps.logger.error('two processes run under one identity: was its data copied?', {
        peer,
        incarnations: [spoken.incarnation, this.#book.get(peer)?.incarnation]
      })
    const corrections = this.#absorb(records, peer)
    if (corrections.length > 0) this.#gossip.tell(peer, corrections)
    if (table !== undefined) this.#gossip.compare(peer, table, records.length > 0)
    return this.#gossip.knows(peer)
  }

  /** Tells all linked peers what a new link would be told. */
  greetAll(): void {
    if (!this.#isStopped) this.#gossip.greetAll()
  }

  /** A peer has met another process under our id, an earlier life that had not ended. */
  receiveTwin(from: PeerId, incarnation: string): void {
    if (!this.#isStopped) this.#book.own.hearOfTwin(incarnation, from)
  }

  /** The process at the other end of this link ends, because it has heard of a later one under its id. That one is told when it links. */
  receiveOutlived(peer: PeerId, incarnation: string): void {
    if (!this.#isStopped) this.#twins.outlived(peer, incarnation, this.#deps.clock.elapsed())
  }

  /** This process ends, because it has heard of a later one under its id. */
  sayOutlived(): void {
    const { incarnation } = this.#book.self()
    for (const peer of this.#gossip.links) this.#deps.send(peer, { hello: { outlived: incarnation } })
  }

  /** `wallMs`: what the peer's clock said as it asked. */
  receivePing(peer: PeerId, number: number, news: readonly MemberRecord[], wallMs = 0): void {
    if (this.#isStopped) return
    this.heard(peer)
    if (wallMs !== 0 && this.#clocks.isDoubtful(wallMs)) this.#watch.probe(peer, this.#deps.clock.elapsed())
    const corrections = this.#absorb(news, peer)
    this.#mail.ack(peer, number, corrections)
  }

  /** `wallMs`: what the peer's clock said as it answered. */
  receiveAck(peer: PeerId, number: number, news: readonly MemberRecord[], wallMs = 0): void {
    if (this.#isStopped) return
    this.heard(peer)
    const corrections = this.#absorb(news, peer)
    const nowMs = this.#deps.clock.elapsed()
    if (number === farewellNumber) this.#farewell?.answered(peer, nowMs)
    else this.#measure(peer, this.#watch.acked(peer, number, nowMs), wallMs)
    if (corrections.length > 0) this.#gossip.tell(peer, corrections)
  }

  receiveNack(peer: PeerId, number: number): void {
    if (this.#isStopped) return
    this.heard(peer)
    this.#watch.nacked(peer, number)
  }

  /** How far the clock of this linked peer is ahead of ours, in milliseconds; undefined where that is not known yet. */
  clockOffsetMs(peer: PeerId): number | undefined {
    return this.#clocks.offsetMs(peer)
  }

  /** Whether a peer with a clock so far ahead of ours may be linked. */
  admitsClock(peer: PeerId, offsetMs: number): boolean {
    return this.#clocks.admits(peer, offsetMs)
  }

  receivePingRequest(peer: PeerId, number: number, target: PeerId, news: readonly MemberRecord[]): void {
    if (this.#isStopped) return
    this.heard(peer)
    const corrections = this.#absorb(news, peer)
    if (target === this.#deps.self.id) this.#mail.ack(peer, number, corrections)
    else this.#watch.requested(peer, number, target, this.#deps.clock.elapsed())
    this.#pulse.arm()
  }

  /** Records that came another way, such as the view in a reply to a call. */
  merge(records: readonly MemberRecord[], from?: PeerId): void {
    if (!this.#isStopped) this.#absorb(records, from)
  }

  /** Everything that is known, this node first, those that left included. */
  records(): MemberRecord[] {
    return this.#book.records()
  }

  /** The same in no order. */
  known(): IterableIterator<MemberRecord> {
    return this.#book.values()
  }

  member(id: PeerId): MemberRecord | undefined {
    return this.#book.get(id)
  }

  /** Ids of the members that are alive or suspected, this node included, in order. Placement is computed from these. */
  alive(): readonly PeerId[] {
    return this.#book.view.present()
  }

  /** Of those, where it is not 1. */
  weights(): ReadonlyMap<PeerId, number> {
    return this.#book.view.weights()
  }

  /** Ids of the members that joined and have not left, dead ones and this node included, in order. */
  admitted(): readonly PeerId[] {
    return this.#book.view.admitted()
  }

  /** In place of all records, where another may have the same. */
  table(): TableState {
    return { hash: this.#book.hash(), isLarge: isLargeTable(this.#book.size) }
  }

  /** Names the list that `alive` answers, and its weights: equal on two nodes if and only if those are. */
  viewHash(): string {
    return this.#book.view.hash()
  }

  /** The same, as calls carry it. */
  viewName(): Uint8Array {
    return this.#book.view.nameBytes()
  }

  /** Grows with each change of that list. Only orders the views of one life of this node. */
  get viewNumber(): number {
    return this.#book.view.number
  }

  /** How many changes of records this node has seen: those of one message are all counted before the first of them is told. */
  get changes(): number {
    return this.#book.view.changes
  }

  /** How many of them concerned who is there, where, and as which process: not only what is said of it. */
  get rosterChanges(): number {
    return this.#book.view.rosterChanges
  }

  /** Called after each change of a record, when the table holds all changes of the same message. Answers how to end it. */
  onChange(listener: (change: MemberChange) => void): () => void {
    return this.#book.view.onChange(listener)
  }

  /**
   * Called when this node learns that others held it, in its present incarnation, for suspect or dead. After `dead` they
   * may have gone on without it: whatever it owns it must make sure of again.
   */
  onRefuted(listener: (refutation: Refutation) => void): () => void {
    return this.#book.onRefuted(listener)
  }

  // ---- time

  #beat(nowMs: number, lateMs: number): void {
    if (!this.#book.hasLeft()) this.#watch.tick(nowMs, lateMs)
    this.#gossip.tick(nowMs)
    this.#farewell?.look(nowMs)
    this.#book.tick(nowMs)
    this.#book.dispatch()
    if (nowMs < this.#nextClocksMs) return
    this.#nextClocksMs = nowMs + clockFigureIntervalMs
    this.#figures.clockOffset.set(this.#clocks.largestMs() / 1000)
  }

  #makeWatch(options: Readonly<Required<MembershipOptions>>): MemberWatch {
    const deps = {
      self: this.#deps.self.id,
      random: this.#deps.random,
      figures: this.#figures,
      links: this.#gossip.links,
      record: (id: PeerId) => this.#book.get(id),
      present: () => this.#book.view.present(),
      ping: (peer: PeerId, number: number) => this.#mail.ping(peer, number),
      ack: (peer: PeerId, number: number) => this.#mail.ack(peer, number),
      nack: (peer: PeerId, number: number) => this.#mail.nack(peer, number),
      requestPing: (helper: PeerId, number: number, target: PeerId) => this.#mail.requestPing(helper, number, target),
      tell: (peer: PeerId, record: MemberRecord) => this.#gossip.tell(peer, [record]),
      conclude: (record: MemberRecord) => this.#book.apply(record, undefined),
      agree: (record: MemberRecord) => this.#gossip.announce(record),
      deaf: (peer: PeerId) => {
        this.#figures.deaf.add()
        this.#deps.unlink?.(peer, 'deaf')
      }
    }
    return new MemberWatch(deps, options)
  }

  /** Refused peers try again for ever, and are measured by the handshake each time. */
  #measure(peer: PeerId, roundTripMs: number | undefined, wallMs: number): void {
    if (roundTripMs === undefined || wallMs === 0) return
    this.#clocks.sample(peer, wallMs, roundTripMs)
    if (!this.#clocks.isRefused(peer)) return
    const offsetMs = this.#clocks.offsetMs(peer)
    this.#deps.logger.error('the clock of a peer is off; its link ends', { peer, offsetMs })
    this.#deps.unlink?.(peer, 'clock')
  }

  #absorb(records: readonly MemberRecord[], from: PeerId | undefined): MemberRecord[] {
    const corrections = this.#book.absorb(records, from)
    this.#pulse.arm()
    return corrections
  }
}
