/** Values of leased actors: kept as JSON text, so that a handler's copy is its own and a change is seen by comparing. */
import { ShoalError } from '../../ports/errors.ts'
import type { CommonContext, HandlerContext } from '../definitions/handler-context.ts'
import type { Shape } from '../definitions/shape.ts'
import { checkedBy } from '../definitions/state-schema.ts'
import { FrozenValues, textOf } from '../definitions/stored-value.ts'
import type { ValueState } from '../definitions/value-state.ts'
import {
  type ActorRecords,
  abandoned,
  type Changed,
  type LeaseForm,
  type LeaseTurn,
  type TurnParts
} from './lease-form.ts'

export interface HeldValue {
  readonly text: string
  /** For those who only read; made when it is asked for. */
  frozen: { readonly value: unknown } | undefined
}

const utf8 = { in: new TextDecoder('utf-8', { fatal: true }), out: new TextEncoder() }

export class ValueForm implements LeaseForm<HeldValue> {
  readonly format = 2
  readonly #shape: ValueState
  readonly #frozen = new FrozenValues()

  constructor(shape: ValueState) {
    this.#shape = shape
  }

  load(body: Uint8Array | undefined, { name }: ActorRecords): HeldValue {
    if (body === undefined) return { text: this.#shape.initial, frozen: undefined }
    const stored: unknown = JSON.parse(utf8.in.decode(body))
    return { text: this.text(`the stored state of ${name}`, stored), frozen: undefined }
  }

  plain(held: HeldValue): unknown {
    held.frozen ??= { value: this.#frozen.frozen('a state', JSON.parse(held.text)) }
    return held.frozen.value
  }

  begin(held: HeldValue, parts: TurnParts): LeaseTurn<HeldValue> {
    return new ValueTurn(this, held, parts)
  }

  /** Throws `SHOAL_BAD_STATE`. */
  text(what: string, value: unknown): string {
    return textOf(what, checkedBy(this.#shape.schema, what, value))
  }
}

class ValueTurn implements LeaseTurn<HeldValue> {
  readonly #form: ValueForm
  readonly #held: HeldValue
  readonly #parts: TurnParts
  #state: unknown
  #isOver = false

  constructor(form: ValueForm, held: HeldValue, parts: TurnParts) {
    this.#form = form
    this.#held = held
    this.#parts = parts
    this.#state = parts.readOnly ? form.plain(held) : JSON.parse(held.text)
  }

  context(common: CommonContext): HandlerContext<Shape> {
    const now = () => this.#state
    const set = (next: unknown) => this.#set(next)
    return {
      ...common,
      get state() {
        return now()
      },
      set
    } as HandlerContext<Shape>
  }

  #set(next: unknown): void {
    const { readOnly, records } = this.#parts
    if (readOnly) throw new ShoalError('SHOAL_READ_ONLY', `${records.name}: a query cannot set the state`)
    if (this.#isOver) throw abandoned(records)
    this.#state = next
  }

  result(): Changed<HeldValue> | undefined {
    const text = this.#form.text(`the new state of ${this.#parts.records.name}`, this.#state)
    return text === this.#held.text ? undefined : { held: { text, frozen: undefined }, body: utf8.out.encode(text) }
  }

  end(): void {
    this.#isOver = true
  }
}
