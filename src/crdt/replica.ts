/**
 * One replica of one state, for programs without a cluster: it keeps a state together with what it has seen, and speaks bytes.
 *
 * Whatever `change` and `diff` answer may reach other replicas late, twice or in any order, by any way; replicas that have seen
 * the same show the same. What is lost on the way is mended by `other.apply(this.diff(other.version()))`.
 */
import { ShoalError } from '../ports/errors.ts'
import { CausalContext } from './context.ts'
import { clientIdOf } from './document/client-id.ts'
import { isOrigin, type Origin } from './dot.ts'
import { openView, type Plain, plainValue, type Schema, type View } from './schema.ts'
import { type ActorState, decodeDelta, diffState, emptyState, encodeDelta, joinStates } from './state.ts'
import { Transaction } from './transaction.ts'

export interface ReplicaOptions {
  /**
   * Who writes here: 1 to 64 characters that no other replica uses, and that are not used again after a life of this one that may
   * have told others more than was saved. A random text per start is right.
   */
  readonly origin: Origin
  /** Wall-clock time in milliseconds, for last-writer-wins registers. @default always 0: then only what a writer saw counts */
  now?(): number
}

export class Replica<S extends Schema> {
  readonly schema: S
  readonly origin: Origin
  readonly #now: () => number
  readonly #clientId: () => number
  #state: ActorState = emptyState
  #context = CausalContext.empty

  /** Throws `SHOAL_BAD_ARGUMENT` where the origin is not one. */
  constructor(schema: S, options: ReplicaOptions) {
    const { origin } = options
    if (!isOrigin(origin)) throw new ShoalError('SHOAL_BAD_ARGUMENT', `not an origin: ${JSON.stringify(origin)}`)
    this.schema = schema
    this.origin = origin
    this.#now = options.now ?? (() => 0)
    this.#clientId = () => clientIdOf(origin, '')
  }

  /** A replica that goes on from what `save` answered. Throws `SHOAL_MALFORMED`. */
  static load<S extends Schema>(schema: S, saved: Uint8Array, options: ReplicaOptions): Replica<S> {
    const replica = new Replica(schema, options)
    const { state, context } = decodeDelta(saved)
    replica.#state = state
    replica.#context = context
    return replica
  }

  /** What it shows, as plain data. */
  get plain(): Plain<S> {
    return plainValue(this.schema, this.#state)
  }

  /**
   * Changes the state through a view of it. Answers the delta for the other replicas, `undefined` where nothing changed. When
   * `edit` throws, nothing has happened.
   */
  change(edit: (view: View<S>) => void): Uint8Array | undefined {
    let seq = this.#context.next(this.origin)
    const transaction = new Transaction({
      state: this.#state,
      covers: this.#context,
      origin: this.origin,
      nextDot: () => ({ origin: this.origin, seq: seq++ }),
      now: this.#now,
      clientId: this.#clientId
    })
    edit(openView(this.schema, transaction))
    const { delta, state } = transaction
    if (delta === undefined) return undefined
    this.#state = state
    this.#context = this.#context.union(delta.context)
    return encodeDelta(delta)
  }

  /**
   * Takes what another replica's `change`, `diff` or `save` answered. Answers whether it brought something new. Throws
   * `SHOAL_MALFORMED`, and `SHOAL_CORRUPT` where another process writes under this replica's origin.
   */
  apply(bytes: Uint8Array): boolean {
    const { state, context } = decodeDelta(bytes)
    if (context.next(this.origin) > this.#context.next(this.origin)) {
      throw new ShoalError(
        'SHOAL_CORRUPT',
        `another replica writes as ${this.origin}, or this one forgot what it wrote`
      )
    }
    const joined = joinStates(this.#state, this.#context, state, context)
    const seen = this.#context.union(context)
    const isNews = joined !== this.#state || seen !== this.#context
    this.#state = joined
    this.#context = seen
    return isNews
  }

  /** What this replica has seen, for another's `diff`. */
  version(): Uint8Array {
    return this.#context.encode()
  }

  /** What a replica of this version lacks. Throws `SHOAL_MALFORMED`. */
  diff(version: Uint8Array): Uint8Array {
    const { fragment, held } = diffState(this.#state, CausalContext.decode(version))
    return encodeDelta({ state: fragment, context: this.#context.minus(held) })
  }

  /** Everything, for `load` or for another replica's `apply`. */
  save(): Uint8Array {
    return encodeDelta({ state: this.#state, context: this.#context }, true)
  }
}
