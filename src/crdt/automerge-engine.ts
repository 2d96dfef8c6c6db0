/**
 * Automerge as an engine of documents.
 *
 * All documents begin with one and the same change, which makes a text, a list and an object: replicas that create a document
 * concurrently share them, and an update can be told from a document of its own. Changes carry neither time nor message; their
 * actor is the client id.
 *
 * Source: Kleppmann and Beresford, "A conflict-free replicated JSON datatype", 2017; https://automerge.org/automerge-binary-format-spec/.
 */
import { hexToBytes } from '@noble/hashes/utils.js'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import { chunksOf, maxDocumentOps, maxEditOps, startOpOf } from './automerge-change.ts'
import { faultOf } from './automerge-columns.ts'
import type { AutomergeHost, OpenDocument } from './automerge-host.ts'
import { insertJson, isForeign, objectAt, type PlacedObject, plainJson, putJson, storedKey } from './automerge-json.ts'
import type { Handle } from './automerge-module.ts'
import { type Inflate, readSnapshot } from './automerge-snapshot.ts'
import type { DocumentContent, DocumentEngine, Edited, EnginePart } from './document-engine.ts'
import type { JsonContent, JsonPath, JsonPlace, ListContent, TextContent } from './document-views.ts'
import type { Json } from './json-value.ts'

/** Actor 00 makes `text`, `list` and `json`, at time 0. Never to be changed: every document builds on its hash. */
const firstChange = hexToBytes(
  '856f4a838d173b09012c000100010100000005151034014204560270027d0474657874046c697374046a736f6e037d04020003000300'
)

