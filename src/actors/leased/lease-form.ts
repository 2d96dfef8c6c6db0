/**
 * How the state of a leased actor is read from its record, changed by a handler, and written again: one form per shape of state.
 *
 * What is `held` is the actor in memory, which no handler changes: a turn that is dropped leaves nothing behind.
 */
import type { DocumentParts } from '../../crdt/document/documents-of-state.ts'
import type { EnginePart } from '../../crdt/document/engine.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { CommonContext, HandlerContext } from '../definitions/handler-context.ts'
import type { Shape } from '../definitions/shape.ts'

export interface LeaseForm<H = unknown> {
  /** The first byte of its records. */
  readonly format: number
  /** Throws `SHOAL_CORRUPT`, `SHOAL_BAD_STATE`, `SHOAL_HANDLER_FAILED`. No body: no command has changed it yet. */
  load(body: Uint8Array | undefined, records: ActorRecords): H
  plain(held: H): unknown
  begin(held: H, parts: TurnParts): LeaseTurn<H>
  /** What the sandbox must merge before `plain` and `begin`: the documents in it that this process did not write. @default none */
  unvetted?(held: H): readonly DocumentParts[]
  /** The same state, in which the checked parts of a document are one snapshot. */
  vetted?(held: H, field: string, parts: readonly EnginePart[], snapshot: Uint8Array): H
}

/** What the owner has of one actor beside its record. */
export interface ActorRecords {
  /** `kind/id`. */
  readonly name: string
  /** Of the lease that it is held by. */
  readonly epoch: number
  /** A record of the shard by its name, as this owner has made it so far. */
  peek(name: string): Uint8Array | undefined
}

export interface TurnParts {
  readonly records: ActorRecords
  readonly clock: Clock
  readonly readOnly: boolean
}

/** One handler's work on one actor. It ends in `end`, and a handler that goes on is refused. */
export interface LeaseTurn<H = unknown> {
  context(common: CommonContext): HandlerContext<Shape>
  /** `undefined`: there is nothing to store. Throws `SHOAL_BAD_STATE`. */
  result(): Changed<H> | undefined
  end(): void
}

export interface Changed<H = unknown> {
  readonly held: H
  readonly body: Uint8Array
  /** The same in as few bytes as there can be, where a record of these is too long. @default these are as few */
  smaller?(): Pick<Changed<H>, 'held' | 'body'>
  /** Another record, to be stored after the actor's. `failed`: it has not been taken, or nobody knows. */
  readonly after?: {
    readonly name: string
    readonly bytes: Uint8Array
    settled(outcome: 'acknowledged' | 'failed'): void
  }
}

export function abandoned({ name }: ActorRecords): ShoalError {
  return new ShoalError('SHOAL_DEADLINE', `${name}: this handler was abandoned at its deadline`)
}
