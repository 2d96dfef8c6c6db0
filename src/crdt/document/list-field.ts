/** The field of a list, for every engine. */

import type { Cell } from '../transaction.ts'
import type { Type } from '../type.ts'
import type { DocumentState } from './document.ts'
import { badArgument, checkItems, checkLength, type DocumentField, documentField, edit, isPosition } from './field.ts'
import type { ListContent, ListView } from './views.ts'

export function listField<D, T>(type: Type<DocumentState>, content: ListContent<D>): DocumentField<ListView<T>, T[]> {
  return documentField(type, {
    open: cell => new OpenList<D, T>(cell, content),
    plain: state => readList<D, T>(state, content),
    usage: 'insert(at, ...items), push(...items) or remove(at)'
  })
}

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
