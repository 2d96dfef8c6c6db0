/**
 * A structural check of Yjs updates (V1), before Yjs sees them.
 *
 * It accepts what Shoal's `text` writes and nothing else: runs of text, deletions and gaps, in one root named `text`. It is total,
 * takes linear time and no memory, and depends on the bytes alone, so that all nodes agree. It does not bound the time that
 * Yjs needs for the merge.
 */
import type { Reader } from './codec.ts'

export const rootName = 'text'

const maxUpdateBytes = 64 * 1024 * 1024

const hasOrigin = 0x80
const hasRightOrigin = 0x40
const hasParentKey = 0x20
const kindBits = 0x1f
const kindGone = 0
const kindDeleted = 1
const kindText = 4
const kindSkip = 10

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads the bytes of an update and refuses them with `SHOAL_MALFORMED` where they are not one. */
export function readUpdate(reader: Reader): Uint8Array {
  const bytes = reader.bytes(maxUpdateBytes)
  const fault = findFault(bytes)
  if (fault !== undefined) throw reader.malformed(`a text update with ${fault}`)
  return bytes
}

/** What is wrong with the update, if anything. */
export function findFault(bytes: Uint8Array): string | undefined {
  const scanner = new Scanner(bytes)
  try {
    scanner.structs()
    scanner.deletions()
  } catch (fault) {
    if (fault instanceof Fault) return fault.message
    throw fault
  }
  if (bytes.length === 2) return 'nothing in it'
  return scanner.isAtEnd() ? undefined : 'surplus bytes'
}

class Fault extends Error {}

class Scanner {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  isAtEnd(): boolean {
    return this.#offset === this.#bytes.length
  }

  structs(): void {
    let before = Number.POSITIVE_INFINITY
    for (let clients = this.#count(); clients > 0; clients--) {
      const structs = this.#count()
      const client = this.#client()
      if (client >= before) throw new Fault('clients out of order')
      before = client
      let clock = this.#number()
      for (let left = structs; left > 0; left--) clock = this.#safe(clock + this.#struct(client, clock))
    }
  }

  deletions(): void {
    for (let clients = this.#count(); clients > 0; clients--) {
      this.#client()
      for (let ranges = this.#count(); ranges > 0; ranges--) this.#safe(this.#number() + this.#length())
    }
  }

  /** Answers how far it moves the clock. */
  #struct(client: number, clock: number): number {
    const info = this.#byte()
    if (info === kindGone || info === kindSkip) return this.#length()
    if ((info & hasOrigin) !== 0) this.#reference(client, clock)
    if ((info & hasRightOrigin) !== 0) this.#reference(client, clock)
    if ((info & (hasOrigin | hasRightOrigin)) === 0) {
      if (this.#number() !== 1 || this.#text() !== rootName) throw new Fault('another root')
    }
    if ((info & hasParentKey) !== 0) throw new Fault('a keyed item')
    const kind = info & kindBits
    if (kind === kindDeleted) return this.#length()
    if (kind !== kindText) throw new Fault(`content of kind ${kind}`)
    const { length } = this.#text()
    if (length === 0) throw new Fault('an empty item')
    return length
  }

  /** To an item that, where it is the same client's, came before. */
  #reference(client: number, clock: number): void {
    const to = this.#client()
    if (this.#number() >= clock && to === client) throw new Fault('an item that refers to itself')
  }

  #byte(): number {
    const byte = this.#bytes[this.#offset]
    if (byte === undefined) throw new Fault('its end missing')
    this.#offset++
    return byte
  }

  #number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = this.#byte()
      value += (byte & 0x7f) * scale
      if (!Number.isSafeInteger(value)) throw new Fault('a number beyond 2^53')
      if (byte < 0x80) return value
      if (scale > 2 ** 49) throw new Fault('a number of too many bytes')
    }
  }

  #safe(value: number): number {
    if (!Number.isSafeInteger(value)) throw new Fault('a clock beyond 2^53')
    return value
  }

  #client(): number {
    const client = this.#number()
    if (client === 0) throw new Fault('client 0')
    return client
  }

  #length(): number {
    const length = this.#number()
    if (length === 0) throw new Fault('a length of 0')
    return length
  }

  #count(): number {
    const count = this.#number()
    if (count > this.#bytes.length - this.#offset) throw new Fault('more entries than bytes')
    return count
  }

  #text(): string {
    const length = this.#number()
    if (length > this.#bytes.length - this.#offset) throw new Fault('its end missing')
    const bytes = this.#bytes.subarray(this.#offset, this.#offset + length)
    this.#offset += length
    try {
      return strictUtf8.decode(bytes)
    } catch {
      throw new Fault('text that is not UTF-8')
    }
  }
}
