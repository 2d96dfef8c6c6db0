/**
 * What a handler gets whose state is merged. Most take one or two things out of it, so each is made when it is asked for. The view of the state,
 * and the time, stay the same for as long as the handler runs. Fields of the object itself, which `{ ...context }` would copy, made a query
 * a tenth dearer.
 */
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Random } from '../../ports/random.ts'
import type { PendingCall } from '../calls/pending-call.ts'
import type { HandlerContext } from '../definitions/handler-context.ts'
import type { ActorOf } from '../definitions/reference.ts'
import { openState, type Shape } from '../definitions/shape.ts'
import { emptyOutbox, noOutbox } from '../outbox/outbox-sends.ts'
import type { Turn } from './turn.ts'

export interface TurnContextParts {
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly actorOf: ActorOf
}

export class TurnContext {
  readonly #turn: Turn
  readonly #call: PendingCall
  readonly #parts: TurnContextParts
  #state: unknown
  #nowMs: number | undefined

  constructor(turn: Turn, call: PendingCall, parts: TurnContextParts) {
    this.#turn = turn
    this.#call = call
    this.#parts = parts
  }

  get state(): unknown {
    if (this.#turn.value !== undefined) return this.#turn.value.state
    this.#state ??= openState(this.#turn.shape, this.#turn.transaction)
    return this.#state
  }

  /** Where the state is a value. */
  get set(): ((next: unknown) => void) | undefined {
    const turn = this.#turn
    if (turn.value === undefined) return undefined
    return next => {
      turn.assertOpen()
      turn.value?.set(next)
    }
  }

  get self(): HandlerContext<Shape>['self'] {
    const { definition, id } = this.#call.invocation
    return { kind: definition.kind, id }
  }

  get request(): string | undefined {
    return this.#call.request
  }

  get now(): number {
    this.#nowMs ??= this.#parts.clock.now()
    return this.#nowMs
  }

  get random(): HandlerContext<Shape>['random'] {
    return () => this.#parts.random.next()
  }

  get log(): Logger {
    return this.#parts.logger
  }

  get actor(): ActorOf {
    return (other, id) => {
      this.#turn.reachesOut = true
      return this.#parts.actorOf(other, id)
    }
  }

  get send(): HandlerContext<Shape>['send'] {
    return () => {
      throw noOutbox(this.#call.invocation.definition.kind)
    }
  }

  get outbox(): HandlerContext<Shape>['outbox'] {
    return () => emptyOutbox
  }
}
