/**
 * Removes the sessions of nodes that are gone from the lease store: registers of which nobody has heard for an hour.
 *
 * A session whose register is not there is over, as if that were written in it, and no session has the name of another: so to remove the
 * register under the version that it had all the time ends the session for good, whether that was written or not. A node that comes back
 * finds none and begins the next one. Every node looks, now and then: which of the others do nobody knows, as some have no lease store.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { LeaseStore, Register, RegisterVersion } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import { sessionFrom, sessionPrefix } from './lease-registers.ts'

export interface SessionRemovalParts {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly logger: Logger
  readonly metrics: Metrics
  readonly rateError: number
  /** How many nodes are there that look more often. */
  rank(): number
  /** Throws where it is not the store of this disk. */
  isOwnStore(): Promise<void>
}

interface Seen {
  readonly version: RegisterVersion
  readonly sinceMs: number
}

const lookIntervalMs = 10 * 60_000
/** Of the node with the highest rank, in intervals of the first. */
const maxIntervals = 12
/** Longer than any lease, and than a node takes to start anew: who comes back sooner goes on with its register. */
const stillMs = 3_600_000
/** Registers looked at, and so remembered, and removed at one look. Where there are more the next looks find the others. */
const maxSeen = 4096
const maxRemoved = 512
/** Of a call to the store: a list of so many takes longer than a beat may. */
const patienceMs = 10_000

export class SessionRemoval {
  readonly #parts: SessionRemovalParts
  readonly #removed
  #seen: ReadonlyMap<string, Seen> = new Map()
  #timer: Timer | undefined
  #isStopped = false

  constructor(parts: SessionRemovalParts) {
    this.#parts = parts
    this.#removed = parts.metrics.counter(
      'shoal_lease_sessions_removed_total',
      'Sessions of nodes that are gone which this node has removed from the lease store'
    )
  }

  start(): void {
    const { clock, rank } = this.#parts
    this.#timer = clock.after(lookIntervalMs * Math.min(1 + rank(), maxIntervals), () => {
      this.look()
        .catch(error => this.#failed(error))
        .finally(() => {
          if (!this.#isStopped) this.start()
        })
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  /** Throws as the store does. */
  async look(): Promise<void> {
    const { store, clock, logger, isOwnStore } = this.#parts
    await isOwnStore()
    const askedMs = clock.elapsed()
    const registers = await store.list(sessionPrefix, askedMs + patienceMs, maxSeen)
    const answeredMs = clock.elapsed()
    const seen = new Map<string, Seen>()
    let removed = 0
    for (const register of registers.slice(0, maxSeen)) {
      const { key, version } = register
      const before = this.#seen.get(key)
      const since = before?.version === version ? before : { version, sinceMs: answeredMs }
      if (askedMs - since.sinceMs < this.#stillMs(register) || removed >= maxRemoved || this.#isStopped) {
        seen.set(key, since)
        continue
      }
      await store.remove(key, version, clock.elapsed() + patienceMs)
      this.#removed.add()
      removed++
    }
    this.#seen = seen
    if (removed > 0) logger.info('sessions of nodes that are gone were removed from the lease store', { removed })
  }

  /** What no node of Shoal wrote is let be. */
  #stillMs(register: Register): number {
    try {
      return Math.max(stillMs, sessionFrom(register).leaseMs * (1 + this.#parts.rateError))
    } catch (error) {
      if (isShoalError(error)) return Number.POSITIVE_INFINITY
      throw error
    }
  }

  #failed(error: unknown): void {
    // That it is another store, or a spoilt one, is said where that is found out.
    const isSaid = isShoalError(error) && error.code === 'SHOAL_LEASE_STORE'
    if (this.#isStopped || isSaid) return
    this.#parts.logger.warn('sessions could not be removed from the lease store', { err: error })
  }
}
