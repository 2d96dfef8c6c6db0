/**
 * What this node's own actors write: seqs of its origin, and the updates that take them, joined in memory and ready to be pushed when the
 * commit that carries them is on disk.
 */
import {
  type ActorState,
  CausalContext,
  type Covers,
  type Delta,
  encodeDelta,
  joinStates,
  type Origin
} from '../crdt/index.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Actor } from './actor.ts'
import type { ActorSize } from './actor-size.ts'
import type { GroupCommit } from './group-commit.ts'
import { seqAt } from './index-positions.ts'
import { hasRoomForLife } from './origin-limits.ts'
import type { ShardLedger } from './shard-ledger.ts'
import type { UnsavedChanges } from './unsaved-changes.ts'

/** A local update, on disk and ready to be pushed. */
export interface LocalUpdate {
  readonly shard: number
  readonly actor: string
  /** The dots that the update took, and no others. */
  readonly seqs: CausalContext
  /** The newest update of this origin to the actor before this one; 0 for none. */
  readonly after: number
  readonly delta: Delta
  readonly deltaBytes: number
  /** Called with the number of the push that carries it, if somebody waits for more than this disk. */
  readonly tracked: ((push: number) => void) | undefined
}

/** The update that a handler has made. */
export interface LocalChange {
  readonly base: ActorState
  /** `base` with the delta in it. */
  readonly state: ActorState
  readonly delta: Delta
  readonly seqs: readonly number[]
  readonly tracked?: (push: number) => void
}

export class LocalWriting {
  readonly #origin: Origin
  readonly #ledger: ShardLedger
  readonly #unsaved: UnsavedChanges
  readonly #groupCommit: GroupCommit
  readonly #actorSize: ActorSize
  readonly #covers: (actor: Actor) => Covers
  readonly #full: (shard: number) => void
  #updates: LocalUpdate[] = []

  constructor(parts: {
    origin: Origin
    ledger: ShardLedger
    unsaved: UnsavedChanges
    groupCommit: GroupCommit
    actorSize: ActorSize
    covers(actor: Actor): Covers
    /** Something was not taken in, because the shard names as many writers as it may. */
    full(shard: number): void
  }) {
    this.#origin = parts.origin
    this.#ledger = parts.ledger
    this.#unsaved = parts.unsaved
    this.#groupCommit = parts.groupCommit
    this.#actorSize = parts.actorSize
    this.#covers = parts.covers
    this.#full = parts.full
  }

  /**
   * A fresh seq of this origin in the shard. It must end in `update` or in `returnSeqs`. Throws `SHOAL_UNAVAILABLE` where the shard
   * was dropped, and what this origin wrote to it is not back yet, and `SHOAL_LIMIT` where too many lives of nodes have written to it.
   */
  takeSeq(shard: number): number {
    this.#groupCommit.assertUsable()
    const { context, nextSeq } = this.#ledger.at(shard)
    if (nextSeq === 1 && !hasRoomForLife(context)) {
      this.#full(shard)
      throw new ShoalError('SHOAL_LIMIT', `shard ${shard} has had as many writers as it may: see docs/operations.md`)
    }
    return this.#ledger.takeSeq(shard)
  }

  /** The seqs were not used: given back where they are the newest, else marked as updates without effect. */
  returnSeqs(shard: number, seqs: readonly number[]): void {
    if (this.#ledger.returnSeqs(shard, seqs)) this.#unsaved.noteShard(shard)
  }

  /**
   * Joins a local update. `state` is the actor's state with the delta in it, made from `base`; when the actor has moved on since
   * (another update was joined while a handler waited), the delta is joined again. Throws `SHOAL_LIMIT` before any change.
   */
  update(actor: Actor, change: LocalChange): void {
    this.#groupCommit.assertUsable()
    const deltaBytes = encodeDelta(change.delta).length
    const joined =
      actor.state === change.base
        ? change.state
        : joinStates(actor.state, this.#covers(actor), change.delta.state, change.delta.context)
    const { state, bytes } = this.#actorSize.fitting(actor, joined, change.delta, deltaBytes)
    const shard = this.#ledger.at(actor.shard)
    actor.state = state
    actor.storedBytes = bytes
    let seqs = CausalContext.empty
    for (const seq of change.seqs) seqs = seqs.with(this.#origin, seq)
    shard.context = shard.context.union(seqs)
    const after = seqAt(actor.index, this.#origin)
    const index = [{ origin: this.#origin, seq: seqs.next(this.#origin) - 1, after }]
    this.#unsaved.moveIndex(actor, index, change.delta.context)
    this.#unsaved.note(actor, true)
    this.#updates.push({
      shard: actor.shard,
      actor: actor.name,
      seqs,
      after,
      delta: change.delta,
      deltaBytes,
      tracked: change.tracked
    })
  }

  /**
   * The same state in another form, such as a document in fewer parts: no news for anybody, so it takes no seq. Written where it
   * is worth that.
   */
  reform(actor: Actor, state: ActorState, isWorthSaving: boolean): void {
    if (state === actor.state) return
    this.#groupCommit.assertUsable()
    actor.state = state
    if (isWorthSaving) this.#unsaved.note(actor, false)
  }

  /** Those since the last time: the commit that is being made carries them. */
  takeUpdates(): readonly LocalUpdate[] {
    const updates = this.#updates
    this.#updates = []
    return updates
  }
}
