/**
 * What a user writes: the definition of a kind of actor.
 *
 * A definition is plain data: a kind, the shape of its state (a schema of CRDT fields, or one CRDT), and methods. Types of
 * state, arguments and replies are inferred from it; nothing is declared twice. The same definition runs in a node, behind a
 * door and in the simulator.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { maxReplicas } from '../../cluster/placement.ts'
import type { Logger } from '../../ports/logger.ts'
import type { RefusedCommand } from '../outbox/outbox-log.ts'
import type { Overlap } from '../requests/overlap-telling.ts'
import type { EventSourcedState, HistoryRange, PastPoint, PastState, RecordedEvent } from './event-sourced.ts'
import { historyMethods } from './history-methods.ts'
import { type CrdtShape, isCrdt, type PlainOf, type Shape, type ViewOf } from './shape.ts'
import { isMergedValue, type ValueState } from './value-state.ts'

/**
 * When a command is answered: `local`, it is synced to this node's disk; `majority`, to the disks of a majority of the replica set;
 * `all`, to those of all of it. Of a replicated kind dead members count, too, until they have left or are forgotten.
 */
export type WriteLevel = 'local' | 'majority' | 'all'

/**
 * What a query sees: `local`, what the node that runs it has; `majority`, also what the members of a majority of the replica set have,
 * and so every command that was acknowledged by a majority before the query began; `all`, what any member has.
 */
export type ReadLevel = 'local' | 'majority' | 'all'

export const levels = ['local', 'majority', 'all'] as const

export type ActorMode = 'replicated' | 'exclusive'

/** What becomes of an exclusive kind under a partition: see docs/exclusive-actors.md. */
export type PartitionMode = 'merge' | 'lease'

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

// Members are methods, not properties, so that definitions of different schemas are one family (bivariant parameters).
export interface Command<S extends Shape, A, R> {
  readonly type: 'command'
  readonly argument: StandardSchemaV1<unknown, unknown> | undefined
  run(context: HandlerContext<S>, argument: unknown): R | Promise<R>
  /** Only a type: the argument a caller gives. */
  readonly input?: (argument: A) => void
}

export interface Query<S extends Shape, A, R> {
  readonly type: 'query'
  readonly argument: StandardSchemaV1<unknown, unknown> | undefined
  run(context: HandlerContext<S>, argument: unknown): R | Promise<R>
  readonly input?: (argument: A) => void
}

export type Method<S extends Shape> = Command<S, never, unknown> | Query<S, never, unknown>

type Output<T extends StandardSchemaV1> = StandardSchemaV1.InferOutput<T>
type Input<T extends StandardSchemaV1> = StandardSchemaV1.InferInput<T>

/**
 * A method that may change the state. `argument` is anything that speaks Standard Schema (zod, valibot, arktype); it is checked
 * at every door. The handler returns a reply that JSON can carry, or throws: `refuse(code, message)` for an answer of the
 * application's own.
 */
export function command<S extends Shape, T extends StandardSchemaV1, R>(
  argument: T,
  handler: (context: HandlerContext<S>, argument: Output<T>) => R
): Command<S, Input<T>, Awaited<R>>
export function command<S extends Shape, R>(
  handler: (context: HandlerContext<S>) => R
): Command<S, undefined, Awaited<R>>
export function command(...parts: MethodParts): Command<Shape, never, unknown> {
  return { type: 'command', ...method(parts) }
}

/** A method that reads. It sees what is durable, and a change it tries is a `SHOAL_READ_ONLY` error. */
export function query<S extends Shape, T extends StandardSchemaV1, R>(
  argument: T,
  handler: (context: HandlerContext<S>, argument: Output<T>) => R
): Query<S, Input<T>, Awaited<R>>
export function query<S extends Shape, R>(handler: (context: HandlerContext<S>) => R): Query<S, undefined, Awaited<R>>
export function query(...parts: MethodParts): Query<Shape, never, unknown> {
  return { type: 'query', ...method(parts) }
}

type Handler = (context: HandlerContext<Shape>, argument: never) => unknown
type MethodParts = [StandardSchemaV1, Handler] | [Handler]

function method(parts: MethodParts) {
  const [argument, handler] = parts.length === 2 ? parts : [undefined, parts[0]]
  if (typeof handler !== 'function') throw new TypeError('a method needs a handler function')
  if (argument !== undefined && typeof argument['~standard']?.validate !== 'function') {
    throw new TypeError("a method's argument needs a Standard Schema, such as one of zod's")
  }
  return { argument, run: handler as (context: HandlerContext<Shape>, argument: unknown) => unknown }
}

