/**
 * What a document type needs of the library that merges its documents (its engine): Yjs or Automerge.
 *
 * An engine is a function from a set of parts to content; joining, storing and forwarding never ask it. An opened document is
 * a cache, which may be dropped and made again from the parts at any time.
 */
import { ShoalError } from '../../ports/errors.ts'

export type EngineName = 'yjs' | 'automerge'
export type DocumentContent = 'text' | 'list' | 'json'

/** An update brings what one or more edits changed; a snapshot brings all that was folded into it. */
export interface EnginePart {
  readonly kind: 'update' | 'snapshot'
  readonly bytes: Uint8Array
}

/** A document after an edit. Without `update` the edit changed nothing. */
export interface Edited<D> {
  readonly doc: D
  readonly update: Uint8Array | undefined
}

/** `D` is an opened document: one that changes in place (Yjs), or a value that is replaced (Automerge). */
export interface DocumentEngine<D = unknown> {
  readonly name: EngineName
  readonly content: DocumentContent
  /** The empty document. */
  create(): D
  /**
   * Brings parts in, in any order, and answers the document to use from now on. What misses dependencies waits inside. Throws
   * `SHOAL_MALFORMED`, after which the document is of no use.
   */
  apply(doc: D, parts: readonly EnginePart[]): D
  /**
   * Edits as `client` (a safe integer above 0 that nobody else uses for this document). Where `change` throws, so does this,
   * and the document is of no use.
   */
  edit(doc: D, client: number, change: (doc: D) => D): Edited<D>
  /** All of the document, waiting parts included, as one part. */
  snapshot(doc: D): Uint8Array
  /** One update that does what all do. They are this process's own. */
  mergeUpdates(updates: readonly Uint8Array[]): Uint8Array
  /** Whether an update, one of this process's own, removes and adds nothing. */
  removesOnly(update: Uint8Array): boolean
  /** Whether something in it still waits for what it depends on. Such a document is not folded outside a sandbox. */
  isWaiting(doc: D): boolean
  /** What is wrong with an opened document that a stranger's parts made, if anything: foreign content, or nesting too deep. */
  findFault(doc: D): string | undefined
  /** Whether the document may still be used: an engine may drop the documents it opened. Absent: always. */
  isOpen?(doc: D): boolean
  /** Gives back what the document holds outside the heap. */
  close?(doc: D): void
}

/** All that is in the parts as one snapshot, checked. For a sandbox's worker. Throws `SHOAL_MALFORMED`. */
export function mergeParts<D>(engine: DocumentEngine<D>, parts: readonly EnginePart[]): Uint8Array {
  const doc = engine.apply(engine.create(), parts)
  const fault = engine.findFault(doc)
  if (fault !== undefined) throw new ShoalError('SHOAL_MALFORMED', `a document with ${fault}`)
  const snapshot = engine.snapshot(doc)
  engine.close?.(doc)
  return snapshot
}

const engines: Record<EngineName, Map<DocumentContent, DocumentEngine>> = { yjs: new Map(), automerge: new Map() }

/** Which entry of the package brings the engine. */
const entries: Record<EngineName, string> = { yjs: 'shoal/crdt', automerge: 'shoal/automerge' }

/** Makes an engine known to this process. An entry of the package does it when it is imported. */
export function registerEngine<D>(engine: DocumentEngine<D>): void {
  engines[engine.name].set(engine.content, engine as DocumentEngine)
}

/** Throws `SHOAL_BAD_CONFIGURATION` where the engine was not imported. */
export function engineOf(name: EngineName, content: DocumentContent): DocumentEngine {
  const engine = engines[name].get(content)
  if (engine !== undefined) return engine
  throw new ShoalError(
    'SHOAL_BAD_CONFIGURATION',
    `a document of ${name} cannot be opened here: import '${entries[name]}' where the process starts`
  )
}
