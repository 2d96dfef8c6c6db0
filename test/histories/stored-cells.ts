/** The cells in `lease` mode, with other states: a value, what events have made, or documents and a counter with a bound. */
import { boundedCounter, command, eventSourced, exclusive, json, query, text, value } from 'shoal'
import { z } from 'zod'
import { leased } from './leased.ts'
import type { SimulatedHistoryOptions } from './simulated.ts'

const number = z.int()
const lease = { partition: 'lease' } as const

const valueCells = [
  exclusive(
    'register-cell',
    value({ value: 0 }),
    {
      read: query(({ state }) => state.value),
      write: command(z.object({ value: number }), ({ state }, { value }) => {
        state.value = value
        return null
      })
    },
    lease
  ),
  exclusive(
    'counter-cell',
    value(0, { schema: number }),
    {
      read: query(({ state }) => state),
      add: command(z.object({ amount: number }), ({ state, set }, { amount }) => {
        set(state + amount)
        return state + amount
      })
    },
    lease
  ),
  exclusive(
    'cas-cell',
    value({ value: 0 }),
    {
      read: query(({ state }) => state.value),
      write: command(z.object({ value: number }), ({ set }, next) => {
        set(next)
        return null
      }),
      cas: command(z.object({ from: number, to: number }), ({ state, set }, { from, to }) => {
        if (state.value !== from) return false
        set({ value: to })
        return true
      })
    },
    lease
  )
]

/** So few events to a chunk that every owner writes some, and finds those of others. */
const events = <E>(apply: (state: number, event: E) => number) => eventSourced({ initial: 0, apply, snapshotEvery: 3 })

const eventCells = [
  exclusive(
    'register-cell',
    events((_, written: number) => written),
    {
      read: query(({ state }) => state),
      write: command(z.object({ value: number }), ({ emit }, { value }) => {
        emit(value)
        return null
      })
    },
    lease
  ),
  exclusive(
    'counter-cell',
    events((sum, { added }: { readonly added: number }) => sum + added),
    {
      // What the events say, and not the state, so that all of them must be there.
      read: query(({ revision, history }) => {
        let sum = 0
        for (let from = 1; from <= revision; ) {
          const page = history({ from, limit: 50 })
          for (const { event } of page) sum += event.added
          from += page.length
        }
        return sum
      }),
      add: command(z.object({ amount: number }), ({ emit }, { amount }) => emit({ added: amount }))
    },
    lease
  ),
  exclusive(
    'cas-cell',
    events((_, { to }: { readonly to: number }) => to),
    {
      read: query(({ revision, stateAt }) => stateAt({ revision }).state),
      write: command(z.object({ value: number }), ({ emit }, { value }) => {
        emit({ to: value })
        return null
      }),
      cas: command(z.object({ from: number, to: number }), ({ state, emit }, { from, to }) => {
        if (state !== from) return false
        emit({ to })
        return true
      })
    },
    lease
  )
]

const documentCells = [
  exclusive(
    'register-cell',
    { digits: text() },
    {
      read: query(({ state }) => Number(state.digits.toString())),
      write: command(z.object({ value: number }), ({ state }, { value }) => {
        state.digits.remove(0, state.digits.length)
        state.digits.insert(0, String(value))
        return null
      })
    },
    lease
  ),
  exclusive(
    'counter-cell',
    { sum: boundedCounter() },
    {
      read: query(({ state }) => state.sum.value),
      // Down to the bound and up again: whoever owns it must have all rights.
      add: command(z.object({ amount: number }), ({ state: { sum } }, { amount }) => {
        const next = sum.value + amount
        sum.subtract(sum.value)
        sum.add(next)
        return sum.value
      })
    },
    lease
  ),
  exclusive(
    'cas-cell',
    { cell: json() },
    {
      read: query(({ state }) => Number(state.cell.get('value') ?? 0)),
      write: command(z.object({ value: number }), ({ state }, { value }) => {
        state.cell.set(['value'], value)
        return null
      }),
      cas: command(z.object({ from: number, to: number }), ({ state }, { from, to }) => {
        if (Number(state.cell.get('value') ?? 0) !== from) return false
        state.cell.set(['value'], to)
        return true
      })
    },
    lease
  )
]

/** Of `simulatedHistory`, as for leased CRDTs. */
export const stored = {
  'a value': { ...leased, actors: valueCells },
  'an event log': { ...leased, actors: eventCells },
  'a document, or a counter with a bound,': { ...leased, actors: documentCells }
} satisfies Record<string, Partial<SimulatedHistoryOptions>>
