/**
 * A state that is what its events have made of it: of exclusive kinds with `partition: 'lease'`. All events are kept, so there is a history,
 * and the state as it was.
 *
 * Source: Fowler, "Event Sourcing", 2005. How the events are stored: event-log.ts.
 */
import { faultOfOptions, type OptionNames } from '../../ports/known-options.ts'
import { textOf } from './stored-value.ts'

export interface EventSourcedState<V = unknown, E = unknown> {
  readonly form: 'events'
  /** As JSON. */
  readonly initial: string
  apply(state: V, event: E): V
  readonly snapshotEvery: number
  readonly version: number
}

export interface EventSourcedOptions<V, E> {
  /** The state before the first event: any JSON value. */
  readonly initial: V
  /**
   * The state after one more event. A pure function, and the same for ever for each event that is stored: it is run again whenever the state
   * is built from events. It gets frozen values, and returns the next state; what has not changed is best passed on as it is.
   */
  apply(state: Readonly<V>, event: E): V
  /** Events after which the state is stored beside them, 1 to 1000. A command writes at most so many events again. @default 50 */
  readonly snapshotEvery?: number
  /** Of `apply` and of the state's form. Where it is another than a snapshot was made by, the state is built from the events. @default 1 */
  readonly version?: number
}

/** One event, and its place in the actor's history. */
export interface RecordedEvent<E> {
  /** Counts the actor's events, from 1. */
  readonly revision: number
  /** Wall-clock time of the command, milliseconds since 1970; never less than that of the event before. */
  readonly timeMs: number
  readonly event: E
}

export interface HistoryRange {
  /** The first revision. @default 1 */
  readonly from?: number
  /** Events at most, 1 to 1000; fewer come where they are large. @default 100 */
  readonly limit?: number
}

/** After so many events, or after those up to a time, milliseconds since 1970. */
export type PastPoint = { readonly revision: number } | { readonly timeMs: number }

export interface PastState<V> {
  readonly revision: number
  readonly state: V
}

const maxSnapshotEvery = 1000
const optionNames: OptionNames<EventSourcedOptions<unknown, unknown>> = {
  initial: true,
  apply: true,
  snapshotEvery: true,
  version: true
}

/**
 * `exclusive('account', eventSourced({ initial: { balance: 0 }, apply: (state, event: Deposited) => … }), …, { partition: 'lease' })`. A command
 * calls `emit(event)`; `state` is the state with what it has emitted. Throws `SHOAL_BAD_STATE` where `initial` cannot be kept.
 */
export function eventSourced<V, E>(options: EventSourcedOptions<V, E>): EventSourcedState<V, E> {
  const fault = faultOfOptions(options, optionNames)
  if (fault !== undefined) throw new TypeError(`an event-sourced state: ${fault}`)
  const { initial, apply, snapshotEvery = 50, version = 1 } = options
  if (typeof apply !== 'function') throw new TypeError('an event-sourced state needs apply(state, event)')
  if (!Number.isInteger(snapshotEvery) || snapshotEvery < 1 || snapshotEvery > maxSnapshotEvery)
    throw new TypeError(`snapshotEvery is a number of events from 1 to ${maxSnapshotEvery}`)
  if (!Number.isSafeInteger(version)) throw new TypeError('version is an integer')
  return { form: 'events', initial: textOf('the initial state', initial), apply, snapshotEvery, version }
}
