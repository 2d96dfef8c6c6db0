/**
 * CRDT states of leased actors. A lease shard has one writer and nothing is joined there, so all owners write under one name, and each
 * change takes the number after the newest that the state holds: a state does not grow with the owners that it has had. What a bounded
 * counter stands above its bound is the present owner's to spend, without anybody's leave.
 *
 * The edits of a document carry the client id of the owner that made them in this epoch, and that is never another's: where an edit that a
 * cut has excluded is ever brought beside those of a later owner, the two are two edits (ADR 54).
 */
import { type DocumentParts, unvettedDocuments, withVetted } from '../../crdt/document/documents-of-state.ts'
import type { EnginePart } from '../../crdt/document/engine.ts'
import { withFoldedDocuments } from '../../crdt/document/shrinking.ts'
import { type ActorState, clientIdOf, decodeState, emptyState, encodeState, Transaction } from '../../crdt/index.ts'
import { newestSeqIn } from '../../crdt/state.ts'
import type { CommonContext, HandlerContext } from '../definitions/handler-context.ts'
import { type CrdtShape, openState, plainState, type Shape } from '../definitions/shape.ts'
import { abandoned, type Changed, type LeaseForm, type LeaseTurn, type TurnParts } from './lease-form.ts'

const origin = 'lease'
/** Only what is in the state counts. */
const nothing = { has: () => false, hasRange: () => false }

/** Of the edits of documents. An epoch has one owner, and one life of it. */
const writerIn = (epoch: number) => `${origin}.${epoch}`

/** All of a document is written with each command: its loose edits are kept to this share of it, or to so many bytes of a small one. */
const looseShare = 0.25
const minLooseBytes = 2048

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
    assertVetted(state)
    return plainState(this.#shape, state)
  }

  begin(state: ActorState, parts: TurnParts): LeaseTurn<ActorState> {
    assertVetted(state)
    return new CrdtTurn(this.#shape, state, parts)
  }

  unvetted(state: ActorState): readonly DocumentParts[] {
    return unvettedDocuments(state)
  }

  vetted(state: ActorState, field: string, parts: readonly EnginePart[], snapshot: Uint8Array): ActorState {
    return withVetted(state, field, parts, snapshot)
  }
}

/** Whoever opens it would open what may never end to be opened. */
function assertVetted(state: ActorState): void {
  if (unvettedDocuments(state).length > 0) throw new Error('a document that was not vetted is opened')
}

function written(held: ActorState): Pick<Changed<ActorState>, 'held' | 'body'> {
  return { held, body: encodeState(held, false) }
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
      clientId: () => clientIdOf(writerIn(records.epoch), records.name),
      readOnly,
      isOnlyWriter: true
    })
  }

  context(common: CommonContext): HandlerContext<Shape> {
    return { ...common, state: openState(this.#shape, this.#transaction) }
  }

  result(): Changed<ActorState> | undefined {
    const { delta, state } = this.#transaction
    if (delta === undefined) return undefined
    return {
      ...written(withFoldedDocuments(state, { looseShare, minLooseBytes })),
      smaller: () => written(withFoldedDocuments(state))
    }
  }

  end(): void {
    this.#isOver = true
  }
}
