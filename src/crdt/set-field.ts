/** The fields `gSet()` and `orSet()`, and the views through which a handler uses them. */
import { nestableField } from './field.ts'
import { type PlainScalar, plainScalarOf, type Scalar, scalarOf } from './scalar.ts'
import type { NestableType } from './schema.ts'
import { addToSet, gSetType, orSetType, removeFromSet, type SetState, setElements, setHas } from './set.ts'
import type { Cell } from './transaction.ts'

export interface GSetView<E extends Scalar> {
  readonly size: number
  has(element: E): boolean
  /** Sorted. */
  values(): E[]
  add(element: E): void
}

export interface SetView<E extends Scalar> extends GSetView<E> {
  remove(element: E): void
}

class OpenSet<E extends Scalar> implements SetView<E> {
  readonly #cell: Cell<SetState>

  constructor(cell: Cell<SetState>) {
    this.#cell = cell
  }

  get size(): number {
    return this.#cell.read().size
  }

  has(element: E): boolean {
    return setHas(this.#cell.read(), element)
  }

  values(): E[] {
    return setElements(this.#cell.read()).map(scalarOf) as E[]
  }

  add(element: E): void {
    this.#cell.change((state, draw) => addToSet(state, draw, element))
  }

  remove(element: E): void {
    this.#cell.change((state, draw) => removeFromSet(state, draw, element))
  }
}

function plainElements<E extends Scalar>(state: SetState): PlainScalar<E>[] {
  return setElements(state).map(plainScalarOf) as PlainScalar<E>[]
}

/** A set that only grows. Its plain value is a sorted array, in which bytes are base64 text. */
export function gSet<E extends Scalar = string>(): NestableType<GSetView<E>, PlainScalar<E>[]> {
  const open = (cell: Cell<SetState>): GSetView<E> => new OpenSet<E>(cell)
  return nestableField(gSetType, { open, plain: plainElements<E>, usage: 'add(element)' })
}

/** A set in which an add wins over a concurrent removal. Its plain value is a sorted array, in which bytes are base64 text. */
export function orSet<E extends Scalar = string>(): NestableType<SetView<E>, PlainScalar<E>[]> {
  const open = (cell: Cell<SetState>): SetView<E> => new OpenSet<E>(cell)
  return nestableField(orSetType, { open, plain: plainElements<E>, usage: 'add(element) or remove(element)' })
}
