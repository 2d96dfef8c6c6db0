/**
 * Automerge as an engine of documents.
 *
 * An update is a change of Automerge, with neither time nor message, by an actor that is the client id; a snapshot is a saved
 * document. Nothing reaches Automerge unchecked, and what ran into trouble is closed.
 *
 * Source: Kleppmann and Beresford, "A conflict-free replicated JSON datatype", 2017; https://automerge.org/automerge-binary-format-spec/.
 */
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { DocumentContent, DocumentEngine, Edited, EnginePart } from '../document/engine.ts'
import { chunksOf, maxEditedOps, maxEditOps, removesOnly, startOpOf } from './change.ts'
import { faultOf } from './columns.ts'
import type { AutomergeHost, OpenDocument } from './host.ts'
import { isForeign } from './json.ts'
import type { Handle } from './module.ts'
import { beginDocument, firstChange, type Root, roots } from './root.ts'
import { type Inflate, readSnapshot } from './snapshot.ts'

/** All documents of the engines share the host. */
export function automergeEngine(
  content: DocumentContent,
  host: AutomergeHost,
  inflate: Inflate
): DocumentEngine<OpenDocument> {
  const root = roots[content]
  return {
    name: 'automerge',
    content,
    create: () => host.open(),
    apply: (doc, parts) => closing(host, doc, () => applyParts(host, inflate, root, doc, parts)),
    edit: (doc, client, change) => closing(host, doc, () => editAs(host, doc, client, change)),
    snapshot(doc) {
      beginDocument(host, doc)
      const saved = host.use(doc, handle => handle.save())
      host.weigh(doc, saved.length)
      return saved
    },
    mergeUpdates: updates => concatenated(updates),
    removesOnly,
    isWaiting: doc => !doc.isNew && host.use(doc, handle => handle.getMissingDeps([]).length > 0),
    findFault(doc) {
      if (content === 'text') return undefined
      beginDocument(host, doc)
      const value = host.use(doc, handle => handle.materialize(root.object))
      return isForeignRoot(value) ? 'values that are not JSON, or nested too deep' : undefined
    },
    isOpen: doc => host.isOpen(doc),
    close: doc => host.close(doc)
  }
}

/** The items of a list are each as deep as a JSON value may be. */
function isForeignRoot(value: unknown): boolean {
  return Array.isArray(value) ? value.some(item => isForeign(item)) : isForeign(value)
}

/** A document with which something failed is closed. */
function closing<T>(host: AutomergeHost, doc: OpenDocument, work: () => T): T {
  try {
    return work()
  } catch (error) {
    host.close(doc)
    throw error
  }
}

function malformed(what: string, cause?: unknown): ShoalError {
  return new ShoalError('SHOAL_MALFORMED', `an Automerge document with ${what}`, cause === undefined ? {} : { cause })
}

function applyParts(
  host: AutomergeHost,
  inflate: Inflate,
  root: Root,
  doc: OpenDocument,
  parts: readonly EnginePart[]
): OpenDocument {
  const changes: Uint8Array[] = [firstChange]
  const heads: string[] = []
  let bytes = doc.bytes
  doc.text = undefined
  for (const part of parts) {
    bytes += part.bytes.length
    if (part.kind === 'update') {
      for (const change of splitChanges(part.bytes)) changes.push(change)
      continue
    }
    const saved = readSnapshot(part.bytes, inflate)
    if (typeof saved === 'string') throw malformed(saved)
    const { document } = saved
    // Into an empty document the first one loads faster. Automerge answers nothing where it could not read it: see the heads.
    if (document !== undefined) bring(host, doc, handle => handle.loadIncremental(document))
    for (const change of saved.waiting) changes.push(change)
    for (const head of saved.heads) heads.push(head)
  }
  bring(host, doc, handle => handle.applyChanges(changes))
  doc.isNew = false
  host.use(doc, handle => {
    if (heads.some(head => !handle.getChangeByHash(head))) throw malformed('a history that does not fit its heads')
    if (handle.getWithType('/', root.name)?.[0] !== root.kind) throw malformed(`another ${root.name}`)
  })
  host.weigh(doc, bytes)
  return doc
}

/** What Automerge refuses is malformed; that its module ended is another matter. */
function bring(host: AutomergeHost, doc: OpenDocument, work: (handle: Handle) => unknown): void {
  try {
    host.use(doc, work)
  } catch (cause) {
    if (isShoalError(cause)) throw cause
    throw malformed('what Automerge refuses', cause)
  }
}

function splitChanges(update: Uint8Array): Uint8Array[] {
  const changes: Uint8Array[] = []
  const fault = faultOf(() => {
    for (const { bytes } of chunksOf(update)) changes.push(bytes)
  })
  if (fault !== undefined) throw malformed(fault)
  return changes
}

function actorOf(client: number): string {
  return client.toString(16).padStart(16, '0')
}

function editAs(
  host: AutomergeHost,
  doc: OpenDocument,
  client: number,
  change: (doc: OpenDocument) => OpenDocument
): Edited<OpenDocument> {
  beginDocument(host, doc)
  host.writeAs(doc, actorOf(client))
  change(doc)
  const update = host.use(doc, handle => {
    const ops = handle.pendingOps()
    if (ops === 0) return undefined
    if (ops > maxEditOps) throw new ShoalError('SHOAL_LIMIT', `an edit of more than ${maxEditOps} characters or values`)
    handle.commit(undefined, 0)
    const made = handle.getLastLocalChange()
    if (!made) throw new Error('Automerge keeps the change that it made to itself')
    if (startOpOf(made) + ops > maxEditedOps) {
      throw new ShoalError('SHOAL_LIMIT', `a document with more than ${maxEditedOps} operations in its history`)
    }
    return made
  })
  if (update !== undefined) host.weigh(doc, doc.bytes + update.length)
  return { doc, update }
}

function concatenated(updates: readonly Uint8Array[]): Uint8Array {
  const [first] = updates
  if (updates.length === 1 && first !== undefined) return first
  const whole = new Uint8Array(updates.reduce((length, update) => length + update.length, 0))
  let offset = 0
  for (const update of updates) {
    whole.set(update, offset)
    offset += update.length
  }
  return whole
}
