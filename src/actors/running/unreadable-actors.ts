/**
 * Actors whose documents could not be merged, and when each may be tried again.
 *
 * A try that fails costs the sandbox up to its deadline, and everybody else that wait. So a failed actor is tried again after a
 * minute, or when its parts have changed: then after a second, and twice as long after every further failure. And all failed
 * actors together take no more than a tenth of the sandbox's time.
 */
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Counter, Gauge, Metrics } from '../../ports/metrics.ts'
import type { SandboxAnswer } from '../../ports/sandbox.ts'

/** An actor beyond the limit is forgotten: it is tried once more when somebody opens it. */
const maxActors = 10_000
const minWaitMs = 1000
const maxWaitMs = 60_000
/** For each millisecond that a failed try took, until any failed actor is tried again. */
const restMsPerMs = 9

interface Unreadable {
  readonly reason: string
  readonly failures: number
  readonly failedMs: number
  /** Of the untrusted parts: tells cheaply whether they have changed. */
  readonly bytes: number
}

type FailedMerge = Pick<Extract<SandboxAnswer, { outcome: 'failed' }>, 'failure' | 'reason'>

interface Attempt {
  readonly bytes: number
  readonly tookMs: number
}

export class UnreadableActors {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #gauge: Gauge
  readonly #failures: Counter
  readonly #actors = new Map<string, Unreadable>()
  #restUntilMs = Number.NEGATIVE_INFINITY

  constructor(parts: { clock: Clock; logger: Logger; metrics: Metrics }) {
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#gauge = parts.metrics.gauge(
      'shoal_actors_unreadable',
      'Actors that this node cannot open: a document of theirs cannot be merged'
    )
    this.#failures = parts.metrics.counter(
      'shoal_document_failures_total',
      'Documents that the sandbox could not merge'
    )
  }

  /** Why the actor is not to be tried now. `bytes` is the size of what would be tried. */
  suspicion(name: string, bytes: number): ShoalError | undefined {
    const known = this.#actors.get(name)
    if (known === undefined) return undefined
    const waitMs = bytes === known.bytes ? maxWaitMs : Math.min(maxWaitMs, minWaitMs * 2 ** (known.failures - 1))
    const mayTryMs = Math.max(known.failedMs + waitMs, this.#restUntilMs)
    return this.#clock.elapsed() < mayTryMs ? unreadable(name, known.reason) : undefined
  }

  /** The error for whoever asked, where a merge came to nothing. Only what says something about the document counts against the actor. */
  failed(name: string, engine: string, { failure, reason }: FailedMerge, attempt: Attempt): ShoalError {
    const retryable = { retryable: true }
    if (failure === 'stopped') return new ShoalError('SHOAL_STOPPED', reason, retryable)
    if (failure === 'overloaded') return new ShoalError('SHOAL_OVERLOADED', `${name}: ${reason}`, retryable)
    if (failure === 'unavailable') return new ShoalError('SHOAL_UNAVAILABLE', `${name}: ${reason}`, retryable)
    this.#failures.add()
    return this.add(name, `${engine} document: ${reason}`, attempt)
  }

  /** The error for whoever asked. */
  add(name: string, reason: string, attempt: Attempt): ShoalError {
    const nowMs = this.#clock.elapsed()
    const known = this.#actors.get(name)
    if (known === undefined)
      this.#logger.error('an actor is unreadable: what others wrote into it cannot be merged', { actor: name, reason })
    else this.#restUntilMs = nowMs + restMsPerMs * attempt.tookMs
    this.#actors.delete(name)
    this.#actors.set(name, { reason, failures: (known?.failures ?? 0) + 1, failedMs: nowMs, bytes: attempt.bytes })
    for (const oldest of this.#actors.keys()) {
      if (this.#actors.size <= maxActors) break
      this.#actors.delete(oldest)
    }
    this.#gauge.set(this.#actors.size)
    return unreadable(name, reason)
  }

  /** It is another node's to open from now on. */
  forget(name: string): void {
    if (this.#actors.delete(name)) this.#gauge.set(this.#actors.size)
  }

  remove(name: string): void {
    if (this.#actors.size === 0 || !this.#actors.delete(name)) return
    this.#gauge.set(this.#actors.size)
    this.#logger.info('an actor is readable again', { actor: name })
  }
}

function unreadable(name: string, reason: string): ShoalError {
  return new ShoalError('SHOAL_UNREADABLE', `${name} cannot be opened on this node; ${reason}`)
}
