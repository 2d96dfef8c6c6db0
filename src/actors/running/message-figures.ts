/** What is counted of the messages that actors run, whatever their kind, and what their callers are told where one fails. */
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Counter, Metrics } from '../../ports/metrics.ts'
import type { PendingCall } from '../calls/pending-call.ts'
import { Refusal } from '../definitions/refusal.ts'

export function overloads(metrics: Metrics): Counter {
  return metrics.counter(
    'shoal_actor_overloads_total',
    'Calls refused because their actor, their shard or this node had as many as it takes'
  )
}

export class MessageFigures {
  readonly messages
  readonly seconds
  readonly #logger: Logger
  readonly #refused
  readonly #failed
  readonly #overloaded

  constructor(metrics: Metrics, logger: Logger) {
    this.#logger = logger
    this.messages = metrics.counter('shoal_actor_calls_total', 'Messages run by actors on this node')
    this.#refused = metrics.counter('shoal_actor_refusals_total', 'Messages that a handler refused')
    this.#failed = metrics.counter('shoal_actor_failures_total', 'Messages whose handler threw')
    this.#overloaded = overloads(metrics)
    this.seconds = metrics.histogram('shoal_actor_call_seconds', 'Time from a message’s arrival to its answer')
  }

  overload(name: string, what = 'calls wait for it'): ShoalError {
    this.#overloaded.add()
    return new ShoalError('SHOAL_OVERLOADED', `${name}: too many ${what}`, { retryable: true })
  }

  /** What the caller of a handler that threw is told. */
  reasonFor({ name, invocation: { method } }: PendingCall, error: unknown): unknown {
    if (error instanceof Refusal) this.#refused.add()
    else if (!isShoalError(error)) {
      this.#failed.add()
      this.#logger.warn('a handler threw; its changes are discarded', { actor: name, method, err: error })
      const text = error instanceof Error ? error.message : String(error)
      return new ShoalError('SHOAL_HANDLER_FAILED', `${name}.${method}: ${text}`, { cause: error })
    }
    return error
  }
}
