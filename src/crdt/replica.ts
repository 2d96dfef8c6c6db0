/**
 * One replica of one state, for programs without a cluster: it keeps a state together with what it has seen, and speaks bytes.
 *
 * Whatever `change` and `diff` answer may reach other replicas late, twice or in any order, by any way; replicas that have seen
 * the same show the same. What is lost on the way is mended by `other.apply(this.diff(other.version()))`.
 */
import { ShoalError } from '../ports/errors.ts'
import { CausalContext } from './context.ts'
import { clientIdOf } from './document/client-id.ts'
import { isOrigin, maxOriginLength, type Origin } from './dot.ts'
import { checkSchema, openView, type Plain, plainValue, type Schema, type View } from './schema.ts'
import { type ActorState, decodeDelta, diffState, emptyState, encodeDelta, joinStates } from './state.ts'
import { isThenable } from './thenable.ts'
import { Transaction } from './transaction.ts'

export interface ReplicaOptions {
  /**
   * Who writes here: 1 to 64 characters that no other replica uses, and that are not used again after a life of this one that may
   * have told others more than was saved. `<node>.<random text per start>` is right: votes are counted by node. Two that share an
   * origin lose each other's changes, which is noticed only where one hears of more than it wrote.
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
  #isChanging = false

  /** Throws `SHOAL_BAD_ARGUMENT` where the schema or the origin is not one. */
  constructor(schema: S, options: ReplicaOptions) {
    checkSchema(schema)
    const origin: unknown = (options as ReplicaOptions | undefined)?.origin
    if (typeof origin !== 'string' || !isOrigin(origin)) {
      const shown = JSON.stringify(origin)
      throw badArgument(`options.origin is a text of 1 to ${maxOriginLength} characters without NUL, not ${shown}`)
    }
    this.schema = schema
    this.origin = origin
    this.#now = options.now ?? (() => 0)
    this.#clientId = () => clientIdOf(origin, '')
  }

  /** A replica that goes on from what `save` answered. Throws `SHOAL_MALFORMED`. */
  static load<S extends Schema>(schema: S, saved: Uint8Array, options: ReplicaOptions): Replica<S> {
    const replica = new Replica(schema, options)
    checkBytes(saved, 'what save answered')
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
   * Changes the state through a view of it, which is of no use afterwards: `edit` is no async function. Answers the delta for the
   * other replicas, `undefined` where nothing changed. When `edit` throws, nothing has happened. Throws `SHOAL_BAD_ARGUMENT` where
   * `edit` answers a promise, and where it calls `change`, `apply`, `diff` or `save` of this replica.
   */
  change(edit: (view: View<S>) => void): Uint8Array | undefined {
    this.#checkIdle('change')
    let seq = this.#context.next(this.origin)
    let isOver = false
    const transaction = new Transaction({
      state: this.#state,
      covers: this.#context,
      origin: this.origin,
      nextDot: () => {
        if (isOver) throw badArgument('this view is of a change that is over: change through the one that change gives')
        return { origin: this.origin, seq: seq++ }
      },
      now: this.#now,
      clientId: this.#clientId
    })
    let answer: unknown
    this.#isChanging = true
    try {
      answer = edit(openView(this.schema, transaction))
    } finally {
      this.#isChanging = false
      isOver = true
    }
    if (isThenable(answer)) {
      // It may fail later, by the view that is over; its caller is told here.
      Promise.resolve(answer).catch(() => {})
      throw badArgument('edit answers a promise: wait before change, not in it')
    }
    const { delta, state } = transaction
    if (delta === undefined) return undefined
    const bytes = encodeDelta(delta, true)
    this.#state = state
    this.#context = this.#context.union(delta.context)
    return bytes
  }

  /**
   * Takes what another replica's `change`, `diff` or `save` answered. Answers whether it brought something new. Throws
   * `SHOAL_MALFORMED`, and `SHOAL_CORRUPT` where it shows that another process writes under this replica's origin: it cannot show
   * where the other wrote no more than this one.
   */
  apply(bytes: Uint8Array): boolean {
    this.#checkIdle('apply')
    checkBytes(bytes, 'a delta; change answers undefined where nothing changed')
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
    this.#checkIdle('diff')
    checkBytes(version, 'what version answered')
    const { fragment, held } = diffState(this.#state, CausalContext.decode(version))
    return encodeDelta({ state: fragment, context: this.#context.minus(held) }, true)
  }

  /** Everything, for `load` or for another replica's `apply`. */
  save(): Uint8Array {
    this.#checkIdle('save')
    return encodeDelta({ state: this.#state, context: this.#context }, true)
  }

  #checkIdle(method: string): void {
    if (this.#isChanging)
      throw badArgument(`${method} was called inside change of the same replica: call it afterwards`)
  }
}

function badArgument(what: string): ShoalError {
  return new ShoalError('SHOAL_BAD_ARGUMENT', what)
}

function checkBytes(bytes: unknown, what: string): void {
  if (!(bytes instanceof Uint8Array)) throw badArgument(`not bytes, but ${typeof bytes}: give ${what}`)
}
