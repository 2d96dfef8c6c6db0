/** The cells in `lease` mode, with states that are no CRDTs: a value, or what events have made. */
import { command, eventSourced, exclusive, query, value } from 'shoal'
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

/** Of `simulatedHistory`, as for leased CRDTs. */
export const stored = {
  'a value': { ...leased, actors: valueCells },
  'an event log': { ...leased, actors: eventCells }
} satisfies Record<string, Partial<SimulatedHistoryOptions>>
