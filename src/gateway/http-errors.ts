/**
 * What an error looks like over HTTP: one status per code, and always the body `{"code","message","retryable"}`.
 *
 * The table is documented in docs/errors.md. A code that does not start with `SHOAL_` is an application's own refusal: 422.
 */
import { isShoalError, ShoalError, type ShoalErrorCode } from '../ports/errors.ts'

export interface ErrorBody {
  readonly code: string
  readonly message: string
  readonly retryable: boolean
}

export interface ErrorAnswer {
  readonly status: number
  readonly body: ErrorBody
}

export const statusByCode: Readonly<Record<ShoalErrorCode, number>> = {
  SHOAL_BAD_ARGUMENT: 400,
  SHOAL_BAD_CONFIGURATION: 500,
  SHOAL_BAD_STATE: 500,
  SHOAL_CLOCK_OFFSET: 503,
  SHOAL_CLUSTER_KEY: 503,
  SHOAL_CLUSTER_MISMATCH: 503,
  SHOAL_CORRUPT: 500,
  SHOAL_DEADLINE: 504,
  SHOAL_DIAL_FAILED: 503,
  SHOAL_DISK: 503,
  SHOAL_DISK_LOCKED: 503,
  SHOAL_FORBIDDEN: 403,
  SHOAL_HANDLER_FAILED: 500,
  SHOAL_INDETERMINATE: 503,
  SHOAL_INSUFFICIENT_RIGHTS: 409,
  SHOAL_INTERNAL: 500,
  SHOAL_LEASE_STORE: 503,
  SHOAL_LIMIT: 413,
  SHOAL_MALFORMED: 500,
  SHOAL_METHOD_NOT_ALLOWED: 405,
  SHOAL_NOT_FOUND: 404,
  SHOAL_NOT_OWNER: 503,
  SHOAL_NO_OUTBOX: 500,
  SHOAL_OVERLOADED: 503,
  SHOAL_PEER_REFUSED: 503,
  SHOAL_READ_ONLY: 500,
  SHOAL_STOPPED: 503,
  SHOAL_UNAVAILABLE: 503,
  SHOAL_UNKNOWN_COMMAND: 404,
  SHOAL_UNKNOWN_KIND: 404,
  SHOAL_UNREADABLE: 500
}

/** Longest message that is passed on, in UTF-16 units: an echo of what a client sent must not grow without bound. */
const maxMessageLength = 2000

/** `undefined` where the error is none that a caller may see; then it is a fault of ours, to be logged and hidden. */
export function answerFor(error: unknown): ErrorAnswer | undefined {
  if (isRefusal(error)) return { status: 422, body: bodyOf(error.code, error.message, error.retryable === true) }
  if (isShoalError(error))
    return { status: statusFor(error.code), body: bodyOf(error.code, error.message, error.retryable) }
  return fastifyAnswer(error)
}

export const internalAnswer: ErrorAnswer = {
  status: 500,
  body: bodyOf('SHOAL_INTERNAL', 'this node failed to answer; its log says why', false)
}

function statusFor(code: string): number {
  return Object.hasOwn(statusByCode, code) ? statusByCode[code as ShoalErrorCode] : 422
}

function bodyOf(code: string, message: string, retryable: boolean): ErrorBody {
  return { code, message: message.slice(0, maxMessageLength), retryable }
}

/** By shape, not `instanceof`: the actors may come with another copy of the package. */
function isRefusal(error: unknown): error is { code: string; message: string; retryable?: unknown } {
  if (typeof error !== 'object' || error === null || isShoalError(error)) return false
  const { name, code, message } = error as { name?: unknown; code?: unknown; message?: unknown }
  return name === 'Refusal' && typeof code === 'string' && typeof message === 'string'
}

/** The web framework's own complaints, in our words. */
function fastifyAnswer(error: unknown): ErrorAnswer | undefined {
  const { code, message, statusCode } = (error ?? {}) as { code?: unknown; message?: unknown; statusCode?: unknown }
  if (typeof code !== 'string' || !code.startsWith('FST_') || typeof statusCode !== 'number') return undefined
  if (statusCode < 400 || statusCode >= 500) return undefined
  const text = code === 'FST_ERR_BAD_URL' ? 'the URL is not valid percent-encoded UTF-8' : String(message)
  const answer = new ShoalError(statusCode === 413 ? 'SHOAL_LIMIT' : 'SHOAL_BAD_ARGUMENT', text)
  return { status: statusFor(answer.code), body: bodyOf(answer.code, answer.message, false) }
}
