/**
 * Takes in what other nodes send: pushes, and the actors and contexts of catch-up streams. All of it is checked against what this
 * process knows about its own origin, and held off where the shard's own context cannot be believed yet.
 */

import type { Fragment } from '../crdt/fragments.ts'
import {
  type ActorState,
  CausalContext,
  type Covers,
  either,
  joinStates,
  liveDots,
  type Origin
} from '../crdt/index.ts'
import { newestSeqIn } from '../crdt/state.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Actor } from './actor.ts'
import { Arrivals, type TrackedArrivals } from './arrivals.ts'
import type { GroupCommit } from './group-commit.ts'
import type { IndexPosition } from './index-positions.ts'
import { hasTooManyGaps, hasTooManyOrigins } from './origin-limits.ts'
import { hasTooManyOpen, provesTheSame, seenByFragment, seenDots, unproven } from './seen-dots.ts'
import type { ShardLedger } from './shard-ledger.ts'
import type { ShardTrust } from './shard-trust.ts'
import type { UnsavedChanges } from './unsaved-changes.ts'
import type { ArrivedDelta } from './wire.ts'

/** A part of a catch-up stream, */
export type ArrivedFragment = Omit<Fragment, 'name'>

/** and what its sender has of the shard. */
export interface FragmentSender {
  readonly context: CausalContext
  /** Of what its floor covers it has nothing but what it shows. */
  readonly floor: CausalContext
}

export interface Joined {
  /** Some update of the batch was new. */
  readonly isNew: boolean
  /** Of what was not new: it is there, and not only claimed by a context that nobody has checked yet. */
  readonly isStored: boolean
  /** Deltas that changed nothing here. */
  readonly redundantDeltas: number
}

export class ShardJoining {
  readonly #origin: Origin
  readonly #ledger: ShardLedger
  readonly #trust: ShardTrust
  readonly #unsaved: UnsavedChanges
  readonly #groupCommit: GroupCommit
  readonly #actor: (shard: number, name: string) => Actor
  readonly #covers: (actor: Actor) => Covers
  readonly #full: (shard: number) => void
  readonly #arrivals = new Arrivals()

  constructor(parts: {
    origin: Origin
    ledger: ShardLedger
    trust: ShardTrust
    unsaved: UnsavedChanges
    groupCommit: GroupCommit
    actor(shard: number, name: string): Actor
    covers(actor: Actor): Covers
    /** Something was not taken in, because the shard names as many writers as it may. */
    full(shard: number): void
  }) {
    this.#origin = parts.origin
    this.#ledger = parts.ledger
    this.#trust = parts.trust
    this.#unsaved = parts.unsaved
    this.#groupCommit = parts.groupCommit
    this.#actor = parts.actor
    this.#covers = parts.covers
    this.#full = parts.full
  }

