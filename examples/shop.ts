/**
 * A small shop: five kinds of actors, four that live on every node at once and one that lives on one node at a time.
 *
 * `npm run -s shoal -- start --actors examples/shop.ts …` serves them; see docs/http-api.md for the calls.
 */
import { command, exclusive, lwwRegister, orMap, orSet, pnCounter, query, refuse, replicated, text } from 'shoal'
import { z } from 'zod'

/** Whole units, small enough that millions of them add up within the integers that JSON carries exactly. */
const amount = z.int().min(1).max(1_000_000_000)
const word = z.string().min(1).max(200)

export const Counter = replicated('counter', pnCounter(), {
  add: command(z.int().min(-1_000_000_000).max(1_000_000_000), ({ state }, n) => {
    state.add(n)
    return state.value
  }),
  value: query(({ state }) => state.value)
})

export const Tags = replicated('tags', orSet<string>(), {
  add: command(word, ({ state }, tag) => {
    state.add(tag)
  }),
  remove: command(word, ({ state }, tag) => {
    state.remove(tag)
  })
})

export const Cart = replicated(
  'cart',
  { lines: orMap(pnCounter()), note: lwwRegister('') },
  {
    addLine: command(z.object({ sku: word, quantity: amount }), ({ state }, { sku, quantity }) => {
      state.lines.at(sku).add(quantity)
    }),
    removeLine: command(z.object({ sku: word }), ({ state }, { sku }) => {
      state.lines.remove(sku)
    }),
    setNote: command(z.string().max(10_000), ({ state }, note) => {
      state.note.set(note)
    })
  }
)

const position = z.int().min(0)

export const Document = replicated('document', text(), {
  insert: command(z.object({ at: position, text: z.string().min(1).max(100_000) }), ({ state }, { at, text }) => {
    if (at > state.length) throw refuse('OUT_OF_RANGE', `the text has ${state.length} characters`)
    state.insert(at, text)
  }),
  remove: command(z.object({ at: position, length: z.int().min(1) }), ({ state }, { at, length }) => {
    if (at + length > state.length) throw refuse('OUT_OF_RANGE', `the text has ${state.length} characters`)
    state.remove(at, length)
  })
})

/** Amounts are in cents. A withdrawal is checked against the one balance that its owner has. */
export const Account = exclusive(
  'account',
  { balance: pnCounter() },
  {
    deposit: command(z.object({ amount }), ({ state }, { amount }) => {
      state.balance.add(amount)
      return state.balance.value
    }),
    withdraw: command(z.object({ amount }), ({ state }, { amount }) => {
      const balance = state.balance.value
      if (amount > balance) throw refuse('INSUFFICIENT_FUNDS', `balance is ${balance}`)
      state.balance.add(-amount)
      return state.balance.value
    }),
    balance: query(({ state }) => state.balance.value)
  }
)
