/** A book says of each call that reached it how often it took effect; there are some of both modes. A module for `--actors`. */
import { command, exclusive, orMap, pnCounter, query } from 'shoal'
import { z } from 'zod'

export const Book = exclusive(
  'book',
  { calls: orMap(pnCounter()) },
  {
    note: command(z.object({ call: z.int().min(0) }), ({ state }, { call }) => {
      state.calls.at(String(call)).add(1)
      return call
    }),
    calls: query(({ state }) => Object.fromEntries(state.calls.entries()))
  }
)

export const LeasedBook = { ...Book, kind: 'leased-book' as const, partition: 'lease' as const }
