/** The options of one call, as its query string gives them: `?deadlineMs=500&acknowledge=majority`, `?read=majority`. */
import { type CallOptions, levels } from '../actors/definition.ts'
import { ShoalError } from '../ports/errors.ts'

/** Longest deadline that a caller may ask for, in milliseconds. */
export const maxDeadlineMs = 600_000

export function callOptions(query: Readonly<Record<string, unknown>>): CallOptions {
  const options: CallOptions = {}
  for (const [name, value] of Object.entries(query)) {
    if (name === 'deadlineMs') options.deadlineMs = deadline(value)
    else if (name === 'acknowledge' || name === 'read') options[name] = level(name, value)
    else throw bad(`unknown query parameter ${JSON.stringify(name)}; there are deadlineMs, acknowledge and read`)
  }
  return options
}

function deadline(value: unknown): number {
  const deadlineMs = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : 0
  if (deadlineMs >= 1 && deadlineMs <= maxDeadlineMs) return deadlineMs
  throw bad(`deadlineMs is a whole number of milliseconds from 1 to ${maxDeadlineMs}`)
}

function level(name: string, value: unknown): 'local' | 'majority' | 'all' {
  for (const known of levels) if (value === known) return known
  throw bad(`${name} is local, majority or all`)
}

function bad(message: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', message)
}
