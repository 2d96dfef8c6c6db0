/**
 * A guest list that both sides of a cut go on writing: an exclusive kind of mode `merge` whose state is one plain value. Its `merge` says what
 * two lists are together that were one before: see docs/exclusive-actors.md.
 */
import { command, exclusive, query, refuse, value } from 'shoal'
import { z } from 'zod'

const name = z.string().min(1).max(200)
const guests = z.record(name, z.int().min(1))
type Guests = z.output<typeof guests>

const seatsOf = (list: Readonly<Guests>, guest: string) => (Object.hasOwn(list, guest) ? (list[guest] ?? 0) : 0)

/** What either side has added or taken away since the list that both knew, of each guest. */
function merge(base: Readonly<Guests>, a: Readonly<Guests>, b: Readonly<Guests>): Guests {
  const all = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  const seats = all.map(guest => [guest, seatsOf(a, guest) + seatsOf(b, guest) - seatsOf(base, guest)] as const)
  return Object.fromEntries(seats.filter(([, count]) => count > 0))
}

export const Party = exclusive('party', value({}, { schema: guests, merge }), {
  invite: command(z.object({ guest: name, seats: z.int().min(1).max(20) }), ({ state, set }, { guest, seats }) => {
    set({ ...state, [guest]: seatsOf(state, guest) + seats })
  }),
  cancel: command(z.object({ guest: name }), ({ state, set }, { guest }) => {
    if (!Object.hasOwn(state, guest)) throw refuse('NOT_INVITED', `${guest} is not on the list`)
    set(Object.fromEntries(Object.entries(state).filter(([other]) => other !== guest)))
  }),
  seats: query(({ state }) => Object.values(state).reduce((sum, seats) => sum + seats, 0))
})
