/**
 * A structural check of Yjs updates (V1), before Yjs sees them.
 *
 * It accepts what Shoal's `text`, `list` and `json` write and nothing else: their kinds of content, deletions and gaps, in one root
 * named after the type. It is total, takes linear time, and depends on the bytes alone, so that all nodes agree. It does not
 * bound the time that Yjs needs for the merge.
 */
import type { DocumentContent } from '../document/engine.ts'
import { canonicalJson, maxJsonLength } from '../json-value.ts'
import { maxScalarLength } from '../scalar.ts'

const hasOrigin = 0x80
const hasRightOrigin = 0x40
const hasParentKey = 0x20
const kindBits = 0x1f
const kindGone = 0
const kindDeleted = 1
const kindText = 4
const kindType = 7
const kindAny = 8
const kindSkip = 10

const typeArray = 0
const typeMap = 1

/** The tags of lib0's any-encoding. */
const anyArray = 117
const anyString = 119
const anyTrue = 120
const anyFalse = 121
const anyDouble = 123
const anyFloat = 124
const anyInteger = 125
const anyNull = 126

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What is wrong with an update of a document with this content, if anything. */
export function findUpdateFault(content: DocumentContent, bytes: Uint8Array): string | undefined {
  if (bytes.length === 2 && bytes[0] === 0 && bytes[1] === 0) return 'nothing in it'
  return findContentFault(content, bytes)
}

/** The same for a whole document, which may be empty. */
export function findContentFault(content: DocumentContent, bytes: Uint8Array): string | undefined {
  const scanner = new Scanner(content, bytes)
  try {
    scanner.structs()
    scanner.deletions()
  } catch (fault) {
    if (fault instanceof Fault) return fault.message
    throw fault
  }
  return scanner.isAtEnd() ? undefined : 'surplus bytes'
}

class Fault extends Error {}

class Scanner {
  readonly #content: DocumentContent
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(content: DocumentContent, bytes: Uint8Array) {
    this.#content = content
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
    if ((info & (hasOrigin | hasRightOrigin)) === 0) this.#parent(info, client, clock)
    if ((info & hasParentKey) !== 0 && this.#content !== 'json') throw new Fault('a keyed item')
    return this.#items(info & kindBits)
  }

  #parent(info: number, client: number, clock: number): void {
    const isRoot = this.#number()
    if (isRoot === 1) {
      if (this.#text() !== this.#content) throw new Fault('another root')
    } else if (isRoot === 0 && this.#content === 'json') {
      this.#reference(client, clock)
    } else {
      throw new Fault('another root')
    }
    if (this.#content !== 'json') return
    if ((info & hasParentKey) === 0) {
      if (isRoot === 1) throw new Fault('an item without a key')
    } else if (this.#text().length > maxScalarLength) {
      throw new Fault('a key that is too long')
    }
  }

  /** To an item that, where it is the same client's, came before. */
  #reference(client: number, clock: number): void {
    const to = this.#client()
    if (this.#number() >= clock && to === client) throw new Fault('an item that refers to itself')
  }

  #items(kind: number): number {
    if (kind === kindDeleted) return this.#length()
    const content = this.#content
    if (kind === kindText && content === 'text') {
      const { length } = this.#text()
      if (length === 0) throw new Fault('an empty item')
      return length
    }
    if (kind === kindAny && content !== 'text') {
      const count = this.#count()
      if (count === 0) throw new Fault('an empty item')
      for (let left = count; left > 0; left--) this.#value()
      return count
    }
    if (kind === kindType && content === 'json') {
      const type = this.#number()
      if (type !== typeArray && type !== typeMap) throw new Fault(`a type ${type}`)
      return 1
    }
    throw new Fault(`content of kind ${kind}`)
  }

  /** A scalar. In a list also an array or object, as the canonical JSON text in an array of its own. */
  #value(): void {
    const tag = this.#byte()
    if (tag === anyNull || tag === anyTrue || tag === anyFalse) return
    if (tag === anyString) this.#jsonText()
    else if (tag === anyInteger) this.#integer()
    else if (tag === anyFloat || tag === anyDouble) this.#float(tag === anyFloat ? 4 : 8)
    else if (tag === anyArray && this.#content === 'list') this.#wrappedJson()
    else throw new Fault(`a value of kind ${tag}`)
  }

  #jsonText(): string {
    const text = this.#text()
    if (text.length > maxJsonLength) throw new Fault('a text that is too long')
    return text
  }

  #wrappedJson(): void {
    if (this.#count() !== 1 || this.#byte() !== anyString) throw new Fault('an array that is not a JSON text')
    const text = this.#jsonText()
    if (!(text.startsWith('{') || text.startsWith('['))) throw new Fault('a JSON text of a scalar')
    try {
      if (canonicalJson(JSON.parse(text)) === text) return
    } catch {
      throw new Fault('a text that is not JSON')
    }
    throw new Fault('JSON that is not in its canonical form')
  }

  #integer(): void {
    const first = this.#byte()
    let value = first & 0x3f
    if (first >= 0x80) value += this.#number() * 0x40
    this.#safe(value)
  }

  #float(bytes: 4 | 8): void {
    const { buffer, byteOffset } = this.#bytes
    if (this.#bytes.length - this.#offset < bytes) throw new Fault('its end missing')
    const view = new DataView(buffer, byteOffset + this.#offset, bytes)
    if (!Number.isFinite(bytes === 4 ? view.getFloat32(0) : view.getFloat64(0)))
      throw new Fault('a number without value')
    this.#offset += bytes
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
