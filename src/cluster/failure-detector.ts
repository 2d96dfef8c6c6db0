/**
 * Is this member there? Direct probe, then probes through others, then an answer: yes or no.
 *
 * SWIM's probe (Das, Gupta, Motivala, 2002), over links: where there is no link to the target, helpers are asked at once.
 * Each helper is probed as well: its answer proves that our own side works, which is what Lifeguard's Nack is for, and a node
 * that is cut off from all finds that out about all at the same time.
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
  requestPing(helper: PeerId, number: number, target: PeerId): boolean
  /** Linked members that may be asked to probe this one. */
  helpers(target: PeerId): PeerId[]
  /** What the times are multiplied with. */
  multiplier(): number
  answered(target: PeerId): void
  /** `isOursDoubtful`: none of the helpers that were asked answered us either. */
  failed(target: PeerId, isOursDoubtful: boolean): void
}

interface Probe {
  readonly target: PeerId
  readonly number: number
  readonly multiplier: number
  /** Empty until helpers are asked. */
  readonly helpers: Set<PeerId>
  isIndirect: boolean
  hasHelperAnswered: boolean
  deadlineMs: number
}

interface Errand {
  readonly asker: PeerId
  readonly askersNumber: number
  readonly target: PeerId
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
      helpers: new Set(),
      isIndirect: false,
      hasHelperAnswered: false,
      deadlineMs: nowMs + this.#times.directTimeoutMs * multiplier
    }
    this.#probes.set(target, probe)
    if (!this.#deps.ping(target, probe.number)) this.#askHelpers(probe, nowMs, 1)
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

  acked(from: PeerId, number: number): void {
    const errand = this.#errands.get(number)
    if (errand !== undefined && errand.target === from) {
      this.#errands.delete(number)
      this.#deps.ack(errand.asker, errand.askersNumber)
      return
    }
    for (const probe of this.#probes.values()) {
      if (probe.helpers.has(from)) probe.hasHelperAnswered = true
      if (probe.number !== number || (probe.target !== from && !probe.helpers.has(from))) continue
      this.#probes.delete(probe.target)
      this.#deps.answered(probe.target)
    }
  }

  /** Another member asks us to probe for it. */
  requested(asker: PeerId, number: number, target: PeerId, nowMs: number): void {
    if (this.#errands.size >= this.#times.errandsMax) return
    const ours = this.#nextNumber()
    if (!this.#deps.ping(target, ours)) return
    const deadlineMs = nowMs + this.#times.directTimeoutMs + this.#times.indirectTimeoutMs
    this.#errands.set(ours, { asker, askersNumber: number, target, deadlineMs })
  }

  tick(nowMs: number): void {
    for (const [number, errand] of this.#errands) if (nowMs >= errand.deadlineMs) this.#errands.delete(number)
    for (const probe of [...this.#probes.values()]) {
      if (nowMs < probe.deadlineMs) continue
      if (!probe.isIndirect) {
        this.#askHelpers(probe, nowMs, probe.multiplier)
      } else {
        this.#probes.delete(probe.target)
        this.#deps.failed(probe.target, probe.helpers.size > 0 && !probe.hasHelperAnswered)
      }
    }
  }

  /** This node stood still for so long: answers that wait in its sockets must not count as late. */
  postpone(byMs: number): void {
    for (const probe of this.#probes.values()) probe.deadlineMs += byMs
    for (const errand of this.#errands.values()) errand.deadlineMs += byMs
  }

  /** A missing link speaks for itself, however slow we may be: then `multiplier` is 1. */
  #askHelpers(probe: Probe, nowMs: number, multiplier: number): void {
    probe.isIndirect = true
    probe.deadlineMs = nowMs + this.#times.indirectTimeoutMs * multiplier
    for (const helper of this.#deps.helpers(probe.target)) {
      if (!this.#deps.requestPing(helper, probe.number, probe.target)) continue
      probe.helpers.add(helper)
      this.probe(helper, nowMs)
    }
  }

  #nextNumber(): number {
    this.#lastNumber = (this.#lastNumber + 1) >>> 0
    return this.#lastNumber
  }
}
