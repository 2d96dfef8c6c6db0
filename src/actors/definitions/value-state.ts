/**
 * A state that is one value, replaced whole: of exclusive kinds with `partition: 'lease'`, which have one writer at a time, and of those with
 * `merge` where the user says what two values are together.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { faultOfOptions, type OptionNames } from '../../ports/known-options.ts'
import { checkedBy } from './state-schema.ts'
import { textOf } from './stored-value.ts'

export interface ValueState<V = unknown> {
  readonly form: 'value'
  /** Of an actor that no command has changed yet, as JSON. */
  readonly initial: string
  readonly schema: StandardSchemaV1<unknown, V> | undefined
  // A method, so that states of different values are one family (bivariant parameters).
  merge?(base: Readonly<V>, a: Readonly<V>, b: Readonly<V>): Readonly<V>
}

/** What can be kept by kinds with `partition: 'merge'`. */
export interface MergedValueState<V = unknown> extends ValueState<V> {
  merge(base: Readonly<V>, a: Readonly<V>, b: Readonly<V>): Readonly<V>
}

/**
 * What two values are together that sides of a cut have made of one, each without the other's commands. `base` is the latest value that both
 * had seen: `a` and `b` are what has become of it. A pure function of these three, which are frozen, and no promise: every replica calls it
 * and shows what it returns. Which side is `a` is the same everywhere, and means nothing. See docs/exclusive-actors.md for what `base` is.
 */
export type MergeValues<V> = (base: Readonly<V>, a: Readonly<V>, b: Readonly<V>) => Readonly<V>

export interface ValueOptions<T extends StandardSchemaV1> {
  /**
   * What a state must be, in anything that speaks Standard Schema, and at once, without a promise. A state that a command has made is kept as
   * the schema puts it out, or refused as `SHOAL_BAD_STATE`; what is stored goes through it again when an actor is loaded, so that fields which
   * are new since get their defaults. So it must take what it has put out.
   */
  readonly schema: T
  /** What an exclusive kind with `partition: 'merge'` needs. A lease kind takes no notice of it. */
  readonly merge?: MergeValues<StandardSchemaV1.InferOutput<T>>
}

export interface MergeOptions<V> {
  /** What an exclusive kind with `partition: 'merge'` needs. A lease kind takes no notice of it. */
  readonly merge: MergeValues<V>
}

/**
 * `exclusive('seat', value({ takenBy: null as string | null }), …, { partition: 'lease' })`. Any JSON value; a handler's `state` is a copy of its
 * own, which a command changes in place, or replaces by `set(next)`. `value(0, { merge: (base, a, b) => a + b - base })` is for kinds with
 * `partition: 'merge'`, too. Throws `SHOAL_BAD_STATE` where `initial` cannot be kept.
 */
export function value<T extends StandardSchemaV1>(
  initial: NoInfer<StandardSchemaV1.InferOutput<T>>,
  options: ValueOptions<T>
): ValueState<StandardSchemaV1.InferOutput<T>>
export function value<V>(initial: V, options?: MergeOptions<NoInfer<V>>): ValueState<V>
export function value(initial: unknown, options: Partial<ValueOptions<StandardSchemaV1>> = {}): ValueState {
  const fault = faultOfOptions(options, optionNames)
  if (fault !== undefined) throw new TypeError(`a value: ${fault}`)
  const { schema, merge } = options
  if (merge !== undefined && typeof merge !== 'function')
    throw new TypeError("a value's merge is a function of three values: (base, a, b) => …")
  if (schema !== undefined && typeof schema['~standard']?.validate !== 'function')
    throw new TypeError("a value's schema is a Standard Schema, such as one of zod's")
  return {
    form: 'value',
    initial: textOf('the initial state', checkedBy(schema, 'the initial state', initial)),
    schema,
    ...(merge === undefined ? {} : { merge })
  }
}

const optionNames: OptionNames<ValueOptions<StandardSchemaV1>> = { schema: true, merge: true }

export function isMergedValue(shape: { readonly form: string }): shape is MergedValueState {
  return shape.form === 'value' && (shape as ValueState).merge !== undefined
}
