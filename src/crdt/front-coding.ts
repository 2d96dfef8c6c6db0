/**
 * Names in a row, each without the bytes that it shares with the one before: names that come sorted share their beginnings.
 *
 * Source: Witten, Moffat, Bell, "Managing Gigabytes", 1999 (front coding).
 */
import { ShoalError } from '../ports/errors.ts'
import type { Reader, Sink } from './codec.ts'

const maxNameBytes = 4096
/** What a name may take over: bounds what few bytes can grow to. */
const maxSharedBytes = 64
/** A buffer for names begins with so many. */
const usualNameBytes = 64

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function withRoom(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes
  const longer = new Uint8Array(Math.max(length, bytes.length * 2))
  longer.set(bytes)
  return longer
}

export class NameWriter {
  #before = new Uint8Array(usualNameBytes)
  #beforeLength = 0
  #bytes = new Uint8Array(usualNameBytes)

  /** Throws `SHOAL_BAD_ARGUMENT` where the name is too long, or has a lone surrogate. */
  write(sink: Sink, name: string): void {
    const bytes = withRoom(this.#bytes, Math.min(name.length * 3, maxNameBytes))
    const { read, written } = utf8.encodeInto(name, bytes)
    if (read < name.length || written > maxNameBytes || !name.isWellFormed())
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `a name of more than ${maxNameBytes} bytes, or with a lone surrogate`)
    const most = Math.min(this.#beforeLength, written, maxSharedBytes)
    let shared = 0
    while (shared < most && this.#before[shared] === bytes[shared]) shared++
    sink.varint(shared)
    sink.bytes(bytes.subarray(shared, written))
    this.#bytes = this.#before
    this.#before = bytes
    this.#beforeLength = written
  }
}

export class NameReader {
  #bytes = new Uint8Array(usualNameBytes)
  #length = 0

  read(reader: Reader): string {
    const shared = reader.varint()
    if (shared > Math.min(this.#length, maxSharedBytes)) throw reader.malformed('a name that shares more than it may')
    const rest = reader.bytes(maxNameBytes - shared)
    const sharesMore = shared < maxSharedBytes && shared < this.#length && rest[0] === this.#bytes[shared]
    if (sharesMore) throw reader.malformed('a name that shares less than it could')
    this.#bytes = withRoom(this.#bytes, shared + rest.length)
    this.#bytes.set(rest, shared)
    this.#length = shared + rest.length
    try {
      // Decoded as a whole: a string pieced together would keep the names before it in memory.
      return strictUtf8.decode(this.#bytes.subarray(0, this.#length))
    } catch (cause) {
      throw reader.malformed('not UTF-8', cause)
    }
  }
}
