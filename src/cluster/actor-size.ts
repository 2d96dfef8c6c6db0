/**
 * How large a state may become by a local command. What makes an actor smaller is never refused.
 *
 * A document becomes smaller when it is folded, and not by an edit as such, which is one more part; so it is folded forms that are
 * compared. And a document that keeps all its history may go past the limit by what it takes to remove from it.
 */
import { onlyRemovesFromDocuments, withFoldedDocuments } from '../crdt/document/shrinking.ts'
import { type ActorState, type Delta, encodeState } from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Actor } from './actor.ts'

/** How far above the limit a state may grow by edits that only remove from documents. */
const removalRatio = 1.25

export class ActorSize {
  readonly #maxBytes: number

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** The state in a form that may be stored, and its size, at most. Throws `SHOAL_LIMIT`. */
  fitting(
    actor: Actor,
    state: ActorState,
    delta: Delta,
    deltaBytes: number
  ): { readonly state: ActorState; readonly bytes: number } {
    const estimate = actor.storedBytes + deltaBytes
    if (estimate <= this.#maxBytes) return { state, bytes: estimate }
    const loose = encodeState(state).length
    if (loose <= this.#maxBytes) return { state, bytes: loose }
    const folded = withFoldedDocuments(state)
    const bytes = encodeState(folded).length
    if (bytes <= this.#maxBytes || this.#isSmaller(bytes, actor.state)) return { state: folded, bytes }
    if (bytes <= removalRatio * this.#maxBytes && onlyRemovesFromDocuments(delta.state)) return { state: folded, bytes }
    throw new ShoalError('SHOAL_LIMIT', `${actor.name}: its state would pass ${this.#maxBytes} bytes`)
  }

  /** To fold what was there before means to open it once more: only where that can matter. */
  #isSmaller(bytes: number, before: ActorState): boolean {
    return bytes < encodeState(before).length && bytes < encodeState(withFoldedDocuments(before)).length
  }
}