  /**
   * Joins another node's updates to one shard: `seqs` are the dots whose whole effect is in `deltas`; none, when the deltas
   * repeat what others wrote. A delta that changes nothing here is neither stored again nor told to anybody.
   */
  joinBatch(shard: number, origin: Origin, seqs: CausalContext, deltas: readonly ArrivedDelta[]): Joined {
    this.#groupCommit.assertUsable()
    const state = this.#ledger.at(shard)
    const redundant = { isNew: false, isStored: this.#trust.isVerified(shard), redundantDeltas: deltas.length }
    const isClaimed = !seqs.isEmpty() && state.context.covers(seqs)
    // A stream may have passed over an actor: what it lacks is taken from the push, and not confirmed before.
    if (isClaimed && deltas.every(({ actor, delta }) => this.proves(shard, actor, delta.context))) return redundant
    // What a context that may be wrong covers would not be joined, and yet be taken for seen.
    if (!redundant.isStored && (seqs.isEmpty() || !state.context.isDisjoint(seqs))) return redundant
    if (origin === this.#origin && !seqs.isEmpty()) this.#failForOwnDots(shard)
    this.#checkOwnDots(shard, seqs)
    for (const { delta } of deltas) {
      this.#checkOwnDots(shard, delta.context)
      this.#checkOwnState(shard, delta.state)
    }
    const context = state.context.union(seqs)
    this.#assertRoom(shard, state.context, context, origin)
    // All are at hand before the first is changed: a record that cannot be read refuses the batch whole.
    const actors = this.#pinned(
      shard,
      deltas.map(delta => delta.actor)
    )
    let redundantDeltas = 0
    try {
      for (const [i, { delta, after }] of deltas.entries()) {
        this.#assertRoomIn(actors[i], delta.context, seqs)
        this.#assertFewGaps(actors[i], origin, after)
      }
      for (const [i, { seq, after, delta }] of deltas.entries()) {
        const actor = actors[i]
        if (actor === undefined) continue
        const joined = joinStates(actor.state, this.#covers(actor), delta.state, delta.context)
        this.#arrivals.delta(shard, actor.name, delta.context)
        const told = { index: [{ origin, seq, after }], seen: delta.context, extra: delta.context }
        if (!this.#unsaved.change(actor, joined, told)) redundantDeltas++
      }
    } finally {
      for (const actor of actors) actor.pins--
    }
    if (context !== state.context) {
      state.context = context
      this.#unsaved.noteShard(shard)
    }
    return { isNew: true, isStored: true, redundantDeltas }
  }

  /** What is on this disk, or will be with the next commit, of the actor has all of these dots. */
  proves(shard: number, name: string, dots: CausalContext): boolean {
    const actor = this.#actor(shard, name)
    const { floor } = this.#ledger.at(shard)
    return unproven(actor, dots).minus(actor.extra).minus(floor).isEmpty()
  }

  #pinned(shard: number, names: readonly string[]): Actor[] {
    const actors: Actor[] = []
    try {
      for (const name of names) {
        const actor = this.#actor(shard, name)
        actor.pins++
        actors.push(actor)
      }
      return actors
    } catch (error) {
      for (const actor of actors) actor.pins--
      throw error
    }
  }

  /**
   * Joins one actor of a catch-up stream. Neither side is believed to have seen more of the actor than its own record and its floor
   * prove: a context that says more has a hole, and what is missing in it was not removed. Answers whether it changed anything.
   */
  joinActor(shard: number, name: string, fragment: ArrivedFragment, sender: FragmentSender): boolean {
    this.#checkArrived(shard, fragment, sender.context.union(fragment.extra))
    const actor = this.#actor(shard, name)
    this.#assertRoomIn(actor, fragment.extra, CausalContext.empty)
    const seen = seenByFragment(fragment)
    // Not united: a floor has as many origins as there were lives, and a stream as many fragments as there are actors.
    const covered = sender.floor.isEmpty() ? seen : either(seen, sender.floor)
    const joined = joinStates(actor.state, this.#covers(actor), fragment.state, covered)
    const extra = fragment.extra.minus(fragment.held)
    this.#arrivals.fragment(shard, name, sender.context)
    return this.#unsaved.change(actor, joined, { index: fragment.positions, seen, extra })
  }

  /**
   * As `joinActor`, but where contexts are equal and both records prove the very same, what one of the two has alive and the other does
   * not stays: one of them has lost it, and by their proofs each would take it for removed. See docs/adr/0022. Answers whether that was so, too.
   */
  joinKeepingBoth(
    shard: number,
    name: string,
    fragment: ArrivedFragment,
    sender: FragmentSender
  ): { readonly isNew: boolean; readonly keeps: boolean } {
    const actor = this.#actor(shard, name)
    // What a floor has taken away no record tells; where contexts are equal, both have heard of it.
    const hasLost = provesTheSame(actor, fragment) && this.#ledger.at(shard).context.equals(sender.context)
    if (!hasLost) return { isNew: this.joinActor(shard, name, fragment, sender), keeps: false }
    this.#checkArrived(shard, fragment, sender.context)
    const { state, positions } = fragment
    const [mine, theirs] = [liveDots(actor.state), liveDots(state)]
    const seen = seenDots(actor)
    const joined = joinStates(actor.state, seen.minus(theirs.minus(mine)), state, seen.minus(mine.minus(theirs)))
    const told = { index: positions, seen, extra: CausalContext.empty }
    return { isNew: this.#unsaved.change(actor, joined, told), keeps: true }
  }

  #checkArrived(shard: number, { state, positions }: ArrivedFragment, told: CausalContext): void {
    this.#groupCommit.assertUsable()
    this.#assertVerified(shard)
    this.#checkOwnDots(shard, told)
    this.#checkOwnIndex(shard, positions)
    this.#checkOwnState(shard, state)
  }

  /** Notes the actors of the shard that change by dots of this context, until it is stopped. */
  trackArrivals(shard: number, context: CausalContext): TrackedArrivals {
    return this.#arrivals.track(shard, context)
  }

  /** A catch-up stream has brought all that its sender's context covers, and of what is below the sender's floor what is left. */
  joinContext(shard: number, context: CausalContext, floor: CausalContext = CausalContext.empty): void {
    this.#groupCommit.assertUsable()
    this.#assertVerified(shard)
    this.#checkOwnDots(shard, context)
    const state = this.#ledger.at(shard)
    const joined = state.context.union(context)
    this.#assertRoom(shard, state.context, joined)
    const joinedFloor = state.floor.union(floor)
    if (joined === state.context && joinedFloor === state.floor) return
    state.context = joined
    state.floor = joinedFloor
    this.#unsaved.noteShard(shard)
  }

  #assertVerified(shard: number): void {
    if (this.#trust.isVerified(shard)) return
    throw new ShoalError('SHOAL_UNAVAILABLE', `shard ${shard} is not verified yet`, { retryable: true })
  }

  /** Our own origin's seqs are given out here and nowhere else: more of them elsewhere means that a copy of this process runs. */
  #checkOwnDots(shard: number, context: CausalContext): void {
    if (context.next(this.#origin) > this.#ledger.at(shard).nextSeq) this.#failForOwnDots(shard)
  }

  #checkOwnIndex(shard: number, index: readonly IndexPosition[]): void {
    for (const { origin, seq } of index)
      if (origin === this.#origin && seq >= this.#ledger.at(shard).nextSeq) this.#failForOwnDots(shard)
  }

  /** Counters and documents join without dots: what they hold of our origin shows in the state alone. */
  #checkOwnState(shard: number, state: ActorState): void {
    if (newestSeqIn(state, this.#origin) >= this.#ledger.at(shard).nextSeq) this.#failForOwnDots(shard)
  }

  /** What does not fit is left where it is, and no fault of whoever brings the last of it: it is asked for again and again. */
  #assertRoom(shard: number, before: CausalContext, after: CausalContext, origin?: Origin): void {
    const isFull = hasTooManyOrigins(before, after)
    if (isFull) this.#full(shard)
    if (isFull || (origin !== undefined && hasTooManyGaps(before, after, origin)))
      throw new ShoalError('SHOAL_LIMIT', `shard ${shard}: more writers, or gaps, than it may have`, {
        retryable: true
      })
  }

  /** Of the dots that an actor has to remember for itself: those that positions will tell are `told`. */
  #assertRoomIn(actor: Actor | undefined, dots: CausalContext, told: CausalContext): void {
    if (actor === undefined || actor.extra.isEmpty()) return
    if (hasTooManyOrigins(actor.extra, actor.extra.union(unproven(actor, dots.minus(told)))))
      throw new ShoalError('SHOAL_LIMIT', `${actor.name}: dots of too many origins wait for what they take away`, {
        retryable: true
      })
  }

  #assertFewGaps(actor: Actor | undefined, origin: Origin, after: number): void {
    if (actor === undefined || !hasTooManyOpen(actor, origin, after)) return
    const message = `${actor.name}: too many updates of ${origin} are missing between others`
    throw new ShoalError('SHOAL_LIMIT', message, { retryable: true })
  }

  #failForOwnDots(shard: number): void {
    this.#groupCommit.fail(
      new ShoalError(
        'SHOAL_CORRUPT',
        `shard ${shard}: updates under this process's own origin ${this.#origin} that it never made`
      )
    )
    this.#groupCommit.assertUsable()
  }
}
