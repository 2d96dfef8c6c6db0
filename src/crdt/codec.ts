/**
 * The bytes of states, deltas and contexts: a format byte, the table of origins, then the body, in which dots name their origin
 * by its place in the table. Equal values give equal bytes.
 *
 * Decoding is total: a value or `SHOAL_MALFORMED`. It refuses whatever the writer would not have written (longer varints, other
 * orders, unused origins, surplus bytes) and counts larger than the input could hold. Integers are LEB128, up to 2^53 - 1.
 */
import { ShoalError } from '../ports/errors.ts'
import { compareText, type Dot, isOrigin, maxOriginLength } from './dot.ts'

const formatVersion = 1

export interface Sink {
  byte(value: number): void
  /** A safe integer >= 0. */
  varint(value: number): void
  /** A safe integer. */
  signed(value: number): void
  float(value: number): void
  text(value: string): void
  bytes(value: Uint8Array): void
  origin(name: string): void
  dot(dot: Dot): void
}

class OriginCollector implements Sink {
  readonly seen = new Set<string>()

  origin(name: string): void {
    this.seen.add(name)
  }
  dot(dot: Dot): void {
    this.seen.add(dot.origin)
  }
  byte(): void {}
  varint(): void {}
  signed(): void {}
  float(): void {}
  text(): void {}
  bytes(): void {}
}

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Origins' bytes, which come again and again. At the limit it starts anew. */
const originBytes = new Map<string, Uint8Array>()
const maxOriginBytes = 1024

function bytesOfOrigin(origin: string): Uint8Array {
  const known = originBytes.get(origin)
  if (known !== undefined) return known
  const bytes = utf8.encode(origin)
  if (originBytes.size >= maxOriginBytes) originBytes.clear()
  originBytes.set(origin, bytes)
  return bytes
}

/** A writer's buffer waits here for the next one. */
let spare: Uint8Array<ArrayBuffer> | undefined
const maxSpareBytes = 64 * 1024
/** Tables up to so long are searched without a map. */
const shortTable = 16

class Writer implements Sink {
  #origins: readonly string[] = []
  #places: Map<string, number> | undefined
  #buffer = spare ?? new Uint8Array(4096)
  #length = 0

  constructor() {
    spare = undefined
  }

  table(origins: readonly string[]): void {
    this.#origins = origins
    if (origins.length > shortTable) this.#places = new Map(origins.map((origin, place) => [origin, place]))
    this.varint(origins.length)
    for (const origin of origins) this.bytes(bytesOfOrigin(origin))
  }

  finish(): Uint8Array {
    const written = this.#buffer.slice(0, this.#length)
    if (this.#buffer.length <= maxSpareBytes) spare = this.#buffer
    return written
  }

  #reserve(length: number): void {
    if (this.#length + length <= this.#buffer.length) return
    const grown = new Uint8Array(Math.max(this.#buffer.length * 2, this.#length + length))
    grown.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = grown
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#buffer[this.#length++] = rest
  }

  // Zigzag over magnitude and sign; the first byte is written apart, because twice a safe integer may not be one.
  signed(value: number): void {
    const magnitude = Math.abs(value)
    const first = (magnitude % 0x40) * 2 + (value < 0 ? 1 : 0)
    const rest = Math.floor(magnitude / 0x40)
    this.byte(rest > 0 ? first | 0x80 : first)
    if (rest > 0) this.varint(rest)
  }

  float(value: number): void {
    this.#reserve(8)
    new DataView(this.#buffer.buffer).setFloat64(this.#length, value)
    this.#length += 8
  }

  text(value: string): void {
    if (!this.#shortAscii(value)) this.bytes(utf8.encode(value))
  }

  /** Most names and keys are short and plain; this is several times faster than the encoder. */
  #shortAscii(value: string): boolean {
    if (value.length >= 64) return false
    this.#reserve(value.length + 1)
    const start = this.#length
    this.#buffer[this.#length++] = value.length
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 0x80) {
        this.#length = start
        return false
      }
      this.#buffer[this.#length++] = code
    }
    return true
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length)
    this.#reserve(value.length)
    this.#buffer.set(value, this.#length)
    this.#length += value.length
  }

  origin(name: string): void {
    const place = this.#places === undefined ? this.#origins.indexOf(name) : (this.#places.get(name) ?? -1)
    if (place < 0) throw new Error(`origin ${name} is not in the table`)
    this.varint(place)
  }

  dot(dot: Dot): void {
    this.origin(dot.origin)
    this.varint(dot.seq)
  }
}

export class Reader {
  readonly #bytes: Uint8Array
  #offset = 0
  #origins: readonly string[] = []
  #unused = new Set<string>()

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  malformed(what: string, cause?: unknown): ShoalError {
    const message = `malformed bytes: ${what} (near byte ${this.#offset} of ${this.#bytes.length})`
    return new ShoalError('SHOAL_MALFORMED', message, cause === undefined ? {} : { cause })
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset
  }

