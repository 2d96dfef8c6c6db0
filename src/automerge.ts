/**
 * `shoal/automerge`: texts, lists and JSON on Automerge.
 *
 * Importing it loads Automerge's WebAssembly module, which takes some 40 ms. Nodes that only store and forward such documents
 * do without.
 */
import { inflateRaw, loadAutomerge } from './automerge-module.ts'
import { automergeJsonContent, automergeListContent, automergeTextContent } from './crdt/automerge/content.ts'
import { automergeEngine } from './crdt/automerge/engine.ts'
import { AutomergeHost } from './crdt/automerge/host.ts'
import { automergeJsonType, automergeListType, automergeTextType } from './crdt/automerge/types.ts'
import { registerEngine } from './crdt/document/engine.ts'
import type { DocumentField } from './crdt/document/field.ts'
import { jsonField } from './crdt/document/json-field.ts'
import { listField } from './crdt/document/list-field.ts'
import { textField } from './crdt/document/text-field.ts'
import type { JsonView, ListView, TextView } from './crdt/document/views.ts'
import type { Json } from './crdt/json-value.ts'

export type { JsonPath, JsonView, ListView, TextView } from './crdt/document/views.ts'
export type { Json } from './crdt/json-value.ts'

const host = new AutomergeHost(loadAutomerge)
registerEngine(automergeEngine('text', host, inflateRaw))
registerEngine(automergeEngine('list', host, inflateRaw))
registerEngine(automergeEngine('json', host, inflateRaw))

const textContent = automergeTextContent(host)
const listContent = automergeListContent(host)
const jsonContent = automergeJsonContent(host)

/** Text that many write at once: every insertion stays whole and in place, every removal takes what its author saw. */
export function automergeText(): DocumentField<TextView, string> {
  return textField(automergeTextType, textContent)
}

/** A list of JSON values that many change at once. Its plain value is an array. */
export function automergeList<T = Json>(): DocumentField<ListView<T>, T[]> {
  return listField(automergeListType, listContent)
}

/**
 * A JSON object that many change at once, place by place. Concurrent changes of different places both stay; strings are values
 * like numbers, of which the one of two concurrent writes wins whole.
 */
export function automergeJson(): DocumentField<JsonView, Record<string, Json>> {
  return jsonField(automergeJsonType, jsonContent)
}
