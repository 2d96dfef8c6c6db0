/**
 * One caller's wait on the node that runs the message: it ends once, at the latest at its deadline, and says truly whether the
 * message had an effect by then.
 */
import type { Clock } from '../ports/clock.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Method } from './definition.ts'
import type { Invocation, Outcome } from './invocation.ts'
import type { Shape } from './shape.ts'

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
  /** Of the actor: `kind/id`. */
  readonly name: string
  /** Rejects when the deadline passes, or the node stops. */
  readonly over: Promise<never>
  /** How often rights to a bounded counter were sought for it. */
  searches = 0
  readonly #resolve: (outcome: Outcome) => void
  readonly #reject: (error: unknown) => void
  readonly #passed: (error: unknown) => void
  readonly #timer
  #ended = false
  #committed = false
  #progress: (() => string) | undefined

  constructor(
    clock: Clock,
    { invocation, method, argument }: Called,
    resolve: (outcome: Outcome) => void,
    reject: (error: unknown) => void
  ) {
    this.invocation = invocation
    this.method = method
    this.argument = argument
    this.name = `${invocation.definition.kind}/${invocation.id}`
    this.#resolve = resolve
    this.#reject = reject
    const { promise, reject: passed } = Promise.withResolvers<never>()
    promise.catch(() => {})
    this.over = promise
    this.#passed = passed
    this.#timer = clock.after(Math.max(0, invocation.deadlineMs - clock.elapsed()), () => this.#give(this.#late()))
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
    return this.#ended
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
    if (this.#close()) this.#resolve(outcome)
  }

  #give(error: ShoalError): void {
    this.fail(error)
    this.#passed(error)
  }

  fail(error: unknown): void {
    if (this.#close()) this.#reject(error)
  }

  #close(): boolean {
    if (this.#ended) return false
    this.#ended = true
    this.#timer.cancel()
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
