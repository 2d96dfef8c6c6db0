/** The fields `gCounter()` and `pnCounter()`, and the views through which a handler uses them. */
import { ShoalError } from '../ports/errors.ts'
import { addToCounter, type CounterState, counterValue, gCounterType, pnCounterType } from './counter.ts'
import { nestableField } from './field.ts'
import type { NestableType } from './schema.ts'
import type { Cell } from './transaction.ts'

export interface GCounterView {
  readonly value: number
  /** Adds a safe integer, 0 or more. @default 1 */
  add(amount?: number): void
}

export interface CounterView {
  readonly value: number
  /** Adds a safe integer, which may be negative. @default 1 */
  add(amount?: number): void
}

class OpenCounter implements CounterView {
  readonly #cell: Cell<CounterState>

  constructor(cell: Cell<CounterState>) {
    this.#cell = cell
  }

  get value(): number {
    return counterValue(this.#cell.read())
  }

  add(amount = 1): void {
    this.#cell.change((state, draw) => addToCounter(state, draw, amount))
  }
}

class OpenGCounter extends OpenCounter implements GCounterView {
  override add(amount = 1): void {
    if (amount < 0) throw new ShoalError('SHOAL_BAD_ARGUMENT', `a gCounter only grows, and ${amount} is negative`)
    super.add(amount)
  }
}

/** A counter that only grows. Concurrent additions all count. */
export function gCounter(): NestableType<GCounterView, number> {
  const open = (cell: Cell<CounterState>): GCounterView => new OpenGCounter(cell)
  return nestableField(gCounterType, { open, plain: counterValue, usage: 'add(amount)' })
}

/** A counter that goes up and down. Concurrent additions all count. */
export function pnCounter(): NestableType<CounterView, number> {
  const open = (cell: Cell<CounterState>): CounterView => new OpenCounter(cell)
  return nestableField(pnCounterType, { open, plain: counterValue, usage: 'add(amount)' })
}
