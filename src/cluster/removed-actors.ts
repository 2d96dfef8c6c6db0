/**
 * Forgets removed actors, and raises the floor of their shard.
 *
 * Of a removed actor there is a record with nothing in it until every replica has on disk that it was removed (garbage.ts finds out);
 * then record and index entries go, and the floor rises in the same batch: it names the dots that the index stands for no more.
 */
import { CausalContext, isEmptyState } from '../crdt/index.ts'
import type { Actor } from './actor.ts'
import type { GroupCommit } from './group-commit.ts'
import { eachPosition } from './index-positions.ts'
import type { ShardLedger } from './shard-ledger.ts'
import type { ShardTrust } from './shard-trust.ts'
import type { UnsavedChanges } from './unsaved-changes.ts'

export class RemovedActors {
  readonly #ledger: ShardLedger
  readonly #trust: ShardTrust
  readonly #unsaved: UnsavedChanges
  readonly #groupCommit: GroupCommit
  readonly #actor: (shard: number, name: string) => Actor

  constructor(parts: {
    ledger: ShardLedger
    trust: ShardTrust
    unsaved: UnsavedChanges
    groupCommit: GroupCommit
    actor: (shard: number, name: string) => Actor
  }) {
    this.#ledger = parts.ledger
    this.#trust = parts.trust
    this.#unsaved = parts.unsaved
    this.#groupCommit = parts.groupCommit
    this.#actor = parts.actor
  }

  /**
   * Forgets an actor of which nothing is left but that it was removed; `stable` is what every replica has on disk. Its record and its
   * index entries go with the next commit, and the floor rises in the same batch; whoever writes to it before that wins.
   */
  forget(shard: number, name: string, stable: CausalContext): 'forgotten' | 'kept' {
    this.#groupCommit.assertUsable()
    const state = this.#ledger.at(shard)
    const actor = this.#actor(shard, name)
    if (!this.#trust.isVerified(shard)) return 'kept'
    const { extra, gaps } = actor
    const isSettled = state.context.covers(extra) && stable.covers(extra)
    if (actor.pins > 0 || !isEmptyState(actor.state) || !isSettled) return 'kept'
    let floor = state.floor.union(extra)
    for (const { origin, seq } of eachPosition(actor.index)) {
      // What it may lack is not said to be removed.
      const seen = CausalContext.empty.with(origin, 1, seq).minus(gaps)
      if (!state.context.covers(seen) || !stable.covers(seen)) return 'kept'
      floor = floor.union(seen)
    }
    this.#unsaved.forget(actor)
    state.floor = floor
    return 'forgotten'
  }
}
