/**
 * What memory has and the disk has not: which actors changed, and from where the index must be moved. All of it becomes one batch.
 *
 * An actor's record, its index entries, and the set-hash and tally of its shard change together, or not at all.
 */
import { type ActorState, CausalContext, encodeState, isEmptyState, liveDots, type Origin } from '../crdt/index.ts'
import type { DiskWrite } from '../ports/disk.ts'
import type { Actor } from './actor.ts'
import {
  type ChainedPosition,
  eachPosition,
  type IndexPosition,
  noPositions,
  seqAt,
  withSeq
} from './index-positions.ts'
import type { KnownRecords } from './known-records.ts'
import { gapsWith, type OpenSpan, unproven } from './seen-dots.ts'
import { digestOf, replaceDigest } from './set-hash.ts'
import type { ShardLedger } from './shard-ledger.ts'
import { checksumOf, encodeActorRecord, encodeIndexEntry, indexKey, stateKey } from './storage-layout.ts'
import { tallyWith, tallyWithout } from './tally.ts'

/** What the next commit has to do for an actor. */
export interface Unsaved {
  /** There is something new to see in its state. */
  isSeen: boolean
  /** Index entries on disk to be replaced: origin → the old seq, 0 for none. */
  moved: Map<Origin, number> | undefined
}

/** What an update or a fragment says of its actor, beside the state. */
export interface ToldOfActor {
  readonly index: readonly (IndexPosition | ChainedPosition)[]
  /** What is proven to be in the state. */
  readonly seen: CausalContext
  /** The part of it that no position may tell of. */
  readonly extra: CausalContext
}

export class UnsavedChanges {
  readonly #ledger: ShardLedger
  readonly #known: KnownRecords
  readonly #changed: () => void
  #actors = new Map<Actor, Unsaved>()
  /** Those that the commit under way carries. */
  #saving: ReadonlyMap<Actor, Unsaved> | undefined

  /** `changed` is called at every change. */
  constructor(parts: { ledger: ShardLedger; known: KnownRecords; changed(): void }) {
    this.#ledger = parts.ledger
    this.#known = parts.known
    this.#changed = parts.changed
  }

  /** The actor must stay the one object of its name. */
  has(actor: Actor): boolean {
    return this.#actors.has(actor) || this.#saving?.has(actor) === true
  }

  // ---- changing --------------------------------------------------------------------------------------------------------------

  /** Answers whether anything is different from what it was. */
  change(actor: Actor, state: ActorState, told: ToldOfActor): boolean {
    const isSeen = state !== actor.state
    actor.state = state
    const hasMoved = this.moveIndex(actor, told.index, told.seen)
    const extra = unproven(actor, actor.extra.union(told.extra))
    const hasExtra = !extra.equals(actor.extra)
    actor.extra = extra
    if (isSeen || hasExtra) this.note(actor, isSeen)
    return hasMoved || hasExtra || isSeen
  }

  /** The state holds what was `seen`, whole. Answers whether a position rose, or a gap was closed. */
  moveIndex(actor: Actor, index: ToldOfActor['index'], seen: CausalContext): boolean {
    /** From where each rose. */
    const risen = new Map<Origin, number>()
    const open: OpenSpan[] = []
    const { gaps } = actor
    if (!gaps.isEmpty()) actor.gaps = gaps.minus(seen)
    for (const position of index) {
      const { origin, seq } = position
      const last = 'after' in position ? position.after : seq
      if (last < seq && !actor.gaps.isEmpty())
        actor.gaps = actor.gaps.minus(CausalContext.empty.with(origin, last + 1, seq))
      const before = seqAt(actor.index, origin)
      if (seq <= before) continue
      if (!risen.has(origin)) risen.set(origin, before)
      actor.index = withSeq(actor.index, origin, seq)
      if (last > before) open.push([origin, before + 1, last])
    }
    if (risen.size > 0) this.#moved(actor, risen)
    // Nothing is left of what was forgotten with an earlier record of the actor.
    const { floor } = this.#ledger.at(actor.shard)
    if (open.length > 0) actor.gaps = gapsWith(actor.gaps, open, [seen, actor.extra, floor])
    // What is alive is seen: a join rests on that.
    if (!actor.gaps.isEmpty()) actor.gaps = actor.gaps.minus(liveDots(actor.state))
    if (actor.gaps.equals(gaps)) actor.gaps = gaps
    if (actor.gaps !== gaps) this.note(actor, false)
    return risen.size > 0 || actor.gaps !== gaps
  }

