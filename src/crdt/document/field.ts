/** What the fields of all documents share: how an edit is made, and what is checked before. */
import { ShoalError } from '../../ports/errors.ts'
import { canonicalJson, type Json, maxJsonDepth, maxJsonLength } from '../json-value.ts'
import { maxScalarLength } from '../scalar.ts'
import type { FieldType } from '../schema.ts'
import type { Cell } from '../transaction.ts'
import type { Type } from '../type.ts'
import { erase } from '../types.ts'
import type { DocumentState } from './document.ts'

/** A document is a field of an actor, never inside a map. */
export type DocumentField<V, P> = FieldType<V, P> & { readonly isNestable: false }

export function documentField<V, P>(
  type: Type<DocumentState>,
  parts: {
    readonly open: (cell: Cell<DocumentState>) => V
    readonly plain: (state: DocumentState) => P
    /** How its view is changed, for errors. */
    readonly usage: string
  }
): DocumentField<V, P> {
  return {
    type: erase(type),
    description: type.name,
    usage: parts.usage,
    depth: 0,
    isNestable: false,
    open: cell => parts.open(cell as Cell<DocumentState>),
    plain: state => parts.plain(state as DocumentState)
  }
}

export function badArgument(what: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', what)
}

export function edit<D>(cell: Cell<DocumentState>, change: (doc: D) => D): void {
  cell.change((state, draw) => state.edit(cell, draw, doc => change(doc as D)))
}

export function checkLength(length: number): void {
  if (!Number.isSafeInteger(length) || length < 0) throw badArgument(`not a length: ${length}`)
}

export function isPosition(at: number, length: number): boolean {
  return Number.isSafeInteger(at) && at >= 0 && at <= length
}

/** The most items that one insertion brings. */
const maxInsertItems = 65_536

/** Items `depth` levels below the root. Answers a copy, which nobody else can change. */
export function checkItems(items: readonly unknown[], depth: number): Json[] {
  if (items.length > maxInsertItems) throw badArgument(`an insertion of more than ${maxInsertItems} items`)
  let left = maxJsonLength
  return items.map(item => {
    const json = canonicalJson(item)
    left -= json.length
    if (left < 0) throw badArgument(`an insertion of more than ${maxJsonLength} characters`)
    return checkCopy(json, depth)
  })
}

export function checkCopy(json: string, depth: number): Json {
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

export function checkKey(key: string): void {
  if (!key.isWellFormed()) throw badArgument('a key has a lone surrogate')
  if (key.length > maxScalarLength) throw badArgument(`a key of more than ${maxScalarLength} characters`)
}
