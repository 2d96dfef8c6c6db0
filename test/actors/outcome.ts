/** What tests of actors share. */
import { isShoalError, Refusal } from 'shoal'

export function codeOf(error: unknown): string {
  if (error instanceof Refusal) return error.code
  return isShoalError(error) ? error.code : String(error)
}

/** The code that a call fails with, or what it answers. */
export function outcome(call: Promise<unknown>): Promise<unknown> {
  return call.catch(codeOf)
}
