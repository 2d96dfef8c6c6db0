/**
 * Is this member there? Direct probe, then probes through others, then an answer: yes or no.
 *
 * SWIM's probe (Das, Gupta, Motivala, 2002), over links: where there is no link to the target, helpers are asked at once. A
 * helper that reaches nobody says so (Lifeguard's nack: Dadgar, Phillips, Currey, 2018): those that say nothing at all count
 * against our own side. Each helper is probed as well, so that a node that is cut off finds that out about all at once.
 */
import type { PeerId } from '../ports/network.ts'

export interface ProbeTimes {
  /** How long a direct probe waits for its answer, in milliseconds, on a healthy node. */
  readonly directTimeoutMs: number
  /** How long probes through others wait, beyond that. */
  readonly indirectTimeoutMs: number
  /** Errands for others under way at once; beyond it requests are dropped. */
  readonly errandsMax: number
}

export interface ProbeDeps {
  /** Answers whether the ping left. */
  ping(peer: PeerId, number: number): boolean
  ack(peer: PeerId, number: number): void
  nack(peer: PeerId, number: number): void
  requestPing(helper: PeerId, number: number, target: PeerId): boolean
  /** Linked members that may be asked to probe this one. */
  helpers(target: PeerId): PeerId[]
  /** What the times are multiplied with. */
  multiplier(): number
  /** `direct`: by itself, over our link; else a helper has heard of it. */
  answered(target: PeerId, direct: boolean): void
  /** `silentHelpers`: so many of the helpers that were asked answered us nothing at all. */
  failed(target: PeerId, silentHelpers: number): void
}

interface Probe {
  readonly target: PeerId
  readonly number: number
  readonly multiplier: number
  /** When the ping left; undefined where there was no link. */
  sentMs: number | undefined
  /** Empty until helpers are asked. */
  readonly helpers: Set<PeerId>
  /** Helpers of which nothing was heard since. */
  readonly silent: Set<PeerId>
  isIndirect: boolean
  deadlineMs: number
}

interface Errand {
  readonly asker: PeerId
  readonly askersNumber: number
  readonly target: PeerId
  /** When the asker is told that there is no answer yet. */
  nackMs: number
  hasNacked: boolean
  deadlineMs: number
}

export class FailureDetector {
  readonly #probes = new Map<PeerId, Probe>()
  readonly #errands = new Map<number, Errand>()
  readonly #deps: ProbeDeps
  readonly #times: ProbeTimes
  #lastNumber = 0

  constructor(deps: ProbeDeps, times: ProbeTimes) {
    this.#deps = deps
    this.#times = times
  }

