/**
 * Fields of documents, for every engine: the views of a text, a list and a JSON object, and the checks of what goes in.
 */
import { ShoalError } from '../ports/errors.ts'
import type { DocumentState } from './document.ts'
import type {
  JsonContent,
  JsonPath,
  JsonPlace,
  JsonView,
  ListContent,
  ListView,
  TextContent,
  TextView
} from './document-views.ts'
import { canonicalJson, type Json, maxJsonDepth, maxJsonLength } from './json-value.ts'
import { maxScalarLength } from './scalar.ts'
import type { FieldType } from './schema.ts'
import type { Cell } from './transaction.ts'
import type { Type } from './type.ts'
import { erase } from './types.ts'

/** The longest text that one insertion brings, in UTF-16 code units. */
export const maxInsertLength = 1024 * 1024
/** The most items that one insertion brings. */
export const maxInsertItems = 65_536

/** A document is a field of an actor, never inside a map. */
export type DocumentField<V, P> = FieldType<V, P> & { readonly isNestable: false }

function documentField<V, P>(
  type: Type<DocumentState>,
  open: (cell: Cell<DocumentState>) => V,
  plain: (state: DocumentState) => P
): DocumentField<V, P> {
  return {
    type: erase(type),
    depth: 0,
    isNestable: false,
    open: cell => open(cell as Cell<DocumentState>),
    plain: state => plain(state as DocumentState)
  }
}

export function textField<D>(type: Type<DocumentState>, content: TextContent<D>): DocumentField<TextView, string> {
  return documentField(
    type,
    cell => new OpenText(cell, content),
    state => readText(state, content)
  )
}

export function listField<D, T>(type: Type<DocumentState>, content: ListContent<D>): DocumentField<ListView<T>, T[]> {
  return documentField(
    type,
    cell => new OpenList<D, T>(cell, content),
    state => readList<D, T>(state, content)
  )
}

export function jsonField<D>(
  type: Type<DocumentState>,
  content: JsonContent<D>
): DocumentField<JsonView, Record<string, Json>> {
  return documentField(
    type,
    cell => new OpenJson(cell, content),
    state => readJsonDocument(state, content)
  )
}

function badArgument(what: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', what)
}

function edit<D>(cell: Cell<DocumentState>, change: (doc: D) => D): void {
  cell.change((state, draw) => state.edit(cell, draw, doc => change(doc as D)))
}

function checkLength(length: number): void {
  if (!Number.isSafeInteger(length) || length < 0) throw badArgument(`not a length: ${length}`)
}

function isPosition(at: number, length: number): boolean {
  return Number.isSafeInteger(at) && at >= 0 && at <= length
}

// ---- text ------------------------------------------------------------------------------------------------------------------

function readText<D>(state: DocumentState, content: TextContent<D>): string {
  return state.isEmpty() ? '' : content.read(state.open() as D)
}

class OpenText<D> implements TextView {
  readonly #cell: Cell<DocumentState>
  readonly #content: TextContent<D>

  constructor(cell: Cell<DocumentState>, content: TextContent<D>) {
    this.#cell = cell
    this.#content = content
  }

  get length(): number {
    const state = this.#cell.read()
    return state.isEmpty() ? 0 : this.#content.length(state.open() as D)
  }