const roots: Record<DocumentContent, { readonly name: string; readonly object: string; readonly kind: string }> = {
  text: { name: 'text', object: '/text', kind: 'text' },
  list: { name: 'list', object: '/list', kind: 'list' },
  json: { name: 'json', object: '/json', kind: 'map' }
}

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
    apply: (doc, parts) => closing(host, doc, () => applyParts(host, inflate, doc, parts)),
    edit: (doc, client, change) => closing(host, doc, () => editAs(host, doc, client, change)),
    snapshot(doc) {
      begin(host, doc)
      const saved = host.use(doc, handle => handle.save())
      host.weigh(doc, saved.length)
      return saved
    },
    mergeUpdates: updates => concatenated(updates),
    isWaiting: doc => !doc.isNew && host.use(doc, handle => handle.getMissingDeps([]).length > 0),
    findFault(doc) {
      begin(host, doc)
      return host.use(doc, handle => {
        if (handle.getWithType('/', root.name)?.[0] !== root.kind) return `another ${root.name}`
        if (content === 'text') return undefined
        return isForeignRoot(handle.materialize(root.object))
          ? 'values that are not JSON, or nested too deep'
          : undefined
      })
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

/** Gives a new document the change that all begin with. */
function begin(host: AutomergeHost, doc: OpenDocument): void {
  if (!doc.isNew) return
  host.use(doc, handle => handle.applyChanges([firstChange]))
  doc.isNew = false
}

function malformed(what: string, cause?: unknown): ShoalError {
  return new ShoalError('SHOAL_MALFORMED', `an Automerge document with ${what}`, cause === undefined ? {} : { cause })
}

function applyParts(
  host: AutomergeHost,
  inflate: Inflate,
  doc: OpenDocument,
  parts: readonly EnginePart[]
): OpenDocument {
  const changes: Uint8Array[] = [firstChange]
  const heads: string[] = []
  let bytes = doc.bytes
  doc.content = undefined
  for (const part of parts) {
    bytes += part.bytes.length
    if (part.kind === 'update') {
      changes.push(...splitChanges(part.bytes))
      continue
    }
    const saved = readSnapshot(part.bytes, inflate)
    if (typeof saved === 'string') throw malformed(saved)
    const { document } = saved
    // Into an empty document the first one loads faster. Automerge answers nothing where it could not read it: see the heads.
    if (document !== undefined) bring(host, doc, handle => handle.loadIncremental(document))
    changes.push(...saved.waiting)
    heads.push(...saved.heads)
  }
  bring(host, doc, handle => handle.applyChanges(changes))
  doc.isNew = false
  host.use(doc, handle => {
    if (heads.some(head => !handle.getChangeByHash(head))) throw malformed('a history that does not fit its heads')
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
  begin(host, doc)
  host.writeAs(doc, actorOf(client))
  change(doc)
  const update = host.use(doc, handle => {
    const ops = handle.pendingOps()
    if (ops === 0) return undefined
    if (ops > maxEditOps) throw new ShoalError('SHOAL_LIMIT', `an edit of more than ${maxEditOps} characters or values`)
    handle.commit(undefined, 0)
    const made = handle.getLastLocalChange()
    if (!made) throw new Error('Automerge keeps the change that it made to itself')
    if (startOpOf(made) + ops > maxDocumentOps) {
      throw new ShoalError('SHOAL_LIMIT', `a document with more than ${maxDocumentOps} operations in its history`)
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

export function automergeTextContent(host: AutomergeHost): TextContent<OpenDocument> {
  const { object } = roots.text
  const read = (doc: OpenDocument): string => {
    if (typeof doc.content === 'string') return doc.content
    begin(host, doc)
    const text = host.use(doc, handle => handle.text(object))
    doc.content = text
    return text
  }
  // The text is carried along, because Automerge would walk the whole document for it.
  const splice = (doc: OpenDocument, at: number, removed: number, text: string): OpenDocument => {
    const before = read(doc)
    host.use(doc, handle => handle.splice(object, at, removed, text))
    doc.content = before.slice(0, at) + text + before.slice(at + removed)
    return doc
  }
  return {
    length: doc => read(doc).length,
    read,
    splitsCharacter(doc, at) {
      const text = read(doc)
      const before = text.charCodeAt(at - 1)
      const after = text.charCodeAt(at)
      return before >= 0xd800 && before <= 0xdbff && after >= 0xdc00 && after <= 0xdfff
    },
    insert: (doc, at, text) => splice(doc, at, 0, text),
    remove(doc, at, length) {
      if (length > maxEditOps) throw new ShoalError('SHOAL_LIMIT', `a removal of more than ${maxEditOps} characters`)
      return splice(doc, at, length, '')
    }
  }
}

export function automergeListContent(host: AutomergeHost): ListContent<OpenDocument> {
  const { object } = roots.list
  const change = (doc: OpenDocument, work: (handle: Handle) => void): OpenDocument => {
    host.use(doc, work)
    doc.content = undefined
    return doc
  }
  return {
    length(doc) {
      begin(host, doc)
      return host.use(doc, handle => handle.length(object))
    },
    get(doc, at) {
      begin(host, doc)
      return host.use(doc, handle => readPlace(handle, object, at))
    },
    read(doc) {
      begin(host, doc)
      const items = host.use(doc, handle => handle.materialize(object))
      return Array.isArray(items) ? items.map(item => plainJson(item)) : []
    },
    insert: (doc, at, items) =>
      change(doc, handle => insertJson(handle, object, at, items, text => host.module.scalarText(text))),
    remove(doc, at, length) {
      if (length > maxEditOps) throw new ShoalError('SHOAL_LIMIT', `a removal of more than ${maxEditOps} items`)
      return change(doc, handle => handle.spliceFromHydrate(object, at, length, []))
    }
  }
}

function readPlace(handle: Handle, object: string, key: string | number, depth = 0): Json {
  const placed = objectAt(handle, object, key)
  if (placed !== undefined) return plainJson(handle.materialize(placed.id), depth)
  const typed = handle.getWithType(object, key)
  if (typed === null || typed === undefined) return null
  const [kind, value] = typed
  if (kind === 'text' && typeof value === 'string') return handle.text(value)
  return plainJson(value)
}

/** The object or array at a path, if there is one. */
function walk(handle: Handle, path: JsonPath): PlacedObject | undefined {
  let place = objectAt(handle, '/', roots.json.name)
  for (const step of path) {
    const key = place === undefined ? undefined : keyIn(handle, place, step)
    if (place === undefined || key === undefined) return undefined
    place = objectAt(handle, place.id, key)
  }
  return place
}

/** The key as it is stored. `undefined` where the place cannot have it: a position in an object, or past an array's end. */
function keyIn(handle: Handle, place: PlacedObject, step: string | number): string | number | undefined {
  if (place.kind === 'map') return typeof step === 'string' ? storedKey(step) : undefined
  return typeof step === 'number' && Number.isSafeInteger(step) && step >= 0 && step < handle.length(place.id)
    ? step
    : undefined
}

/** The last step of a path: what it is in, and under which key. */
function lastStep(
  handle: Handle,
  path: JsonPath
): { readonly parent: PlacedObject; readonly key: string | number } | undefined {
  const parent = walk(handle, path.slice(0, -1))
  const step = path[path.length - 1]
  if (parent === undefined || step === undefined) return undefined
  const key = keyIn(handle, parent, step)
  return key === undefined ? undefined : { parent, key }
}

export function automergeJsonContent(host: AutomergeHost): JsonContent<OpenDocument> {
  const scalarText = (text: string): unknown => host.module.scalarText(text)
  const whole = (doc: OpenDocument): Json => {
    if (doc.content === undefined)
      doc.content = host.use(doc, handle => plainJson(handle.materialize(roots.json.object)))
    return structuredClone(doc.content) as Json
  }
  const change = (doc: OpenDocument, work: (handle: Handle) => void): OpenDocument => {
    host.use(doc, work)
    doc.content = undefined
    return doc
  }
  return {
    placeOf(doc, path) {
      begin(host, doc)
      return host.use(doc, handle => placeAt(handle, path))
    },
    read(doc, path) {
      begin(host, doc)
      if (path.length === 0) return whole(doc)
      return host.use(doc, handle => {
        const last = lastStep(handle, path)
        return last === undefined ? null : readPlace(handle, last.parent.id, last.key, path.length)
      })
    },
    set: (doc, path, value) =>
      change(doc, handle => {
        const last = lastStep(handle, path)
        if (last !== undefined) putJson(handle, last.parent.id, last.key, value, scalarText)
      }),
    remove: (doc, path) =>
      change(doc, handle => {
        const last = lastStep(handle, path)
        if (last !== undefined) handle.delete(last.parent.id, last.key)
      }),
    insert: (doc, path, at, items) =>
      change(doc, handle => {
        const array = walk(handle, path)
        if (array?.kind === 'list') insertJson(handle, array.id, at, items, scalarText)
      })
  }
}

function placeAt(handle: Handle, path: JsonPath): JsonPlace {
  const place = walk(handle, path)
  if (place !== undefined) {
    return { kind: place.kind === 'map' ? 'object' : 'array', size: handle.length(place.id) }
  }
  const last = lastStep(handle, path)
  if (last === undefined) return undefined
  const typed = handle.getWithType(last.parent.id, last.key)
  return typed === null || typed === undefined ? undefined : { kind: 'scalar' }
}