  /** Starts a probe, unless one of this target is under way. */
  probe(target: PeerId, nowMs: number): void {
    if (this.#probes.has(target)) return
    const multiplier = this.#deps.multiplier()
    const probe: Probe = {
      target,
      number: this.#nextNumber(),
      multiplier,
      sentMs: nowMs,
      helpers: new Set(),
      silent: new Set(),
      isIndirect: false,
      deadlineMs: nowMs + this.#times.directTimeoutMs * multiplier
    }
    this.#probes.set(target, probe)
    if (this.#deps.ping(target, probe.number)) return
    probe.sentMs = undefined
    this.#askHelpers(probe, nowMs, 1)
  }

  /** There is a new link to this target: what was sent over an earlier one may be lost. */
  linked(target: PeerId, nowMs: number): void {
    if (this.#probes.delete(target)) this.probe(target, nowMs)
  }

  /** The link to this target is gone: an answer can come only through others. */
  unlinked(target: PeerId, nowMs: number): void {
    const probe = this.#probes.get(target)
    if (probe !== undefined && !probe.isIndirect) this.#askHelpers(probe, nowMs, 1)
  }

  cancel(target: PeerId): void {
    this.#probes.delete(target)
  }

  /** Answers the round trip's time, where this is the target's own answer to our ping, in milliseconds. */
  acked(from: PeerId, number: number, nowMs: number): number | undefined {
    const errand = this.#errands.get(number)
    if (errand !== undefined && errand.target === from) {
      this.#errands.delete(number)
      this.#deps.ack(errand.asker, errand.askersNumber)
      return undefined
    }
    let roundTripMs: number | undefined
    for (const probe of this.#probes.values()) {
      probe.silent.delete(from)
      if (probe.number !== number || (probe.target !== from && !probe.helpers.has(from))) continue
      this.#probes.delete(probe.target)
      const isDirect = probe.target === from
      if (isDirect && probe.sentMs !== undefined) roundTripMs = nowMs - probe.sentMs
      this.#deps.answered(probe.target, isDirect)
    }
    return roundTripMs
  }

  /** A helper is there, and did not reach the target. */
  nacked(from: PeerId, number: number): void {
    for (const probe of this.#probes.values()) if (probe.number === number) probe.silent.delete(from)
  }

  /** Another member asks us to probe for it. */
  requested(asker: PeerId, number: number, target: PeerId, nowMs: number): void {
    const ours = this.#nextNumber()
    if (this.#errands.size >= this.#times.errandsMax || !this.#deps.ping(target, ours)) {
      this.#deps.nack(asker, number)
      return
    }
    // In time for an asker that is well, and so a sign that both it and this node are.
    const nackMs = nowMs + Math.min(this.#times.directTimeoutMs, 0.8 * this.#times.indirectTimeoutMs)
    const deadlineMs = nowMs + this.#times.directTimeoutMs + this.#times.indirectTimeoutMs
    this.#errands.set(ours, { asker, askersNumber: number, target, nackMs, hasNacked: false, deadlineMs })
  }

  /** When the next of its times is over. */
  dueMs(): number {
    let dueMs = Number.POSITIVE_INFINITY
    for (const { deadlineMs } of this.#probes.values()) dueMs = Math.min(dueMs, deadlineMs)
    for (const errand of this.#errands.values())
      dueMs = Math.min(dueMs, errand.hasNacked ? errand.deadlineMs : errand.nackMs)
    return dueMs
  }

  tick(nowMs: number): void {
    for (const [number, errand] of this.#errands) this.#lookAtErrand(number, errand, nowMs)
    for (const probe of [...this.#probes.values()]) {
      if (nowMs < probe.deadlineMs) continue
      if (!probe.isIndirect) {
        this.#askHelpers(probe, nowMs, probe.multiplier)
      } else {
        this.#probes.delete(probe.target)
        this.#deps.failed(probe.target, probe.silent.size)
      }
    }
  }

  #lookAtErrand(number: number, errand: Errand, nowMs: number): void {
    if (nowMs >= errand.nackMs && !errand.hasNacked) {
      errand.hasNacked = true
      this.#deps.nack(errand.asker, errand.askersNumber)
    }
    if (nowMs >= errand.deadlineMs) this.#errands.delete(number)
  }

  /** This node stood still for so long: answers that wait in its sockets must not count as late. */
  postpone(byMs: number): void {
    for (const probe of this.#probes.values()) probe.deadlineMs += byMs
    for (const errand of this.#errands.values()) {
      errand.nackMs += byMs
      errand.deadlineMs += byMs
    }
  }

  /** A missing link speaks for itself, however slow we may be: then `multiplier` is 1. */
  #askHelpers(probe: Probe, nowMs: number, multiplier: number): void {
    probe.isIndirect = true
    probe.deadlineMs = nowMs + this.#times.indirectTimeoutMs * multiplier
    for (const helper of this.#deps.helpers(probe.target)) {
      if (!this.#deps.requestPing(helper, probe.number, probe.target)) continue
      probe.helpers.add(helper)
      probe.silent.add(helper)
      this.probe(helper, nowMs)
    }
  }

  #nextNumber(): number {
    this.#lastNumber = (this.#lastNumber + 1) >>> 0
    return this.#lastNumber
  }
}
