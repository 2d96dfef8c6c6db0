/**
 * The replicas of one node: actors' states in memory and on disk, shard by shard.
 *
 * Every change is a synchronous step in memory; one group commit at a time carries all that changed since the last one to the
 * disk, in one atomic synced batch. Nothing may leave the node, be answered or be shown before the commit that carries it:
 * `durable()` resolves then. A failed commit ends this incarnation: its unused seqs are never given out again.
 *
 * Invariant: what is on disk is always, per shard, a context and exactly the states that its updates make.
 */

import { onlyRemovesFromDocuments, withFoldedDocuments } from '../crdt/document/shrinking.ts'
import {
  type ActorState,
  CausalContext,
  type Covers,
  type Delta,
  either,
  encodeDelta,
  encodeState,
  joinStates,
  type Origin
} from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk, DiskWrite } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { type Actor, openActor } from './actor.ts'
import { ActorCache } from './actor-cache.ts'
import { GroupCommit } from './group-commit.ts'
import { type IndexPosition, seqAt, withSeq } from './index-positions.ts'
import { digestOf, replaceDigest } from './set-hash.ts'
import { ShardLedger } from './shard-ledger.ts'
import { decodeActorRecord, encodeActorRecord, indexKey, stateKey } from './storage-layout.ts'
import { utf8Of } from './utf8.ts'

export interface ShardStoreOptions {
  /** Actors whose state is kept in memory, beyond those with unsaved changes. @default 10000 */
  maxCachedActors?: number
  /** Largest encoded state that a local command may make, in bytes. @default 1048576 */
  maxActorBytes?: number
}

/** How far above the limit a state may grow by edits that only remove from documents. */
const removalRatio = 1.25

/** What the next commit has to do for an actor. */
interface Unsaved {
  /** There is something new to see in its state. */
  isSeen: boolean
  /** Index entries on disk to be replaced: origin → the old seq, 0 for none. */
  moved: Map<Origin, number> | undefined
}

/** A local update, on disk and ready to be pushed. */
export interface LocalUpdate {
  readonly shard: number
  readonly actor: string
  /** The dots that the update took, and no others. */
  readonly seqs: CausalContext
  readonly delta: Delta
  readonly deltaBytes: number
  /** Called with the number of the push that carries it, if somebody waits for more than this disk. */
  readonly tracked: ((push: number) => void) | undefined
}

export type { Actor }

export interface Commit {
  readonly updates: readonly LocalUpdate[]
  /** Whose state is another than before: who watches them wants to look. */
  readonly actors: readonly Actor[]
}

export interface Joined {
  /** Some update of the batch was new. */
  readonly isNew: boolean
  /** Deltas that changed nothing here. */
  readonly redundantDeltas: number
}

export class ShardStore {
  readonly origin: Origin
  /** Slices of the key space; not the bound of a shard's number. */
  readonly shardCount: number
  readonly #hosted: readonly number[]
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #maxActorBytes: number
  readonly #ledger: ShardLedger
  readonly #actors: ActorCache
  readonly #groupCommit: GroupCommit
  readonly #committedUpdates

  #unsavedActors = new Map<Actor, Unsaved>()
  /** Those that the commit under way carries. */
  #savingActors: ReadonlyMap<Actor, Unsaved> | undefined
  #updates: LocalUpdate[] = []
  #committed: (commit: Commit) => void = () => {}
  #failed: (error: ShoalError) => void = () => {}

