/** The shape of an actor's state: a schema of named fields, or one data type that is the whole state. */
import {
  type ActorState,
  checkSchema,
  type FieldType,
  openView,
  type Plain,
  plainValue,
  type Schema,
  type Transaction,
  type View
} from '../crdt/index.ts'

export type Shape = Schema | FieldType

/** What a handler gets as its state. */
export type ViewOf<S extends Shape> = S extends FieldType<infer V> ? V : S extends Schema ? View<S> : never

/** The state as plain, JSON-able data. */
export type PlainOf<S extends Shape> = S extends FieldType<unknown, infer P> ? P : S extends Schema ? Plain<S> : never

/** Where a state of one type is kept. No field of a user can have this name. */
export const wholeState = '\0state'

export function checkShape(shape: Shape): void {
  if (!isFieldType(shape)) checkSchema(shape)
}

/** The fields as they are stored. */
export function schemaOf(shape: Shape): Schema {
  return isFieldType(shape) ? { [wholeState]: shape } : shape
}

export function openState(shape: Shape, transaction: Transaction): unknown {
  return isFieldType(shape) ? openView({ [wholeState]: shape }, transaction)[wholeState] : openView(shape, transaction)
}

export function plainState(shape: Shape, state: ActorState): unknown {
  return isFieldType(shape) ? plainValue({ [wholeState]: shape }, state)[wholeState] : plainValue(shape, state)
}

/** A schema's values are field types, and never functions. */
function isFieldType(shape: Shape): shape is FieldType {
  return typeof shape['open'] === 'function'
}
