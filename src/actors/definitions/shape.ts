/**
 * The shape of an actor's state: a schema of named fields, or one data type that is the whole state; a value; of a `lease` kind also what
 * events make.
 */
import {
  type ActorState,
  checkSchema,
  describeSchema,
  type FieldType,
  openView,
  type Plain,
  plainValue,
  type Schema,
  type SchemaDescription,
  type Transaction,
  type View
} from '../../crdt/index.ts'
import { mergedValueField } from '../merged/merged-value.ts'
import type { EventSourcedState } from './event-sourced.ts'
import { isMergedValue, type ValueState } from './value-state.ts'

/** What can be merged without a word of the user's. */
export type CrdtShape = Schema | FieldType

export type Shape = CrdtShape | ValueState | EventSourcedState

/** What a handler gets as its state. */
export type ViewOf<S extends Shape> =
  S extends ValueState<infer V>
    ? V
    : S extends EventSourcedState<infer V, infer _E>
      ? Readonly<V>
      : S extends FieldType<infer V>
        ? V
        : S extends Schema
          ? View<S>
          : never

/** The state as plain, JSON-able data. */
export type PlainOf<S extends Shape> =
  S extends ValueState<infer V>
    ? V
    : S extends EventSourcedState<infer V, infer _E>
      ? V
      : S extends FieldType<unknown, infer P>
        ? P
        : S extends Schema
          ? Plain<S>
          : never

/** Where a state of one type is kept. No field of a user can have this name. */
export const wholeState = '\0state'

export function checkShape(shape: Shape): void {
  if (isCrdt(shape) && !isFieldType(shape)) checkSchema(shape)
}

/** The fields as they are stored; none of what cannot be merged. */
export function schemaOf(shape: Shape): Schema {
  if (!isCrdt(shape)) return isMergedValue(shape) ? wholeSchema(shape, () => mergedValueField(shape)) : {}
  return isFieldType(shape) ? wholeSchema(shape, () => shape) : shape
}

/** One for each shape: what is made for a schema is kept with it. */
function wholeSchema(shape: Shape, fieldOf: () => FieldType): Schema {
  let schema = wholeSchemas.get(shape)
  if (schema === undefined) {
    schema = { [wholeState]: fieldOf() }
    wholeSchemas.set(shape, schema)
  }
  return schema
}

const wholeSchemas = new WeakMap<Shape, Schema>()

/** What programs compare, with one another and with what is on the disk. */
export function describeShape(shape: Shape): SchemaDescription {
  return isCrdt(shape)
    ? describeSchema(schemaOf(shape))
    : [[wholeState, shape.form === 'value' ? 'value' : 'event log']]
}

export function openState(shape: Shape, transaction: Transaction): unknown {
  const view = openView(schemaOf(shape), transaction)
  return isWhole(shape) ? view[wholeState] : view
}

export function plainState(shape: Shape, state: ActorState): unknown {
  const plain = plainValue(schemaOf(shape), state)
  return isWhole(shape) ? plain[wholeState] : plain
}

function isWhole(shape: Shape): boolean {
  return !isCrdt(shape) || isFieldType(shape)
}

/** A schema's values are field types, and never texts. */
export function isCrdt(shape: Shape): shape is CrdtShape {
  return typeof shape !== 'object' || shape === null || typeof (shape as { form?: unknown }).form !== 'string'
}

/** A schema's values are field types, and never functions. */
function isFieldType(shape: CrdtShape): shape is FieldType {
  return typeof shape['open'] === 'function'
}
