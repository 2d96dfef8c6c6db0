/**
 * Mends what the disk has of a shard while the node runs: commits wait meanwhile, and what is in memory counts where it is newer.
 */
import type { Origin } from '../crdt/index.ts'
import type { Disk } from '../ports/disk.ts'
import type { ActorCache } from './actor-cache.ts'
import { applyRebuilt, mendIndex, rebuildShard } from './distrust.ts'
import type { GroupCommit } from './group-commit.ts'
import type { ShardLedger } from './shard-ledger.ts'
import { type ShardScan, scanShard } from './shard-scan.ts'
import type { ShardTrust } from './shard-trust.ts'
import type { UnsavedChanges } from './unsaved-changes.ts'

export class ShardMending {
  readonly #origin: Origin
  readonly #disk: Disk
  readonly #ledger: ShardLedger
  readonly #trust: ShardTrust
  readonly #actors: ActorCache
  readonly #unsaved: UnsavedChanges
  readonly #groupCommit: GroupCommit

  constructor(parts: {
    origin: Origin
    disk: Disk
    ledger: ShardLedger
    trust: ShardTrust
    actors: ActorCache
    unsaved: UnsavedChanges
    groupCommit: GroupCommit
  }) {
    this.#origin = parts.origin
    this.#disk = parts.disk
    this.#ledger = parts.ledger
    this.#trust = parts.trust
    this.#actors = parts.actors
    this.#unsaved = parts.unsaved
    this.#groupCommit = parts.groupCommit
  }

  /** Looks through what the disk has of a shard, as of now. `pace` is called after each page, with its number of entries. */
  async scan(shard: number, pace: (entries: number) => Promise<void>): Promise<ShardScan> {
    const snapshot = this.#disk.snapshot()
    try {
      return await scanShard(snapshot, shard, pace)
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
      const draw = () => ({ origin: this.#origin, seq: state.nextSeq++ })
      const rebuilt = await rebuildShard(this.#disk, shard, new Set(held.map(({ name }) => name)), draw)
      const changed = applyRebuilt(this.#disk, shard, state, rebuilt, this.#actors.ofShard(shard), draw)
      for (const [actor, { from, isAll }] of changed) {
        const unsaved = this.#unsaved.note(actor, false)
        unsaved.moved = isAll ? from : new Map([...from, ...(unsaved.moved ?? [])])
      }
      this.#ledger.doubtEnded(shard)
      this.#unsaved.noteShard(shard)
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
