/**
 * What a caller has of an actor: a reference with one function per method. Types only, derived from the definition; the router makes what
 * is behind them.
 */
import type { ActorDefinition, AnyDefinition } from './definition.ts'
import type { EventSourcedState, HistoryRange, PastPoint, PastState, RecordedEvent } from './event-sourced.ts'
import type { ReadLevel, WriteLevel } from './levels.ts'
import type { Command, Query } from './method.ts'
import type { PlainOf } from './shape.ts'

export interface CallOptions {
  /** Time after which the caller stops waiting and gets `SHOAL_DEADLINE`, in milliseconds. @default 10000 */
  deadlineMs?: number
  /** When the command is answered. A query takes no notice of it. @default the kind's */
  acknowledge?: WriteLevel
  /** What the query sees. A command takes no notice of it, and a lease kind, whose queries see all that was acknowledged. @default the kind's */
  read?: ReadLevel
}

type Call<A, R> = [A] extends [undefined]
  ? (argument?: undefined, options?: CallOptions) => Promise<R>
  : (argument: A, options?: CallOptions) => Promise<R>

type CallOf<T> =
  T extends Command<infer _S, infer A, infer R>
    ? Call<A, R>
    : T extends Query<infer _S, infer A, infer R>
      ? Call<A, R>
      : never

/** What every reference to an event-sourced actor has. */
interface HistoryCalls<V, E> {
  /** Events from a revision on, in order: ask on from the one after the last, until there is none. */
  history(range?: HistoryRange, options?: CallOptions): Promise<RecordedEvent<E>[]>
  /** The state as it was. Rejects with `SHOAL_BAD_ARGUMENT` for a revision that is not reached yet. */
  stateAt(point: PastPoint, options?: CallOptions): Promise<PastState<V>>
}

type SendCall<A> = [A] extends [undefined] ? (argument?: undefined) => void : (argument: A) => void

/** One function per command. */
export type Outgoing<D> =
  D extends ActorDefinition<string, infer _S, infer M>
    ? {
        readonly [N in keyof M as M[N] extends { readonly type: 'command' } ? N : never]: M[N] extends Command<
          infer _T,
          infer A,
          infer _R
        >
          ? SendCall<A>
          : never
      }
    : never

export type Send = <D extends AnyDefinition>(definition: D, id: string) => Outgoing<D>

/** A typed reference: one function per method, and `watch`. */
export type Reference<D> =
  D extends ActorDefinition<string, infer S, infer M>
    ? { readonly [N in keyof M]: CallOf<M[N]> } & (S extends EventSourcedState<infer V, infer E>
        ? HistoryCalls<V, E>
        : unknown) & {
          readonly kind: string
          readonly id: string
          /**
           * The present state, then each durable change of it; from the nearest node that has the actor, where this one has not. Slow
           * readers skip states, never the newest, and no state comes that lacks an update which one before it had. Rejects with
           * `SHOAL_UNAVAILABLE` when for 10 seconds no such state was in reach, with `SHOAL_UNREADABLE` where it cannot be opened.
           */
          watch(): AsyncIterableIterator<PlainOf<S>>
          /** The state as plain data: what this node has, or the nearest that has the actor. */
          state(): Promise<PlainOf<S>>
        }
    : never

export type ActorOf = <D extends AnyDefinition>(definition: D, id: string) => Reference<D>
