/**
 * Watches over the other members: whom to probe and when, whom to accuse, and when an accusation becomes a death.
 *
 * It draws conclusions only from what this node heard or did not hear itself, and from what it is told through `changed`; the
 * records themselves are kept by membership.
 */
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { FailureDetector } from './failure-detector.ts'
import { Hearsay } from './hearsay.ts'
import { LocalHealth } from './local-health.ts'
import { compareRecords, isGone, isPresent, type MemberRecord } from './member-record.ts'
import type { MembershipFigures } from './membership-figures.ts'
import type { MembershipOptions } from './membership-options.ts'
import { sample } from './sampling.ts'
import { Suspicions } from './suspicion.ts'

export interface MemberWatchDeps {
  readonly self: PeerId
  readonly random: Random
  readonly figures: MembershipFigures
  readonly links: ReadonlySet<PeerId>
  record(id: PeerId): MemberRecord | undefined
  present(): readonly PeerId[]
  ping(peer: PeerId, number: number): boolean
  ack(peer: PeerId, number: number): void
  nack(peer: PeerId, number: number): void
  requestPing(helper: PeerId, number: number, target: PeerId): boolean
  /** Tells one peer what is said of it. */
  tell(peer: PeerId, record: MemberRecord): void
  /** Our own finding, or hearsay that nobody refuted: a record that is newer than what is held. */
  conclude(record: MemberRecord): void
  /** Tells everybody once more: one more node agrees with the accusation. */
  agree(record: MemberRecord): void
  /** There is a link to this peer over which it does not answer. */
  deaf(peer: PeerId): void
}

/**
 * Of all who hear of a suspicion, or lose their link to one member, so many probe it at once, on average; the others when its turn comes.
 * More would be a flood in a large cluster, and where it is cut in two, a flood for each member.
 */
const witnesses = 8
/** A member that has just become known is given so long to be linked with before its turn to be probed comes, in milliseconds. */
const newcomerMs = 2000
const confirmationsMax = 3
const errandsMax = 256
/** Probes in a row that only others could answer, after which the link is the culprit. */
const deafProbesMax = 3

export class MemberWatch {
  readonly #deps: MemberWatchDeps
  readonly #options: Readonly<Required<MembershipOptions>>
  readonly #detector: FailureDetector
  readonly #suspicions: Suspicions
  readonly #hearsay = new Hearsay()
  readonly #health = new LocalHealth()
  readonly #lastHeardMs = new Map<PeerId, number>()
  readonly #lastProbeMs = new Map<PeerId, number>()
  /** Linked peers whose last so many probes were answered through others only. */
  readonly #deafProbes = new Map<PeerId, number>()
  /** Present members that there has been no link with yet, and until when that is nothing to wonder at. */
  readonly #newcomers = new Map<PeerId, number>()
  #nextProbeMs = 0
  #nextDeadProbeMs = 0

