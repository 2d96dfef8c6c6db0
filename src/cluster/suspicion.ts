/**
 * How long a suspected member has to speak up before it is held for dead.
 *
 * Long while only one node accuses it, shorter as others agree, and longer in a large cluster, where news takes its time
 * (Lifeguard: Dadgar, Phillips, Currey, 2018). The wire does not
 * name the accuser: it is the teller, because a suspicion is passed on only by nodes whose own probe failed too. (A greeting on
 * a new link tells it as well; a doubtful accuser more for a rare moment does no harm, because the accused can refute.)
 */
import type { PeerId } from '../ports/network.ts'

export interface SuspicionTimes {
  /** When enough others agree, in milliseconds, in a cluster of up to ten; beyond it times log10 of the members. */
  readonly timeoutMinMs: number
  /** When nobody else does. */
  readonly timeoutMaxMs: number
  /** How many accusers beside the first are enough. */
  readonly confirmationsMax: number
}

interface Suspicion {
  startedMs: number
  readonly accusers: Set<PeerId>
  isReprieved: boolean
}

export class Suspicions {
  readonly #suspicions = new Map<PeerId, Suspicion>()
  readonly #times: SuspicionTimes

  constructor(times: SuspicionTimes) {
    this.#times = times
  }

  start(member: PeerId, accuser: PeerId, nowMs: number): void {
    this.#suspicions.set(member, { startedMs: nowMs, accusers: new Set([accuser]), isReprieved: false })
  }

  /** Answers whether this accuser is a new one. */
  confirm(member: PeerId, accuser: PeerId): boolean {
    const suspicion = this.#suspicions.get(member)
    if (suspicion === undefined || suspicion.accusers.has(accuser)) return false
    if (suspicion.accusers.size > this.#times.confirmationsMax) return false
    suspicion.accusers.add(accuser)
    return true
  }

  get isEmpty(): boolean {
    return this.#suspicions.size === 0
  }

  cancel(member: PeerId): void {
    this.#suspicions.delete(member)
  }

  startedMs(member: PeerId): number | undefined {
    return this.#suspicions.get(member)?.startedMs
  }

  /** Starts its time again, once: it was heard of after it was accused. */
  reprieve(member: PeerId, nowMs: number): boolean {
    const suspicion = this.#suspicions.get(member)
    if (suspicion === undefined || suspicion.isReprieved) return false
    suspicion.isReprieved = true
    suspicion.startedMs = nowMs
    return true
  }

  /** Members whose time is over. `others` is the number of present members beside the accused and this node. */
  due(nowMs: number, others: number): PeerId[] {
    const due: PeerId[] = []
    for (const [member, suspicion] of this.#suspicions) {
      if (nowMs - suspicion.startedMs >= this.#timeoutMs(suspicion, others)) due.push(member)
    }
    return due
  }

  /** This node stood still for so long: no member loses the time in which it could not be heard. */
  postpone(byMs: number): void {
    for (const suspicion of this.#suspicions.values()) suspicion.startedMs += byMs
  }

  #timeoutMs(suspicion: Suspicion, others: number): number {
    const { confirmationsMax, timeoutMinMs, timeoutMaxMs } = this.#times
    const scale = Math.max(1, Math.log10(others + 2))
    const enough = Math.min(confirmationsMax, others)
    const confirmations = Math.min(suspicion.accusers.size - 1, enough)
    if (enough <= 0 || confirmations >= enough) return scale * timeoutMinMs
    const agreement = Math.log(confirmations + 1) / Math.log(enough + 1)
    return scale * (timeoutMaxMs - (timeoutMaxMs - timeoutMinMs) * agreement)
  }
}
