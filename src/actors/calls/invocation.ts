/** One message to one actor, and what becomes of it: the same for a caller here and one on another node. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { Json } from '../../crdt/index.ts'
import { isThenable } from '../../crdt/thenable.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { ReadLevel, WriteLevel } from '../definitions/levels.ts'
import type { Method } from '../definitions/method.ts'
import type { Shape } from '../definitions/shape.ts'
import { issuesOf } from '../definitions/state-schema.ts'
import type { RequestId } from '../requests/request-log.ts'
import { jsonCopy } from './json-copy.ts'

export interface Invocation {
  readonly definition: AnyDefinition
  /** That of (kind, id): hashing is dear enough to be done once. */
  readonly shard: number
  readonly id: string
  /** `kind/id`: one text for all who look it up. */
  readonly name: string
  readonly method: string
  readonly argument: unknown
  readonly acknowledge: WriteLevel
  readonly read: ReadLevel
  /** On the clock's `elapsed`. */
  readonly deadlineMs: number
  /** Given for exclusive kinds. */
  readonly request?: RequestId
  /** From the outbox of a leased actor: in place of a request. */
  readonly sent?: SentId
  /** Copies of the request may still be on their way to others, or lie in their queues. */
  readonly hasCopies?: boolean
  /** Runs although this node's view says that another owns the actor. */
  readonly force?: boolean
}

/** Names a command in an outbox. */
export interface SentId {
  /** `kind/id`. */
  readonly sender: string
  readonly number: number
  readonly stamp: number
}

/**
 * `moved`: this node does not serve the shard (any more), and nothing ran. With `mayHaveRun`, nobody knows here, and the actor's next
 * owner will, by the request id. With `refused`, the caller is told so, unless it has asked others before: it is an outcome, so that
 * nobody takes what a handler threw for it. With `stale`, nobody remembers what became of the request, if anything did; another one may
 * run that has this stamp.
 */
export type Outcome =
  | { readonly moved: true; readonly mayHaveRun?: true; readonly refused?: ShoalError; readonly stale?: number }
  | { readonly moved: false; readonly result: Json | undefined }

/** An argument that its method's schema has made. */
export interface Checked {
  readonly argument: unknown
}

const noArgument: Checked = { argument: undefined }

/** At once, unless the schema takes its time. Throws `SHOAL_BAD_ARGUMENT` with what is wrong and where. */
export function checkedArgument(method: Method<Shape>, invocation: Invocation): Checked | Promise<Checked> {
  const { argument } = invocation
  if (method.argument === undefined) {
    if (argument === undefined || argument === null) return noArgument
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${nameOf(invocation)} takes no argument`)
  }
  const checked = method.argument['~standard'].validate(argument)
  return isThenable(checked)
    ? Promise.resolve(checked).then(later => argumentOf(later, invocation))
    : argumentOf(checked, invocation)
}

function argumentOf(checked: StandardSchemaV1.Result<unknown>, invocation: Invocation): Checked {
  if (checked.issues === undefined) return { argument: checked.value }
  throw new ShoalError('SHOAL_BAD_ARGUMENT', `${nameOf(invocation)}: ${issuesOf(checked)}`)
}

function nameOf({ definition, method }: Invocation): string {
  return `${definition.kind}.${method}`
}

/** What JSON makes of a reply, so that a caller sees the same here and across the network. */
export function plainResult(value: unknown): Json | undefined {
  return value === null ? undefined : (jsonCopy(value) as Json | undefined)
}
