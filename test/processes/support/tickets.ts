/** Tickets to sell on every node at once, and not one more than there are. */
import { boundedCounter, command, query, replicated } from 'shoal'
import { z } from 'zod'

export const Tickets = replicated('tickets', boundedCounter(), {
  issue: command(z.int().min(1), ({ state }, n) => {
    state.add(n)
  }),
  sell: command(z.int().min(1), ({ state }, n) => {
    state.subtract(n)
  }),
  left: query(({ state }) => state.value)
})
