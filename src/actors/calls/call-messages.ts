/** A call and its reply as they travel: arguments and results in JSON, levels as numbers, and what an error keeps on its way. */
import type { shoal } from '#proto/generated/peer.js'
import { name } from '../../cluster/wire.ts'
import type { Json } from '../../crdt/index.ts'
import { isShoalError, ShoalError, type ShoalErrorCode } from '../../ports/errors.ts'
import { levels, type ReadLevel, type WriteLevel } from '../definitions/levels.ts'
import { Refusal } from '../definitions/refusal.ts'
import type { Invocation } from './invocation.ts'

/** In place of a method's name: asks for the actor's state. No method can have this name. */
export const stateMethod = 'state'

/** The same: tells a leased actor that commands which it was sent, up to a number, will not come again. */
export const overMethod = 'outbox-over'

/** Of an error that goes to another node, in characters. */
const maxMessageLength = 1000

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true })
export const noBytes = new Uint8Array(0)

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
  return text === undefined ? noBytes : utf8.encode(text)
}

export function argumentFrom(bytes: Uint8Array | null | undefined): unknown {
  if (bytes === null || bytes === undefined || bytes.length === 0) return undefined
  try {
    return JSON.parse(strictUtf8.decode(bytes))
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

/** The other node has refused it, or knows less than this one: nothing ran there. */
export function hasNotRun({ failure }: shoal.peer.IReply): boolean {
  return failure?.notRun === true
}

/** `isBegun`: a handler may have run before it came to this. */
export function failureOf(error: unknown, isBegun: boolean): shoal.peer.IFailure {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, maxMessageLength)
  if (error instanceof Refusal) return { code: error.code, message, retryable: false, refusal: true, notRun: !isBegun }
  if (isShoalError(error))
    return { code: error.code, message, retryable: error.retryable, refusal: false, notRun: !isBegun }
  return { code: 'SHOAL_HANDLER_FAILED', message, retryable: false, refusal: false, notRun: !isBegun }
}

/** An error as it is kept, and tells another caller the same. */
export function keptError(error: unknown): { code: string; message: string; isRefusal: boolean } {
  const { code, message, refusal } = failureOf(error, true)
  return { code: code ?? 'SHOAL_HANDLER_FAILED', message: message ?? '', isRefusal: refusal ?? false }
}

export function errorFrom({ code, message, isRefusal }: ReturnType<typeof keptError>): Error {
  return isRefusal ? new Refusal(code, message) : new ShoalError(code as ShoalErrorCode, message)
}

// ---- what a caller is told -----------------------------------------------------------------------------------------------------

/** Errors that a call gets before its request id is looked up. */
export function claimsNoEffect(error: unknown): boolean {
  return isShoalError(error) && withoutEffect.has(error.code)
}

const withoutEffect: ReadonlySet<string> = new Set([
  'SHOAL_DEADLINE',
  'SHOAL_OVERLOADED',
  'SHOAL_STOPPED',
  'SHOAL_UNAVAILABLE'
])

/** Why a call that a node has, or may have, came to no answer from it. */
export type Loss = 'dead' | 'moved' | 'unlinked' | 'silent' | 'forgotten'

const lossTexts: Readonly<Record<Loss, string>> = {
  dead: 'the node that had it is gone',
  moved: 'the node that had it has the actor no more',
  unlinked: 'the link to the node that had it broke',
  silent: 'the node that had it did not answer in time',
  forgotten: 'the actor does not remember what became of it'
}

export function lostWith(invocation: Invocation, loss: Loss): ShoalError {
  const message = `${nameOf(invocation)}: ${lossTexts[loss]}, and it may have taken effect`
  return new ShoalError('SHOAL_INDETERMINATE', message, { retryable: true })
}

/** The caller's own node stops, and nobody will hear what became of the call. */
export function stoppedWith(invocation: Invocation, maySent: boolean): ShoalError {
  const [code, effect] = maySent
    ? (['SHOAL_INDETERMINATE', 'it may have taken effect'] as const)
    : (['SHOAL_STOPPED', 'it had no effect'] as const)
  return new ShoalError(code, `${nameOf(invocation)}: this node has stopped, and ${effect}`, { retryable: true })
}

/** `isSent`: somebody has it, and gave no answer. */
export function late(invocation: Invocation, isSent: boolean): ShoalError {
  return isSent
    ? new ShoalError(
        'SHOAL_INDETERMINATE',
        `${nameOf(invocation)}: there was no answer in time, and it may have taken effect`,
        {
          retryable: true
        }
      )
    : new ShoalError(
        'SHOAL_DEADLINE',
        `${nameOf(invocation)}: the deadline passed before it could run; it had no effect`,
        {
          retryable: true
        }
      )
}

/** Of a query: it has no effect, wherever it runs. */
export function unansweredQuery(invocation: Invocation): ShoalError {
  const message = `${nameOf(invocation)}: no node that has the actor answered in time`
  return new ShoalError('SHOAL_DEADLINE', message, { retryable: true })
}

function nameOf({ definition, id, method }: Invocation): string {
  return `${definition.kind}/${id}.${method}`
}

/**
 * What the node that runs a call has of the time that its caller has left: less by what the answer is given for its way back, a
 * twentieth, from 50 ms up to a second. So the caller hears from it what became of the call (on how many disks it is, say), and does not
 * only see the time pass. Of the last 200 ms the answer has a quarter.
 */
export function runWithinMs(leftMs: number): number {
  return leftMs - Math.min(leftMs / 4, Math.max(50, Math.min(leftMs / 20, 1000)))
}
