/** Reading and changing the text, the list and the object of an Automerge document. Positions, paths and values were checked. */
import { ShoalError } from '../../ports/errors.ts'
import type { JsonContent, JsonPath, JsonPlace, ListContent, TextContent } from '../document/views.ts'
import type { Json } from '../json-value.ts'
import { maxEditOps, maxEditRemovals } from './change.ts'
import type { AutomergeHost, OpenDocument } from './host.ts'
import { insertJson, objectAt, type PlacedObject, plainJson, putJson, storedKey } from './json.ts'
import type { Handle } from './module.ts'
import { beginDocument, roots } from './root.ts'

function tooMany(what: string, limit: number, unit: string): ShoalError {
  return new ShoalError('SHOAL_LIMIT', `${what} of more than ${limit} ${unit} at once`)
}

export function automergeTextContent(host: AutomergeHost): TextContent<OpenDocument> {
  const { object } = roots.text
  const read = (doc: OpenDocument): string => {
    if (doc.text !== undefined) return doc.text
    beginDocument(host, doc)
    const text = host.use(doc, handle => handle.text(object))
    doc.text = text
    return text
  }
  // The text is carried along, because Automerge would walk the whole document for it.
  const splice = (doc: OpenDocument, at: number, removed: number, text: string): OpenDocument => {
    const before = read(doc)
    host.use(doc, handle => handle.splice(object, at, removed, text))
    doc.text = before.slice(0, at) + text + before.slice(at + removed)
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
    insert(doc, at, text) {
      if (text.length > maxEditOps) throw tooMany('an insertion', maxEditOps, 'characters')
      return splice(doc, at, 0, text)
    },
    remove(doc, at, length) {
      if (length > maxEditRemovals) throw tooMany('a removal', maxEditRemovals, 'characters')
      return splice(doc, at, length, '')
    }
  }
}

export function automergeListContent(host: AutomergeHost): ListContent<OpenDocument> {
  const { object } = roots.list
  const change = (doc: OpenDocument, work: (handle: Handle) => void): OpenDocument => {
    host.use(doc, work)
    return doc
  }
  return {
    length(doc) {
      beginDocument(host, doc)
      return host.use(doc, handle => handle.length(object))
    },
    get(doc, at) {
      beginDocument(host, doc)
      return host.use(doc, handle => readPlace(handle, object, at))
    },
    read(doc) {
      beginDocument(host, doc)
      const items = host.use(doc, handle => handle.materialize(object))
      return Array.isArray(items) ? items.map(item => plainJson(item)) : []
    },
    insert: (doc, at, items) =>
      change(doc, handle => insertJson(handle, object, at, items, text => host.module.scalarText(text))),
    remove(doc, at, length) {
      if (length > maxEditRemovals) throw tooMany('a removal', maxEditRemovals, 'items')
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
  const change = (doc: OpenDocument, work: (handle: Handle) => void): OpenDocument => {
    host.use(doc, work)
    return doc
  }
  return {
    placeOf(doc, path) {
      beginDocument(host, doc)
      return host.use(doc, handle => placeAt(handle, path))
    },
    read(doc, path) {
      beginDocument(host, doc)
      return host.use(doc, handle => {
        if (path.length === 0) return plainJson(handle.materialize(roots.json.object))
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
