/** The queries that every event-sourced kind has: its events, and its state as it was. */
import type { StandardSchemaV1 } from '@standard-schema/spec'
import type { EventSourcedState, HistoryRange, PastPoint } from './event-sourced.ts'
import type { Query } from './method.ts'

type Events = EventSourcedState<unknown, unknown>

export const maxHistoryEvents = 1000
const standardHistoryEvents = 100

const range = schemaOf<HistoryRange, Required<HistoryRange>>(
  `{ from: a revision from 1, limit: 1 to ${maxHistoryEvents} }, or nothing`,
  (given = {}) => {
    const { from = 1, limit = standardHistoryEvents, ...others } = given
    const isLimit = isCount(limit, 1) && limit <= maxHistoryEvents
    return isCount(from, 1) && isLimit && isEmpty(others) ? { from, limit } : undefined
  }
)

const point = schemaOf<PastPoint, PastPoint>('{ revision }, from 0, or { timeMs }', (given = {}) => {
  const { revision, timeMs, ...others } = given as { revision?: unknown; timeMs?: unknown }
  if (!isEmpty(others) || (revision === undefined) === (timeMs === undefined)) return undefined
  if (revision !== undefined) return isCount(revision, 0) ? { revision } : undefined
  return typeof timeMs === 'number' && Number.isFinite(timeMs) ? { timeMs } : undefined
})

export const historyMethods: Readonly<Record<'history' | 'stateAt', Query<Events, never, unknown>>> = {
  history: {
    type: 'query',
    argument: range,
    run: (context, argument) => context.history(argument as HistoryRange)
  },
  stateAt: {
    type: 'query',
    argument: point,
    run: (context, argument) => context.stateAt(argument as PastPoint)
  }
}

/** `parse` gets an object, or `undefined`. */
function schemaOf<I, O>(
  expected: string,
  parse: (given: Partial<I> | undefined) => O | undefined
): StandardSchemaV1<I, O> {
  const validate = (given: unknown) => {
    const isObject = given === undefined || given === null || (typeof given === 'object' && !Array.isArray(given))
    const parsed = isObject ? parse((given ?? undefined) as Partial<I> | undefined) : undefined
    return parsed === undefined ? { issues: [{ message: `this takes ${expected}` }] } : { value: parsed }
  }
  return { '~standard': { version: 1, vendor: 'shoal', validate } }
}

function isCount(given: unknown, least: number): given is number {
  return Number.isSafeInteger(given) && (given as number) >= least
}

function isEmpty(object: object): boolean {
  return Object.keys(object).length === 0
}
