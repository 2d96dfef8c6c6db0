/**
 * The documents that Automerge has open, in the one memory of its WebAssembly module.
 *
 * That memory only grows, and whoever runs it out of memory or stack takes all its documents along. So the open documents are
 * few (the one that was used longest ago is closed for a new one), and a module that ended is replaced by a new instance: its
 * documents are no longer open, and are opened again from their parts by whoever needs them.
 */
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { AutomergeModule, Handle, LoadModule } from './module.ts'

export interface AutomergeLimits {
  /** How many documents are open at once. @default 256 */
  maxOpenDocuments?: number
  /**
   * How many bytes of updates and snapshots the open documents were made of, at most, but for one document. Open, a text takes some
   * 35 times as much. @default 16 MiB
   */
  maxOpenBytes?: number
}

/** An opened document. It changes in place. */
export class OpenDocument {
  /** `undefined` once it is closed. */
  handle: Handle | undefined
  /** Who writes: hexadecimal. */
  actor: string
  /** Of the parts it was made of. */
  bytes = 0
  /** Nothing was applied yet, not even the change that all documents begin with. */
  isNew = true
  /** The content of a text, once it was read. */
  text: string | undefined

  constructor(handle: Handle, actor: string) {
    this.handle = handle
    this.actor = actor
  }
}

/** Nobody writes as this actor. */
const reader = '00'

export class AutomergeHost {
  readonly #load: LoadModule
  readonly #maxDocuments: number
  readonly #maxBytes: number
  #module: AutomergeModule
  /** A document whose only purpose is to tell whether the module lives. */
  #canary: Handle
  #generation = 0
  /** The one used last is the last. */
  readonly #open = new Set<OpenDocument>()
  #bytes = 0

  constructor(load: LoadModule, limits: AutomergeLimits = {}) {
    this.#load = load
    this.#maxDocuments = limits.maxOpenDocuments ?? 256
    this.#maxBytes = limits.maxOpenBytes ?? 16 * 1024 * 1024
    this.#module = load()
    this.#canary = this.#module.create(reader)
  }

  /** How often the module was replaced. */
  get generation(): number {
    return this.#generation
  }

  get openDocuments(): number {
    return this.#open.size
  }

  get module(): AutomergeModule {
    return this.#module
  }

  open(): OpenDocument {
    const handle = this.#guard(() => this.#module.create(reader))
    const doc = new OpenDocument(handle, reader)
    this.#open.add(doc)
    this.#makeRoom()
    return doc
  }

  isOpen(doc: OpenDocument): boolean {
    return doc.handle !== undefined
  }

  close(doc: OpenDocument): void {
    const { handle } = doc
    if (handle === undefined) return
    this.#forget(doc)
    try {
      handle.free()
    } catch {
      // What cannot be freed would stay for ever, and says that the module is in no good state.
      this.#replace()
    }
  }

  /**
   * Works with a document. Throws `SHOAL_UNAVAILABLE`, to be retried, where the document is closed or the module ended over it:
   * it must be opened anew.
   */
  use<T>(doc: OpenDocument, work: (handle: Handle) => T): T {
    const { handle } = doc
    if (handle === undefined) throw closed('an Automerge document that was closed; open it again')
    this.#open.delete(doc)
    this.#open.add(doc)
    return this.#guard(() => work(handle))
  }

  /** From now on the document writes as `actor`. */
  writeAs(doc: OpenDocument, actor: string): void {
    if (doc.actor === actor) return
    this.use(doc, handle => {
      doc.handle = handle.fork(actor)
      doc.actor = actor
      handle.free()
    })
  }

  /** The document grew to so many bytes. */
  weigh(doc: OpenDocument, bytes: number): void {
    if (doc.handle === undefined) return
    this.#bytes += bytes - doc.bytes
    doc.bytes = bytes
    this.#makeRoom()
  }

  #forget(doc: OpenDocument): void {
    doc.handle = undefined
    doc.text = undefined
    this.#open.delete(doc)
    this.#bytes -= doc.bytes
  }

  /** The newest stays, however large it is. */
  #makeRoom(): void {
    for (const doc of this.#open) {
      if (this.#open.size <= this.#maxDocuments && (this.#bytes <= this.#maxBytes || this.#open.size === 1)) return
      this.close(doc)
    }
  }

  #guard<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (isShoalError(error) || this.#isAlive()) throw error
      this.#replace()
      throw closed('the Automerge module ended and was replaced; open the document again', error)
    }
  }

  /** A module that ended refuses every call. */
  #isAlive(): boolean {
    try {
      this.#canary.getHeads()
      return true
    } catch {
      return false
    }
  }

  #replace(): void {
    for (const doc of [...this.#open]) this.#forget(doc)
    this.#generation++
    this.#module = this.#load()
    this.#canary = this.#module.create(reader)
  }
}

function closed(what: string, cause?: unknown): ShoalError {
  return new ShoalError(
    'SHOAL_UNAVAILABLE',
    what,
    cause === undefined ? { retryable: true } : { retryable: true, cause }
  )
}