  toString(): string {
    return readText(this.#cell.read(), this.#content)
  }

  insert(at: number, text: string): void {
    if (typeof text !== 'string' || !text.isWellFormed()) throw badArgument('inserted text must be well-formed')
    if (text.length > maxInsertLength) throw badArgument(`an insertion of more than ${maxInsertLength} characters`)
    this.#check(at)
    if (text !== '') edit<D>(this.#cell, doc => this.#content.insert(doc, at, text))
  }

  remove(at: number, length: number): void {
    checkLength(length)
    this.#check(at)
    if (length === 0) return
    this.#check(at + length)
    edit<D>(this.#cell, doc => this.#content.remove(doc, at, length))
  }

  #check(at: number): void {
    const state = this.#cell.read()
    const doc = state.isEmpty() ? undefined : (state.open() as D)
    const length = doc === undefined ? 0 : this.#content.length(doc)
    if (!isPosition(at, length)) throw badArgument(`position ${at} is not in a text of ${length} characters`)
    if (doc !== undefined && at > 0 && at < length && this.#content.splitsCharacter(doc, at)) {
      throw badArgument(`position ${at} is in the middle of a character`)
    }
  }
}

// ---- list ------------------------------------------------------------------------------------------------------------------

function readList<D, T>(state: DocumentState, content: ListContent<D>): T[] {
  return state.isEmpty() ? [] : (content.read(state.open() as D) as T[])
}

class OpenList<D, T> implements ListView<T> {
  readonly #cell: Cell<DocumentState>
  readonly #content: ListContent<D>

  constructor(cell: Cell<DocumentState>, content: ListContent<D>) {
    this.#cell = cell
    this.#content = content
  }

  get length(): number {
    const state = this.#cell.read()
    return state.isEmpty() ? 0 : this.#content.length(state.open() as D)
  }

  get(at: number): T | undefined {
    if (!isPosition(at, this.length - 1)) return undefined
    return this.#content.get(this.#cell.read().open() as D, at) as T
  }

  values(): T[] {
    return readList<D, T>(this.#cell.read(), this.#content)
  }

  insert(at: number, ...items: readonly T[]): void {
    this.#check(at)
    const checked = checkItems(items, 0)
    if (checked.length > 0) edit<D>(this.#cell, doc => this.#content.insert(doc, at, checked))
  }

  push(...items: readonly T[]): void {
    this.insert(this.length, ...items)
  }

  remove(at: number, length = 1): void {
    checkLength(length)
    this.#check(at)
    this.#check(at + length)
    if (length > 0) edit<D>(this.#cell, doc => this.#content.remove(doc, at, length))
  }

  #check(at: number): void {
    const { length } = this
    if (!isPosition(at, length)) throw badArgument(`position ${at} is not in a list of ${length} items`)
  }
}

/** Items `depth` levels below the root. Answers a copy, which nobody else can change. */
function checkItems(items: readonly unknown[], depth: number): Json[] {
  if (items.length > maxInsertItems) throw badArgument(`an insertion of more than ${maxInsertItems} items`)
  let left = maxJsonLength
  return items.map(item => {
    const json = canonicalJson(item)
    left -= json.length
    if (left < 0) throw badArgument(`an insertion of more than ${maxJsonLength} characters`)
    return checkCopy(json, depth)
  })
}

function checkCopy(json: string, depth: number): Json {
  const copy: Json = JSON.parse(json)
  if (depth + levelsOf(copy) > maxJsonDepth) throw badArgument(`a value nested deeper than ${maxJsonDepth}`)
  checkStrings(copy)
  return copy
}

/** How many objects and arrays are in each other. Its own depth is bounded by `canonicalJson`. */
function levelsOf(value: Json): number {
  if (value === null || typeof value !== 'object') return 0
  let deepest = 0
  for (const item of Object.values(value)) deepest = Math.max(deepest, levelsOf(item))
  return 1 + deepest
}

/** `JSON.stringify` hides lone surrogates behind escapes. */
function checkStrings(value: Json): void {
  if (typeof value === 'string' && !value.isWellFormed()) throw badArgument('a document holds well-formed text')
  if (value === null || typeof value !== 'object') return
  for (const [key, item] of Object.entries(value)) {
    checkKey(key)
    checkStrings(item)
  }
}

function checkKey(key: string): void {
  if (!key.isWellFormed()) throw badArgument('a key has a lone surrogate')
  if (key.length > maxScalarLength) throw badArgument(`a key of more than ${maxScalarLength} characters`)
}

// ---- JSON ------------------------------------------------------------------------------------------------------------------

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
