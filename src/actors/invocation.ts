/** One message to one actor, and what becomes of it: the same for a caller here and one on another node. */
import type { Json } from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'
import type { AnyDefinition, Method, ReadLevel, WriteLevel } from './definition.ts'
import type { RequestId } from './request-log.ts'
import type { Shape } from './shape.ts'
import { issuesOf } from './state-schema.ts'

export interface Invocation {
  readonly definition: AnyDefinition
  /** That of (kind, id): hashing is dear enough to be done once. */
  readonly shard: number
  readonly id: string
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

/** The argument as the method's schema makes it. Throws `SHOAL_BAD_ARGUMENT` with what is wrong and where. */
export async function checkedArgument(method: Method<Shape>, invocation: Invocation): Promise<unknown> {
  const { definition, argument } = invocation
  const what = `${definition.kind}.${invocation.method}`
  if (method.argument === undefined) {
    if (argument === undefined || argument === null) return undefined
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${what} takes no argument`)
  }
  const checked = await method.argument['~standard'].validate(argument)
  if (checked.issues === undefined) return checked.value
  throw new ShoalError('SHOAL_BAD_ARGUMENT', `${what}: ${issuesOf(checked)}`)
}

/** What JSON makes of a reply, so that a caller sees the same here and across the network. */
export function plainResult(value: unknown): Json | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number' && Number.isFinite(value)) return value
  const text = JSON.stringify(value)
  return text === undefined ? undefined : (JSON.parse(text) as Json)
}
