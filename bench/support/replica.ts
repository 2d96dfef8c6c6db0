/** One replica of one actor in memory: state, context and fresh dots, without a store around them. */
import {
  type ActorState,
  CausalContext,
  type Delta,
  emptyState,
  openView,
  type Schema,
  Transaction,
  type View
} from '../../src/crdt/index.ts'

export class Replica<S extends Schema> {
  readonly schema: S
  /** As long as the origins of real nodes, for honest sizes on the wire. */
  readonly #origin: string
  #state: ActorState = emptyState
  #context = CausalContext.empty
  #seq = 0

  constructor(name: string, schema: S) {
    this.schema = schema
    this.#origin = `${name}${'0123456789abcdefghijk'.slice(name.length)}`
  }

  get state(): ActorState {
    return this.#state
  }

  get context(): CausalContext {
    return this.#context
  }

  /** Changes the replica. */
  change(edit: (view: View<S>) => void): Delta {
    const { delta, state } = this.#run(edit)
    this.#state = state
    this.#context = this.#context.union(delta.context)
    return delta
  }

  /** Makes the same delta, and leaves the replica as it is. */
  attempt(edit: (view: View<S>) => void): Delta {
    return this.#run(edit).delta
  }

  #run(edit: (view: View<S>) => void): { delta: Delta; state: ActorState } {
    const transaction = new Transaction({
      state: this.#state,
      covers: this.#context,
      origin: this.#origin,
      nextDot: () => ({ origin: this.#origin, seq: ++this.#seq }),
      now: () => 1_700_000_000_000,
      clientId: () => 1
    })
    edit(openView(this.schema, transaction))
    const { delta, state } = transaction
    if (delta === undefined) throw new Error('an edit without effect')
    return { delta, state }
  }
}
