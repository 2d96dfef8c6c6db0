/**
 * What a user declares: field types, schemas of them, and the views through which a handler reads and changes a state.
 *
 * A view reads the state of its transaction, its own changes included. All types are inferred from the schema.
 */
import { ShoalError } from '../ports/errors.ts'
import { setOwn } from './json-value.ts'
import type { MapState } from './or-map.ts'
import { entryKey } from './or-map.ts'
import type { ActorState } from './state.ts'
import { stateViewOf } from './state-view.ts'
import type { Cell, Transaction } from './transaction.ts'
import type { Type } from './type.ts'

/** A data type as a field of a schema: `V` is what a handler gets, `P` the plain value. */
export interface FieldType<out V = unknown, out P = unknown> {
  readonly type: Type<unknown>
  /**
   * What it is, with the options that change what stored values mean: `orMap(keys: string, of: pnCounter)`. Two fields with equal
   * descriptions read each other's values. @default the name of the type
   */
  readonly description?: string
  /** How its view is changed, for errors: `add(amount)`. */
  readonly usage?: string
  /** How many maps are in each other, this one included. */
  readonly depth: number
  open(cell: Cell<unknown>): V
  plain(state: unknown): P
}

/** A field type that a map may hold. Documents are none. */
export interface NestableType<out V = unknown, out P = unknown> extends FieldType<V, P> {
  readonly isNestable: true
}

/** The fields of an actor's state: `{ lines: orMap(pnCounter()), note: lwwRegister('') }`. */
export type Schema = Readonly<Record<string, FieldType>>

/** What a handler of an actor with schema `S` gets as its state. */
export type View<S extends Schema> = { readonly [F in keyof S]: S[F] extends FieldType<infer V> ? V : never }

/** The state as plain, JSON-able data. */
export type Plain<S extends Schema> = { [F in keyof S]: S[F] extends FieldType<unknown, infer P> ? P : never }

/**
 * Throws `SHOAL_BAD_ARGUMENT` where the schema of a user cannot be one, and names the field. Names that start with NUL are the
 * runtime's own.
 */
export function checkSchema(schema: Schema): void {
  if (typeof schema !== 'object' || schema === null) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', 'a schema is an object of fields, such as { count: pnCounter() }')
  }
  for (const [name, field] of Object.entries(schema)) {
    const shown = JSON.stringify(name)
    if (name === '' || name.startsWith('\0')) {
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `${shown} cannot be the name of a field`)
    }
    if (typeof (field as Partial<FieldType> | null | undefined)?.open !== 'function') {
      const hint = typeof field === 'function' ? ': call it, as in pnCounter()' : ''
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `field ${shown} has no data type, such as pnCounter()${hint}`)
    }
    try {
      entryKey(field.type, name)
    } catch (cause) {
      throw new ShoalError('SHOAL_BAD_ARGUMENT', `field ${shown.slice(0, 64)} has a name that cannot be one`, { cause })
    }
  }
}

/** The view costs nothing until a field is touched. */
export function openView<S extends Schema>(schema: S, transaction: Transaction): View<S> {
  let open = openers.get(schema)
  if (open === undefined) {
    open = stateViewOf(schema)
    openers.set(schema, open)
  }
  return open(transaction) as View<S>
}

/** A schema is not changed after its first use. */
const openers = new WeakMap<Schema, (transaction: Transaction) => unknown>()

export function plainValue<S extends Schema>(schema: S, state: ActorState): Plain<S> {
  const plain: Record<string, unknown> = {}
  for (const [name, field] of Object.entries(schema)) setOwn(plain, name, field.plain(childOf(state, field.type, name)))
  return plain as Plain<S>
}

function childOf(state: MapState, type: Type<unknown>, key: string): unknown {
  return state.get(entryKey(type, key)) ?? type.empty
}
