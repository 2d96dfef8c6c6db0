/**
 * Mends what the disk has of a shard while the node runs: commits wait meanwhile, and what is in memory counts where it is newer.
 */
import type { Origin } from '../crdt/index.ts'
import type { Disk, DiskSnapshot } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { ActorCache } from './actor-cache.ts'
import type { CheckedReads } from './checked-reads.ts'
import { applyRebuilt, mendIndex, rebuildShard } from './distrust.ts'
import type { GroupCommit } from './group-commit.ts'
import type { KnownRecords, Look } from './known-records.ts'
import type { ShardLedger } from './shard-ledger.ts'
import type { ShardRecord } from './shard-record.ts'
import { type ShardScan, scanShard } from './shard-scan.ts'
import type { ShardTrust } from './shard-trust.ts'
import type { UnsavedChanges } from './unsaved-changes.ts'

type Pace = (entries: number) => Promise<void>

interface Moment {
  readonly snapshot: DiskSnapshot
  readonly record: ShardRecord
}

export class ShardMending {
  readonly #origin: Origin
  readonly #disk: Disk
  readonly #ledger: ShardLedger
  readonly #trust: ShardTrust
  readonly #known: KnownRecords
  readonly #reads: CheckedReads
  readonly #actors: ActorCache
  readonly #unsaved: UnsavedChanges
  readonly #groupCommit: GroupCommit

  constructor(parts: {
    origin: Origin
    disk: Disk
    ledger: ShardLedger
    trust: ShardTrust
    known: KnownRecords
    reads: CheckedReads
    actors: ActorCache
    unsaved: UnsavedChanges
    groupCommit: GroupCommit
  }) {
    this.#origin = parts.origin
    this.#disk = parts.disk
    this.#ledger = parts.ledger
    this.#trust = parts.trust
    this.#known = parts.known
    this.#reads = parts.reads
    this.#actors = parts.actors
    this.#unsaved = parts.unsaved
    this.#groupCommit = parts.groupCommit
  }

  /**
   * Looks through what the disk has of a shard, as of now; `undefined` where the shard is stored no more. `pace` is called after each
   * page, with its number of entries.
   */
  async scan(shard: number, pace: Pace): Promise<ShardScan | undefined> {
    const begun = await this.#still(shard)
    return begun && this.#scan(shard, pace, begun)
  }

  /**
   * The same of a shard under suspicion. Where all is as it was written, the shard is trusted again, and what its disk must say is known
   * from then on; the same of its records where only the index is wrong. `undefined`, too, where nothing is, and another suspicion came meanwhile. Throws
   * `SHOAL_DISK` where the disk says now this and now that.
   */
  async look(shard: number, pace: Pace): Promise<ShardScan | undefined> {
    const suspicions = this.#trust.suspicions(shard)
    let look: Look | undefined
    const begun = await this.#still(shard, ({ tally }) => {
      look = this.#known.look(shard, tally.count)
    })
    if (begun === undefined || look === undefined) return undefined
    const scan = await this.#scan(shard, pace, begun, look)
    // What is wrong is wrong, whatever came meanwhile: else who goes on asking for what is lost would keep it from being mended.
    if (scan.faults.length > 0 && !scan.isOnlyIndex) return scan
    if (this.#trust.suspicions(shard) !== suspicions) return undefined
    if (!look.finish())
      throw new ShoalError('SHOAL_DISK', `shard ${shard}: the disk reads otherwise than it scans`, { retryable: true })
    this.#reads.assertAgain(shard)
    if (scan.faults.length === 0) this.#trust.trust(shard)
    return scan
  }

  /** The disk at a moment when no commit is under way, and what is known of it then. `undefined` where the shard is stored no more. */
  async #still(shard: number, at: (record: ShardRecord) => void = () => {}): Promise<Moment | undefined> {
    const resume = await this.#groupCommit.pause()
    try {
      if (!this.#ledger.has(shard)) return undefined
      const record = this.#ledger.onDisk(shard)
      at(record)
      return { snapshot: this.#disk.snapshot(), record }
    } finally {
      resume()
    }
  }

  async #scan(shard: number, pace: Pace, { snapshot, record }: Moment, look?: Look): Promise<ShardScan> {
    try {
      return await scanShard(snapshot, shard, pace, { record, ...look })
    } finally {
      await snapshot.close()
    }
  }

  /** Where nothing but the index is wrong; resolves when it is right. */
  async mendIndex(shard: number): Promise<void> {
    const resume = await this.#groupCommit.pause()
    try {
      await mendIndex(this.#disk, shard)
    } finally {
      resume()
    }
    this.#settle(shard)
  }

  /**
   * The shard claims from now on what its intact records prove, and no more; resolves when that is on disk. Answers whether updates of
   * this incarnation may be lost: then it must not write to the shard any more.
   */
  async distrust(shard: number): Promise<boolean> {
    let mayLackOwn = false
    this.#trust.suspect(shard)
    const resume = await this.#groupCommit.pause()
    const held = this.#actors.ofShard(shard)
    for (const actor of held) actor.pins++
    try {
      this.#groupCommit.assertUsable()
      if (!this.#ledger.has(shard)) return false
      const state = this.#ledger.at(shard)
      mayLackOwn = state.nextSeq > 1
      // It may write on a record that is older than its own updates now: not before it has them again, so in no life any more.
      this.#ledger.wantsOwn(shard)
      const draw = { from: state.nextSeq, next: () => ({ origin: this.#origin, seq: state.nextSeq++ }) }
      const look = this.#known.look(shard)
      const rebuilt = await rebuildShard(this.#disk, shard, new Set(held.map(({ name }) => name)), draw, look.saw)
      const changed = applyRebuilt(this.#disk, shard, state, rebuilt, this.#actors.ofShard(shard), draw)
      for (const [actor, { from, isAll }] of changed) {
        const unsaved = this.#unsaved.note(actor, false)
        unsaved.moved = isAll ? from : new Map([...from, ...(unsaved.moved ?? [])])
      }
      this.#ledger.doubtEnded(shard)
      this.#unsaved.noteShard(shard)
      // What was read meanwhile, and is in memory, is what there is by now.
      look.override()
      this.#reads.forgetDoubts(shard)
    } finally {
      for (const actor of held) actor.pins--
      resume()
    }
    await this.#groupCommit.durable()
    this.#settle(shard)
    return mayLackOwn
  }

  /** Whoever took a snapshot before has the old claims: what is under way with it ends. */
  #settle(shard: number): void {
    this.#trust.suspect(shard)
    this.#trust.trust(shard)
  }
}
