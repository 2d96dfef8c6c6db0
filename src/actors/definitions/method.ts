/**
 * The methods of a kind: commands, which may change the state, and queries. A method is plain data, its handler and what checks its
 * argument; the types of argument and reply are inferred from the two.
 */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { HandlerContext } from './handler-context.ts'
import type { Shape } from './shape.ts'

// Members are methods, not properties, so that definitions of different schemas are one family (bivariant parameters).
export interface Command<S extends Shape, A, R> {
  readonly type: 'command'
  readonly argument: StandardSchemaV1<unknown, unknown> | undefined
  run(context: HandlerContext<S>, argument: unknown): R | Promise<R>
  /** Only a type: the argument a caller gives. */
  readonly input?: (argument: A) => void
}

export interface Query<S extends Shape, A, R> {
  readonly type: 'query'
  readonly argument: StandardSchemaV1<unknown, unknown> | undefined
  run(context: HandlerContext<S>, argument: unknown): R | Promise<R>
  readonly input?: (argument: A) => void
}

export type Method<S extends Shape> = Command<S, never, unknown> | Query<S, never, unknown>

type Output<T extends StandardSchemaV1> = StandardSchemaV1.InferOutput<T>
type Input<T extends StandardSchemaV1> = StandardSchemaV1.InferInput<T>

/**
 * A method that may change the state. `argument` is anything that speaks Standard Schema (zod, valibot, arktype); it is checked
 * at every door. The handler returns a reply that JSON can carry, or throws: `refuse(code, message)` for an answer of the
 * application's own.
 */
export function command<S extends Shape, T extends StandardSchemaV1, R>(
  argument: T,
  handler: (context: HandlerContext<S>, argument: Output<T>) => R
): Command<S, Input<T>, Awaited<R>>
export function command<S extends Shape, R>(
  handler: (context: HandlerContext<S>) => R
): Command<S, undefined, Awaited<R>>
export function command(...parts: MethodParts): Command<Shape, never, unknown> {
  return { type: 'command', ...method(parts) }
}

/** A method that reads. It sees what is durable, and a change it tries is a `SHOAL_READ_ONLY` error. */
export function query<S extends Shape, T extends StandardSchemaV1, R>(
  argument: T,
  handler: (context: HandlerContext<S>, argument: Output<T>) => R
): Query<S, Input<T>, Awaited<R>>
export function query<S extends Shape, R>(handler: (context: HandlerContext<S>) => R): Query<S, undefined, Awaited<R>>
export function query(...parts: MethodParts): Query<Shape, never, unknown> {
  return { type: 'query', ...method(parts) }
}

type Handler = (context: HandlerContext<Shape>, argument: never) => unknown
type MethodParts = [StandardSchemaV1, Handler] | [Handler]

function method(parts: MethodParts) {
  const [argument, handler] = parts.length === 2 ? parts : [undefined, parts[0]]
  if (typeof handler !== 'function') throw new TypeError('a method needs a handler function')
  if (argument !== undefined && typeof argument['~standard']?.validate !== 'function') {
    throw new TypeError("a method's argument needs a Standard Schema, such as one of zod's")
  }
  return { argument, run: handler as (context: HandlerContext<Shape>, argument: unknown) => unknown }
}
