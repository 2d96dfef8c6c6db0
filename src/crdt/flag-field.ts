/** The field `flag()`, and the view through which a handler uses it. */
import { ShoalError } from '../ports/errors.ts'
import { nestableField } from './field.ts'
import { disableWinsType, enableWinsType, type FlagState, isRaised, lower, raise } from './flag.ts'
import type { NestableType } from './schema.ts'
import type { Cell } from './transaction.ts'

export interface FlagView {
  readonly value: boolean
  enable(): void
  disable(): void
}

export interface FlagOptions {
  /** What holds when both are written concurrently. A flag starts with the other one. @default 'enable' */
  wins?: 'enable' | 'disable'
}

class OpenFlag implements FlagView {
  readonly #cell: Cell<FlagState>
  /** What the winning side means. */
  readonly #raised: boolean

  constructor(cell: Cell<FlagState>, raised: boolean) {
    this.#cell = cell
    this.#raised = raised
  }

  get value(): boolean {
    return isRaised(this.#cell.read()) === this.#raised
  }

  enable(): void {
    this.#cell.change(this.#raised ? raise : lower)
  }

  disable(): void {
    this.#cell.change(this.#raised ? lower : raise)
  }
}

/** A boolean. With `wins: 'enable'` it starts false, with `wins: 'disable'` true. */
export function flag(options: FlagOptions = {}): NestableType<FlagView, boolean> {
  const { wins = 'enable' } = options
  if (wins !== 'enable' && wins !== 'disable') {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `of a flag 'enable' or 'disable' wins, not ${JSON.stringify(wins)}`)
  }
  const raised = wins === 'enable'
  return nestableField(raised ? enableWinsType : disableWinsType, {
    open: (cell: Cell<FlagState>): FlagView => new OpenFlag(cell, raised),
    plain: state => isRaised(state) === raised,
    usage: 'enable() or disable()'
  })
}
