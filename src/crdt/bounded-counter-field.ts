/** The field `boundedCounter({ min })`, and the view through which a handler uses it. */
import { ShoalError } from '../ports/errors.ts'
import {
  addRights,
  type BoundedCounterState,
  boundedCounterType,
  giveRights,
  heightOf,
  rightsOf,
  spendAlone,
  spendRights
} from './bounded-counter.ts'
import type { Origin } from './dot.ts'
import type { FieldType } from './schema.ts'
import type { Cell } from './transaction.ts'
import { erase } from './types.ts'

export interface BoundedCounterView {
  /** Never less than `min`. */
  readonly value: number
  /** How much this replica may subtract without asking another. */
  readonly rights: number
  /** Adds a safe integer, 0 or more, and gives this replica the right to subtract as much. @default 1 */
  add(amount?: number): void
  /**
   * Subtracts a safe integer, 0 or more. Throws `SHOAL_INSUFFICIENT_RIGHTS` where this replica's rights do not reach. In an actor's
   * command let it pass: the runtime asks other replicas for rights and runs the command again. A leased actor's owner has all
   * rights, so it throws where the bound would be broken, and nowhere else. @default 1
   */
  subtract(amount?: number): void
  /** Gives rights to another replica's origin. Throws `SHOAL_INSUFFICIENT_RIGHTS`, and `SHOAL_BAD_ARGUMENT` in a leased actor. */
  transfer(to: Origin, amount: number): void
}

export interface BoundedCounterOptions {
  /** The value it starts with and never goes below, a safe integer. All replicas must say the same. @default 0 */
  min?: number
}

/** A counter that stays at its bound or above, however many replicas subtract at once. Its plain value is a number. */
export function boundedCounter(
  options: BoundedCounterOptions = {}
): FieldType<BoundedCounterView, number> & { readonly isNestable: false } {
  const { min = 0 } = options
  if (!Number.isSafeInteger(min)) throw new ShoalError('SHOAL_BAD_ARGUMENT', `min is a safe integer, not ${min}`)
  const shown = (state: BoundedCounterState): number =>
    Math.max(Math.min(min + heightOf(state), Number.MAX_SAFE_INTEGER), -Number.MAX_SAFE_INTEGER)
  const open = (cell: Cell<BoundedCounterState>): BoundedCounterView => ({
    get value() {
      return shown(cell.read())
    },
    get rights() {
      return Math.max(0, rightsOf(cell.read(), cell.origin))
    },
    add: (amount = 1) => cell.change((state, draw) => addRights(state, cell.origin, draw, amount, min)),
    subtract: (amount = 1) =>
      cell.change((state, draw) =>
        cell.isOnlyWriter
          ? spendAlone(state, cell.origin, draw, amount)
          : spendRights(state, cell.origin, draw, amount, cell.entry)
      ),
    transfer(to, amount) {
      // Nobody would ever spend them, or give them back.
      if (cell.isOnlyWriter)
        throw new ShoalError('SHOAL_BAD_ARGUMENT', 'rights cannot be given where there is one writer, who has them all')
      cell.change((state, draw) => giveRights(state, cell.origin, draw, to, amount, cell.entry))
    }
  })
  return {
    type: erase(boundedCounterType),
    depth: 0,
    isNestable: false,
    description: min === 0 ? boundedCounterType.name : `${boundedCounterType.name}(min: ${min})`,
    open: cell => open(cell as Cell<BoundedCounterState>),
    plain: state => shown(state as BoundedCounterState)
  }
}
