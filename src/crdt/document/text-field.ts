/** The field of a text, for every engine. */

import type { Cell } from '../transaction.ts'
import type { Type } from '../type.ts'
import type { DocumentState } from './document.ts'
import { badArgument, checkLength, type DocumentField, documentField, edit, isPosition } from './field.ts'
import type { TextContent, TextView } from './views.ts'

/** The longest text that one insertion brings, in UTF-16 code units. */
export const maxInsertLength = 1024 * 1024

export function textField<D>(type: Type<DocumentState>, content: TextContent<D>): DocumentField<TextView, string> {
  return documentField(type, {
    open: cell => new OpenText(cell, content),
    plain: state => readText(state, content),
    usage: 'insert(at, text) or remove(at, length)'
  })
}

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
