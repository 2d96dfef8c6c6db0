/**
 * Event-sourced states of leased actors: the state is what `apply` makes of all events that the log names, begun at the last snapshot of the
 * present version. What one command emits becomes one entry with its request id, or nothing of it does.
 */
import { utf8Of } from '../../cluster/utf8.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type {
  EventSourcedState,
  HistoryRange,
  PastPoint,
  PastState,
  RecordedEvent
} from '../definitions/event-sourced.ts'
import type { CommonContext, HandlerContext } from '../definitions/handler-context.ts'
import type { Shape } from '../definitions/shape.ts'
import { FrozenValues, textOf } from '../definitions/stored-value.ts'
import {
  chunkOf,
  decodeLogHead,
  EventLog,
  emptyLog,
  encodeLogHead,
  eventsBegun,
  type LoggedEvent,
  type LogHead,
  withChunk
} from './event-log.ts'
import {
  type ActorRecords,
  abandoned,
  type Changed,
  type LeaseForm,
  type LeaseTurn,
  type TurnParts
} from './lease-form.ts'

export interface HeldEvents {
  readonly log: LogHead
  /** After the last event of it. */
  readonly state: unknown
  /** The first so many events of the tail, which this owner, or one before it, has written as the next chunk. */
  readonly chunk?: SentChunk | undefined
}

interface SentChunk {
  readonly epoch: number
  readonly events: number
  outcome: 'pending' | 'acknowledged' | 'failed'
}

/** Of the events in the record: more make a chunk. */
const maxTailBytes = 64 * 1024
/** The same while a chunk waits for replicas: with what one command more emits, all replies and the outbox it is still a record. */
const maxPendingBytes = 512 * 1024
/** Of what one command emits: events, and their bytes as JSON. */
const maxEmitted = 1024
const maxEmittedBytes = 128 * 1024
/** Of one answer to `history`, in characters. */
const maxHistoryLength = 256 * 1024

export class EventsForm implements LeaseForm<HeldEvents> {
  readonly format = 3
  readonly shape: EventSourcedState
  readonly #frozen = new FrozenValues()
  readonly #initial: unknown

  constructor(shape: EventSourcedState) {
    this.shape = shape
    this.#initial = this.frozen('the initial state', JSON.parse(shape.initial))
  }

  load(body: Uint8Array | undefined, records: ActorRecords): HeldEvents {
    const log = body === undefined ? emptyLog : decodeLogHead(records.name, body)
    const events = new EventLog(log, records)
    try {
      const state = this.stateAt(events, events.revision)
      const begun = eventsBegun(records, log)
      if (begun === 0) return { log, state }
      return { log, state, chunk: { epoch: log.begunIn ?? 0, events: begun, outcome: 'acknowledged' } }
    } catch (error) {
      if (isShoalError(error)) throw error
      const message = `${records.name}: apply threw while its events were read`
      throw new ShoalError('SHOAL_HANDLER_FAILED', message, { cause: error })
    }
  }

  plain({ state }: HeldEvents): unknown {
    return state
  }

  begin(held: HeldEvents, parts: TurnParts): LeaseTurn<HeldEvents> {
    return new EventsTurn(this, held, parts)
  }

  /** Throws `SHOAL_BAD_STATE`, and what the user's `apply` throws. */
  next(state: unknown, event: unknown): unknown {
    return this.frozen('the state after an event', this.shape.apply(state, this.frozen('an event', event)))
  }

  frozen<T>(what: string, value: T): T {
    return this.#frozen.frozen(what, value)
  }

  /** What the first so many events have made. There are so many. */
  stateAt(log: EventLog, revision: number): unknown {
    const last = log.partOf(revision + 1)
    let part = last
    let state = this.#initial
    for (; part > 0; part--) {
      const { snapshot } = log.chunk(part - 1)
      if (snapshot?.version !== this.shape.version) continue
      state = this.frozen('a stored state', snapshot.state)
      break
    }
    for (; part <= last; part++) {
      const first = log.firstOf(part)
      for (const [i, { event }] of log.events(part).entries())
        if (first + i <= revision) state = this.next(state, event)
    }
    return state
  }
}

class EventsTurn implements LeaseTurn<HeldEvents> {
  readonly #form: EventsForm
  readonly #held: HeldEvents
  readonly #parts: TurnParts
  readonly #nowMs: number
  readonly #log: EventLog
  readonly #emitted: LoggedEvent[] = []
  #emittedBytes = 0
  #state: unknown
  #isOver = false

