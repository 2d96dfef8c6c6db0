/**
 * The events of one actor as a lease shard keeps them: the last ones in the actor's own record, those before them in chunks, each a record of
 * its own, with the state after its last event where that is not too large.
 *
 * A chunk is named by the actor's record only once it is acknowledged; until then its events stay in the record, too. What is acknowledged
 * is with every later owner, so whoever owns the actor has all that its record names, at whatever entry an owner broke off and whatever a
 * fetch left torn. A chunk that is named is never written again: its name has the epoch of its owner, and within that its number. One that
 * its owner had no time to name is named by the next, which finds it by a note in the record: so none stays behind that nobody reads.
 */
import { partName } from '../../cluster/lease/record-name.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { ActorRecords } from './lease-form.ts'

export interface LoggedEvent {
  readonly timeMs: number
  readonly event: unknown
  /** The event as JSON. */
  readonly text: string
}

export interface LogHead {
  readonly chunks: number
  /** Who wrote them: of each epoch that wrote some, the first one's number. */
  readonly runs: readonly (readonly [chunk: number, epoch: number])[]
  /** Events in chunks. */
  readonly base: number
  /** Those after them: none only where nothing ever happened. */
  readonly tail: readonly LoggedEvent[]
  /** The epoch whose owner has begun to write the next chunk, which is not named yet. */
  readonly begunIn?: number | undefined
}

/** A state in a chunk, by the version of the definition that made it. */
export interface Snapshot {
  readonly version: number
  readonly state: unknown
}

interface Chunk {
  readonly events: readonly LoggedEvent[]
  readonly snapshot: Snapshot | undefined
}

export const emptyLog: LogHead = { chunks: 0, runs: [], base: 0, tail: [] }

/** The first byte of a chunk. The revision and the time of its first event follow, in eight bytes each, then JSON. */
const format = 4
const headerBytes = 17
/** With more there is no snapshot in it. */
const maxChunkBytes = 1024 * 1024
const utf8 = { in: new TextDecoder('utf-8', { fatal: true }), out: new TextEncoder() }

export function encodeLogHead({ chunks, runs, base, tail, begunIn }: LogHead): Uint8Array {
  const begun = begunIn === undefined ? '' : `,${begunIn}`
  return utf8.out.encode(`[${chunks},${JSON.stringify(runs)},${base},${eventsText(tail)}${begun}]`)
}

/** Throws `SHOAL_CORRUPT`. */
export function decodeLogHead(name: string, bytes: Uint8Array): LogHead {
  const row: unknown = parsed(name, bytes)
  const [chunks, runs, base, tail, begunIn] = Array.isArray(row) ? row : []
  if (!isCount(chunks) || !isCount(base) || !Array.isArray(runs) || !runs.every(isRun)) throw corrupt(name)
  if (begunIn !== undefined && !isCount(begunIn)) throw corrupt(name)
  const head = { chunks, runs, base, tail: eventsFrom(name, tail) }
  return begunIn === undefined ? head : { ...head, begunIn }
}

/** The tail as a chunk, which nothing names yet. */
export function chunkOf(
  { name, epoch }: ActorRecords,
  { chunks, base, tail }: LogHead,
  snapshot: { readonly version: number; readonly text: string }
): { readonly name: string; readonly bytes: Uint8Array } {
  const events = eventsText(tail)
  const whole = utf8.out.encode(`[${events},${snapshot.version},${snapshot.text}]`)
  const body = headerBytes + whole.length <= maxChunkBytes ? whole : utf8.out.encode(`[${events}]`)
  const bytes = new Uint8Array(headerBytes + body.length)
  const view = new DataView(bytes.buffer)
  view.setUint8(0, format)
  view.setFloat64(1, base + 1)
  view.setFloat64(9, tail[0]?.timeMs ?? 0)
  bytes.set(body, headerBytes)
  return { name: partName(name, chunks, epoch), bytes }
}

/**
 * Of an actor that is loaded: how many events of its tail are in the chunk that an owner before this one has begun, where that is there, and
 * so was acknowledged. None where it has others: then it stood above the cut, and the record below it.
 */
