/**
 * Who is in the cluster, as this node knows it.
 *
 * SWIM (Das, Gupta, Motivala, 2002) with Lifeguard's care about one's own health (Dadgar, Phillips, Currey, 2018): probes direct
 * and through others, suspicion that the accused can refute, and news that rides along. A closed link triggers a probe and
 * proves nothing by itself; a node that stood still gives everyone that much more time. It only talks over links that exist: the
 * link supervisor makes them.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Clock, Timer } from '../ports/clock.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { ClockOffsets } from './clock-offsets.ts'
import { isPlausible } from './identity.ts'
import { MemberGossip } from './member-gossip.ts'
import { isPresent, type MemberRecord } from './member-record.ts'
import { MemberTable } from './member-table.ts'
import { type MemberChange, MemberView } from './member-view.ts'
import { MemberWatch } from './member-watch.ts'
import { type MembershipFigures, membershipFigures } from './membership-figures.ts'
import { completeMembershipOptions, type MembershipOptions } from './membership-options.ts'
import { OwnRecord, type Refutation } from './own-record.ts'
import { Twins } from './twins.ts'

export type { MemberChange } from './member-view.ts'
export type { Refutation } from './own-record.ts'

export interface MembershipDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly self: {
    readonly id: PeerId
    readonly name: string
    readonly region: string
    readonly zone: string
    readonly incarnation: string
    /** May be empty before the network has started. Noticed and announced when they change. */
    addresses(): readonly string[]
  }
  /** Queues a control record for this peer. `false`: there is no link or no room. */
  send(peer: PeerId, control: shoal.peer.IControl): boolean
  isLinked(peer: PeerId): boolean
  /** What `remember` was given last, by an earlier life of this node. */
  readonly remembered: readonly MemberRecord[]
  /** All members but this one, to be kept on disk. Called at most once per `rememberIntervalMs`, and when stopping. */
  remember(records: MemberRecord[]): void
  /** Another process runs under our id, and is the younger. */
  impostor?(record: MemberRecord): void
  /** This node was forgotten for a while: others went on without counting on it. */
  forgotten?(): void
  /** The link with this peer should end. */
  unlink?(peer: PeerId, why: 'clock' | 'deaf'): void
}

/** Number of the pings that carry a farewell; probes count from 1. */
const farewellNumber = 0
/** Longest time between two ticks, in milliseconds: for what has no moment of its own. */
const idleTickMs = 500
/** How often this node looks whether its addresses have changed. */
const addressesIntervalMs = 1000

export class Membership {
  readonly #deps: MembershipDeps
  readonly #options: Readonly<Required<MembershipOptions>>
  readonly #table: MemberTable
  readonly #view: MemberView
  readonly #gossip: MemberGossip
  readonly #watch: MemberWatch
  readonly #own: OwnRecord
  readonly #clocks: ClockOffsets
  readonly #twins = new Twins()
  readonly #figures: MembershipFigures
  readonly #refutedListeners = new Set<(refutation: Refutation) => void>()
  /** Refutations that the listeners have yet to hear of. */
  readonly #refutations: Refutation[] = []
  #timer: Timer | undefined
  #isStarted = false
  #isStopped = false
  /** When the next tick should be. */
  #tickDueMs = Number.POSITIVE_INFINITY
  #nextAddressesMs = 0
  #nextClocksMs = 0
  #nextRememberMs = 0
  #hasToRemember = false
  #farewell: { readonly unanswered: Set<PeerId>; readonly deadlineMs: number; done(): void } | undefined

