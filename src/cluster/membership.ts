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
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { FailureDetector } from './failure-detector.ts'
import { Hearsay } from './hearsay.ts'
import { LocalHealth } from './local-health.ts'
import { MemberGossip } from './member-gossip.ts'
import { compareRecords, isPresent, type MemberRecord, type MemberStatus } from './member-record.ts'
import { MemberTable } from './member-table.ts'
import { type MemberChange, MemberView } from './member-view.ts'
import { completeMembershipOptions, type MembershipOptions } from './membership-options.ts'
import { sample, shuffled } from './sampling.ts'
import { Suspicions } from './suspicion.ts'

export type { MemberChange } from './member-view.ts'

export interface MembershipDeps {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly self: {
    readonly id: PeerId
    readonly name: string
    readonly region: string
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
}

/** Somebody held this node, in its present incarnation, for `status`. By now it has contradicted. */
export interface Refutation {
  readonly status: 'suspect' | 'dead'
  /** Who told us. */
  readonly from: PeerId | undefined
}

/** Hearers of a suspicion that probe the suspect at once, on average. More would be a flood in a large cluster. */
const hearersThatProbe = 8
/** Number of the pings that carry a farewell; probes count from 1. */
const farewellNumber = 0
const refutationMax = 0xffff_ffff

export class Membership {
  readonly #deps: MembershipDeps
  readonly #options: Readonly<Required<MembershipOptions>>
  readonly #table: MemberTable
  readonly #view: MemberView
  readonly #gossip: MemberGossip
  readonly #detector: FailureDetector
  readonly #suspicions: Suspicions
  readonly #hearsay = new Hearsay()
  readonly #health = new LocalHealth()
  readonly #lastHeardMs = new Map<PeerId, number>()
  readonly #lastProbeMs = new Map<PeerId, number>()
  readonly #refutedListeners = new Set<(refutation: Refutation) => void>()
  readonly #figures: ReturnType<typeof figuresOf>
  #timer: Timer | undefined
  #isRunning = false
  #lastTickMs = 0
  #nextProbeMs = 0
  #nextDeadProbeMs = 0
  #nextRememberMs = 0
  #hasToRemember = false
  /** The highest refutation for which a death of our present incarnation was reported to us. */
  #lastDeathHeard = -1
  #impostorIncarnation = ''
  #farewell: { readonly unanswered: Set<PeerId>; readonly deadlineMs: number; done(): void } | undefined

