/**
 * What a handler gets: the state, and what it needs of the world. Types only; `running/` and `leased/` make it, one for each form of state.
 */
import type { Logger } from '../../ports/logger.ts'
import type { RefusedCommand } from '../outbox/outbox-log.ts'
import type { EventSourcedState, HistoryRange, PastPoint, PastState, RecordedEvent } from './event-sourced.ts'
import type { ActorOf, Send } from './reference.ts'
import type { Shape, ViewOf } from './shape.ts'
import type { ValueState } from './value-state.ts'

/**
 * What a handler gets. Time and chance come from here, so that actors run in the simulator too. To be passed on whole, or taken from by name: most
 * of it is made when it is asked for, and a copy (`{ ...context }`, `({ state, ...rest })`) may lack it.
 */
export type HandlerContext<S extends Shape> = CommonContext & {
  /** The state as of the handler's start, plus its own changes. A throw discards them all. */
  readonly state: ViewOf<S>
} & (S extends ValueState<infer V>
    ? ValueContext<V>
    : S extends EventSourcedState<infer V, infer E>
      ? EventContext<V, E>
      : unknown)

/** Of a kind whose state is a value. */
export interface ValueContext<V> {
  /** Replaces the state. Throws `SHOAL_READ_ONLY` in a query, whose `state` is frozen. */
  set(next: V): void
}

/** Of an event-sourced kind. `state` is frozen: it changes by events. */
export interface EventContext<V, E> {
  /** Events so far, those that this handler has emitted included. */
  readonly revision: number
  /**
   * The state after one more event, which is also `state` from then on (of the context: what was taken out of it before stays as it was). Throws
   * `SHOAL_READ_ONLY` in a query, `SHOAL_BAD_STATE` where the event or the state is no JSON, and what `apply` throws.
   */
  emit(event: E): Readonly<V>
  /** Events from a revision on, in order, without those that this handler has emitted. */
  history(range?: HistoryRange): RecordedEvent<E>[]
  /** The state as it was. Throws `SHOAL_BAD_ARGUMENT` for a revision that is not reached yet. */
  stateAt(point: PastPoint): PastState<Readonly<V>>
}

/** What handlers of all kinds get. */
export interface CommonContext {
  /** This actor. */
  readonly self: { readonly kind: string; readonly id: string }
  /**
   * Of a command of an exclusive kind: names the call, as reports of overlaps do. The same whenever the handler runs for this call, on whatever
   * node (but where the actor has forgotten so old a request, and it had no effect), and no other call's: what is done outside of the
   * cluster can be done once under it. The life of the node that was called, a slash, and a count; of what another actor has sent (`send`), that
   * actor's kind, id and count. Nothing in a query, and of a replicated kind.
   */
  readonly request: string | undefined
  /** Wall-clock time when the handler started, or first asked for it: the same from then on. Milliseconds since 1970. */
  readonly now: number
  /** A number in [0, 1). */
  random(): number
  readonly log: Logger
  /**
   * Typed references to other actors. A call from an actor to itself waits for itself and ends with its deadline. A command that has
   * asked for one is not run again for lack of rights to a bounded counter.
   */
  readonly actor: ActorOf
  /**
   * Of a lease kind: commands to other actors of lease kinds, or to this one, as a part of this command's effect. They are carried out once each,
   * those to one actor in order, after this command is accepted, and not at all where it has no effect. Nobody waits for them, and nobody has
   * their replies. Throws `SHOAL_NO_OUTBOX` where one of the two kinds is of another mode, `SHOAL_READ_ONLY` in a query, `SHOAL_OVERLOADED` while
   * too many of this actor's wait, `SHOAL_BAD_ARGUMENT`.
   */
  readonly send: Send
  /** What has become of the commands that this actor has sent, as of the handler's start. */
  outbox(): OutboxView
}

/** Of one actor of a lease kind. */
export interface OutboxView {
  /** Commands that are not known to be over. */
  readonly waiting: number
  /** The latest of those that had no effect, because the other actor has refused them or its handler failed; at most 16. */
  readonly refused: readonly RefusedCommand[]
}
