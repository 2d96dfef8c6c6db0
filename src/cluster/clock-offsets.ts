/**
 * How far the wall clocks of the peers are from ours, and whose is wrong.
 *
 * Offsets come from the round trips of probes, as in NTP (Mills, RFC 5905): the answer's time against the middle of the round
 * trip, the shortest of the last trips counting, wrong by half of it at most. A peer is refused when its clock is certainly off
 * by more than the limit, unless more of the nodes that we know agree with it than with us: one wrong clock cuts off one node.
 */
import type { Clock } from '../ports/clock.ts'
import type { PeerId } from '../ports/network.ts'

const samplesMax = 8

interface Sample {
  /** The peer's wall clock less our `elapsed` clock: a jump of our own wall clock leaves it true. */
  readonly baseMs: number
  readonly uncertaintyMs: number
}

export class ClockOffsets {
  readonly #clock: Clock
  readonly #maxOffsetMs: number
  /** Of linked peers, the newest last. */
  readonly #samples = new Map<PeerId, Sample[]>()

  constructor(clock: Clock, maxOffsetMs: number) {
    this.#clock = clock
    this.#maxOffsetMs = maxOffsetMs
  }

  /** An answer has just come that said what time it was there. */
  sample(peer: PeerId, theirWallMs: number, roundTripMs: number): void {
    const atMs = this.#clock.elapsed() - roundTripMs / 2
    const sample = { baseMs: theirWallMs - atMs, uncertaintyMs: roundTripMs / 2 }
    const earlier = this.#samples.get(peer) ?? []
    const best = bestOf(earlier)
    const hasJumped =
      best !== undefined && Math.abs(best.baseMs - sample.baseMs) > best.uncertaintyMs + sample.uncertaintyMs + 1000
    const kept = hasJumped ? [] : earlier.slice(1 - samplesMax)
    this.#samples.set(peer, [...kept, sample])
  }

  /** A message of unknown age says this time: a reason to measure, and no more. */
  isDoubtful(theirWallMs: number): boolean {
    return Math.abs(theirWallMs - this.#clock.now()) > this.#maxOffsetMs
  }

  forget(peer: PeerId): void {
    this.#samples.delete(peer)
  }

  /** How far the peer's clock is ahead of ours, in milliseconds; undefined where that is not known. */
  offsetMs(peer: PeerId): number | undefined {
    const best = bestOf(this.#samples.get(peer) ?? [])
    return best === undefined ? undefined : this.#offsetOf(best)
  }

  /** The largest distance of a linked peer's clock from ours, in milliseconds. */
  largestMs(): number {
    let largestMs = 0
    for (const peer of this.#samples.keys()) largestMs = Math.max(largestMs, Math.abs(this.offsetMs(peer) ?? 0))
    return largestMs
  }

  /** Its clock is off, and it is not we who are alone with ours. */
  isRefused(peer: PeerId): boolean {
    const best = bestOf(this.#samples.get(peer) ?? [])
    return best !== undefined && !this.admits(peer, this.#offsetOf(best), best.uncertaintyMs)
  }

  /** The same for an offset that was measured otherwise, as in a handshake. */
  admits(peer: PeerId, offsetMs: number, uncertaintyMs = 0): boolean {
    if (!(Math.abs(offsetMs) - uncertaintyMs > this.#maxOffsetMs)) return true
    return this.#agreeing(peer, offsetMs) > this.#agreeing(peer, 0)
  }

  /** How many others that we know have clocks near this one. */
  #agreeing(besides: PeerId, offsetMs: number): number {
    let count = 0
    for (const peer of this.#samples.keys()) {
      const other = this.offsetMs(peer)
      if (peer !== besides && other !== undefined && Math.abs(other - offsetMs) <= this.#maxOffsetMs) count++
    }
    return count
  }

  #offsetOf({ baseMs }: Sample): number {
    return baseMs + this.#clock.elapsed() - this.#clock.now()
  }
}

function bestOf(samples: readonly Sample[]): Sample | undefined {
  const [first, ...rest] = samples
  if (first === undefined) return undefined
  return rest.reduce((best, each) => (each.uncertaintyMs <= best.uncertaintyMs ? each : best), first)
}
