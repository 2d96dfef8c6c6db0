/** Exclusive actors that hold a number, one kind per model, for the clients of a history. Also a module for `--actors`. */
import { command, exclusive, lwwRegister, pnCounter, query, refuse } from 'shoal'
import { z } from 'zod'
import type { Input, Output } from './history.ts'
import type { Model } from './models.ts'

const number = z.int()
const unequal = 'UNEQUAL'

export const Register = exclusive(
  'register-cell',
  { value: lwwRegister(0) },
  {
    read: query(({ state }) => state.value.value),
    write: command(z.object({ value: number }), ({ state }, { value }) => {
      state.value.set(value)
      return null
    })
  }
)

export const Counter = exclusive(
  'counter-cell',
  { value: pnCounter() },
  {
    read: query(({ state }) => state.value.value),
    add: command(z.object({ amount: number }), ({ state }, { amount }) => {
      state.value.add(amount)
      return state.value.value
    })
  }
)

export const Cas = exclusive(
  'cas-cell',
  { value: lwwRegister(0) },
  {
    read: query(({ state }) => state.value.value),
    write: command(z.object({ value: number }), ({ state }, { value }) => {
      state.value.set(value)
      return null
    }),
    cas: command(z.object({ from: number, to: number }), ({ state }, { from, to }) => {
      // A refusal says as much of the state as an answer does.
      if (state.value.value !== from) throw refuse(unequal, `it is ${state.value.value}`)
      state.value.set(to)
      return true
    })
  }
)

export const cells = [Register, Counter, Cas]

/** One cell among those that clients share. */
export interface Cell {
  readonly model: Model
  readonly id: string
}

export function kindOf({ model }: Cell): string {
  return `${model}-cell`
}

/** How a client's request is said to a node. */
export function requestOf({ op, ...argument }: Input): { readonly method: string; readonly argument: unknown } {
  return { method: op, argument: op === 'read' ? undefined : argument }
}

/** What a call came to. */
export async function outputOf(call: Promise<unknown>): Promise<Output> {
  try {
    const reply = (await call) ?? null
    if (reply === null || typeof reply === 'number' || typeof reply === 'boolean') return reply
    throw new TypeError(`no cell answers ${JSON.stringify(reply)}`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === unequal) return false
    throw error
  }
}
