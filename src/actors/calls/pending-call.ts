/**
 * One caller's wait on the node that runs the message: it ends once, at the latest at its deadline, and says truly whether the
 * message had an effect by then. Where the message is over at once, nothing is made to wait with.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Method } from '../definitions/method.ts'
import type { Shape } from '../definitions/shape.ts'
import { requestKey } from '../requests/request-log.ts'
import type { Invocation, Outcome } from './invocation.ts'

/** What is called, checked. */
interface Called {
  readonly invocation: Invocation
  readonly method: Method<Shape>
  readonly argument: unknown
}

export class PendingCall implements Called {
  readonly invocation: Invocation
  readonly method: Method<Shape>
  readonly argument: unknown
  /** How often rights to a bounded counter were sought for it. */
  searches = 0
  readonly #clock: Clock
  #waiting: PromiseWithResolvers<Outcome> | undefined
  #over: PromiseWithResolvers<never> | undefined
  /** Why nobody waits any more. */
  #given: ShoalError | undefined
  #timer: Timer | undefined
  #end: { readonly outcome: Outcome } | { readonly error: unknown } | undefined
  #committed = false
  #progress: (() => string) | undefined

  constructor(clock: Clock, { invocation, method, argument }: Called) {
    this.#clock = clock
    this.invocation = invocation
    this.method = method
    this.argument = argument
  }

  /** Of the actor: `kind/id`. */
  get name(): string {
    return this.invocation.name
  }

  /** What its handler is told of it. A query has a name only where it came from afar: none is told. */
  get request(): string | undefined {
    const { request, sent } = this.invocation
    if (this.method.type !== 'command') return undefined
    if (sent !== undefined) return requestKey({ session: sent.sender, number: sent.number })
    return request === undefined ? undefined : requestKey(request)
  }

  /** What it came to, or will have come to by its deadline. Throws what it failed with. To be asked once, when the message is on its way. */
  outcome(): Outcome | Promise<Outcome> {
    if (this.#end === undefined) {
      this.#waiting = Promise.withResolvers()
      const leftMs = this.invocation.deadlineMs - this.#clock.elapsed()
      this.#timer = this.#clock.after(Math.max(0, leftMs), () => this.#give(this.#late()))
      return this.#waiting.promise
    }
    if ('error' in this.#end) throw this.#end.error
    return this.#end.outcome
  }

  /** Rejects when the deadline passes, or the node stops. */
  get over(): Promise<never> {
    if (this.#over === undefined) {
      this.#over = Promise.withResolvers()
      this.#over.promise.catch(() => {})
      if (this.#given !== undefined) this.#over.reject(this.#given)
    }
    return this.#over.promise
  }

  /** The node stops. */
  stop(): void {
    this.#give(
      this.#committed
        ? this.#late()
        : new ShoalError('SHOAL_STOPPED', 'this node has stopped; the call had no effect', { retryable: true })
    )
  }

  get isOver(): boolean {
    return this.#end !== undefined
  }

  /** From now on the deadline cannot undo the effect. */
  committed(): void {
    this.#committed = true
  }

  /** How far the wait for other disks has come. */
  waitsFor(progress: () => string): void {
    this.#progress = progress
  }

  end(outcome: Outcome): void {
    if (!this.#close({ outcome })) return
    this.#waiting?.resolve(outcome)
  }

  #give(error: ShoalError): void {
    this.fail(error)
    this.#given = error
    this.#over?.reject(error)
  }

  fail(error: unknown): void {
    if (!this.#close({ error })) return
    this.#waiting?.reject(error)
  }

  #close(end: { readonly outcome: Outcome } | { readonly error: unknown }): boolean {
    if (this.#end !== undefined) return false
    this.#end = end
    this.#timer?.cancel()
    return true
  }

  #late(): ShoalError {
    const what = `${this.name}.${this.invocation.method}`
    return this.#committed
      ? new ShoalError(
          'SHOAL_INDETERMINATE',
          `${what}: it took effect here, and is known to be on ${this.#progress?.() ?? '1 disk'}; ${this.invocation.acknowledge} was asked for`,
          { retryable: true }
        )
      : new ShoalError('SHOAL_DEADLINE', `${what}: the deadline passed; it had no effect`, { retryable: true })
  }
}