export interface ActorOptions {
  /** When a command is answered. @default 'local' for replicated kinds, 'majority' for exclusive ones */
  acknowledge?: WriteLevel
  /** What a query sees. One of a lease kind sees all that was acknowledged, at every level. @default 'local' */
  read?: ReadLevel
  /**
   * On how many nodes an actor of a replicated kind is: 1 to 15, or 'all'. All nodes must say the same, for ever. An exclusive kind, and one
   * with a bounded counter, is on all. @default the cluster's
   */
  replication?: 'all' | number
  /**
   * Of an exclusive kind, what a partition of the network does to it. `merge`: both sides serve, and their updates are merged after it.
   * `lease`: the side serves whose node has the lease, and the other answers `SHOAL_UNAVAILABLE`; each actor is linearizable. It needs
   * the node's option `leases`, and commands are acknowledged by a `majority` or by `all`. All nodes must say the same, for ever.
   * @default 'merge'
   */
  partition?: PartitionMode
  /**
   * Of an exclusive kind of mode `merge`: called on the node that serves an actor after two owners have run commands of it, neither of
   * which had seen the other's, and their effects are merged; see docs/exclusive-actors.md. `actor` gives references, to this actor or
   * others, for what is to be done about it. Nobody waits for it, and what it throws is logged. The node has an event `overlap`, too.
   * @default nothing is called
   */
  onOverlap?(overlap: Overlap, actor: ActorOf): unknown
  /** Time after the last use when an actor leaves memory, in milliseconds. @default 60000 */
  passivateAfterMs?: number
  /** Calls that may wait for one actor; one more is refused as `SHOAL_OVERLOADED`. @default 1024 */
  mailboxLimit?: number
}

export interface ActorDefinition<
  K extends string = string,
  S extends Shape = Shape,
  M extends Record<string, Method<S>> = Record<string, Method<S>>
> {
  readonly kind: K
  readonly mode: ActorMode
  readonly shape: S
  readonly methods: M
  readonly options: Readonly<Required<Omit<ActorOptions, 'replication' | 'partition' | 'onOverlap'>>>
  /** Of an exclusive kind; none: `merge`. */
  readonly partition?: PartitionMode
  readonly onOverlap?: NonNullable<ActorOptions['onOverlap']>
  /** 0: one on every node; `undefined`: as many as the cluster says. */
  readonly replicas: number | undefined
}

type Methods<S extends Shape> = Record<string, Method<S>>

/** A kind whose actors live on every node at once: any replica takes commands, also while it is cut off. */
export function replicated<const K extends string, S extends CrdtShape, M extends Methods<S>>(
  kind: K,
  shape: S,
  methods: M & Methods<NoInfer<S>>,
  options: ActorOptions = {}
): ActorDefinition<K, S, M> {
  return define('replicated', kind, shape, methods, options)
}

/**
 * A kind whose actors live on one node at a time, the ring's owner. Under a partition both sides serve, each by its own view, and their
 * updates are merged after it (`merge`), or only one side does (`lease`); see docs/exclusive-actors.md.
 */
export function exclusive<const K extends string, S extends Shape, M extends Methods<S>>(
  kind: K,
  shape: S,
  methods: M & Methods<NoInfer<S>>,
  options: ActorOptions = {}
): ActorDefinition<K, S, M> {
  return define('exclusive', kind, shape, methods, options)
}

const KIND = /^[a-z][a-z0-9-]{0,62}$/
const METHOD = /^[a-zA-Z][a-zA-Z0-9_]{0,62}$/
/** `watch` and the like are words of the HTTP door and of references. */
const RESERVED = new Set(['watch', 'then', 'constructor', 'prototype', 'id', 'kind', 'state'])
/** Methods that every event-sourced kind has. */
const historyNames: readonly string[] = Object.keys(historyMethods)