  table(): void {
    const origins: string[] = []
    for (let left = this.count(2); left > 0; left--) {
      const origin = this.text(maxOriginLength * 3)
      if (!isOrigin(origin)) throw this.malformed('not an origin')
      const before = origins[origins.length - 1]
      if (before !== undefined && origin <= before) throw this.malformed('origins out of order')
      origins.push(origin)
    }
    this.#origins = origins
    this.#unused = new Set(origins)
  }

  end(): void {
    if (this.remaining > 0) throw this.malformed('surplus bytes')
    if (this.#unused.size > 0) throw this.malformed('an origin that nothing names')
  }

  byte(): number {
    const byte = this.#bytes[this.#offset]
    if (byte === undefined) throw this.malformed('cut short')
    this.#offset++
    return byte
  }

  varint(): number {
    let value = 0
    let scale = 1
    for (let length = 1; ; length++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0 && length > 1) throw this.malformed('a varint longer than needed')
        if (!Number.isSafeInteger(value)) throw this.malformed('a number beyond 2^53')
        return value
      }
      if (length === 8) throw this.malformed('a varint of more than 8 bytes')
      scale *= 0x80
    }
  }

  signed(): number {
    const first = this.byte()
    let magnitude = (first & 0x7e) / 2
    if (first >= 0x80) {
      const rest = this.varint()
      if (rest === 0) throw this.malformed('a varint longer than needed')
      magnitude += rest * 0x40
    }
    if (!Number.isSafeInteger(magnitude)) throw this.malformed('a number beyond 2^53')
    if ((first & 1) === 0) return magnitude
    if (magnitude === 0) throw this.malformed('minus zero')
    return -magnitude
  }

  float(): number {
    const { buffer, byteOffset } = this.#take(8)
    return new DataView(buffer, byteOffset, 8).getFloat64(0)
  }

  text(maxBytes: number): string {
    const bytes = this.#take(this.varint(), maxBytes)
    try {
      return strictUtf8.decode(bytes)
    } catch (cause) {
      throw this.malformed('not UTF-8', cause)
    }
  }

  /** A copy: the input may be a view of a larger frame. */
  bytes(maxBytes: number): Uint8Array {
    return this.#take(this.varint(), maxBytes).slice()
  }

  /** How many things follow, each of at least `minBytes`. */
  count(minBytes: number): number {
    const count = this.varint()
    if (count * minBytes > this.remaining) throw this.malformed(`${count} entries do not fit`)
    return count
  }

  origin(): string {
    const origin = this.#origins[this.varint()]
    if (origin === undefined) throw this.malformed('an origin that is not in the table')
    this.#unused.delete(origin)
    return origin
  }

  dot(): Dot {
    const origin = this.origin()
    return { origin, seq: this.seq() }
  }

  seq(): number {
    const seq = this.varint()
    if (seq === 0) throw this.malformed('a seq of 0')
    return seq
  }

  #take(length: number, maxLength = length): Uint8Array {
    if (length > this.remaining) throw this.malformed('cut short')
    if (length > maxLength) throw this.malformed(`${length} bytes where ${maxLength} are allowed`)
    const taken = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    return taken
  }
}

/** Runs `write` twice: once to learn which origins occur, once to write. */
export function encodeWithOrigins(write: (sink: Sink) => void): Uint8Array {
  const collector = new OriginCollector()
  write(collector)
  const writer = new Writer()
  writer.byte(formatVersion)
  writer.table([...collector.seen].sort(compareText))
  write(writer)
  return writer.finish()
}

export function decodeWithOrigins<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  return readWithOrigins(new Reader(bytes), read)
}

/** As `decodeWithOrigins`, for a reader that reads some things in its own way. */
export function readWithOrigins<T, R extends Reader>(reader: R, read: (reader: R) => T): T {
  if (reader.byte() !== formatVersion) throw reader.malformed(`not format ${formatVersion}`)
  reader.table()
  const value = read(reader)
  reader.end()
  return value
}

/** Entries sorted by dot, each with its own fields after the dot. */
export function writeEntries<E extends Dot>(sink: Sink, entries: readonly E[], writeRest?: (entry: E) => void): void {
  sink.varint(entries.length)
  for (const entry of entries) {
    sink.dot(entry)
    writeRest?.(entry)
  }
}

export function readEntries<E extends Dot>(reader: Reader, minBytes: number, read: (dot: Dot) => E): E[] {
  const entries: E[] = []
  let before: Dot | undefined
  for (let left = reader.count(minBytes); left > 0; left--) {
    const dot = reader.dot()
    const inOrder =
      before === undefined || before.origin < dot.origin || (before.origin === dot.origin && before.seq < dot.seq)
    if (!inOrder) throw reader.malformed('dots out of order')
    entries.push(read(dot))
    before = dot
  }
  if (entries.length === 0) throw reader.malformed('an entry without dots')
  return entries
}
