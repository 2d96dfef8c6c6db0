/**
 * Somebody to dial, and when to try again: exponential back-off with jitter, up to the cap of its pace, without an end.
 */
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'

export type Pace = 'fast' | 'slow' | 'rare'

export interface DialTarget {
  addresses: readonly string[]
  pace: Pace
  /** Who is there, once that is known. */
  peer: PeerId | undefined
  /** Known by its address: whoever answers there is meant. */
  readonly isAddress: boolean
  failures: number
  dueMs: number
  isDialling: boolean
  startedMs: number
  /** Counts the dials, so that one that was given up and ends late is not taken for the present one. */
  attempt: number
  /** Why the last dial failed. */
  reason: string
}

export interface BackoffTimes {
  readonly backoffStartMs: number
  readonly backoffCapMs: number
  readonly slowBackoffCapMs: number
  readonly rareBackoffCapMs: number
}

/** 100 ms doubled so often passes every cap; more would only overflow. */
const doublingsMax = 20

export class Backoff {
  readonly #random: Random
  readonly #times: BackoffTimes

  constructor(random: Random, times: BackoffTimes) {
    this.#random = random
    this.#times = times
  }

  /** A new target for a member, or for an address at which `peer` may be. */
  target(
    addresses: readonly string[],
    pace: Pace,
    dueMs: number,
    peer: PeerId | undefined,
    isAddress: boolean
  ): DialTarget {
    return {
      addresses,
      pace,
      peer,
      isAddress,
      failures: 0,
      dueMs,
      isDialling: false,
      startedMs: 0,
      attempt: 0,
      reason: ''
    }
  }

  /** Answers the number of the attempt that starts now. */
  started(target: DialTarget, nowMs: number): number {
    target.isDialling = true
    target.startedMs = nowMs
    target.attempt += 1
    return target.attempt
  }

  reset(target: DialTarget, nowMs: number): void {
    target.failures = 0
    target.dueMs = nowMs
  }

  failed(target: DialTarget, nowMs: number): void {
    if (target.pace === 'rare') {
      this.atCap(target, nowMs)
      return
    }
    const waitMs = this.#times.backoffStartMs * 2 ** Math.min(target.failures, doublingsMax)
    target.failures += 1
    target.dueMs = nowMs + this.#jittered(Math.min(waitMs, this.#capMs(target)))
  }

  /** Trying soon again would not help. */
  atCap(target: DialTarget, nowMs: number): void {
    target.failures += 1
    target.dueMs = nowMs + this.#jittered(this.#capMs(target))
  }

  #capMs(target: DialTarget): number {
    if (target.pace === 'fast') return this.#times.backoffCapMs
    return target.pace === 'slow' ? this.#times.slowBackoffCapMs : this.#times.rareBackoffCapMs
  }

  /** Between a half and the whole, so that two nodes that dial each other fall out of step. */
  #jittered(waitMs: number): number {
    return waitMs * (0.5 + this.#random.next() / 2)
  }
}