  constructor(deps: MembershipDeps, options: MembershipOptions = {}) {
    const complete = completeMembershipOptions(options)
    this.#deps = deps
    this.#options = complete
    this.#figures = figuresOf(deps.metrics)
    this.#table = new MemberTable(complete)
    this.#table.put(this.#firstSelf(), deps.clock.elapsed())
    for (const record of deps.remembered) {
      if (record.id !== deps.self.id) this.#table.put(record, deps.clock.elapsed())
    }
    this.#view = new MemberView(this.#table)
    this.#suspicions = new Suspicions({
      timeoutMinMs: complete.suspicionTimeoutMs,
      timeoutMaxMs: complete.suspicionTimeoutMaxMs,
      confirmationsMax: 3
    })
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
    this.#detector = this.#makeDetector()
  }

  start(): void {
    if (this.#isRunning) return
    this.#isRunning = true
    const nowMs = this.#deps.clock.elapsed()
    this.#lastTickMs = nowMs
    this.#nextProbeMs = nowMs + this.#options.probeIntervalMs
    for (const record of this.#table.values()) {
      if (record.status === 'suspect') this.#suspicions.start(record.id, this.#deps.self.id, nowMs)
    }
    this.#renewAddresses()
    this.#arm()
  }

  /** Falls silent, without a farewell. Harmless when called twice. */
  stop(): void {
    if (!this.#isRunning) return
    this.#isRunning = false
    this.#timer?.cancel()
    this.#gossip.stop()
    this.#farewell?.done()
    this.#rememberIfDue(Number.POSITIVE_INFINITY)
  }

  /** Declares that this node leaves for good, and resolves when all linked peers know, or after a moment. */
  leave(): Promise<void> {
    const self = this.#self()
    if (!this.#isRunning || self.status === 'left') return Promise.resolve()
    this.#apply({ ...self, status: 'left' }, undefined)
    this.#view.dispatch()
    const { promise, resolve } = Promise.withResolvers<void>()
    const deadlineMs = this.#deps.clock.elapsed() + 2 * this.#options.probeTimeoutMs
    this.#farewell = { unanswered: new Set(), deadlineMs, done: resolve }
    for (const peer of this.#gossip.links) {
      if (this.#ping(peer, farewellNumber, [this.#self()])) this.#farewell.unanswered.add(peer)
    }
    this.#endFarewellIfDue()
    return promise
  }

  linked(peer: PeerId): void {
    if (!this.#isRunning) return
    this.heard(peer)
    this.#renewAddresses()
    this.#gossip.linked(peer)
    this.#detector.linked(peer, this.#deps.clock.elapsed())
  }

  unlinked(peer: PeerId): void {
    this.#gossip.unlinked(peer)
    this.#lastHeardMs.delete(peer)
    this.#farewell?.unanswered.delete(peer)
    this.#endFarewellIfDue()
    if (!this.#isRunning || this.#hasLeft()) return
    const nowMs = this.#deps.clock.elapsed()
    this.#detector.unlinked(peer, nowMs)
    const record = this.#table.get(peer)
    if (record !== undefined && isPresent(record)) this.#detector.probe(peer, nowMs)
  }

  /** Any record of this peer, of whatever kind, is a sign of life that spares it a wrong accusation. */
  heard(peer: PeerId): void {
    if (this.#isRunning) this.#lastHeardMs.set(peer, this.#deps.clock.elapsed())
  }

  receiveHello(peer: PeerId, records: readonly MemberRecord[]): void {
    if (!this.#isRunning) return
    this.heard(peer)
    const corrections = this.#absorb(records, peer)
    if (corrections.length > 0) this.#gossip.tell(peer, corrections)
  }

  receivePing(peer: PeerId, number: number, news: readonly MemberRecord[]): void {
    if (!this.#isRunning) return
    this.heard(peer)
    const corrections = this.#absorb(news, peer)
    this.#ack(peer, number, corrections)
  }

  receiveAck(peer: PeerId, number: number, news: readonly MemberRecord[]): void {
    if (!this.#isRunning) return
    this.heard(peer)
    const corrections = this.#absorb(news, peer)
    if (number === farewellNumber) this.#farewell?.unanswered.delete(peer)
    else this.#detector.acked(peer, number)
    this.#endFarewellIfDue()
    if (corrections.length > 0) this.#gossip.tell(peer, corrections)
  }

  receivePingRequest(peer: PeerId, number: number, target: PeerId, news: readonly MemberRecord[]): void {
    if (!this.#isRunning) return
    this.heard(peer)
    const corrections = this.#absorb(news, peer)
    if (target === this.#deps.self.id) this.#ack(peer, number, corrections)
    else this.#detector.requested(peer, number, target, this.#deps.clock.elapsed())
  }

  /** Records that came another way, such as the view in a reply to a call. */
  merge(records: readonly MemberRecord[], from?: PeerId): void {
    if (this.#isRunning) this.#absorb(records, from)
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

  #arm(): void {
    this.#timer = this.#deps.clock.after(this.#options.tickMs, () => this.#tick())
  }

  #tick(): void {
    if (!this.#isRunning) return
    const nowMs = this.#deps.clock.elapsed()
    this.#forgiveOwnStall(nowMs)
    this.#lastTickMs = nowMs
    this.#renewAddresses()
    if (!this.#hasLeft()) {
      this.#detector.tick(nowMs)
      this.#bury(nowMs)
      for (const record of this.#hearsay.takeDue(nowMs)) this.#apply(record, undefined)
      this.#probeIfDue(nowMs)
    }
    this.#gossip.tick(nowMs)
    if (this.#table.sweep(nowMs, this.#deps.self.id)) this.#hasToRemember = true
    this.#endFarewellIfDue()
    this.#rememberIfDue(nowMs)
    this.#view.dispatch()
    this.#figures.health.set(this.#health.multiplier)
    if (this.#isRunning) this.#arm()
  }

  /** While this node stood still it heard nobody, and that is nobody's fault. */
  #forgiveOwnStall(nowMs: number): void {
    const lateMs = nowMs - this.#lastTickMs - this.#options.tickMs
    if (lateMs <= this.#options.stallMs) return
    this.#health.worse()
    this.#figures.stalls.add()
    this.#detector.postpone(lateMs)
    this.#suspicions.postpone(lateMs)
    this.#hearsay.postpone(lateMs)
  }

  #probeIfDue(nowMs: number): void {
    if (nowMs >= this.#nextProbeMs) {
      const jitter = 0.8 + 0.4 * this.#deps.random.next()
      this.#nextProbeMs = nowMs + this.#options.probeIntervalMs * this.#health.multiplier * jitter
      const target = this.#nextTarget()
      if (target !== undefined) {
        this.#lastProbeMs.set(target, nowMs)
        this.#detector.probe(target, nowMs)
      }
    }
    if (nowMs < this.#nextDeadProbeMs) return
    this.#nextDeadProbeMs = nowMs + this.#options.deadProbeIntervalMs
    // A stopped process keeps its links: when it wakes up it must learn what others think of it.
    for (const peer of this.#gossip.links)
      if (this.#table.get(peer)?.status === 'dead') this.#detector.probe(peer, nowMs)
  }

  /** Whoever was silent for longest: so whoever has just stopped is soon probed by somebody, in a cluster of any size. */
  #nextTarget(): PeerId | undefined {
    const sinceMs = (id: PeerId) => Math.max(this.#lastHeardMs.get(id) ?? 0, this.#lastProbeMs.get(id) ?? 0)
    const others = this.#view.present().filter(id => id !== this.#deps.self.id)
    return shuffled(others, this.#deps.random).reduce<PeerId | undefined>(
      (silent, id) => (silent === undefined || sinceMs(id) < sinceMs(silent) ? id : silent),
      undefined
    )
  }

  // ---- accusations

  #makeDetector(): FailureDetector {
    const { probeTimeoutMs, indirectTimeoutMs, indirectProbes } = this.#options
    return new FailureDetector(
      {
        ping: (peer, number) => this.#ping(peer, number, []),
        ack: (peer, number) => this.#ack(peer, number, []),
        requestPing: (helper, number, target) => {
          const news = this.#gossip.rideAlong(helper, [])
          return this.#deps.send(helper, { pingRequest: { number, target, news } })
        },
        helpers: target => {
          const able = [...this.#gossip.links].filter(
            peer => peer !== target && this.#table.get(peer)?.status === 'alive'
          )
          return sample(able, indirectProbes, this.#deps.random)
        },
        multiplier: () => this.#health.multiplier,
        answered: () => this.#health.better(),
        failed: (target, isOursDoubtful) => this.#accuse(target, isOursDoubtful)
      },
      { directTimeoutMs: probeTimeoutMs, indirectTimeoutMs, errandsMax: 256 }
    )
  }

  #accuse(target: PeerId, isOursDoubtful: boolean): void {
    if (isOursDoubtful) this.#health.worse()
    this.#figures.probeFailures.add()
    const record = this.#table.get(target)
    if (record?.status === 'alive') this.#apply({ ...record, status: 'suspect' }, undefined)
    // The same record once more, from us: it tells the others that one more node agrees.
    else if (record?.status === 'suspect' && this.#suspicions.confirm(target, this.#deps.self.id))
      this.#gossip.announce(record)
  }

  #bury(nowMs: number): void {
    // Beside the accused and this node, so many could agree.
    const others = this.#view.present().length - 2
    for (const member of this.#suspicions.due(nowMs, others)) {
      const record = this.#table.get(member)
      const heardMs = this.#lastHeardMs.get(member) ?? Number.NEGATIVE_INFINITY
      const spoke = heardMs > (this.#suspicions.startedMs(member) ?? nowMs)
      if (spoke && this.#suspicions.reprieve(member, nowMs)) this.#detector.probe(member, nowMs)
      else if (record?.status === 'suspect') this.#apply({ ...record, status: 'dead' }, undefined)
      else this.#suspicions.cancel(member)
    }
  }

  // ---- records

  /** Takes in what somebody says. Answers what we know better. */
  #absorb(records: readonly MemberRecord[], from: PeerId | undefined): MemberRecord[] {
    const corrections: MemberRecord[] = []
    const refutations: Refutation[] = []
    for (const record of records) {
      if (record.id === this.#deps.self.id) this.#hearOfSelf(record, from, corrections, refutations)
      else if (!this.#isContested(record, from)) {
        const better = this.#apply(record, from)
        if (better !== undefined) corrections.push(better)
      }
    }
    this.#view.dispatch()
    for (const refutation of refutations) for (const listener of this.#refutedListeners) listener(refutation)
    return corrections
  }

  /** `from` undefined: our own finding. Answers the record that we hold, where it is newer. */
  #apply(record: MemberRecord, from: PeerId | undefined): MemberRecord | undefined {
    const nowMs = this.#deps.clock.elapsed()
    const put = this.#table.put(record, nowMs)
    if (put.outcome === 'stale') return put.held
    if (put.outcome === 'refused') this.#figures.refused.add()
    if (put.outcome === 'same' && record.status === 'suspect' && from !== undefined)
      this.#suspicions.confirm(record.id, from)
    if (put.outcome !== 'changed') return undefined
    if (!isPresent(record)) this.#lastProbeMs.delete(record.id)
    this.#hearsay.drop(record.id)
    this.#suspicions.cancel(record.id)
    // What was asked of an earlier process says nothing of this one.
    if (!isPresent(record) || put.before?.incarnation !== record.incarnation) this.#detector.cancel(record.id)
    if (record.status === 'suspect') this.#suspect(record, from, nowMs)
    this.#gossip.announce(record)
    this.#hasToRemember = true
    this.#view.changed(put)
    this.#log(put.before, record)
    return undefined
  }

  #suspect(record: MemberRecord, from: PeerId | undefined, nowMs: number): void {
    this.#figures.suspicions.add()
    this.#suspicions.start(record.id, from ?? this.#deps.self.id, nowMs)
    if (from === undefined || this.#hasLeft()) return
    const isChosen = this.#deps.random.next() * this.#view.present().length < hearersThatProbe
    if (isChosen) this.#detector.probe(record.id, nowMs)
  }

  /** A death that others tell of somebody to whom we have a link: the accused is asked first. */
  #isContested(record: MemberRecord, from: PeerId | undefined): boolean {
    const held = this.#table.get(record.id)
    if (record.status !== 'dead' || held?.status !== 'alive' || record.id === from) return false
    if (record.incarnation !== held.incarnation || compareRecords(record, held) <= 0) return false
    if (!this.#deps.isLinked(record.id)) return false
    const isFirst = this.#hearsay.add(record, this.#deps.clock.elapsed() + this.#options.contestMs)
    if (isFirst) this.#gossip.tell(record.id, [record])
    return true
  }

  #hearOfSelf(
    record: MemberRecord,
    from: PeerId | undefined,
    corrections: MemberRecord[],
    refutations: Refutation[]
  ): void {
    const self = this.#self()
    if (record.incarnation > self.incarnation) {
      this.#hearOfImpostor(record)
      return
    }
    const isPresentLife = record.incarnation === self.incarnation
    if (isPresentLife && record.status === 'dead' && record.refutation > this.#lastDeathHeard) {
      this.#lastDeathHeard = record.refutation
      refutations.push({ status: 'dead', from })
    }
    const order = compareRecords(record, self)
    if (order > 0 && record.status === 'left') {
      this.#deps.logger.error('a peer says that this node has left, which it has not', { from })
      return
    }
    if (order > 0) {
      if (record.status === 'suspect') refutations.push({ status: 'suspect', from })
      if (record.status !== 'alive') this.#health.worse()
      this.#figures.refutations.add()
      this.#apply({ ...self, refutation: Math.min(record.refutation + 1, refutationMax) }, undefined)
    }
    if (order !== 0) corrections.push(this.#self())
  }

  #hearOfImpostor(record: MemberRecord): void {
    if (record.incarnation === this.#impostorIncarnation) return
    this.#impostorIncarnation = record.incarnation
    this.#deps.logger.error(
      'another process runs under the identity of this node, and is younger: was its data copied?',
      {
        incarnation: record.incarnation,
        addresses: record.addresses
      }
    )
    this.#deps.impostor?.(record)
  }

  // ---- this node

  #self(): MemberRecord {
    return this.#table.get(this.#deps.self.id) ?? this.#firstSelf()
  }

  #firstSelf(): MemberRecord {
    const { id, name, region, incarnation } = this.#deps.self
    return { id, name, region, incarnation, refutation: 0, status: 'alive', addresses: this.#deps.self.addresses() }
  }

  #hasLeft(): boolean {
    return this.#self().status === 'left'
  }

  #renewAddresses(): void {
    const self = this.#self()
    const addresses = this.#deps.self.addresses()
    if (addresses === self.addresses || this.#hasLeft()) return
    const isSame =
      addresses.length === self.addresses.length && addresses.every((each, at) => each === self.addresses[at])
    if (isSame) return
    this.#apply({ ...self, addresses: [...addresses], refutation: self.refutation + 1 }, undefined)
    this.#view.dispatch()
  }

  // ---- sending

  #ping(peer: PeerId, number: number, first: readonly MemberRecord[]): boolean {
    return this.#deps.send(peer, { ping: { number, news: this.#newsFor(peer, first) } })
  }

  #ack(peer: PeerId, number: number, first: readonly MemberRecord[]): void {
    this.#deps.send(peer, { ack: { number, news: this.#newsFor(peer, first) } })
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
    this.#deps.logger.info(`member ${after.name} is ${after.status satisfies MemberStatus}`, {
      member: after.id,
      incarnation: after.incarnation,
      before: before?.status
    })
  }
}

function figuresOf(metrics: Metrics) {
  return {
    present: metrics.gauge('shoal_members_present', 'Members that are alive or suspected, this node included'),
    admitted: metrics.gauge('shoal_members_admitted', 'Members that joined and have not left, dead ones included'),
    refused: metrics.counter(
      'shoal_members_refused_total',
      'Records of strangers refused because the member table is full'
    ),
    probeFailures: metrics.counter(
      'shoal_probe_failures_total',
      'Probes that no answer came to, direct or through others'
    ),
    suspicions: metrics.counter('shoal_suspicions_total', 'Members that became suspect, by own finding or by news'),
    refutations: metrics.counter('shoal_refutations_total', 'Times that this node had to say that it is alive'),
    stalls: metrics.counter(
      'shoal_event_loop_stalls_total',
      'Times that this node stood still for longer than a tick may'
    ),
    health: metrics.gauge(
      'shoal_local_health_multiplier',
      'How much slower this node accuses others, 1 when it is well'
    )
  }
}
