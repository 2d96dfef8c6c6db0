/**
 * Leases on time: a node's session. When that of another is over, `watch` tells.
 *
 * The holder counts from before it asked, less the error of clocks; whoever wants to take over watches for as long, and as much more
 * (session-watch.ts). Times are differences of one clock that counts suspension, too. Source: Gray and Cheriton, "Leases", 1989.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { LeaseStore, Register, RegisterVersion } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import { encodeRegister, type SessionRecord, sessionFrom, sessionKey } from './lease-registers.ts'
import { SessionWatch } from './session-watch.ts'

export interface SessionOptions {
  /** How long a session outlives its last beat, in milliseconds. @default 5000 */
  leaseMs?: number
  /** By how much two clocks may differ in their rate: 0.01 is a hundredth. @default 0.01 */
  clockRateError?: number
}

export interface SessionParts {
  readonly store: LeaseStore
  readonly clock: Clock
  readonly logger: Logger
  readonly self: PeerId
  readonly incarnation: string
  /** Throws where this node is not to have a session in this store. */
  mayBegin(): Promise<void>
  /** Another node has ended this session: everything that was owned under it is another's, or nobody's. */
  lost(session: string): void
  /** One has begun, and is valid. */
  began?(): void
}

interface Own {
  readonly session: string
  readonly beat: number
  readonly version: RegisterVersion
}

export const standardLeaseMs = 5000

const beatsPerLease = 3
const looksPerLease = 50

export class Sessions {
  readonly leaseMs: number
  /** Of other nodes' sessions. */
  readonly watch: SessionWatch
  /** By how much clocks may differ in their rate. */
  readonly rateError: number
  readonly #parts: SessionParts
  #own: Own | undefined
  #count = 0
  #validUntilMs = Number.NEGATIVE_INFINITY
  #timer: Timer | undefined
  /** The beat, or the beginning, that is under way. */
  #going: Promise<void> = Promise.resolve()
  #ending: Promise<boolean> | undefined
  #isStopped = false
  /** And that was said. */
  #isStoreAway = false

  constructor(parts: SessionParts, { leaseMs = standardLeaseMs, clockRateError = 0.01 }: SessionOptions = {}) {
    this.#parts = parts
    if (!Number.isInteger(leaseMs) || leaseMs < 50)
      throw new TypeError('leaseMs is a whole number of milliseconds, 50 or more')
    this.leaseMs = leaseMs
    this.rateError = clockRateError
    const { store, clock, logger } = parts
    const lookEveryMs = leaseMs / looksPerLease
    const deadline = () => this.deadline()
    const watching = { store, clock, logger, rateError: clockRateError, lookEveryMs, retryMs: lookEveryMs, deadline }
    this.watch = new SessionWatch(watching)
  }

  start(): void {
    this.#going = this.#go()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
    this.watch.stop()
    this.#validUntilMs = Number.NEGATIVE_INFINITY
  }

  /**
   * Ends this node's session, for good: from now on it is not valid here, and when this resolves it is over in the store, by one write, so
   * that others may claim whatever was owned under it. Call it when nothing more can be accepted or shown under it. `false`: the store has
   * not taken it by then, and others wait for its lease.
   */
  end(untilMs: number): Promise<boolean> {
    this.#timer?.cancel()
    this.#validUntilMs = Number.NEGATIVE_INFINITY
    this.#ending ??= this.#going.then(() => this.#end(untilMs))
    return this.#ending
  }

  /** The session under which this node may own; it may have to be renewed before it is valid. */
  get current(): string | undefined {
    return this.#ending === undefined ? this.#own?.session : undefined
  }

  /** Nobody can have taken over what this node owns. Ask when a handler starts, and again before its reply leaves. */
  isValid(): boolean {
    return this.#own !== undefined && this.#parts.clock.elapsed() < this.#validUntilMs
  }

  get beatIntervalMs(): number {
    return this.leaseMs / beatsPerLease
  }

  /** A moment by which a call to the store must have ended. */
  deadline(): number {
    return this.#parts.clock.elapsed() + this.leaseMs / beatsPerLease
  }

