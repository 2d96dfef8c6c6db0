/**
 * CRDT states of leased actors. A lease shard has one writer and nothing is joined there, so all owners write under one name, and each
 * change takes the number after the newest that the state holds: a state does not grow with the owners that it has had.
 */
import { type ActorState, clientIdOf, decodeState, emptyState, encodeState, Transaction } from '../crdt/index.ts'
import { newestSeqIn } from '../crdt/state.ts'
import type { CommonContext, HandlerContext } from './definition.ts'
import { abandoned, type Changed, type LeaseForm, type LeaseTurn, type TurnParts } from './lease-form.ts'
import { type CrdtShape, openState, plainState, type Shape } from './shape.ts'

const origin = 'lease'
/** Only what is in the state counts. */
const nothing = { has: () => false, hasRange: () => false }

export class CrdtForm implements LeaseForm<ActorState> {
  readonly format = 1
  readonly #shape: CrdtShape

  constructor(shape: CrdtShape) {
    this.#shape = shape
  }

  load(body: Uint8Array | undefined): ActorState {
    return body === undefined ? emptyState : decodeState(body)
  }

  plain(state: ActorState): unknown {
    return plainState(this.#shape, state)
  }

  begin(state: ActorState, parts: TurnParts): LeaseTurn<ActorState> {
    return new CrdtTurn(this.#shape, state, parts)
  }
}

class CrdtTurn implements LeaseTurn<ActorState> {
  readonly #shape: CrdtShape
  readonly #transaction: Transaction
  #isOver = false

  constructor(shape: CrdtShape, state: ActorState, { records, clock, readOnly }: TurnParts) {
    this.#shape = shape
    let newest: number | undefined
    this.#transaction = new Transaction({
      state,
      covers: nothing,
      origin,
      nextDot: () => {
        if (this.#isOver) throw abandoned(records)
        newest = (newest ?? newestSeqIn(state, origin)) + 1
        return { origin, seq: newest }
      },
      now: () => clock.now(),
      clientId: () => clientIdOf(origin, records.name),
      readOnly
    })
  }

  context(common: CommonContext): HandlerContext<Shape> {
    return { ...common, state: openState(this.#shape, this.#transaction) }
  }

  result(): Changed<ActorState> | undefined {
    const { delta, state } = this.#transaction
    return delta === undefined ? undefined : { held: state, body: encodeState(state, false) }
  }

  end(): void {
    this.#isOver = true
  }
}
