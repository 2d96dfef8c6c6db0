/**
 * Reads the primitives of the encodings. Total: whatever the bytes are, it answers a value or throws `SHOAL_MALFORMED`.
 */
import { ShoalError } from '../ports/errors.ts'
import { type Dot, isOrigin, maxOriginLength } from './dot.ts'
import { InternTable } from './intern-table.ts'

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

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
    if (length >= scratch.length || length > maxBytes) return this.#utf8(length, maxBytes)
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

  /** Much faster than the decoder. Nothing where the text is long, or not plain. */
  #shortAscii(length: number): string | undefined {
    const codes = scratch[length]
    const start = this.#offset
    const bytes = this.#bytes
    if (codes === undefined || start + length > bytes.length) return undefined
    for (let i = 0; i < length; i++) {
      const code = bytes[start + i] as number
      if (code >= 0x80) return undefined
      codes[i] = code
    }
    this.#offset = start + length
    return String.fromCharCode.apply(null, codes)
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

/** Lists to make short texts of, by their length. A text of appended pieces would keep the pieces. */
const scratch: readonly number[][] = Array.from({ length: 48 }, (_, length) => new Array(length).fill(0))

const names = new InternTable()

/** Rows of origins up to so long are compared one by one. */
const shortRow = 16

function hasTwice(origins: readonly string[]): boolean {
  if (origins.length < 2) return false
  if (isAscending(origins)) return false
  if (origins.length <= shortRow) return origins.some((origin, place) => origins.indexOf(origin) < place)
  const sorted = origins.toSorted()
  return sorted.some((origin, i) => i > 0 && origin === sorted[i - 1])
}

function isAscending(origins: readonly string[]): boolean {
  for (let i = 1; i < origins.length; i++) if ((origins[i] as string) <= (origins[i - 1] as string)) return false
  return true
}
