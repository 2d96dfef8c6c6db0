/** A state that is one value, replaced whole: of exclusive kinds with `partition: 'lease'`, which have one writer at a time. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { checkedBy } from './state-schema.ts'
import { textOf } from './stored-value.ts'

export interface ValueState<V = unknown> {
  readonly form: 'value'
  /** Of an actor that no command has changed yet, as JSON. */
  readonly initial: string
  readonly schema: StandardSchemaV1<unknown, V> | undefined
}

export interface ValueOptions<T extends StandardSchemaV1> {
  /**
   * What a state must be, in anything that speaks Standard Schema, and at once, without a promise. A state that a command has made is kept as
   * the schema puts it out, or refused as `SHOAL_BAD_STATE`; what is stored goes through it again when an actor is loaded, so that fields which
   * are new since get their defaults. So it must take what it has put out.
   */
  readonly schema: T
}

/**
 * `exclusive('seat', value({ takenBy: null as string | null }), …, { partition: 'lease' })`. Any JSON value; a handler's `state` is a copy of its
 * own, which a command changes in place, or replaces by `set(next)`. Throws `SHOAL_BAD_STATE` where `initial` cannot be kept.
 */
export function value<T extends StandardSchemaV1>(
  initial: NoInfer<StandardSchemaV1.InferOutput<T>>,
  options: ValueOptions<T>
): ValueState<StandardSchemaV1.InferOutput<T>>
export function value<V>(initial: V): ValueState<V>
export function value(initial: unknown, options?: ValueOptions<StandardSchemaV1>): ValueState {
  const schema = options?.schema
  if (schema !== undefined && typeof schema['~standard']?.validate !== 'function')
    throw new TypeError("a value's schema is a Standard Schema, such as one of zod's")
  return {
    form: 'value',
    initial: textOf('the initial state', checkedBy(schema, 'the initial state', initial)),
    schema
  }
}
