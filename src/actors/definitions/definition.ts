/**
 * What a user writes: the definition of a kind of actor.
 *
 * A definition is plain data: a kind, the shape of its state (a schema of CRDT fields, or one CRDT), and methods. Types of
 * state, arguments and replies are inferred from it; nothing is declared twice. The same definition runs in a node, behind a
 * door and in the simulator.
 */
import { maxReplicas } from '../../cluster/placement.ts'
import { faultOfOptions, type OptionNames } from '../../ports/known-options.ts'
import type { Overlap } from '../requests/overlap-telling.ts'
import { historyMethods } from './history-methods.ts'
import { levels, type ReadLevel, type WriteLevel } from './levels.ts'
import type { Method } from './method.ts'
import type { ActorOf } from './reference.ts'
import { type CrdtShape, isCrdt, type Shape } from './shape.ts'
import { isMergedValue } from './value-state.ts'

export type ActorMode = 'replicated' | 'exclusive'

/** What becomes of an exclusive kind under a partition: see docs/exclusive-actors.md. */
export type PartitionMode = 'merge' | 'lease'

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

const optionNames: OptionNames<ActorOptions> = {
  acknowledge: true,
  read: true,
  replication: true,
  partition: true,
  onOverlap: true,
  passivateAfterMs: true,
  mailboxLimit: true
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
  const fault = faultOfOptions(options, optionNames)
  if (fault !== undefined) throw new TypeError(`${kind}: ${fault}`)
  if (typeof shape !== 'object' || shape === null) {
    throw new TypeError(`${kind}: its state is a schema, such as { count: pnCounter() }, or one data type`)
  }
  if (typeof methods !== 'object' || methods === null) throw new TypeError(`${kind}: methods are an object of them`)
  const isEventSourced = !isCrdt(shape) && shape.form === 'events'
  for (const name of Object.keys(methods)) {
    if (!METHOD.test(name) || RESERVED.has(name) || (isEventSourced && historyNames.includes(name)))
      throw new TypeError(`${kind}: ${JSON.stringify(name)} cannot name a method`)
    const { type }: { type?: unknown } = methods[name] ?? {}
    if (type !== 'command' && type !== 'query')
      throw new TypeError(`${kind}: ${name} is no method: make it by command(…) or query(…)`)
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

// biome-ignore lint/suspicious/noExplicitAny: the one place where definitions of all schemas are one family
export type AnyDefinition = ActorDefinition<string, any, any>