  constructor(form: EventsForm, held: HeldEvents, parts: TurnParts) {
    this.#form = form
    this.#held = held
    this.#parts = parts
    this.#log = new EventLog(held.log, parts.records)
    this.#state = held.state
    // Of two owners one may have a clock that is behind.
    this.#nowMs = Math.max(parts.clock.now(), held.log.tail.at(-1)?.timeMs ?? 0)
  }

  context(common: CommonContext): HandlerContext<Shape> {
    const state = () => this.#state
    const revision = () => this.#log.revision + this.#emitted.length
    return {
      ...common,
      get state() {
        return state()
      },
      get revision() {
        return revision()
      },
      emit: (event: unknown) => this.#emit(event),
      history: (range?: HistoryRange) => this.#history(range),
      stateAt: (point: PastPoint) => this.#stateAt(point)
    } as HandlerContext<Shape>
  }

  result(): Changed<HeldEvents> | undefined {
    if (this.#emitted.length === 0) return undefined
    const { records } = this.#parts
    const { log, chunk } = this.#held
    const isChunk = chunk?.outcome === 'acknowledged'
    const before = isChunk ? withChunk(log, chunk.epoch, chunk.events) : log
    const next = { ...before, tail: [...before.tail, ...this.#emitted], begunIn: undefined }
    const state = this.#state
    const begun = { ...next, begunIn: records.epoch }
    if (chunk?.outcome === 'pending') {
      const body = encodeLogHead(begun)
      if (body.length > maxPendingBytes) throw overloaded(records)
      return { held: { log: begun, state, chunk }, body }
    }
    const { version, snapshotEvery } = this.#form.shape
    const body = encodeLogHead(next)
    if (next.tail.length < snapshotEvery && body.length <= maxTailBytes) return { held: { log: next, state }, body }
    const sent: SentChunk = { epoch: records.epoch, events: next.tail.length, outcome: 'pending' }
    const made = chunkOf(records, next, { version, text: JSON.stringify(state) })
    const settled = (outcome: SentChunk['outcome']) => {
      sent.outcome = outcome
    }
    // Where this owner ends before it can name it, the next one does.
    return { held: { log: begun, state, chunk: sent }, body: encodeLogHead(begun), after: { ...made, settled } }
  }

  end(): void {
    this.#isOver = true
  }

  #emit(event: unknown): unknown {
    const { readOnly, records } = this.#parts
    if (readOnly) throw new ShoalError('SHOAL_READ_ONLY', `${records.name}: a query cannot emit an event`)
    if (this.#isOver) throw abandoned(records)
    const text = textOf(`an event of ${records.name}`, event)
    const bytes = this.#emittedBytes + utf8Of(text).length
    if (this.#emitted.length >= maxEmitted || bytes > maxEmittedBytes) {
      const limit = `${maxEmitted} events of ${maxEmittedBytes} bytes together`
      throw new ShoalError('SHOAL_LIMIT', `${records.name}: one command emits at most ${limit}`)
    }
    // As it will be read back, and nobody else's.
    const own: unknown = JSON.parse(text)
    this.#state = this.#form.next(this.#state, own)
    this.#emitted.push({ timeMs: this.#nowMs, event: own, text })
    this.#emittedBytes = bytes
    return this.#state
  }

  #history({ from = 1, limit = 100 }: HistoryRange = {}): RecordedEvent<unknown>[] {
    const found: RecordedEvent<unknown>[] = []
    let length = 0
    for (let part = this.#log.partOf(from); part <= this.#held.log.chunks; part++) {
      const first = this.#log.firstOf(part)
      for (const [i, { timeMs, event, text }] of this.#log.events(part).entries()) {
        if (first + i < from) continue
        length += text.length
        if (found.length >= limit || (found.length > 0 && length > maxHistoryLength)) return found
        found.push({ revision: first + i, timeMs, event: this.#form.frozen('an event', event) })
      }
    }
    return found
  }

  #stateAt(point: PastPoint): PastState<unknown> {
    const revision = 'revision' in point ? point.revision : this.#log.revisionAt(point.timeMs)
    if (Number.isInteger(revision) && revision >= 0 && revision <= this.#log.revision)
      return { revision, state: this.#form.stateAt(this.#log, revision) }
    const { name } = this.#parts.records
    const message = `${name}: revision ${revision} is none of 0 to ${this.#log.revision}`
    throw new ShoalError('SHOAL_BAD_ARGUMENT', message)
  }
}

function overloaded({ name }: ActorRecords): ShoalError {
  return new ShoalError('SHOAL_OVERLOADED', `${name}: too many of its events wait for replicas`, { retryable: true })
}
