/** A call and its reply as they travel: arguments and results in JSON, levels as numbers, and what an error keeps on its way. */
import type { shoal } from '#proto/generated/peer.js'
import { name } from '../cluster/wire.ts'
import type { Json } from '../crdt/index.ts'
import { isShoalError, ShoalError, type ShoalErrorCode } from '../ports/errors.ts'
import { levels, type ReadLevel, Refusal, type WriteLevel } from './definition.ts'
import type { Invocation } from './invocation.ts'

/** In place of a method's name: asks for the actor's state. No method can have this name. */
export const stateMethod = 'state'

/** Of an error that goes to another node, in characters. */
const maxMessageLength = 1000

export const levelNumbers = { local: 1, majority: 2, all: 3 } as const

export function levelFrom<L extends WriteLevel | ReadLevel>(value: number | null | undefined, standard: L): L {
  return (levels[(value ?? 0) - 1] ?? standard) as L
}

export function jsonBytes(value: unknown, what: string): Uint8Array {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${what} is nothing that JSON can carry`, { cause: error })
  }
  return new TextEncoder().encode(text ?? '')
}

export function argumentFrom(bytes: Uint8Array | null | undefined): unknown {
  if (bytes === null || bytes === undefined || bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new ShoalError('SHOAL_MALFORMED', 'the argument is not JSON', { cause: error })
  }
}

export function resultOf(reply: shoal.peer.IReply): Json | undefined {
  const { failure } = reply
  if (failure == null) return argumentFrom(reply.result) as Json | undefined
  const code = name(failure.code, 64, 'code')
  const message = (failure.message ?? '').slice(0, maxMessageLength)
  if (failure.refusal === true) throw new Refusal(code, message)
  throw new ShoalError(code as ShoalErrorCode, message, { retryable: failure.retryable ?? false })
}

/** `isBegun`: a handler may have run before it came to this. */
export function failureOf(error: unknown, isBegun: boolean): shoal.peer.IFailure {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, maxMessageLength)
  if (error instanceof Refusal) return { code: error.code, message, retryable: false, refusal: true, notRun: !isBegun }
  if (isShoalError(error))
    return { code: error.code, message, retryable: error.retryable, refusal: false, notRun: !isBegun }
  return { code: 'SHOAL_HANDLER_FAILED', message, retryable: false, refusal: false, notRun: !isBegun }
}

// ---- what a caller is told -----------------------------------------------------------------------------------------------------

/** Errors that a call gets before its request id is looked up. */
export function claimsNoEffect(error: unknown): boolean {
  if (!isShoalError(error)) return false
  return error.code === 'SHOAL_DEADLINE' || error.code === 'SHOAL_OVERLOADED' || error.code === 'SHOAL_UNAVAILABLE'
}

export function lostWith(invocation: Invocation): ShoalError {
  const what = `${invocation.definition.kind}/${invocation.id}.${invocation.method}`
  return new ShoalError('SHOAL_INDETERMINATE', `${what}: the node that had it is gone, and it may have taken effect`, {
    retryable: true
  })
}

export function late(invocation: Invocation, maySent: boolean): ShoalError {
  const what = `${invocation.definition.kind}/${invocation.id}.${invocation.method}`
  return maySent
    ? new ShoalError('SHOAL_INDETERMINATE', `${what}: the deadline passed, and it may have taken effect`, {
        retryable: true
      })
    : new ShoalError('SHOAL_DEADLINE', `${what}: the deadline passed before it could run; it had no effect`, {
        retryable: true
      })
}