  // ---- this node's own -------------------------------------------------------------------------------------------------------

  async #go(): Promise<void> {
    const { clock, logger } = this.#parts
    let isBeating = false
    try {
      isBeating = this.#own === undefined ? await this.#begin() : await this.#beat(this.#own)
      this.#isStoreAway = false
    } catch (error) {
      const say = this.#isStoreAway ? logger.debug : logger.warn
      say.call(logger, 'the lease store did not take a beat', { err: error })
      this.#isStoreAway = true
      if (isShoalError(error) && error.code === 'SHOAL_STOPPED') return
    }
    if (this.#isStopped || this.#ending !== undefined) return
    const pauseMs = this.leaseMs / beatsPerLease / (isBeating ? 1 : 4)
    this.#timer = clock.after(pauseMs, () => this.start())
  }

  async #begin(): Promise<boolean> {
    const { store, self, incarnation, clock } = this.#parts
    await this.#parts.mayBegin()
    const register = await store.read(sessionKey(self), this.deadline())
    const askedMs = clock.elapsed()
    const { leaseMs } = this
    const record: SessionRecord = { session: `${incarnation}.${++this.#count}`, beat: 1, leaseMs, isOver: false }
    const outcome = await store.write(sessionKey(self), encodeRegister(record), register?.version, this.deadline())
    if (outcome === 'conflict') return false
    this.#own = { session: record.session, beat: 1, version: outcome.version }
    this.#isValidFrom(askedMs)
    if (this.isValid()) this.#parts.began?.()
    return true
  }

  async #beat({ session, beat, version }: Own): Promise<boolean> {
    const { store, self, clock } = this.#parts
    const key = sessionKey(self)
    const askedMs = clock.elapsed()
    try {
      const record: SessionRecord = { session, beat: beat + 1, leaseMs: this.leaseMs, isOver: false }
      const outcome = await store.write(key, encodeRegister(record), version, this.deadline())
      if (outcome !== 'conflict') {
        this.#own = { session, beat: beat + 1, version: outcome.version }
        this.#isValidFrom(askedMs)
        return true
      }
    } catch (error) {
      this.#parts.logger.debug('a beat may have been lost', { err: error })
    }
    // Lost, or written after all: what is there now tells.
    this.#found(session, await store.read(key, this.deadline()))
    return false
  }

  async #end(untilMs: number): Promise<boolean> {
    const { store, self, clock, logger } = this.#parts
    const key = sessionKey(self)
    while (this.#own !== undefined) {
      const { session, beat, version } = this.#own
      const over: SessionRecord = { session, beat: beat + 1, leaseMs: this.leaseMs, isOver: true }
      const deadlineMs = Math.min(this.deadline(), untilMs)
      try {
        if ((await store.write(key, encodeRegister(over), version, deadlineMs)) !== 'conflict') break
      } catch (error) {
        logger.debug('the end of a session may have been lost', { err: error })
      }
      try {
        this.#found(session, await store.read(key, deadlineMs))
      } catch (error) {
        if (clock.elapsed() >= untilMs) return false
        logger.debug('the session could not be ended yet', { err: error })
        await new Promise<void>(resolve => clock.after(this.beatIntervalMs / 4, resolve))
      }
    }
    this.#own = undefined
    return true
  }

  /** What is in the register tells what became of a write of unknown outcome. */
  #found(session: string, register: Register | undefined): void {
    const found = register === undefined ? undefined : sessionFrom(register)
    if (register === undefined || found?.session !== session || found.isOver) this.#lose(session)
    else this.#own = { session, beat: found.beat, version: register.version }
  }

  #isValidFrom(askedMs: number): void {
    if (!this.#isStopped && this.#ending === undefined)
      this.#validUntilMs = askedMs + this.leaseMs * (1 - this.rateError)
  }

  #lose(session: string): void {
    this.#own = undefined
    this.#validUntilMs = Number.NEGATIVE_INFINITY
    this.#parts.lost(session)
  }
}