export function eventsBegun({ name, epoch, peek }: ActorRecords, { chunks, base, tail, begunIn }: LogHead): number {
  if (begunIn === undefined || begunIn === epoch) return 0
  const bytes = peek(partName(name, chunks, begunIn))
  if (bytes === undefined || bytes.length < headerBytes || bytes[0] !== format) return 0
  const { events } = chunkFrom(name, bytes)
  const isBeginning = new DataView(bytes.buffer, bytes.byteOffset).getFloat64(1) === base + 1
  const begun = eventsText(tail.slice(0, events.length))
  return isBeginning && events.length <= tail.length && eventsText(events) === begun ? events.length : 0
}

/** The head that names its next chunk, of that epoch, in place of the first so many events of its tail. */
export function withChunk({ chunks, runs, base, tail }: LogHead, epoch: number, events: number): LogHead {
  const isSameRun = runs.at(-1)?.[1] === epoch
  return {
    chunks: chunks + 1,
    runs: isSameRun ? runs : [...runs, [chunks, epoch]],
    base: base + events,
    tail: tail.slice(events)
  }
}

/** Reads the events of one head. Its parts are the chunks, and after them the tail. All throw `SHOAL_CORRUPT`. */
export class EventLog {
  readonly #head: LogHead
  readonly #records: ActorRecords

  constructor(head: LogHead, records: ActorRecords) {
    this.#head = head
    this.#records = records
  }

  get revision(): number {
    return this.#head.base + this.#head.tail.length
  }

  /** The chunk from which on, or the part, in which the event of this revision is; beyond the last: the tail. */
  partOf(revision: number): number {
    return this.#lastPart(part => this.firstOf(part) <= revision)
  }

  /** The number of events up to a time. */
  revisionAt(timeMs: number): number {
    const part = this.#lastPart(part => this.#timeOf(part) <= timeMs)
    const events = this.events(part)
    const after = events.findIndex(event => event.timeMs > timeMs)
    return this.firstOf(part) - 1 + (after < 0 ? events.length : after)
  }

  /** The revision of a part's first event. */
  firstOf(part: number): number {
    return part === this.#head.chunks ? this.#head.base + 1 : this.#view(part).getFloat64(1)
  }

  events(part: number): readonly LoggedEvent[] {
    return part === this.#head.chunks ? this.#head.tail : this.chunk(part).events
  }

  chunk(number: number): Chunk {
    return chunkFrom(this.#records.name, this.#bytes(number))
  }

  #timeOf(part: number): number {
    return part === this.#head.chunks ? (this.#head.tail[0]?.timeMs ?? Infinity) : this.#view(part).getFloat64(9)
  }

  /** The last part of which this holds, as it does of all before it; the first one where it holds of none. */
  #lastPart(holds: (part: number) => boolean): number {
    let low = 0
    let high = this.#head.chunks
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (holds(middle)) low = middle
      else high = middle - 1
    }
    return low
  }

  #view(chunk: number): DataView {
    const bytes = this.#bytes(chunk)
    return new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  #bytes(chunk: number): Uint8Array {
    const { name } = this.#records
    const epoch = this.#head.runs.findLast(([first]) => first <= chunk)?.[1] ?? 0
    const bytes = this.#records.peek(partName(name, chunk, epoch))
    if (bytes === undefined || bytes.length < headerBytes || bytes[0] !== format) throw corrupt(name)
    return bytes
  }
}

function chunkFrom(name: string, bytes: Uint8Array): Chunk {
  const row = parsed(name, bytes.subarray(headerBytes))
  const [events, version, state] = Array.isArray(row) ? row : []
  return { events: eventsFrom(name, events), snapshot: version === undefined ? undefined : { version, state } }
}

function eventsText(events: readonly LoggedEvent[]): string {
  return `[${events.map(({ timeMs, text }) => `[${timeMs},${text}]`).join(',')}]`
}

function eventsFrom(name: string, rows: unknown): LoggedEvent[] {
  if (!Array.isArray(rows)) throw corrupt(name)
  return rows.map((row: unknown) => {
    const [timeMs, event] = Array.isArray(row) ? row : []
    if (typeof timeMs !== 'number' || event === undefined) throw corrupt(name)
    return { timeMs, event, text: JSON.stringify(event) }
  })
}

function parsed(name: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(utf8.in.decode(bytes))
  } catch (error) {
    throw corrupt(name, error)
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function isRun(run: unknown): run is readonly [number, number] {
  return Array.isArray(run) && run.length === 2 && run.every(isCount)
}

function corrupt(name: string, cause?: unknown): ShoalError {
  const message = `${name}: its events cannot be read`
  return new ShoalError('SHOAL_CORRUPT', message, cause === undefined ? {} : { cause })
}
