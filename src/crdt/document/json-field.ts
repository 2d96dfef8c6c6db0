/** The field of a JSON object, for every engine: every change names its place by a path. */

import { canonicalJson, type Json, maxJsonDepth } from '../json-value.ts'
import type { Cell } from '../transaction.ts'
import type { Type } from '../type.ts'
import type { DocumentState } from './document.ts'
import {
  badArgument,
  checkCopy,
  checkItems,
  checkKey,
  type DocumentField,
  documentField,
  edit,
  isPosition
} from './field.ts'
import type { JsonContent, JsonPath, JsonPlace, JsonView } from './views.ts'

export function jsonField<D>(
  type: Type<DocumentState>,
  content: JsonContent<D>
): DocumentField<JsonView, Record<string, Json>> {
  return documentField(type, {
    open: cell => new OpenJson(cell, content),
    plain: state => readJsonDocument(state, content),
    usage: 'set(path, value), remove(path) or push(path, ...items)'
  })
}

function readJsonDocument<D>(state: DocumentState, content: JsonContent<D>): Record<string, Json> {
  return state.isEmpty() ? {} : (content.read(state.open() as D, []) as Record<string, Json>)
}

class OpenJson<D> implements JsonView {
  readonly #cell: Cell<DocumentState>
  readonly #content: JsonContent<D>

  constructor(cell: Cell<DocumentState>, content: JsonContent<D>) {
    this.#cell = cell
    this.#content = content
  }

  get value(): Record<string, Json> {
    return readJsonDocument(this.#cell.read(), this.#content)
  }

  get(...path: JsonPath): Json | undefined {
    checkPath(path)
    const state = this.#cell.read()
    if (state.isEmpty()) return path.length === 0 ? {} : undefined
    const doc = state.open() as D
    return this.#content.placeOf(doc, path) === undefined ? undefined : this.#content.read(doc, path)
  }

  set(path: JsonPath, value: Json): void {
    const key = this.#checkParent(path)
    if (value === undefined)
      throw badArgument('this takes a JSON value, not undefined: remove(path) takes a place away')
    const checked = checkCopy(canonicalJson(value), path.length)
    if (typeof key === 'number' && this.#placeOf(path) === undefined) {
      throw badArgument(`there is no item ${key} at ${told(path.slice(0, -1))}: use insert or push`)
    }
    edit<D>(this.#cell, doc => this.#content.set(doc, path, checked))
  }

  remove(path: JsonPath): void {
    checkPath(path)
    if (path.length === 0) throw badArgument('the root of a document cannot be removed')
    if (this.#placeOf(path) !== undefined) edit<D>(this.#cell, doc => this.#content.remove(doc, path))
  }

  insert(path: JsonPath, at: number, ...items: readonly Json[]): void {
    const size = this.#arraySize(path)
    if (!isPosition(at, size)) throw badArgument(`position ${at} is not in an array of ${size} items`)
    const checked = checkItems(items, path.length + 1)
    if (checked.length > 0) edit<D>(this.#cell, doc => this.#content.insert(doc, path, at, checked))
  }

  push(path: JsonPath, ...items: readonly Json[]): void {
    this.insert(path, this.#arraySize(path), ...items)
  }

  #placeOf(path: JsonPath): JsonPlace {
    const state = this.#cell.read()
    if (!state.isEmpty()) return this.#content.placeOf(state.open() as D, path)
    return path.length === 0 ? { kind: 'object', size: 0 } : undefined
  }

  #arraySize(path: JsonPath): number {
    checkPath(path)
    const place = this.#placeOf(path)
    if (place?.kind === 'array') return place.size
    throw badArgument(
      `there is ${place === undefined ? 'nothing' : `no array, but ${nounOf(place)},`} at ${told(path)}`
    )
  }

  /** Answers the last step of the path. */
  #checkParent(path: JsonPath): string | number {
    checkPath(path)
    const key = path.at(-1)
    if (key === undefined) throw badArgument('the root of a document is an object, which is changed key by key')
    const place = this.#placeOf(path.slice(0, -1))
    const wanted = typeof key === 'number' ? 'array' : 'object'
    if (place?.kind === wanted) return key
    const found = place === undefined ? 'nothing' : `${nounOf(place)}, not an ${wanted},`
    throw badArgument(`there is ${found} at ${told(path.slice(0, -1))}, so ${JSON.stringify(key)} has no place in it`)
  }
}

function nounOf(place: NonNullable<JsonPlace>): string {
  return place.kind === 'scalar' ? 'a scalar' : `an ${place.kind}`
}

function checkPath(path: JsonPath): void {
  if (!Array.isArray(path)) throw badArgument('a path is an array of keys and positions')
  if (path.length > maxJsonDepth) throw badArgument(`a path of more than ${maxJsonDepth} steps`)
  for (const step of path) {
    if (typeof step === 'string') checkKey(step)
    else if (!Number.isSafeInteger(step) || step < 0)
      throw badArgument(`a step of a path is a key or a position, not ${step}`)
  }
}

function told(path: JsonPath): string {
  return path.length === 0
    ? 'the root'
    : path
        .map(step => JSON.stringify(step))
        .join('.')
        .slice(0, 200)
}
