/**
 * Writes the primitives of the encodings into one buffer that is used again and again.
 *
 * An origin is written in full where it first stands, and by its place in the row of origins after that.
 */
import type { Dot } from './dot.ts'

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

/** Rows of origins up to so long are searched without a map. */
const shortRow = 16
/** Written bytes up to so many are cut from a common piece of memory, which is several times faster than one of their own. */
const maxSharedBytes = 1024
const bufferBytes = 32 * 1024

export class Writer implements Sink {
  #buffer: Uint8Array<ArrayBuffer>
  #start = 0
  #length = 0
  /** Only the first `#known` are of this encoding. */
  #origins: string[] = []
  #known = 0
  /** Each is greater than the one before it, as in what is sorted; so one comparison tells that an origin is new. */
  #isAscending = true
  /** Place after the last one: whoever goes through origins in order asks for that next. */
  #next = 0
  #places: Map<string, number> | undefined

  /** `firstBytes`: room to begin with, where little may be written. */
  constructor(firstBytes = bufferBytes) {
    this.#buffer = new Uint8Array(firstBytes)
  }

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

  /** Bytes written so far. */
  get length(): number {
    return this.#length - this.#start
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
    this.#next = 0
    this.#isAscending = true
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
    const place = this.#placeOf(name)
    this.#next = place + 1
    this.varint(place)
    if (place < known) return
    this.text(name)
    this.#isAscending &&= known === 0 || name > (this.#origins[known - 1] as string)
    this.#origins[known] = name
    this.#known = known + 1
    this.#places?.set(name, place)
  }

  /** As many as are known, where it is not among them. */
  #placeOf(name: string): number {
    const origins = this.#origins
    const known = this.#known
    if (this.#next < known && origins[this.#next] === name) return this.#next
    if (this.#isAscending && (known === 0 || name > (origins[known - 1] as string))) return known
    if (known <= shortRow) return placeOf(origins, known, name)
    this.#places ??= new Map(origins.slice(0, known).map((origin, at) => [origin, at]))
    return this.#places.get(name) ?? known
  }

  dot(dot: Dot): void {
    this.origin(dot.origin)
    this.varint(dot.seq)
  }
}

/** The place of an origin among the first `known`; `known` where it is not there. */
function placeOf(origins: readonly string[], known: number, name: string): number {
  let place = 0
  while (place < known && origins[place] !== name) place++
  return place
}
