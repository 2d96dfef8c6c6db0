/**
 * The one family of errors that crosses a floor of Shoal.
 *
 * A `code` is stable and documented in docs/errors.md; `retryable` says whether the same call may succeed later. An error keeps
 * its identity across copies of the package: test it with `isShoalError`, not with `instanceof`.
 */
export type ShoalErrorCode =
  | 'SHOAL_BAD_ARGUMENT'
  | 'SHOAL_BAD_CONFIGURATION'
  | 'SHOAL_BAD_STATE'
  | 'SHOAL_CLOCK_OFFSET'
  | 'SHOAL_CLUSTER_KEY'
  | 'SHOAL_CLUSTER_MISMATCH'
  | 'SHOAL_CORRUPT'
  | 'SHOAL_DEADLINE'
  | 'SHOAL_DIAL_FAILED'
  | 'SHOAL_DISK'
  | 'SHOAL_DISK_LOCKED'
  | 'SHOAL_FORBIDDEN'
  | 'SHOAL_HANDLER_FAILED'
  | 'SHOAL_INDETERMINATE'
  | 'SHOAL_INSUFFICIENT_RIGHTS'
  | 'SHOAL_INTERNAL'
  | 'SHOAL_LEASE_STORE'
  | 'SHOAL_LIMIT'
  | 'SHOAL_MALFORMED'
  | 'SHOAL_METHOD_NOT_ALLOWED'
  | 'SHOAL_NOT_FOUND'
  | 'SHOAL_NOT_OWNER'
  | 'SHOAL_NO_OUTBOX'
  | 'SHOAL_OVERLOADED'
  | 'SHOAL_PEER_REFUSED'
  | 'SHOAL_READ_ONLY'
  | 'SHOAL_STOPPED'
  | 'SHOAL_UNAVAILABLE'
  | 'SHOAL_UNKNOWN_COMMAND'
  | 'SHOAL_UNKNOWN_KIND'
  | 'SHOAL_UNREADABLE'

const MARK = Symbol.for('shoal.error')

export class ShoalError extends Error {
  readonly [MARK] = true
  /** A `SHOAL_…` code, or an application's own code where a handler refused a call. */
  readonly code: string
  readonly retryable: boolean

  constructor(code: ShoalErrorCode, message: string, options: { retryable?: boolean; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : {})
    this.name = 'ShoalError'
    this.code = code
    this.retryable = options.retryable ?? false
  }
}

export function isShoalError(error: unknown): error is ShoalError {
  return typeof error === 'object' && error !== null && (error as { [MARK]?: unknown })[MARK] === true
}
