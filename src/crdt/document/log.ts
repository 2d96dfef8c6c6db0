/**
 * The parts of a document in the order in which they came, and the opened document.
 *
 * A log belongs to a chain of states, each of which is the log up to some length. It grows at its end; a state that is not at
 * the end and goes another way takes a copy. The opened document is a cache that moves along the log and never back.
 */
import { ShoalError } from '../../ports/errors.ts'
import { Coverage } from './coverage.ts'
import type { DocumentEngine } from './engine.ts'
import type { DocumentPart } from './part.ts'

export class DocumentLog {
  readonly parts: DocumentPart[]
  /** Shows the first `applied` parts. */
  opened: unknown
  applied = 0
  /** Bytes of the parts that a fold would take in, and of the largest snapshot. */
  looseBytes = 0
  snapshotBytes = 0
  /** A snapshot of it would be larger than a part may be. */
  isTooLargeToFold = false
  /** The number that the newest edit got, so that the next one need not look. */
  #lastEdit: DocumentPart | undefined
  /** Another branch of the chain, whose document this one may take where it shows no more than this one says. */
  relative: DocumentLog | undefined
  #client: { readonly origin: string; readonly id: number } | undefined
  #coverage: Coverage | undefined
  #covered = 0

  constructor(parts: DocumentPart[]) {
    this.parts = parts
    for (const part of parts) this.#weigh(part)
  }

  push(part: DocumentPart): void {
    this.parts.push(part)
    this.#weigh(part)
  }

  #weigh({ kind, byteLength }: DocumentPart): void {
    if (kind === 'snapshot' && byteLength > this.snapshotBytes) {
      this.looseBytes += this.snapshotBytes
      this.snapshotBytes = byteLength
    } else {
      this.looseBytes += byteLength
    }
  }

  pushEdit(part: DocumentPart): void {
    this.push(part)
    this.#lastEdit = part
  }

  /** Of all parts. */
  get coverage(): Coverage {
    this.#coverage ??= new Coverage()
    if (this.#covered < this.parts.length) {
      this.#coverage.addParts(this.#covered === 0 ? this.parts : this.parts.slice(this.#covered))
      this.#covered = this.parts.length
    }
    return this.#coverage
  }

  nextNumber(origin: string): number {
    const last = this.#lastEdit
    const isLast = last !== undefined && last.origin === origin && last === this.parts[this.parts.length - 1]
    const next = isLast ? last.to + 1 : this.coverage.next(origin)
    if (!Number.isSafeInteger(next))
      throw new ShoalError('SHOAL_LIMIT', `${origin} has no more numbers for its updates`)
    return next
  }

  /** The client id of an origin for this document. It is always the same, and to make one costs as much as an edit. */
  clientOf(origin: string, clientId: () => number): number {
    if (this.#client?.origin !== origin) this.#client = { origin, id: clientId() }
    return this.#client.id
  }

  /** The document that shows the first `length` parts, which it has not passed. Throws `SHOAL_MALFORMED`. */
  open(engine: DocumentEngine, length: number): unknown {
    if (this.opened !== undefined && engine.isOpen?.(this.opened) === false) this.close()
    if (this.opened !== undefined && this.applied === length) return this.opened
    const missing = this.opened === undefined ? this.#begin(engine, length) : this.parts.slice(this.applied, length)
    this.#moving(() => engine.apply(this.opened, missing), length)
    return this.opened
  }

  /** Answers the parts that the document, which it takes from a relative or makes, does not show. */
  #begin(engine: DocumentEngine, length: number): DocumentPart[] {
    const parts = this.parts.slice(0, length)
    const { relative } = this
    this.relative = undefined
    const shown = new Set(relative?.parts.slice(0, relative.applied))
    const missing = parts.filter(part => !shown.has(part))
    const isOfUse =
      relative?.opened !== undefined &&
      engine.isOpen?.(relative.opened) !== false &&
      missing.length === parts.length - shown.size
    if (!isOfUse) {
      this.opened = engine.create()
      return parts
    }
    this.opened = relative.opened
    relative.close()
    return missing
  }

  #moving(move: () => unknown, length: number): void {
    try {
      this.opened = move()
    } catch (error) {
      this.close()
      throw error
    }
    this.applied = length
  }

  /** Takes over the other's document, which shows the first `applied` parts of this one. */
  adopt(other: DocumentLog, applied: number): this {
    this.opened = other.opened
    this.applied = applied
    this.#client = other.#client
    other.close()
    return this
  }

  /** Forgets the document. */
  close(): void {
    this.opened = undefined
    this.applied = 0
  }
}
