/** The fields `text()`, `list()` and `json()`: documents on Yjs. */
import { registerEngine } from '../document/engine.ts'
import type { DocumentField } from '../document/field.ts'
import { jsonField } from '../document/json-field.ts'
import { listField } from '../document/list-field.ts'
import { textField } from '../document/text-field.ts'
import type { JsonView, ListView, TextView } from '../document/views.ts'
import type { Json } from '../json-value.ts'
import { yjsJson, yjsJsonEngine } from './json.ts'
import { yjsList, yjsListEngine } from './list.ts'
import { yjsText, yjsTextEngine } from './text.ts'
import { jsonType, listType, textType } from './types.ts'

registerEngine(yjsTextEngine)
registerEngine(yjsListEngine)
registerEngine(yjsJsonEngine)

/** Text that many write at once: every insertion stays whole and in place, every removal takes what its author saw. */
export function text(): DocumentField<TextView, string> {
  return textField(textType, yjsText)
}

/** A list of JSON values that many change at once. Its plain value is an array. */
export function list<T = Json>(): DocumentField<ListView<T>, T[]> {
  return listField(listType, yjsList)
}

/** A JSON object that many change at once, place by place. Concurrent changes of different places both stay. */
export function json(): DocumentField<JsonView, Record<string, Json>> {
  return jsonField(jsonType, yjsJson)
}