  constructor(
    parts: { disk: Disk; clock: Clock; logger: Logger; metrics: Metrics; origin: Origin; shards: number },
    options: ShardStoreOptions = {}
  ) {
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.origin = parts.origin
    this.shardCount = parts.shards
    this.#hosted = Array.from({ length: parts.shards }, (_, shard) => shard)
    this.#ledger = new ShardLedger(parts.origin)
    this.#maxActorBytes = options.maxActorBytes ?? 1024 * 1024
    const source = {
      hasChanges: () => this.#ledger.hasUnsaved,
      collect: () => this.#collect(),
      failed: (error: ShoalError) => {
        this.#logger.error('the store has failed; this incarnation ends', { err: error })
        this.#failed(error)
      }
    }
    this.#groupCommit = new GroupCommit({ disk: parts.disk, clock: parts.clock, metrics: parts.metrics, source })
    this.#committedUpdates = parts.metrics.counter('shoal_store_updates_total', 'Local updates made durable')
    this.#actors = new ActorCache({
      clock: parts.clock,
      maxActors: options.maxCachedActors ?? 10_000,
      cached: parts.metrics.gauge('shoal_store_cached_actors', 'Actors whose state is in memory'),
      isHeld: actor => actor.pins > 0 || this.#unsavedActors.has(actor) || this.#savingActors?.has(actor) === true
    })
  }

  /** Reads the shards' records. The disk is open. */
  load(events: { committed(commit: Commit): void; failed(error: ShoalError): void }): void {
    this.#committed = events.committed
    this.#failed = events.failed
    this.#ledger.load(this.#disk, this.shardCount)
  }

  // ---- reading ---------------------------------------------------------------------------------------------------------------

  /** The actor, from memory or disk. Throws `SHOAL_CORRUPT` where its record fails its checksum. */
  actor(shard: number, name: string): Actor {
    const known = this.#actors.get(name)
    if (known !== undefined) {
      if (known.shard !== shard)
        throw new ShoalError('SHOAL_MALFORMED', `${name} is in shard ${known.shard}, not in ${shard}`)
      return known
    }
    const bytes = this.#disk.get(stateKey(shard, name))
    const record = bytes === undefined ? undefined : decodeActorRecord(bytes, name)
    const actor = openActor(name, shard, record, this.#ledger.at(shard).context, this.#clock.elapsed())
    this.#actors.add(actor)
    return actor
  }

  /** The shards that this node stores, in order. */
  hosted(): readonly number[] {
    return this.#hosted
  }

  hosts(shard: number): boolean {
    return shard < this.shardCount
  }

  context(shard: number): CausalContext {
    return this.#ledger.at(shard).context
  }

  /** Updates of this origin are missing before others that this replica has. */
  hasGap(shard: number, origin: Origin): boolean {
    return this.#ledger.hasGap(shard, origin)
  }

  /** All dots that this replica has seen for an actor. */
  covers(actor: Actor): Covers {
    const context = this.#ledger.at(actor.shard).context
    return actor.extra.isEmpty() ? context : either(context, actor.extra)
  }

  /**
   * What is on disk of a shard: its context, its 8-byte hash of (context, set-hash), a number that grows as they change, and
   * whether nothing newer is in memory.
   */
  durableShard(shard: number): { context: CausalContext; hash: Uint8Array; version: number; isSettled: boolean } {
    return this.#ledger.durable(shard)
  }

  /** One 16-byte hash over all shards on disk. */
  root(): Uint8Array {
    return this.#ledger.root()
  }

  /** Removes actors from memory that nobody used for `idleMs` and that are on disk. Answers how many stay. */
  passivate(idleMs: (name: string) => number): number {
    return this.#actors.passivate(idleMs)
  }

  // ---- changing --------------------------------------------------------------------------------------------------------------

  /** A fresh seq of this origin in the shard. It must end in `update` or in `returnSeqs`. */
  takeSeq(shard: number): number {
    this.#groupCommit.assertUsable()
    return this.#ledger.at(shard).nextSeq++
  }

  /** The seqs were not used: given back where they are the newest, else marked as updates without effect. */
  returnSeqs(shard: number, seqs: readonly number[]): void {
    if (this.#ledger.returnSeqs(shard, seqs)) this.#changedShard(shard)
  }

  /**
   * Joins a local update. `state` is the actor's state with the delta in it, made from `base`; when the actor has moved on since
   * (another update was joined while a handler waited), the delta is joined again. Throws `SHOAL_LIMIT` before any change.
   */
  update(
    actor: Actor,
    change: {
      base: ActorState
      state: ActorState
      delta: Delta
      seqs: readonly number[]
      tracked?: (push: number) => void
    }
  ): void {
    this.#groupCommit.assertUsable()
    const deltaBytes = encodeDelta(change.delta).length
    const joined =
      actor.state === change.base
        ? change.state
        : joinStates(actor.state, this.covers(actor), change.delta.state, change.delta.context)
    const { state, bytes } = this.#fitting(actor, joined, change.delta, deltaBytes)
    const shard = this.#ledger.at(actor.shard)
    actor.state = state
    actor.storedBytes = bytes
    let seqs = CausalContext.empty
    for (const seq of change.seqs) seqs = seqs.with(this.origin, seq)
    shard.context = shard.context.union(seqs)
    this.#moveIndex(actor, this.origin, seqs.next(this.origin) - 1)
    this.#changedActor(actor, true)
    this.#updates.push({
      shard: actor.shard,
      actor: actor.name,
      seqs,
      delta: change.delta,
      deltaBytes,
      tracked: change.tracked
    })
  }

  /**
   * The state in a form that may be stored, and its size, at most. What makes an actor smaller is never refused. A document becomes
   * smaller when it is folded, and not by an edit as such, which is one more part; so it is folded forms that are compared. And a
   * document that keeps all its history may go past the limit by what it takes to remove from it.
   */
  #fitting(
    actor: Actor,
    state: ActorState,
    delta: Delta,
    deltaBytes: number
  ): { readonly state: ActorState; readonly bytes: number } {
    const estimate = actor.storedBytes + deltaBytes
    if (estimate <= this.#maxActorBytes) return { state, bytes: estimate }
    const loose = encodeState(state).length
    if (loose <= this.#maxActorBytes) return { state, bytes: loose }
    const folded = withFoldedDocuments(state)
    const bytes = encodeState(folded).length
    if (bytes <= this.#maxActorBytes || this.#isSmaller(bytes, actor.state)) return { state: folded, bytes }
    if (bytes <= removalRatio * this.#maxActorBytes && onlyRemovesFromDocuments(delta.state))
      return { state: folded, bytes }
    throw new ShoalError('SHOAL_LIMIT', `${actor.name}: its state would pass ${this.#maxActorBytes} bytes`)
  }

  /** To fold what was there before means to open it once more: only where that can matter. */
  #isSmaller(bytes: number, before: ActorState): boolean {
    return bytes < encodeState(before).length && bytes < encodeState(withFoldedDocuments(before)).length
  }

  /**
   * Joins another node's updates to one shard: `seqs` are the dots whose whole effect is in `deltas`; none, when the deltas
   * repeat what others wrote. A delta that changes nothing here is neither stored again nor told to anybody.
   */
  joinBatch(
    shard: number,
    origin: Origin,
    seqs: CausalContext,
    deltas: readonly { actor: string; seq: number; delta: Delta }[]
  ): Joined {
    this.#groupCommit.assertUsable()
    const state = this.#ledger.at(shard)
    if (!seqs.isEmpty() && state.context.covers(seqs)) return { isNew: false, redundantDeltas: deltas.length }
    this.#checkOwnDots(shard, seqs)
    const context = state.context.union(seqs)
    // All are at hand before the first is changed: a record that cannot be read refuses the batch whole.
    const actors = this.#pinned(
      shard,
      deltas.map(delta => delta.actor)
    )
    let redundantDeltas = 0
    try {
      for (const [i, { seq, delta }] of deltas.entries()) {
        const actor = actors[i]
        if (actor === undefined) continue
        const joined = joinStates(actor.state, this.covers(actor), delta.state, delta.context)
        const extra = actor.extra.union(delta.context).minus(context)
        if (!this.#change(actor, joined, extra, [{ origin, seq }])) redundantDeltas++
      }
    } finally {
      for (const actor of actors) actor.pins--
    }
    if (context !== state.context) {
      state.context = context
      this.#changedShard(shard)
    }
    return { isNew: true, redundantDeltas }
  }

  #pinned(shard: number, names: readonly string[]): Actor[] {
    const actors: Actor[] = []
    try {
      for (const name of names) {
        const actor = this.actor(shard, name)
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
   * Joins one actor of a catch-up stream; `context` is what its sender has seen for it, less the dots it holds back. Answers
   * whether it changed anything.
   */
  joinActor(
    shard: number,
    name: string,
    fragment: ActorState,
    context: CausalContext,
    index: readonly IndexPosition[]
  ): boolean {
    this.#groupCommit.assertUsable()
    this.#checkOwnDots(shard, context)
    const actor = this.actor(shard, name)
    const joined = joinStates(actor.state, this.covers(actor), fragment, context)
    const extra = actor.extra.union(context).minus(this.#ledger.at(shard).context)
    return this.#change(actor, joined, extra, index)
  }

  /**
   * The same state in another form, such as a document in fewer parts: no news for anybody, so it takes no seq. Written where it
   * is worth that.
   */
  reform(actor: Actor, state: ActorState, isWorthSaving: boolean): void {
    if (state === actor.state) return
    this.#groupCommit.assertUsable()
    actor.state = state
    if (isWorthSaving) this.#changedActor(actor, false)
  }

  /** A catch-up stream has brought all that its sender's context covers. */
  joinContext(shard: number, context: CausalContext): void {
    this.#groupCommit.assertUsable()
    this.#checkOwnDots(shard, context)
    const state = this.#ledger.at(shard)
    const joined = state.context.union(context)
    if (joined === state.context) return
    state.context = joined
    this.#changedShard(shard)
  }

  /** Our own origin's seqs are given out here and nowhere else: more of them elsewhere means that a copy of this process runs. */
  #checkOwnDots(shard: number, context: CausalContext): void {
    if (context.next(this.origin) <= this.#ledger.at(shard).nextSeq) return
    this.#groupCommit.fail(
      new ShoalError(
        'SHOAL_CORRUPT',
        `shard ${shard}: updates under this process's own origin ${this.origin} that it never made`
      )
    )
    this.#groupCommit.assertUsable()
  }

  /** Answers whether anything is different from what it was. */
  #change(actor: Actor, state: ActorState, extra: CausalContext, index: readonly IndexPosition[]): boolean {
    const isSeen = state !== actor.state
    let isChanged = isSeen || !extra.equals(actor.extra)
    if (isChanged) {
      actor.state = state
      actor.extra = extra
      this.#changedActor(actor, isSeen)
    }
    for (const { origin, seq } of index) isChanged = this.#moveIndex(actor, origin, seq) || isChanged
    return isChanged
  }

  #moveIndex(actor: Actor, origin: Origin, seq: number): boolean {
    const old = seqAt(actor.index, origin)
    if (seq <= old) return false
    const unsaved = this.#changedActor(actor, false)
    unsaved.moved ??= new Map()
    if (!unsaved.moved.has(origin)) unsaved.moved.set(origin, old)
    actor.index = withSeq(actor.index, origin, seq)
    return true
  }

  #changedActor(actor: Actor, isSeen: boolean): Unsaved {
    let unsaved = this.#unsavedActors.get(actor)
    if (unsaved === undefined) {
      unsaved = { isSeen, moved: undefined }
      this.#unsavedActors.set(actor, unsaved)
    } else unsaved.isSeen ||= isSeen
    this.#changedShard(actor.shard)
    return unsaved
  }

  #changedShard(shard: number): void {
    this.#ledger.changed(shard)
    this.#groupCommit.changed()
  }

  // ---- saving ----------------------------------------------------------------------------------------------------------------

  /** Resolves when all changes made so far are on disk. Throws `SHOAL_DISK` when that failed or may have. */
  durable(): Promise<void> {
    return this.#groupCommit.durable()
  }

  /** Waits for the last commit; nothing can be changed after it. */
  close(): Promise<void> {
    return this.#groupCommit.close()
  }

  #collect(): { batch: DiskWrite[]; written(): void } {
    const actors = this.#unsavedActors
    const updates = this.#updates
    this.#savingActors = actors
    this.#unsavedActors = new Map()
    this.#updates = []
    const batch: DiskWrite[] = []
    for (const [actor, unsaved] of actors) this.#saveActor(actor, unsaved, batch)
    const ledgerWritten = this.#ledger.save(batch)
    const written = () => {
      ledgerWritten()
      this.#written(actors, updates)
    }
    return { batch, written }
  }

  #written(actors: ReadonlyMap<Actor, Unsaved>, updates: readonly LocalUpdate[]): void {
    this.#committedUpdates.add(updates.length)
    this.#savingActors = undefined
    const seen = [...actors].filter(([, unsaved]) => unsaved.isSeen)
    this.#committed({ updates, actors: seen.map(([actor]) => actor) })
  }

  #saveActor(actor: Actor, unsaved: Unsaved, batch: DiskWrite[]): void {
    const shard = this.#ledger.at(actor.shard)
    actor.extra = actor.extra.minus(shard.context)
    const stateBytes = encodeState(actor.state)
    batch.push({ type: 'put', key: stateKey(actor.shard, actor.name), value: encodeActorRecord(actor, stateBytes) })
    for (const [origin, old] of unsaved.moved ?? []) {
      if (old > 0) batch.push({ type: 'del', key: indexKey(actor.shard, origin, old) })
      const key = indexKey(actor.shard, origin, seqAt(actor.index, origin))
      batch.push({ type: 'put', key, value: utf8Of(actor.name) })
    }
    const digest = digestOf(actor.name, actor.state, stateBytes)
    replaceDigest(shard.setHash, actor.digest, digest)
    actor.digest = digest
    actor.storedBytes = stateBytes.length
  }
}
