/**
 * One handler's work on one actor: the transaction, the seqs it drew, and the hold on the actor's place in memory. It ends in
 * `commit` or in `discard`, and a handler that goes on after that is refused.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Actor } from '../../cluster/shard-store.ts'
import { clientIdOf } from '../../crdt/document/client-id.ts'
import { type ActorState, type CausalContext, Transaction } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import { isCrdt, type Shape } from '../definitions/shape.ts'
import { ValueTurn } from './value-turn.ts'

export class Turn {
  readonly actor: Actor
  readonly transaction: Transaction
  readonly shape: Shape
  /** Of a kind whose state is a value. */
  readonly value: ValueTurn | undefined
  /** The handler has turned to another actor: what that did is not undone with this turn. */
  reachesOut = false
  /** What may be missing in the state that the handler found, before what it has of the same origin. */
  readonly gaps: CausalContext
  readonly #cluster: Cluster
  readonly #base
  readonly #seqs: number[] = []
  #over = false

  /** `state`: the actor's, or one that it had since its last turn. */
  constructor(cluster: Cluster, clock: Clock, actor: Actor, readOnly: boolean, shape: Shape, state = actor.state) {
    this.actor = actor
    this.gaps = actor.gaps
    this.#cluster = cluster
    this.shape = shape
    this.#base = state
    actor.pins++
    const { store } = cluster
    this.transaction = new Transaction({
      state,
      covers: store.covers(actor),
      origin: store.origin,
      nextDot: () => {
        this.assertOpen()
        const seq = store.writing.takeSeq(actor.shard)
        this.#seqs.push(seq)
        return { origin: store.origin, seq }
      },
      now: () => clock.now(),
      clientId: () => clientIdOf(store.origin, actor.name),
      readOnly
    })
    const { transaction } = this
    this.value = isCrdt(shape) ? undefined : new ValueTurn({ name: actor.name, readOnly, shape, transaction })
  }

  /** Throws `SHOAL_DEADLINE`. */
  assertOpen(): void {
    if (!this.#over) return
    throw new ShoalError('SHOAL_DEADLINE', `${this.actor.name}: this handler was abandoned at its deadline`)
  }

  /** The state that the handler found. */
  get base(): ActorState {
    return this.#base
  }

  /** Of its changes so far. */
  get lastSeq(): number | undefined {
    return this.#seqs.at(-1)
  }

  commit(tracked: ((push: number) => void) | undefined): void {
    const { delta, state } = this.transaction
    if (delta === undefined) return
    const { store } = this.#cluster
    // Of a mutator that failed after it drew, and whose error the handler caught: no update takes it.
    const isUsed = (seq: number): boolean => delta.context.has(store.origin, seq)
    const change = { base: this.#base, state, delta, seqs: this.#seqs.filter(isUsed) }
    store.writing.update(this.actor, tracked === undefined ? change : { ...change, tracked })
    if (change.seqs.length < this.#seqs.length) {
      store.writing.returnSeqs(
        this.actor.shard,
        this.#seqs.filter(seq => !isUsed(seq))
      )
    }
    this.#end()
  }

  discard(): void {
    if (this.#over) return
    this.#cluster.store.writing.returnSeqs(this.actor.shard, this.#seqs)
    this.#end()
  }

  #end(): void {
    this.#over = true
    this.actor.pins--
  }
}
