/**
 * What follows the `?` of a request: names that the route knows, and nothing that would be left out of account. The options of one call
 * are `?deadlineMs=500&acknowledge=majority` of a command, `?read=majority` of a query.
 */
import { levels } from '../actors/definitions/levels.ts'
import type { CallOptions } from '../actors/definitions/reference.ts'
import { ShoalError } from '../ports/errors.ts'

/** Longest deadline that a caller may ask for, in milliseconds. */
export const maxDeadlineMs = 600_000

export const callParameters = ['deadlineMs', 'acknowledge', 'read'] as const

/** Throws `SHOAL_BAD_ARGUMENT`. */
export function assertKnown(query: Readonly<Record<string, unknown>>, known: readonly string[] = []): void {
  for (const name of Object.keys(query)) {
    if (known.includes(name)) continue
    const there = known.length === 0 ? 'none is understood here' : `understood here: ${known.join(', ')}`
    throw bad(`unknown query parameter ${JSON.stringify(name)}; ${there}`)
  }
}

/** `type`: what is called; `undefined` where there is nothing of that name. */
export function callOptions(query: Readonly<Record<string, unknown>>, type?: 'command' | 'query'): CallOptions {
  const options: CallOptions = {}
  for (const [name, value] of Object.entries(query)) {
    if (name === 'deadlineMs') options.deadlineMs = deadline(value)
    else if (name === 'acknowledge' || name === 'read') options[name] = level(name, value)
  }
  if (type === 'command' && options.read !== undefined)
    throw bad('read is for queries: this is a command, and acknowledge says how many disks it waits for')
  if (type === 'query' && options.acknowledge !== undefined)
    throw bad('acknowledge is for commands: this is a query, and read says of how many replicas it knows')
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
