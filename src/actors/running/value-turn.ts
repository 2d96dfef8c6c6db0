/** A handler's work on a state that is a value: a copy of its own, which a command changes in place or by `set`, and which is written at its end. */
import type { Transaction } from '../../crdt/index.ts'
import { ShoalError } from '../../ports/errors.ts'
import { openState, type Shape } from '../definitions/shape.ts'
import type { OpenMergedValue } from '../merged/merged-value.ts'

export class ValueTurn {
  readonly #name: string
  readonly #readOnly: boolean
  readonly #open: OpenMergedValue
  #isOpened = false
  #state: unknown

  constructor(parts: { name: string; readOnly: boolean; shape: Shape; transaction: Transaction }) {
    this.#name = parts.name
    this.#readOnly = parts.readOnly
    this.#open = openState(parts.shape, parts.transaction) as OpenMergedValue
  }

  /** Throws `SHOAL_BAD_STATE`. */
  get state(): unknown {
    if (!this.#isOpened) {
      const { value, json } = this.#open.now
      this.#state = this.#readOnly ? value : JSON.parse(json)
      this.#isOpened = true
    }
    return this.#state
  }

  /** Throws `SHOAL_READ_ONLY`. */
  set(next: unknown): void {
    if (this.#readOnly) throw new ShoalError('SHOAL_READ_ONLY', `${this.#name}: a query cannot set the state`)
    this.#state = next
    this.#isOpened = true
  }

  /** What the command has made of it is put into the transaction, and so is what was merged. Throws `SHOAL_BAD_STATE`. */
  end(): void {
    if (this.#isOpened || this.#open.now.isMerged) this.#open.put(`the new state of ${this.#name}`, this.state)
  }
}