  /** The index names the actor no more, and nothing is kept of it. */
  forget(actor: Actor): void {
    const positions = new Map<Origin, number>()
    for (const { origin, seq } of eachPosition(actor.index)) positions.set(origin, seq)
    this.#moved(actor, positions)
    actor.index = noPositions
    actor.gaps = CausalContext.empty
    actor.extra = CausalContext.empty
  }

  #moved(actor: Actor, from: ReadonlyMap<Origin, number>): void {
    const unsaved = this.note(actor, false)
    unsaved.moved ??= new Map()
    for (const [origin, seq] of from) if (!unsaved.moved.has(origin)) unsaved.moved.set(origin, seq)
  }

  note(actor: Actor, isSeen: boolean): Unsaved {
    let unsaved = this.#actors.get(actor)
    if (unsaved === undefined) {
      unsaved = { isSeen, moved: undefined }
      this.#actors.set(actor, unsaved)
    } else unsaved.isSeen ||= isSeen
    this.noteShard(actor.shard)
    return unsaved
  }

  noteShard(shard: number): void {
    this.#ledger.changed(shard)
    this.#changed()
  }

  // ---- saving ----------------------------------------------------------------------------------------------------------------

  /** All changes there are, as one batch; they count as saved from here on. Call `written` when they are on disk. */
  collect(): { readonly batch: DiskWrite[]; readonly actors: ReadonlyMap<Actor, Unsaved>; written(): void } {
    const actors = this.#actors
    this.#saving = actors
    this.#actors = new Map()
    const batch: DiskWrite[] = []
    for (const [actor, unsaved] of actors) this.#save(actor, unsaved, batch)
    const ledgerWritten = this.#ledger.save(batch)
    const written = () => {
      ledgerWritten()
      this.#saving = undefined
    }
    return { batch, actors, written }
  }

  #save(actor: Actor, unsaved: Unsaved, batch: DiskWrite[]): void {
    const shard = this.#ledger.at(actor.shard)
    if (!actor.gaps.isEmpty()) actor.gaps = actor.gaps.minus(actor.extra).minus(shard.floor)
    actor.extra = unproven(actor, actor.extra)
    const before = actor.checksum >>> 0
    if (before !== 0) shard.tally = tallyWithout(shard.tally, before)
    const stateBytes = encodeState(actor.state, false)
    const digest = digestOf(actor.name, actor.state, stateBytes)
    replaceDigest(shard.setHash, actor.digest, digest)
    actor.digest = digest
    const key = stateKey(actor.shard, actor.name)
    if (actor.index.size === 0 && actor.extra.isEmpty() && isEmptyState(actor.state)) {
      batch.push({ type: 'del', key })
      actor.checksum = 0
      actor.storedBytes = 0
    } else {
      const value = encodeActorRecord(actor, stateBytes)
      batch.push({ type: 'put', key, value })
      actor.checksum = checksumOf(value) | 0
      actor.storedBytes = stateBytes.length
      shard.tally = tallyWith(shard.tally, actor.checksum >>> 0)
    }
    this.#known.write(actor.shard, actor.name, before, actor.checksum >>> 0)
    this.#saveIndex(actor, unsaved, batch)
  }

  #saveIndex({ shard, name, index }: Actor, { moved }: Unsaved, batch: DiskWrite[]): void {
    if (moved === undefined) return
    for (const [origin, old] of moved) {
      if (old > 0) batch.push({ type: 'del', key: indexKey(shard, origin, old) })
      const seq = seqAt(index, origin)
      if (seq === 0) continue
      const key = indexKey(shard, origin, seq)
      batch.push({ type: 'put', key, value: encodeIndexEntry(key, name) })
    }
  }
}
