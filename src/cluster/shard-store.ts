/**
 * The replicas of one node: actors' states in memory and on disk, shard by shard.
 *
 * Every change is a synchronous step in memory; one group commit at a time carries all that changed since the last one to the
 * disk, in one atomic synced batch. Nothing may leave the node, be answered or be shown before the commit that carries it:
 * `durable()` resolves then. A failed commit ends this incarnation: its unused seqs are never given out again.
 *
 * Invariant: what is on disk is always, per shard, a context and exactly the states that its updates make.
 */

import { type CausalContext, type Covers, isEmptyState, type Origin } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import type { Disk, DiskWrite } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import { type Actor, openActor } from './actor.ts'
import { ActorCache } from './actor-cache.ts'
import { ActorSize } from './actor-size.ts'
import { CheckedReads } from './checked-reads.ts'
import { fullShardAlarm } from './full-shards.ts'
import { GroupCommit } from './group-commit.ts'
import { KnownRecords } from './known-records.ts'
import { type LocalUpdate, LocalWriting } from './local-writing.ts'
import { nameHashKeyBytes } from './name-hash.ts'
import { RemovedActors } from './removed-actors.ts'
import { coversOf } from './seen-dots.ts'
import { ShardJoining } from './shard-joining.ts'
import { readShardRecords, shardsWithActors } from './shard-keys.ts'
import { type DurableShard, ShardLedger } from './shard-ledger.ts'
import { ShardMending } from './shard-mending.ts'
import { finishRemoval, ShardRemoval } from './shard-removal.ts'
import { readShardRecord } from './shard-scan.ts'
import { ShardTrust } from './shard-trust.ts'
import { type Unsaved, UnsavedChanges } from './unsaved-changes.ts'
import { replicaCounts } from './wire.ts'

export const standardMaxCachedActors = 10_000

export interface ShardStoreOptions {
  /** Actors whose state is kept in memory, beyond those with unsaved changes. @default 10000 */
  maxCachedActors?: number
  /** Largest encoded state that a local command may make, in bytes. @default 1048576 */
  maxActorBytes?: number
}

export type { Actor, LocalUpdate }

export interface Commit {
  readonly updates: readonly LocalUpdate[]
  /** Whose state is another than before: who watches them wants to look. */
  readonly actors: readonly Actor[]
  /** Those of whom nothing is left but that they were removed. */
  readonly emptied: readonly Actor[]
}

/** A shard whose disk proved damaged, and claims what is left. */
export interface Damage {
  readonly shard: number
  /** What was found, in words. */
  readonly faults: readonly string[]
  /** Actors whose records could not be read, the first few of them. */
  readonly broken: readonly string[]
}

export class ShardStore {
  readonly origin: Origin
  /** Slices of the key space; not the bound of a shard's number. */
  readonly shardCount: number
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #sliceOf: ((name: string) => number) | undefined
  readonly #logger: Logger
  readonly #ledger: ShardLedger
  readonly trust = new ShardTrust()
  readonly #actors: ActorCache
  readonly #unsaved: UnsavedChanges
  readonly #known: KnownRecords
  /** Whoever reads actors' records on its own asks here what they may be. */
  readonly reads: CheckedReads
  /** Takes in what this node's own actors write, */
  readonly writing: LocalWriting
  /** and what other nodes send. */
  readonly joining: ShardJoining
  /** Looks through the disk, and mends it. */
  readonly mending: ShardMending
  /** Forgets removed actors, */
  readonly removed: RemovedActors
  /** and shards that this node is to store no more. */
  readonly removal: ShardRemoval
  readonly #groupCommit: GroupCommit
  readonly #committedUpdates

  #committed: (commit: Commit) => void = () => {}
  #failed: (error: ShoalError) => void = () => {}

