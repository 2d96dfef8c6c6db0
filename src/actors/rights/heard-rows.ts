/** What others have told of a counter's rows: good for counting who has rights, not for keeping, because it comes without its dots. */
import { rowsOf } from '../../crdt/bounded-counter-access.ts'
import { type ActorState, CausalContext, emptyState, encodeState, joinStates } from '../../crdt/index.ts'

/** Encoded; as much as an actor may have. */
const maxBytes = 1024 * 1024

export class HeardRows {
  readonly #field: string
  #rows = emptyState

  constructor(field: string) {
    this.#field = field
  }

  get rows(): ActorState {
    return this.#rows
  }

  /** Only rows of this counter are taken, and none where they would come to more than 1 MiB. */
  hear(told: ActorState): void {
    const none = CausalContext.empty
    const rows = joinStates(this.#rows, none, rowsOf(told, this.#field), none)
    if (rows !== this.#rows && encodeState(rows).length <= maxBytes) this.#rows = rows
  }
}