  constructor(deps: MemberWatchDeps, options: Readonly<Required<MembershipOptions>>) {
    this.#deps = deps
    this.#options = options
    this.#suspicions = new Suspicions({
      timeoutMinMs: options.suspicionTimeoutMs,
      timeoutMaxMs: options.suspicionTimeoutMaxMs,
      confirmationsMax
    })
    this.#detector = new FailureDetector(
      {
        ping: deps.ping,
        ack: deps.ack,
        nack: deps.nack,
        requestPing: deps.requestPing,
        helpers: target => this.#helpers(target),
        multiplier: () => this.#health.multiplier,
        answered: (target, isDirect) => this.#answered(target, isDirect),
        failed: (target, silentHelpers) => this.#accuse(target, silentHelpers)
      },
      { directTimeoutMs: options.probeTimeoutMs, indirectTimeoutMs: options.indirectTimeoutMs, errandsMax }
    )
  }

  start(records: Iterable<MemberRecord>, nowMs: number): void {
    this.#nextProbeMs = nowMs + this.#options.probeIntervalMs
    for (const { id, status } of records) if (status === 'suspect') this.#suspicions.start(id, this.#deps.self, nowMs)
  }

  heard(peer: PeerId, nowMs: number): void {
    this.#lastHeardMs.set(peer, nowMs)
  }

  linked(peer: PeerId, nowMs: number): void {
    this.#newcomers.delete(peer)
    this.#detector.linked(peer, nowMs)
  }

  /** A closed link is no proof, and a good reason to look. */
  unlinked(peer: PeerId, nowMs: number): void {
    this.#lastHeardMs.delete(peer)
    this.#deafProbes.delete(peer)
    this.#detector.unlinked(peer, nowMs)
    const record = this.#deps.record(peer)
    if (record !== undefined && isPresent(record) && this.#isWitness()) this.#detector.probe(peer, nowMs)
  }

  #isWitness(): boolean {
    return this.#deps.random.next() * this.#deps.present().length < witnesses
  }

  probe(peer: PeerId, nowMs: number): void {
    this.#detector.probe(peer, nowMs)
  }

  /** Answers the round trip's time, where this is the answer to a ping of ours, in milliseconds. */
  acked(peer: PeerId, number: number, nowMs: number): number | undefined {
    return this.#detector.acked(peer, number, nowMs)
  }

  nacked(peer: PeerId, number: number): void {
    this.#detector.nacked(peer, number)
  }

  requested(asker: PeerId, number: number, target: PeerId, nowMs: number): void {
    this.#detector.requested(asker, number, target, nowMs)
  }

  /** Others had a reason to accuse this node: it may be the slow one. */
  doubtOurselves(): void {
    this.#health.worse()
  }

  /** A record has changed, because `from` said so, or by our own finding. */
  changed(before: MemberRecord | undefined, after: MemberRecord, from: PeerId | undefined, nowMs: number): void {
    const { id } = after
    this.#hearsay.drop(id)
    this.#suspicions.cancel(id)
    if (!isPresent(after)) this.#lastProbeMs.delete(id)
    // What was asked of an earlier process says nothing of this one.
    if (!isPresent(after) || before?.incarnation !== after.incarnation) this.#detector.cancel(id)
    if (!isPresent(after) || this.#deps.links.has(id)) this.#newcomers.delete(id)
    else if (before === undefined || !isPresent(before) || before.incarnation !== after.incarnation)
      this.#newcomers.set(id, nowMs + newcomerMs)
    if (after.status !== 'suspect') return
    this.#deps.figures.suspicions.add()
    this.#suspicions.start(id, from ?? this.#deps.self, nowMs)
    if (from !== undefined && this.#isWitness()) this.#detector.probe(id, nowMs)
  }

  /** Somebody says of a suspect what we hold already. */
  confirmed(suspect: PeerId, by: PeerId): void {
    this.#suspicions.confirm(suspect, by)
  }

  /** Is this a death that others tell of somebody to whom we have a link? Then the accused is asked first. */
  contests(record: MemberRecord, from: PeerId | undefined, nowMs: number): boolean {
    const held = this.#deps.record(record.id)
    if (!isGone(record) || held?.status !== 'alive' || record.id === from) return false
    if (record.incarnation !== held.incarnation || compareRecords(record, held) <= 0) return false
    if (!this.#deps.links.has(record.id)) return false
    if (this.#hearsay.add(record, nowMs + this.#options.contestMs)) this.#deps.tell(record.id, record)
    return true
  }

  /** Somebody is accused, or a link is in doubt. */
  get isBusy(): boolean {
    return !this.#suspicions.isEmpty || !this.#hearsay.isEmpty || this.#deafProbes.size > 0
  }

  /** When there is something to do, where nothing happens before. */
  dueMs(): number {
    return Math.min(this.#detector.dueMs(), this.#nextProbeMs)
  }

  /** `lateMs`: by how much this tick is later than it should be. */
  tick(nowMs: number, lateMs: number): void {
    if (lateMs > this.#options.stallMs) this.#forgive(lateMs)
    this.#detector.tick(nowMs)
    this.#bury(nowMs)
    for (const peer of this.#deafProbes.keys()) this.#detector.probe(peer, nowMs)
    for (const record of this.#hearsay.takeDue(nowMs)) this.#deps.conclude(record)
    this.#probeIfDue(nowMs)
    this.#deps.figures.health.set(this.#health.multiplier)
  }

  /** While this node stood still it heard nobody, and that is nobody's fault. */
  #forgive(lateMs: number): void {
    this.#health.worse()
    this.#deps.figures.stalls.add()
    this.#detector.postpone(lateMs)
    this.#suspicions.postpone(lateMs)
    this.#hearsay.postpone(lateMs)
  }

  #probeIfDue(nowMs: number): void {
    if (nowMs >= this.#nextProbeMs) {
      const jitter = 0.8 + 0.4 * this.#deps.random.next()
      this.#nextProbeMs = nowMs + this.#options.probeIntervalMs * this.#health.multiplier * jitter
      this.#probeMostSilent(nowMs)
    }
    if (nowMs < this.#nextDeadProbeMs) return
    this.#nextDeadProbeMs = nowMs + this.#options.deadProbeIntervalMs
    // A stopped process keeps its links: when it wakes up it must learn what others think of it.
    for (const peer of this.#deps.links) {
      const record = this.#deps.record(peer)
      if (record !== undefined && isGone(record)) this.#detector.probe(peer, nowMs)
    }
  }

  /** Whoever was silent for longest: so whoever has just stopped is soon probed by somebody, in a cluster of any size. */
  #probeMostSilent(nowMs: number): void {
    const sinceMs = (id: PeerId) => Math.max(this.#lastHeardMs.get(id) ?? 0, this.#lastProbeMs.get(id) ?? 0)
    let target: PeerId | undefined
    let leastMs = Number.POSITIVE_INFINITY
    let equals = 0
    for (const id of this.#deps.present()) {
      if (id === this.#deps.self) continue
      const ms = sinceMs(id)
      if (ms > leastMs || (this.#newcomers.get(id) ?? 0) > nowMs) continue
      equals = ms === leastMs ? equals + 1 : 1
      leastMs = ms
      // Each of those that are equally silent is as likely as the others.
      if (equals === 1 || this.#deps.random.below(equals) === 0) target = id
    }
    if (target === undefined) return
    this.#lastProbeMs.set(target, nowMs)
    this.#detector.probe(target, nowMs)
  }

  #helpers(target: PeerId): PeerId[] {
    const able = [...this.#deps.links].filter(peer => peer !== target && this.#deps.record(peer)?.status === 'alive')
    return sample(able, this.#options.indirectProbes, this.#deps.random)
  }

  /** Whom others reach and we do not, though we are linked, is asked again at once: the link may be dead one way only. */
  #answered(target: PeerId, isDirect: boolean): void {
    this.#health.better()
    if (isDirect || !this.#deps.links.has(target)) {
      this.#deafProbes.delete(target)
      return
    }
    const probes = (this.#deafProbes.get(target) ?? 0) + 1
    this.#deafProbes.set(target, probes)
    if (probes < deafProbesMax) return
    this.#deafProbes.delete(target)
    this.#deps.deaf(target)
  }

  #accuse(target: PeerId, silentHelpers: number): void {
    this.#health.worse(silentHelpers)
    this.#deps.figures.probeFailures.add()
    const record = this.#deps.record(target)
    if (record?.status === 'alive') this.#deps.conclude({ ...record, status: 'suspect' })
    else if (record?.status === 'suspect' && this.#suspicions.confirm(target, this.#deps.self)) this.#deps.agree(record)
    else if (record !== undefined && isGone(record)) this.#giveUpLink(target)
  }

  /**
   * A router between the two may have forgotten the connection, and TCP takes minutes to notice. Who is dead is dialled again, so a new
   * one is there as soon as it can be.
   */
  #giveUpLink(peer: PeerId): void {
    if (this.#deps.links.has(peer)) this.#deps.deaf(peer)
  }

  #bury(nowMs: number): void {
    // Beside the accused and this node, so many could agree.
    const others = this.#deps.present().length - 2
    for (const member of this.#suspicions.due(nowMs, others)) {
      const record = this.#deps.record(member)
      const heardMs = this.#lastHeardMs.get(member) ?? Number.NEGATIVE_INFINITY
      const hasSpoken = heardMs > (this.#suspicions.startedMs(member) ?? nowMs)
      if (hasSpoken && this.#suspicions.reprieve(member, nowMs)) this.#detector.probe(member, nowMs)
      else if (record?.status === 'suspect') {
        this.#deps.conclude({ ...record, status: 'dead' })
        if (!hasSpoken) this.#giveUpLink(member)
      } else this.#suspicions.cancel(member)
    }
  }
}
