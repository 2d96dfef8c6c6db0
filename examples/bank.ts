/**
 * A small bank: accounts that remember every movement, and seats that are taken once. Both are exclusive kinds with `partition: 'lease'`, so
 * a node that serves them needs a lease store: see docs/exclusive-actors.md.
 */
import { command, eventSourced, exclusive, query, refuse, value } from 'shoal'
import { z } from 'zod'

/** Amounts are in cents. */
const amount = z.int().min(1).max(1_000_000_000)
const word = z.string().min(1).max(200)

type Movement =
  | { readonly type: 'deposited'; readonly amount: number }
  | { readonly type: 'withdrawn'; readonly amount: number; readonly purpose: string }

/** The state is what its events make of it; `history` and `stateAt` come with it. */
export const Ledger = exclusive(
  'ledger',
  eventSourced({
    initial: { balance: 0 },
    apply: (state, movement: Movement) => ({
      balance: movement.type === 'deposited' ? state.balance + movement.amount : state.balance - movement.amount
    })
  }),
  {
    deposit: command(z.object({ amount }), ({ emit }, { amount }) => emit({ type: 'deposited', amount }).balance),
    withdraw: command(z.object({ amount, purpose: word }), ({ state, emit }, { amount, purpose }) => {
      if (amount > state.balance) throw refuse('INSUFFICIENT_FUNDS', `balance is ${state.balance}`)
      return emit({ type: 'withdrawn', amount, purpose }).balance
    }),
    /** Both movements happen, or none: what is sent is a part of this command's effect, and takes effect once. */
    transfer: command(z.object({ to: word, amount }), ({ self, state, emit, send }, { to, amount }) => {
      if (amount > state.balance) throw refuse('INSUFFICIENT_FUNDS', `balance is ${state.balance}`)
      send(Ledger, to).deposit({ amount })
      return emit({ type: 'withdrawn', amount, purpose: `from ${self.id} to ${to}` }).balance
    }),
    balance: query(({ state }) => state.balance)
  },
  { partition: 'lease' }
)

const seats = z.object({ taken: z.record(word, word).default({}), isClosed: z.boolean().default(false) })

/** The state is one value, which commands change in place. */
export const Performance = exclusive(
  'performance',
  value({ taken: {}, isClosed: false }, { schema: seats }),
  {
    take: command(z.object({ seat: word, guest: word }), ({ state }, { seat, guest }) => {
      if (state.isClosed) throw refuse('CLOSED', 'nothing is sold any more')
      if (Object.hasOwn(state.taken, seat)) throw refuse('TAKEN', `${seat} is taken`)
      state.taken[seat] = guest
    }),
    close: command(({ state }) => {
      state.isClosed = true
      return Object.keys(state.taken).length
    })
  },
  { partition: 'lease' }
)