  constructor(
    parts: {
      disk: Disk
      clock: Clock
      logger: Logger
      metrics: Metrics
      origin: Origin
      shards: number
      /** The slice of the key space that an actor belongs to. */
      sliceOf?: (name: string) => number
      /** 8 bytes that nobody else knows. @default zeros */
      nameKey?: Uint8Array
    },
    options: ShardStoreOptions = {}
  ) {
    const { disk, clock, logger, metrics, origin } = parts
    this.#sliceOf = parts.sliceOf
    this.#disk = disk
    this.#clock = clock
    this.#logger = logger
    this.origin = origin
    this.shardCount = parts.shards
    this.#ledger = new ShardLedger(origin)
    const source = {
      hasChanges: () => this.#ledger.hasUnsaved,
      collect: () => this.#collect(),
      failed: (error: ShoalError) => {
        this.#logger.error('the store has failed; this incarnation ends', { err: error })
        this.#failed(error)
      }
    }
    this.#groupCommit = new GroupCommit({ disk, clock, metrics, source })
    this.#committedUpdates = metrics.counter('shoal_store_updates_total', 'Local updates made durable')
    this.#actors = new ActorCache({
      clock,
      maxActors: options.maxCachedActors ?? standardMaxCachedActors,
      cached: metrics.gauge('shoal_store_cached_actors', 'Actors whose state is in memory'),
      isHeld: actor => actor.pins > 0 || this.#unsaved.has(actor)
    })
    const { trust } = this
    const [ledger, actors, groupCommit] = [this.#ledger, this.#actors, this.#groupCommit]
    const known = new KnownRecords(parts.nameKey ?? new Uint8Array(nameHashKeyBytes))
    this.#known = known
    const unsaved = new UnsavedChanges({ ledger, known, changed: () => groupCommit.changed() })
    this.#unsaved = unsaved
    const isUnsaved = (shard: number, name: string) => {
      const actor = actors.get(shard, name)
      return actor !== undefined && unsaved.has(actor)
    }
    const reads = new CheckedReads({
      disk,
      known,
      trust,
      isUnsaved,
      failed: error => {
        this.failOnRead(error)
        groupCommit.assertUsable()
      },
      pause: () => groupCommit.pause()
    })
    this.reads = reads
    const covers = (actor: Actor) => this.covers(actor)
    const full = fullShardAlarm(parts)
    const actorSize = new ActorSize(options.maxActorBytes ?? 1024 * 1024)
    this.writing = new LocalWriting({ origin, ledger, unsaved, groupCommit, actorSize, covers, full })
    const actor = (shard: number, name: string) => this.actor(shard, name)
    this.joining = new ShardJoining({ origin, ledger, trust, unsaved, groupCommit, actor, covers, full })
    this.mending = new ShardMending({ origin, disk, ledger, trust, known, reads, actors, unsaved, groupCommit })
    this.removed = new RemovedActors({ ledger, trust, unsaved, groupCommit, actor })
    this.removal = new ShardRemoval({ disk, ledger, trust, known, reads, actors, groupCommit })
  }

  /** Reads the shards' records. The disk is open. */
  async load(events: { committed(commit: Commit): void; failed(error: ShoalError): void }): Promise<void> {
    this.#committed = events.committed
    this.#failed = events.failed
    await finishRemoval(this.#disk)
    const records = await readShardRecords(this.#disk)
    const found = await shardsWithActors(this.#disk)
    const isFresh = records.size === 0 && found.size === 0
    for (let shard = 0; shard < this.shardCount; shard++) found.add(shard)
    for (const shard of new Set([...records.keys(), ...found])) {
      if (shard >= this.shardCount * replicaCounts) {
        // Bent keys. The shard that they are missing from has a tally that no longer fits.
        this.#logger.error('the disk names a shard that cannot be; what it has of it is left alone', { shard })
        continue
      }
      const stored = readShardRecord(this.#disk, shard)
      if (stored !== undefined) this.#ledger.add(shard, stored)
      // It claims nothing, and the look that follows finds it.
      else this.#ledger.addUnread(shard)
      if (isFresh) this.#known.addEmpty(shard)
      else {
        this.#known.addUnknown(shard)
        this.trust.suspect(shard)
      }
    }
  }

  // ---- reading ---------------------------------------------------------------------------------------------------------------

  /** The actor, from memory or disk. Throws `SHOAL_CORRUPT`, retryable, where its record is not as it was written. `nowMs`: `elapsed` of a moment ago. */
  actor(shard: number, name: string, nowMs?: number): Actor {
    const known = this.#actors.get(shard, name, nowMs)
    if (known !== undefined) return known
    // Throws where the shard is not stored here.
    this.#ledger.at(shard)
    const record = this.reads.read(shard, name)
    // Else a peer could keep an actor out of the shard where it belongs.
    if (record === undefined && this.#sliceOf !== undefined && this.#sliceOf(name) !== shard % this.shardCount)
      throw new ShoalError('SHOAL_MALFORMED', `${name} is not an actor of shard ${shard}`)
    const actor = openActor(name, shard, record, this.#clock.elapsed())
    this.#actors.add(actor)
    return actor
  }

  /** The shards that this node stores, in order. */
  hosted(): readonly number[] {
    return this.#ledger.hosted()
  }

  hosts(shard: number): boolean {
    return this.#ledger.has(shard)
  }

  /** What the disk has of the shard was looked through, and the shard claims nothing that is not there. */
  isVerified(shard: number): boolean {
    return this.#ledger.has(shard) && this.trust.isVerified(shard)
  }

  /** Resolves when that is so of all these shards. */
  verified(shards: readonly number[]): Promise<void> {
    return this.trust.verified(shards)
  }

  /** Something that the disk has of the shard proved wrong. */
  suspect(shard: number): void {
    if (this.#ledger.has(shard)) this.trust.suspect(shard)
  }

  context(shard: number): CausalContext {
    return this.#ledger.at(shard).context
  }

  /** Removed actors up to these dots may be gone from this disk without a trace. */
  floor(shard: number): CausalContext {
    return this.#ledger.at(shard).floor
  }

  /** Updates of this origin are missing before others that this replica has. */
  hasGap(shard: number, origin: Origin): boolean {
    return this.#ledger.hasGap(shard, origin)
  }

  /** All dots that this replica has seen for an actor, as its record proves: see seen-dots.ts. */
  covers(actor: Actor): Covers {
    return coversOf(actor, this.#ledger.at(actor.shard).floor)
  }

  /** What is on disk of a shard. */
  durableShard(shard: number): DurableShard {
    return this.#ledger.durable(shard)
  }

  /** One 16-byte hash over what is on disk of the shards that are named, in order. */
  root(shards: readonly number[] = this.hosted()): Uint8Array {
    return this.#ledger.root(shards)
  }

  /** Removes actors from memory that nobody used for `idleMs` and that are on disk. Answers how many stay. */
  passivate(idleMs: (name: string) => number): number {
    return this.#actors.passivate(idleMs)
  }

  // ---- which shards ------------------------------------------------------------------------------------------------------------

  /** This node stores the shard from now on; it starts empty. */
  host(shard: number): void {
    this.#groupCommit.assertUsable()
    if (this.#ledger.has(shard)) return
    this.#ledger.add(shard)
    this.#known.addEmpty(shard)
    this.#unsaved.noteShard(shard)
  }

  // ---- a disk that lies --------------------------------------------------------------------------------------------------------

  /** The disk has lost what nobody else can have. This incarnation ends. */
  failOf(damage: Damage): void {
    const lost = damage.broken.length > 0 ? `; unreadable: ${damage.broken.join(', ')}` : ''
    const message = `shard ${damage.shard} is damaged: ${damage.faults.join(', ')}${lost}; see shoal repair`
    this.#groupCommit.fail(new ShoalError('SHOAL_CORRUPT', message))
  }

  /**
   * The disk has lost what this incarnation wrote: what it would add to its entries of counters and texts rests on that, and would undo
   * at the others what they have of it. So it ends, and the next one begins entries of its own.
   */
  failOfOwn(shard: number): void {
    const message = `the disk has lost updates of this incarnation in shard ${shard}; the next one goes on`
    this.#groupCommit.fail(new ShoalError('SHOAL_DISK', message, { retryable: true }))
  }

  /** The disk cannot be read at all. This incarnation ends. */
  failOnRead(cause: unknown): void {
    const isKnown = isShoalError(cause) && (cause.code === 'SHOAL_DISK' || cause.code === 'SHOAL_CORRUPT')
    this.#groupCommit.fail(isKnown ? cause : new ShoalError('SHOAL_DISK', 'the disk cannot be read', { cause }))
  }

  // ---- saving ----------------------------------------------------------------------------------------------------------------

  /** There is no change that is not on disk. */
  get isDurable(): boolean {
    return this.#groupCommit.isDurable
  }

  /** Resolves when all changes made so far are on disk. Throws `SHOAL_DISK` when that failed or may have. */
  durable(): Promise<void> {
    return this.#groupCommit.durable()
  }

  /** Waits for the last commit; nothing can be changed after it. */
  close(): Promise<void> {
    return this.#groupCommit.close()
  }

  #collect(): { batch: DiskWrite[]; written(): void } {
    const updates = this.writing.takeUpdates()
    const { batch, actors, written: saved } = this.#unsaved.collect()
    const written = () => {
      saved()
      this.#written(actors, updates)
    }
    return { batch, written }
  }

  #written(actors: ReadonlyMap<Actor, Unsaved>, updates: readonly LocalUpdate[]): void {
    this.#committedUpdates.add(updates.length)
    const seen: Actor[] = []
    const emptied: Actor[] = []
    for (const [actor, unsaved] of actors) {
      if (unsaved.isSeen) seen.push(actor)
      if (!isEmptyState(actor.state)) continue
      if (actor.checksum !== 0) emptied.push(actor)
      // What was forgotten must not take the place of what is in use.
      else this.#actors.release(actor)
    }
    this.#committed({ updates, actors: seen, emptied })
  }
}
