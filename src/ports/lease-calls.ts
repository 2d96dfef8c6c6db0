/**
 * What all lease stores have in common: arguments are checked at the door, every call ends by its deadline,
 * what goes wrong has one typed error, and calls in flight are limited. Behind it a backend only has to speak with its store.
 */
import type { Clock } from './clock.ts'
import { isShoalError, ShoalError } from './errors.ts'
import {
  checkRegisterKey,
  checkRegisterPrefix,
  checkRegisterValue,
  type LeaseStore,
  maxListedRegisters,
  maxRegisterBytes,
  type Register,
  type RegisterVersion,
  storeFailed,
  storeSpoilt,
  type WriteOutcome
} from './lease-store.ts'

/** May throw what it likes. Has to let go of what a call holds soon after its signal aborts. */
export interface RegisterBackend {
  /** Of the store, for messages. */
  readonly name: string
  read(key: string, signal: AbortSignal): Promise<Register | undefined>
  /** May stop when it has more than `limit`. */
  list(prefix: string, limit: number, signal: AbortSignal): Promise<readonly Register[]>
  /** Must send the write once only: of a write sent twice, the second would conflict with the first. */
  write(
    key: string,
    value: Uint8Array,
    expected: RegisterVersion | undefined,
    signal: AbortSignal
  ): Promise<WriteOutcome>
  /** May send it more often than once. */
  remove(key: string, version: RegisterVersion, signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** Most calls in flight, a call that was given up included until its backend has let go of it. */
export const maxCallsInFlight = 64

export class LeaseCalls implements LeaseStore {
  readonly #backend: RegisterBackend
  readonly #clock: Clock
  readonly #ends = new Set<(error: ShoalError) => void>()
  #inFlight = 0
  #closing: Promise<void> | undefined

  constructor(backend: RegisterBackend, clock: Clock) {
    this.#backend = backend
    this.#clock = clock
  }

  async read(key: string, deadlineMs: number): Promise<Register | undefined> {
    checkRegisterKey(key)
    const register = await this.#call(`reading ${key}`, deadlineMs, signal => this.#backend.read(key, signal))
    return register === undefined ? undefined : checked(register)
  }

  async list(prefix: string, deadlineMs: number, atMost?: number): Promise<readonly Register[]> {
    checkRegisterPrefix(prefix)
    const what = `listing ${prefix === '' ? 'all' : prefix}`
    const limit = atMost ?? maxListedRegisters
    const registers = await this.#call(what, deadlineMs, signal => this.#backend.list(prefix, limit, signal))
    if (atMost === undefined && registers.length > limit) throw storeSpoilt(what, `there are more than ${limit}`)
    return registers.slice(0, limit).map(checked)
  }

  async write(
    key: string,
    value: Uint8Array,
    expected: RegisterVersion | undefined,
    deadlineMs: number
  ): Promise<WriteOutcome> {
    checkRegisterKey(key)
    checkRegisterValue(value)
    const bytes = value.slice()
    return await this.#call(`writing ${key}`, deadlineMs, signal => this.#backend.write(key, bytes, expected, signal))
  }

  async remove(key: string, version: RegisterVersion, deadlineMs: number): Promise<void> {
    checkRegisterKey(key)
    await this.#call(`removing ${key}`, deadlineMs, signal => this.#backend.remove(key, version, signal))
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    for (const end of [...this.#ends]) end(stopped())
    await this.#backend.close()
  }

  async #call<T>(what: string, deadlineMs: number, task: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw stopped()
    const about = `${this.#backend.name}: ${what}`
    const leftMs = deadlineMs - this.#clock.elapsed()
    if (Number.isNaN(leftMs)) throw new TypeError('a deadline is a moment on Clock.elapsed(), in milliseconds')
    if (leftMs <= 0) throw storeFailed(about, 'the deadline has passed')
    if (this.#inFlight >= maxCallsInFlight) throw storeFailed(about, `${this.#inFlight} calls are in flight`)
    const control = new AbortController()
    const given = Promise.withResolvers<never>()
    const end = (error: ShoalError) => {
      given.reject(error)
      control.abort(error)
    }
    const timer = this.#clock.after(leftMs, () => end(storeFailed(about, 'no answer by the deadline')))
    this.#ends.add(end)
    this.#inFlight++
    try {
      const working = task(control.signal).finally(() => this.#inFlight--)
      return await Promise.race([working, given.promise])
    } catch (error) {
      throw isShoalError(error) ? error : storeFailed(about, reasonOf(error), error)
    } finally {
      timer.cancel()
      this.#ends.delete(end)
    }
  }
}

function checked(register: Register): Register {
  if (register.value.length > maxRegisterBytes)
    throw storeSpoilt(register.key, `the register has ${register.value.length} bytes, which Shoal never wrote`)
  return register
}

function stopped(): ShoalError {
  return new ShoalError('SHOAL_STOPPED', 'the lease store is closed')
}

/** An `AggregateError` of a refused connection has an empty message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0])
  return error instanceof Error && error.message !== '' ? error.message : String(error)
}
