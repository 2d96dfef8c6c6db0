/**
 * What each kind of cell would do if it ran one operation at a time: the specification that a history is checked against.
 *
 * All are one number that begins at 0; they differ in what their clients ask. An operation of unknown outcome can always take place.
 */
import type { Input, Output } from './history.ts'

export const models = ['register', 'counter', 'cas'] as const
export type Model = (typeof models)[number]

export const initialState = 0

/** What the cell holds after the operation, or `undefined` where it would not have been answered so; no `output`: not known. */
export function step(state: number, input: Input, output: Output | undefined): number | undefined {
  switch (input.op) {
    case 'read':
      return output === undefined || output === state ? state : undefined
    case 'write':
      return input.value
    case 'add': {
      const sum = state + input.amount
      return output === undefined || output === sum ? sum : undefined
    }
    case 'cas': {
      const isEqual = state === input.from
      if (output !== undefined && output !== isEqual) return undefined
      return isEqual ? input.to : state
    }
  }
}

/** Answered so, it changes nothing, whatever the state was. */
export function isObservation(input: Input, output: Output | undefined): boolean {
  return input.op === 'read' || (input.op === 'cas' && (output === false || input.from === input.to))
}

/** What the cell answers in this state. */
export function answerOf(state: number, input: Input): Output {
  switch (input.op) {
    case 'read':
      return state
    case 'write':
      return null
    case 'add':
      return state + input.amount
    case 'cas':
      return state === input.from
  }
}

/** The operations that clients of each kind of cell ask for, given some values to choose from. */
export function drawInput(model: Model, below: (n: number) => number, values: number): Input {
  const value = () => below(values)
  if (below(10) < 4) return { op: 'read' }
  switch (model) {
    case 'register':
      return { op: 'write', value: value() }
    case 'counter':
      return { op: 'add', amount: 1 + value() }
    case 'cas':
      return below(4) === 0 ? { op: 'write', value: value() } : { op: 'cas', from: value(), to: value() }
  }
}
