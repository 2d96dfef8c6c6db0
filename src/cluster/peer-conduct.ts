/**
 * Which peers are kept out for what they sent.
 *
 * A record that is not well-formed ends its link at once. Whoever sends such records again is refused for a while, that doubles
 * each time: a broken program must not cost a handshake and a catch-up every second, and a mended one is let in again. What is
 * well-formed is never held against a peer, however much of it there is: rates are met by not reading faster than we work.
 */
import type { Clock, Timer } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'

export interface PeerConductOptions {
  /** How long a peer is refused after the second offence, in milliseconds; doubled with each further one. @default 1000 */
  refusalMs?: number
  /** Longest refusal, in milliseconds. @default 60000 */
  maxRefusalMs?: number
  /** After so long without an offence all is forgotten, in milliseconds. @default 600000 */
  forgiveMs?: number
  /** Peers that are remembered; those whose last offence is the oldest make room. @default 1024 */
  maxOffenders?: number
}

interface Offender {
  offences: number
  lastMs: number
  /** Refused until then; 0 for not at all. */
  untilMs: number
}

const defaults: Required<PeerConductOptions> = {
  refusalMs: 1000,
  maxRefusalMs: 60_000,
  forgiveMs: 600_000,
  maxOffenders: 1024
}

export class PeerConduct {
  readonly #clock: Clock
  readonly #changed: () => void
  readonly #options: Required<PeerConductOptions>
  /** The one whose last offence is the oldest first. */
  readonly #offenders = new Map<PeerId, Offender>()
  #timer: Timer | undefined

  /** `changed`: the list of those who are refused is another now. */
  constructor(clock: Clock, changed: () => void, options: PeerConductOptions = {}) {
    this.#clock = clock
    this.#changed = changed
    this.#options = { ...defaults, ...options }
  }

  get offenders(): number {
    return this.#offenders.size
  }

  /** It sent something that is not well-formed. Answers for how long it is refused now, in milliseconds. */
  offended(peer: PeerId): number {
    const { refusalMs, maxRefusalMs, forgiveMs, maxOffenders } = this.#options
    const nowMs = this.#clock.elapsed()
    const known = this.#offenders.get(peer)
    const before = known === undefined || nowMs - known.lastMs > forgiveMs ? 0 : known.offences
    const offences = before + 1
    const forMs = offences === 1 ? 0 : Math.min(maxRefusalMs, refusalMs * 2 ** Math.min(offences - 2, 20))
    this.#offenders.delete(peer)
    this.#offenders.set(peer, { offences, lastMs: nowMs, untilMs: forMs === 0 ? 0 : nowMs + forMs })
    const [oldest] = this.#offenders.keys()
    if (oldest !== undefined && this.#offenders.size > maxOffenders) this.#offenders.delete(oldest)
    if (forMs > 0) this.#look()
    return forMs
  }

  refused(): PeerId[] {
    const nowMs = this.#clock.elapsed()
    return [...this.#offenders].filter(([, { untilMs }]) => untilMs > nowMs).map(([peer]) => peer)
  }

  stop(): void {
    this.#timer?.cancel()
  }

  #look(): void {
    this.#changed()
    this.#timer?.cancel()
    const nowMs = this.#clock.elapsed()
    let nextMs = Number.POSITIVE_INFINITY
    for (const { untilMs } of this.#offenders.values()) if (untilMs > nowMs) nextMs = Math.min(nextMs, untilMs)
    if (Number.isFinite(nextMs)) this.#timer = this.#clock.after(nextMs - nowMs, () => this.#look())
  }
}
