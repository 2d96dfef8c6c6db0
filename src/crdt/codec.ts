/**
 * The bytes of states, deltas and contexts: a format byte, then the body, in which an origin is named in full where it first stands
 * and by its place in the row of origins after that. Equal values give equal bytes.
 *
 * Decoding is total: a value or `SHOAL_MALFORMED`. It refuses whatever the writer would not have written (longer varints, other
 * orders, an origin in full twice, surplus bytes) and counts larger than the input could hold. Integers are LEB128, up to 2^53 - 1.
 */
import { ShoalError } from '../ports/errors.ts'
import { type Dot, isOrigin, maxOriginLength } from './dot.ts'
import { InternTable } from './intern-table.ts'

const formatVersion = 2

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

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Rows of origins up to so long are searched without a map. */
const shortRow = 16
/** Written bytes up to so many are cut from a common piece of memory, which is several times faster than one of their own. */
const maxSharedBytes = 1024
const bufferBytes = 8 * 1024

class Writer implements Sink {
  #buffer = new Uint8Array(bufferBytes)
  #start = 0
  #length = 0
  /** Only the first `#known` are of this encoding. */
  #origins: string[] = []
  #known = 0
  #places: Map<string, number> | undefined

  /** What was written. Short bytes that need not be `own` share their memory with others. */
  finish(own: boolean): Uint8Array {
    const start = this.#start
    const length = this.#length - start
    this.#forgetOrigins()
    if (!own && length <= maxSharedBytes) {
      this.#start = this.#length
      return new Uint8Array(this.#buffer.buffer, start, length)
    }
    const written = this.#buffer.slice(start, this.#length)
    this.#length = start
    if (this.#buffer.length > bufferBytes) this.abandon()
    return written
  }

  /** Somebody gave away the memory under bytes that shared it. */
  get isDetached(): boolean {
    return this.#buffer.length === 0
  }

  /** Makes the writer as new. */
  abandon(): void {
    this.#buffer = new Uint8Array(bufferBytes)
    this.#start = 0
    this.#length = 0
    this.#forgetOrigins()
  }

  #forgetOrigins(): void {
    this.#known = 0
    if (this.#places === undefined) return
    this.#origins = []
    this.#places = undefined
  }

  #reserve(length: number): void {
    const needed = this.#length + length
    if (needed <= this.#buffer.length) return
    const written = this.#length - this.#start
    const grown = new Uint8Array(Math.max(bufferBytes, (written + length) * 2))
    grown.set(this.#buffer.subarray(this.#start, this.#length))
    this.#buffer = grown
    this.#start = 0
    this.#length = written
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#buffer[this.#length++] = value
  }

  varint(value: number): void {
    this.#reserve(8)
    let rest = value
    if (rest > 0x7fffffff) {
      const high = Math.floor(rest / 0x10000000)
      const low = rest - high * 0x10000000
      this.#buffer[this.#length++] = (low & 0x7f) | 0x80
      this.#buffer[this.#length++] = ((low >>> 7) & 0x7f) | 0x80
      this.#buffer[this.#length++] = ((low >>> 14) & 0x7f) | 0x80
      this.#buffer[this.#length++] = (low >>> 21) | 0x80
      rest = high
    }
    while (rest >= 0x80) {
      this.#buffer[this.#length++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#buffer[this.#length++] = rest
  }

  // Zigzag over magnitude and sign; the first byte is written apart, because twice a safe integer may not be one.
  signed(value: number): void {
    const magnitude = Math.abs(value)
    const rest = Math.floor(magnitude / 0x40)
    const first = (magnitude - rest * 0x40) * 2 + (value < 0 ? 1 : 0)
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
    const { length } = value
    if (length >= 0x80) return false
    this.#reserve(length + 1)
    const buffer = this.#buffer
    const start = this.#length
    buffer[start] = length
    for (let i = 0; i < length; i++) {
      const code = value.charCodeAt(i)
      if (code >= 0x80) return false
      buffer[start + 1 + i] = code
    }
    this.#length = start + 1 + length
    return true
  }

  bytes(value: Uint8Array): void {
    const { length } = value
    this.varint(length)
    this.#reserve(length)
    const buffer = this.#buffer
    const start = this.#length
    if (length > 0x80) buffer.set(value, start)
    else for (let i = 0; i < length; i++) buffer[start + i] = value[i] as number
    this.#length = start + length
  }

  origin(name: string): void {
    const known = this.#known
    const place = this.#places === undefined ? placeOf(this.#origins, known, name) : (this.#places.get(name) ?? known)
    this.varint(place)
    if (place < known) return
    this.bytes(bytesOfOrigin(name))
    this.#origins[known] = name
    this.#known = known + 1
    if (this.#places !== undefined) this.#places.set(name, place)
    else if (known === shortRow) this.#places = new Map(this.#origins.map((origin, at) => [origin, at]))
  }

  dot(dot: Dot): void {
    this.origin(dot.origin)
    this.varint(dot.seq)
  }
}

/** The origin that was written last, and its bytes: a node writes under one name. */
let lastOrigin = ''
let lastOriginBytes = new Uint8Array(0)

function bytesOfOrigin(origin: string): Uint8Array {
  if (origin !== lastOrigin) {
    lastOriginBytes = utf8.encode(origin)
    lastOrigin = origin
  }
  return lastOriginBytes
}

/** The place of an origin among the first `known`; `known` where it is not there. */
function placeOf(origins: readonly string[], known: number, name: string): number {
  let place = 0
  while (place < known && origins[place] !== name) place++
  return place
}

export class Reader {
  readonly #bytes: Uint8Array
  #offset = 0
  readonly #origins: string[] = []

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

  end(): void {
    if (this.remaining > 0) throw this.malformed('surplus bytes')
    if (hasTwice(this.#origins)) throw this.malformed('an origin in full twice')
  }

  byte(): number {
    const byte = this.#bytes[this.#offset]
    if (byte === undefined) throw this.malformed('cut short')
    this.#offset++
    return byte
  }

  varint(): number {
    const first = this.byte()
    if (first < 0x80) return first
    let value = first & 0x7f
    let scale = 0x80
    for (let length = 2; ; length++) {
      const byte = this.byte()
      value += (byte & 0x7f) * scale
      if (byte < 0x80) {
        if (byte === 0) throw this.malformed('a varint longer than needed')
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
    const length = this.varint()
    if (length > maxFlatLength || length > maxBytes) return this.#utf8(length, maxBytes)
    // So many texts fit into few bytes that each must not cost a string.
    const known = length === 2 && this.remaining >= 2 ? names.find(this.#bytes, this.#offset, 2) : undefined
    if (known !== undefined) {
      this.#offset += 2
      return known
    }
    const text = this.#shortAscii(length) ?? this.#utf8(length, maxBytes)
    if (length === 2) names.keep(text)
    return text
  }

  #utf8(length: number, maxBytes: number): string {
    const bytes = this.#take(length, maxBytes)
    try {
      return strictUtf8.decode(bytes)
    } catch (cause) {
      throw this.malformed('not UTF-8', cause)
    }
  }

  /** A name that comes again and again: the same string each time, as a rule. */
  name(maxBytes: number): string {
    const length = this.varint()
    if (length > this.remaining) throw this.malformed('cut short')
    const known = names.find(this.#bytes, this.#offset, length)
    if (known !== undefined && length <= maxBytes) {
      this.#offset += length
      return known
    }
    const text = this.#shortAscii(length) ?? this.#utf8(length, maxBytes)
    names.keep(text)
    return text
  }

  /** Much faster than the decoder. Nothing where the text is longer, or not plain. */
  #shortAscii(length: number): string | undefined {
    const bytes = this.#bytes
    const start = this.#offset
    const end = start + length
    if (length > maxFlatLength || end > bytes.length) return undefined
    let text = ''
    for (let i = start; i < end; i++) {
      const code = bytes[i] as number
      if (code >= 0x80) return undefined
      text += String.fromCharCode(code)
    }
    this.#offset = end
    return text
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
    const origins = this.#origins
    const place = this.varint()
    if (place < origins.length) return origins[place] as string
    if (place > origins.length) throw this.malformed('an origin that was not named')
    const origin = this.name(maxOriginLength * 3)
    if (!isOrigin(origin)) throw this.malformed('not an origin')
    origins.push(origin)
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

/** The longest text that an engine makes by appending without keeping its pieces. */
const maxFlatLength = 12

const names = new InternTable()

function hasTwice(origins: readonly string[]): boolean {
  if (origins.length < 2) return false
  if (origins.length <= shortRow) return origins.some((origin, place) => placeOf(origins, place, origin) < place)
  const sorted = origins.toSorted()
  return sorted.some((origin, i) => i > 0 && origin === sorted[i - 1])
}

/** The writer waits here for the next encoding. */
let spare: Writer | undefined

/** Short bytes that need not be `own` may share their memory with others, as those of Node's `Buffer` do. */
export function encodeWithOrigins(write: (sink: Sink) => void, own = true): Uint8Array {
  const writer = spare === undefined || spare.isDetached ? new Writer() : spare
  spare = undefined
  let isWritten = false
  try {
    writer.byte(formatVersion)
    write(writer)
    isWritten = true
    return writer.finish(own)
  } finally {
    if (!isWritten) writer.abandon()
    spare = writer
  }
}

export function decodeWithOrigins<T>(bytes: Uint8Array, read: (reader: Reader) => T): T {
  return readWithOrigins(new Reader(bytes), read)
}

/** As `decodeWithOrigins`, for a reader that reads some things in its own way. */
export function readWithOrigins<T, R extends Reader>(reader: R, read: (reader: R) => T): T {
  if (reader.byte() !== formatVersion) throw reader.malformed(`not format ${formatVersion}`)
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