function define<K extends string, S extends Shape, M extends Methods<S>>(
  mode: ActorMode,
  kind: K,
  shape: S,
  methods: M,
  options: ActorOptions
): ActorDefinition<K, S, M> {
  if (!KIND.test(kind))
    throw new TypeError(`kind ${JSON.stringify(kind)}: lower-case letters, digits and '-', up to 63`)
  const isEventSourced = !isCrdt(shape) && shape.form === 'events'
  for (const name of Object.keys(methods)) {
    if (!METHOD.test(name) || RESERVED.has(name) || (isEventSourced && historyNames.includes(name)))
      throw new TypeError(`${kind}: ${JSON.stringify(name)} cannot name a method`)
  }
  const complete = {
    acknowledge: options.acknowledge ?? (mode === 'exclusive' ? 'majority' : 'local'),
    read: options.read ?? 'local',
    passivateAfterMs: options.passivateAfterMs ?? 60_000,
    mailboxLimit: options.mailboxLimit ?? 1024
  } as const
  for (const name of ['acknowledge', 'read'] as const) {
    if (!levels.includes(complete[name])) throw new TypeError(`${kind}: ${name} is local, majority or all`)
  }
  for (const name of ['passivateAfterMs', 'mailboxLimit'] as const) {
    if (!Number.isInteger(complete[name]) || complete[name] < 1)
      throw new TypeError(`${kind}: ${name} is a positive integer`)
  }
  const replicas = replicasFrom(mode, kind, options.replication)
  const partition = partitionFrom(mode, kind, options)
  if (!isCrdt(shape) && partition.partition !== 'lease') {
    const what = shape.form === 'value' ? 'a value' : 'event-sourced'
    const isMergeable = shape.form === 'value' && mode === 'exclusive'
    if (!isMergeable || !isMergedValue(shape)) {
      const orMerge = isMergeable ? ', or value(initial, { merge: (base, a, b) => … })' : ''
      throw new TypeError(
        `${kind}: its state is ${what}, which cannot be merged: it takes an exclusive kind with partition: 'lease'${orMerge}`
      )
    }
  }
  const all = isEventSourced ? { ...methods, ...historyMethods } : methods
  return {
    mode,
    kind,
    shape,
    methods: all,
    options: complete,
    replicas,
    ...partition,
    ...onOverlapFrom(mode, kind, options)
  }
}

function onOverlapFrom(
  mode: ActorMode,
  kind: string,
  { onOverlap, partition }: ActorOptions
): Pick<ActorOptions, 'onOverlap'> {
  if (onOverlap === undefined) return {}
  if (mode !== 'exclusive' || partition === 'lease')
    throw new TypeError(`${kind}: onOverlap is for exclusive kinds with partition: 'merge'`)
  if (typeof onOverlap !== 'function') throw new TypeError(`${kind}: onOverlap is a function`)
  return { onOverlap }
}

function partitionFrom(mode: ActorMode, kind: string, options: ActorOptions): { partition?: PartitionMode } {
  const { partition, acknowledge } = options
  if (partition === undefined) return {}
  if (mode !== 'exclusive') throw new TypeError(`${kind}: partition is for exclusive kinds`)
  if (partition !== 'merge' && partition !== 'lease') throw new TypeError(`${kind}: partition is merge or lease`)
  if (partition === 'lease' && acknowledge === 'local')
    throw new TypeError(`${kind}: a lease kind acknowledges commands by a majority or by all`)
  return { partition }
}

function replicasFrom(mode: ActorMode, kind: string, replication: 'all' | number | undefined): number | undefined {
  if (replication === 'all' || (mode === 'exclusive' && replication === undefined)) return 0
  if (replication === undefined) return undefined
  if (mode === 'exclusive') throw new TypeError(`${kind}: an exclusive kind is replicated to all nodes`)
  if (Number.isInteger(replication) && replication >= 1 && replication <= maxReplicas) return replication
  throw new TypeError(`${kind}: replication is 'all', or a number of replicas from 1 to ${maxReplicas}`)
}

/** An application's own answer to a call it will not carry out. Reaches the caller with its code, over any door (HTTP: 422). */
export class Refusal extends Error {
  readonly code: string
  readonly retryable = false

  constructor(code: string, message: string) {
    super(message)
    this.name = 'Refusal'
    this.code = code
  }
}

/** `throw refuse('INSUFFICIENT_FUNDS', 'balance is 3')`. Codes are upper-case words; `SHOAL_` is ours. */
export function refuse(code: string, message: string): Refusal {
  if (!/^[A-Z][A-Z0-9_]{0,62}$/.test(code) || code.startsWith('SHOAL_')) {
    throw new TypeError(
      `${JSON.stringify(code)}: a refusal's code is an upper-case word that does not start with SHOAL_`
    )
  }
  return new Refusal(code, message)
}

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

// biome-ignore lint/suspicious/noExplicitAny: the one place where definitions of all schemas are one family
export type AnyDefinition = ActorDefinition<string, any, any>

export type ActorOf = <D extends AnyDefinition>(definition: D, id: string) => Reference<D>