  constructor(deps: MembershipDeps, options: MembershipOptions = {}) {
    const complete = completeMembershipOptions(options)
    this.#deps = deps
    this.#options = complete
    this.#figures = membershipFigures(deps.metrics)
    this.#clocks = new ClockOffsets(deps.clock, complete.maxClockOffsetMs)
    this.#table = new MemberTable(complete)
    this.#table.put(this.#firstSelf(), deps.clock.elapsed())
    for (const record of deps.remembered) {
      if (record.id !== deps.self.id && isPlausible(record.incarnation, deps.clock.now()))
        this.#table.put(record, deps.clock.elapsed())
    }
    this.#view = new MemberView(this.#table)
    this.#gossip = new MemberGossip(
      {
        clock: deps.clock,
        random: deps.random,
        send: deps.send,
        records: () => this.records(),
        members: () => this.#table.size
      },
      complete
    )
    this.#watch = this.#makeWatch(complete)
    this.#own = new OwnRecord({
      logger: deps.logger,
      current: () => this.#self(),
      declare: record => this.#apply(record, undefined),
      refuted: refutation => {
        this.#refutations.push(refutation)
        this.#watch.doubtOurselves()
        this.#figures.refutations.add()
      },
      forgotten: () => deps.forgotten?.(),
      impostor: record => deps.impostor?.(record)
    })
  }

  /** Begins to watch. What peers said before is taken in all the same: links may come up while the node is starting. */
  start(): void {
    if (this.#isStarted || this.#isStopped) return
    this.#isStarted = true
    this.#watch.start(this.#table.values(), this.#deps.clock.elapsed())
    this.#renewAddresses()
    this.#arm()
  }

  /** Falls silent, without a farewell. Harmless when called twice. */
  stop(): void {
    if (this.#isStopped) return
    this.#isStopped = true
    this.#timer?.cancel()
    this.#gossip.stop()
    this.#farewell?.done()
    this.#rememberIfDue(Number.POSITIVE_INFINITY)
  }

  /** Declares that this node leaves for good, and resolves when all linked peers know, or after a moment. */
  leave(): Promise<void> {
    const self = this.#self()
    if (this.#isStopped || self.status === 'left') return Promise.resolve()
    this.#apply({ ...self, status: 'left' }, undefined)
    this.#dispatch()
    const { promise, resolve } = Promise.withResolvers<void>()
    const deadlineMs = this.#deps.clock.elapsed() + 2 * this.#options.probeTimeoutMs
    this.#farewell = { unanswered: new Set(), deadlineMs, done: resolve }
    for (const peer of this.#gossip.links) {
      if (this.#ping(peer, farewellNumber, [this.#self()])) this.#farewell.unanswered.add(peer)
    }
    this.#endFarewellIfDue()
    return promise
  }

  /**
   * An operator declares that nobody counts on a dead member any more. Should it return, it is a member as before. Throws
   * `SHOAL_NOT_FOUND`, `SHOAL_BAD_ARGUMENT` where it is present. Harmless when it is gone already.
   */
  forget(id: PeerId): void {
    const record = this.#table.get(id)
    if (record === undefined) throw new ShoalError('SHOAL_NOT_FOUND', `no member ${id.slice(0, 128)}`)
    if (isPresent(record))
      throw new ShoalError(
        'SHOAL_BAD_ARGUMENT',
        `${record.name} is ${record.status}: only a dead member can be forgotten; a running one leaves`
      )
    if (record.status !== 'dead') return
    this.#deps.logger.warn('an operator has this member forgotten', { member: id, name: record.name })
    this.#apply({ ...record, status: 'forgotten' }, undefined)
    this.#dispatch()
  }

  linked(peer: PeerId): void {
    if (this.#isStopped) return
    this.heard(peer)
    this.#renewAddresses()
    const twin = this.#twins.linked(peer, this.#table.get(peer)?.incarnation, this.#deps.clock.elapsed())
    if (twin !== undefined) this.#deps.send(peer, { hello: { twin } })
    this.#gossip.linked(peer)
    this.#watch.linked(peer, this.#deps.clock.elapsed())
    this.#arm()
  }

  unlinked(peer: PeerId): void {
    this.#gossip.unlinked(peer)
    this.#clocks.forget(peer)
    this.#twins.unlinked(peer)
    this.#farewell?.unanswered.delete(peer)
    this.#endFarewellIfDue()
    if (!this.#isStopped && !this.#hasLeft()) this.#watch.unlinked(peer, this.#deps.clock.elapsed())
    this.#arm()
  }

  /** Any record of this peer, of whatever kind, is a sign of life that spares it a wrong accusation. */
  heard(peer: PeerId): void {
    if (!this.#isStopped) this.#watch.heard(peer, this.#deps.clock.elapsed())
  }

  /** `table`, where it is given, is a hash over all the records of the peer. */
  receiveHello(peer: PeerId, records: readonly MemberRecord[], table?: Uint8Array): void {
    if (this.#isStopped) return
    this.heard(peer)
    if (table !== undefined) this.#gossip.compare(peer, table)
    const spoken = records.find(record => record.id === peer)
    if (spoken !== undefined && this.#twins.spoke(peer, spoken.incarnation, this.#deps.clock.elapsed()))
      this.#deps.logger.error('two processes run under one identity: was its data copied?', {
        peer,
        incarnations: [spoken.incarnation, this.#table.get(peer)?.incarnation]
      })
    const corrections = this.#absorb(records, peer)
    if (corrections.length > 0) this.#gossip.tell(peer, corrections)
  }

  /** A peer has met another process under our id, an earlier life that had not ended. */
  receiveTwin(from: PeerId, incarnation: string): void {
    if (!this.#isStopped) this.#own.hearOfTwin(incarnation, from)
  }

  /** `wallMs`: what the peer's clock said as it asked. */
  receivePing(peer: PeerId, number: number, news: readonly MemberRecord[], wallMs = 0): void {
    if (this.#isStopped) return
    this.heard(peer)
    if (wallMs !== 0 && this.#clocks.isDoubtful(wallMs)) this.#watch.probe(peer, this.#deps.clock.elapsed())
    const corrections = this.#absorb(news, peer)
    this.#ack(peer, number, corrections)
  }

  /** `wallMs`: what the peer's clock said as it answered. */
  receiveAck(peer: PeerId, number: number, news: readonly MemberRecord[], wallMs = 0): void {
    if (this.#isStopped) return
    this.heard(peer)
    const corrections = this.#absorb(news, peer)
    if (number === farewellNumber) this.#farewell?.unanswered.delete(peer)
    else this.#measure(peer, this.#watch.acked(peer, number, this.#deps.clock.elapsed()), wallMs)
    this.#endFarewellIfDue()
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
    if (target === this.#deps.self.id) this.#ack(peer, number, corrections)
    else this.#watch.requested(peer, number, target, this.#deps.clock.elapsed())
    this.#arm()
  }

  /** Records that came another way, such as the view in a reply to a call. */
  merge(records: readonly MemberRecord[], from?: PeerId): void {
    if (!this.#isStopped) this.#absorb(records, from)
  }

  /** Everything that is known, this node first, those that left included. */
  records(): MemberRecord[] {
    const self = this.#self()
    return [self, ...this.#table.values().filter(record => record.id !== self.id)]
  }

  member(id: PeerId): MemberRecord | undefined {
    return this.#table.get(id)
  }

  /** Ids of the members that are alive or suspected, this node included, in order. Placement is computed from these. */
  alive(): readonly PeerId[] {
    return this.#view.present()
  }

  /** Ids of the members that joined and have not left, dead ones and this node included, in order. */
  admitted(): readonly PeerId[] {
    return this.#view.admitted()
  }

  /** Names the list that `alive` answers: equal on two nodes if and only if their lists are. */
  viewHash(): string {
    return this.#view.hash()
  }

  /** Grows with each change of that list. Only orders the views of one life of this node. */
  get viewNumber(): number {
    return this.#view.number
  }

  /** How many changes of records this node has seen: those of one message are all counted before the first of them is told. */
  get changes(): number {
    return this.#view.changes
  }

  /** Called after each change of a record, when the table holds all changes of the same message. Answers how to end it. */
  onChange(listener: (change: MemberChange) => void): () => void {
    return this.#view.onChange(listener)
  }

  /**
   * Called when this node learns that others held it, in its present incarnation, for suspect or dead. After `dead` they
   * may have gone on without it: whatever it owns it must make sure of again.
   */
  onRefuted(listener: (refutation: Refutation) => void): () => void {
    this.#refutedListeners.add(listener)
    return () => this.#refutedListeners.delete(listener)
  }

  // ---- time

  /** The next tick is when something is due, and soon where something is under way. */
  #arm(): void {
    if (!this.#isStarted || this.#isStopped) return
    const nowMs = this.#deps.clock.elapsed()
    const isBusy = this.#gossip.isBusy || this.#watch.isBusy || this.#farewell !== undefined
    const soonMs = nowMs + this.#options.tickMs
    const dueMs = isBusy ? soonMs : Math.max(soonMs, Math.min(this.#watch.dueMs(), nowMs + idleTickMs))
    if (dueMs >= this.#tickDueMs) return
    this.#timer?.cancel()
    this.#tickDueMs = dueMs
    this.#timer = this.#deps.clock.after(dueMs - nowMs, () => this.#tick())
  }

  #tick(): void {
    if (this.#isStopped) return
    const nowMs = this.#deps.clock.elapsed()
    const lateMs = nowMs - this.#tickDueMs
    this.#tickDueMs = Number.POSITIVE_INFINITY
    if (nowMs >= this.#nextAddressesMs) this.#renewAddresses()
    if (!this.#hasLeft()) this.#watch.tick(nowMs, lateMs)
    this.#gossip.tick(nowMs)
    if (this.#table.sweep(nowMs, this.#deps.self.id)) this.#hasToRemember = true
    this.#endFarewellIfDue()
    this.#rememberIfDue(nowMs)
    this.#dispatch()
    if (nowMs >= this.#nextClocksMs) {
      this.#nextClocksMs = nowMs + addressesIntervalMs
      this.#figures.clockOffset.set(this.#clocks.largestMs() / 1000)
    }
    this.#arm()
  }

  #makeWatch(options: Readonly<Required<MembershipOptions>>): MemberWatch {
    const deps = {
      self: this.#deps.self.id,
      random: this.#deps.random,
      figures: this.#figures,
      links: this.#gossip.links,
      record: (id: PeerId) => this.#table.get(id),
      present: () => this.#view.present(),
      ping: (peer: PeerId, number: number) => this.#ping(peer, number, []),
      ack: (peer: PeerId, number: number) => this.#ack(peer, number, []),
      nack: (peer: PeerId, number: number) => {
        this.#deps.send(peer, { nack: { number } })
      },
      requestPing: (helper: PeerId, number: number, target: PeerId) =>
        this.#deps.send(helper, { pingRequest: { number, target, news: this.#newsFor(helper, []) } }),
      tell: (peer: PeerId, record: MemberRecord) => this.#gossip.tell(peer, [record]),
      conclude: (record: MemberRecord) => this.#apply(record, undefined),
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

  // ---- records

  /** Takes in what somebody says. Answers what we know better. */
  #absorb(records: readonly MemberRecord[], from: PeerId | undefined): MemberRecord[] {
    const corrections: MemberRecord[] = []
    const nowMs = this.#deps.clock.now()
    for (const record of records) {
      // Taken in, a process from the future could never be followed by a true one.
      if (!isPlausible(record.incarnation, nowMs)) {
        this.#figures.implausible.add()
        continue
      }
      const better = record.id === this.#deps.self.id ? this.#own.hear(record, from) : this.#consider(record, from)
      if (better !== undefined) corrections.push(better)
    }
    this.#dispatch()
    return corrections
  }

  #consider(record: MemberRecord, from: PeerId | undefined): MemberRecord | undefined {
    const isContested = !this.#hasLeft() && this.#watch.contests(record, from, this.#deps.clock.elapsed())
    return isContested ? undefined : this.#apply(record, from)
  }

  /** `from` undefined: our own finding. Answers the record that we hold, where it is newer. */
  #apply(record: MemberRecord, from: PeerId | undefined): MemberRecord | undefined {
    const nowMs = this.#deps.clock.elapsed()
    const put = this.#table.put(record, nowMs)
    if (put.outcome === 'stale') return put.held
    if (put.outcome === 'refused') this.#figures.refused.add()
    if (put.outcome === 'same' && record.status === 'suspect' && from !== undefined)
      this.#watch.confirmed(record.id, from)
    if (put.outcome !== 'changed') return undefined
    this.#view.changed(put)
    if (record.id !== this.#deps.self.id) this.#watch.changed(put.before, record, from, nowMs)
    // A suspicion is passed on only by those who found the same: so each telling counts as one more accuser.
    if (record.status === 'suspect' && from !== undefined) this.#gossip.hush(record.id)
    else this.#gossip.announce(record)
    this.#hasToRemember = true
    this.#log(put.before, record)
    return undefined
  }

  /** Tells the listeners, once all records of a message are in. */
  #dispatch(): void {
    this.#arm()
    this.#view.dispatch()
    for (const refutation of this.#refutations.splice(0)) {
      for (const listener of this.#refutedListeners) listener(refutation)
    }
  }

  // ---- this node

  #self(): MemberRecord {
    return this.#table.get(this.#deps.self.id) ?? this.#firstSelf()
  }

  #firstSelf(): MemberRecord {
    const { id, name, region, zone, incarnation } = this.#deps.self
    return {
      id,
      name,
      region,
      zone,
      incarnation,
      refutation: 0,
      status: 'alive',
      addresses: this.#deps.self.addresses()
    }
  }

  #hasLeft(): boolean {
    return this.#self().status === 'left'
  }

  #renewAddresses(): void {
    this.#nextAddressesMs = this.#deps.clock.elapsed() + addressesIntervalMs
    this.#own.renew(this.#deps.self.addresses())
  }

  // ---- sending

  #ping(peer: PeerId, number: number, first: readonly MemberRecord[]): boolean {
    if (!this.#deps.isLinked(peer)) return false
    return this.#deps.send(peer, { ping: { number, news: this.#newsFor(peer, first), wallMs: this.#wallMs() } })
  }

  #wallMs(): number {
    return Math.max(0, Math.floor(this.#deps.clock.now()))
  }

  #ack(peer: PeerId, number: number, first: readonly MemberRecord[]): void {
    this.#deps.send(peer, { ack: { number, news: this.#newsFor(peer, first), wallMs: this.#wallMs() } })
  }

  /** Whoever is accused hears of it with whatever we send it. */
  #newsFor(peer: PeerId, first: readonly MemberRecord[]): shoal.peer.IMember[] {
    const record = this.#table.get(peer)
    const isAccused = record !== undefined && record.status !== 'alive' && !first.includes(record)
    return this.#gossip.rideAlong(peer, isAccused ? [record, ...first] : first)
  }

  #endFarewellIfDue(): void {
    const farewell = this.#farewell
    if (farewell === undefined) return
    if (farewell.unanswered.size > 0 && this.#deps.clock.elapsed() < farewell.deadlineMs) return
    this.#farewell = undefined
    farewell.done()
  }

  #rememberIfDue(nowMs: number): void {
    if (!this.#hasToRemember || nowMs < this.#nextRememberMs) return
    this.#hasToRemember = false
    this.#nextRememberMs = nowMs + this.#options.rememberIntervalMs
    this.#deps.remember(this.records().slice(1))
  }

  #log(before: MemberRecord | undefined, after: MemberRecord): void {
    this.#figures.present.set(this.#view.present().length)
    this.#figures.admitted.set(this.#view.admitted().length)
    const isNewLife = before?.incarnation !== after.incarnation
    if (after.id === this.#deps.self.id || (before?.status === after.status && !isNewLife)) return
    this.#deps.logger.info(`member ${after.name} is ${after.status}`, {
      member: after.id,
      incarnation: after.incarnation,
      before: before?.status
    })
  }
}
