/**
 * How loudly a refusal is told. A peer that is refused comes back for ever: it is warned of once, until it is refused for
 * something else. And a stranger must not fill the log or the queue of events: past a rate, refusals are only counted.
 */
import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../ports/network.ts'

const maxPerSecond = 20
/** Refused peers whose last reason is remembered. */
const maxRemembered = 256

export class RefusalNotices {
  readonly #clock: Clock
  readonly #reasons = new Map<PeerId, string>()
  #told = 0
  #toldSinceMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock) {
    this.#clock = clock
  }

  levelOf(peer: PeerId, reason: string): 'warn' | 'debug' | undefined {
    const nowMs = this.#clock.elapsed()
    if (nowMs - this.#toldSinceMs >= 1_000) {
      this.#toldSinceMs = nowMs
      this.#told = 0
    }
    if (++this.#told > maxPerSecond) return undefined
    const isNew = this.#reasons.get(peer) !== reason
    if (this.#reasons.size >= maxRemembered) this.#reasons.clear()
    this.#reasons.set(peer, reason)
    return isNew ? 'warn' : 'debug'
  }
}
