/**
 * Garbage that goes away: the records and index entries of removed actors.
 *
 * Removing leaves no tombstone: that a dot is in a replica's context and not in its state says it. Of a removed actor there is a record
 * with nothing in it, and index entries that bring the news to who has missed it. When the disks of all members of the shard's
 * replica set cover them, nobody needs them, and they are dropped. The floor, which rises in the same batch, names the dots that the
 * index stands for no more; whoever does not cover it gets a full compare, in which absence is information. So what members confirm
 * decides only when something is dropped; that it does no harm does not depend on it (test/models/garbage.model.ts).
 *
 * Source for the stability of what all have: Baquero, Almeida, Shoker, "Making operation-based CRDTs operation-based", 2014.
 */
import { CausalContext, isEmptyState } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { after, type Disk } from '../ports/disk.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import type { Random } from '../ports/random.ts'
import { DiskCompaction } from './disk-compaction.ts'
import type { DurablePrefixes, PrefixRound } from './durable-prefixes.ts'
import { GarbageCandidates } from './garbage-candidates.ts'
import { completeGarbageOptions, type GarbageOptions } from './garbage-options.ts'
import { isAdmitted, type MemberRecord } from './member-record.ts'
import { noDigest } from './set-hash.ts'
import type { Actor, ShardStore } from './shard-store.ts'
import { SilentMembers } from './silent-members.ts'
import { actorOfStateKey, readDigest, stateRange } from './storage-layout.ts'

export interface GarbageEvents {
  readonly self: PeerId
  members(): readonly MemberRecord[]
  /** Linked, present members. */
  peers(): readonly { readonly id: PeerId }[]
  /** Whether the member is in the shard's replica set. */
  stores(member: PeerId, shard: number): boolean
}

const mostCandidates = 100_000
/** Actors in one commit. */
const actorsPerStep = 256
/** Few, as an actor may take a megabyte. */
const sweepPageEntries = 64
const sweepPauseMs = 10
const sweepIntervalMs = 60 * 60 * 1000
/** About what the record and the index entry of an actor without state take beside its name. */
const otherBytesOfDropped = 160

export class Garbage {
  readonly #store: ShardStore
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #random: Random
  readonly #logger: Logger
  readonly #events: GarbageEvents
  readonly #prefixes: DurablePrefixes
  readonly #compaction: DiskCompaction
  readonly #intervalMs: number
  readonly #actorsPerSecond: number
  readonly #silent: SilentMembers
  readonly #candidates: GarbageCandidates
  readonly #maxCandidates: number
  readonly #waiting
  readonly #dropped
  readonly #rounds
  #timer: Timer | undefined
  /** What the round under way waits for. */
  #pause: { readonly timer: Timer; readonly resolve: () => void } | undefined
  #sweptMs: number | undefined
  /** Where the last sweep had no more room for candidates. */
  #sweepFrom = 0
  #stopped = false

  constructor(
    parts: {
      store: ShardStore
      disk: Disk
      clock: Clock
      random: Random
      logger: Logger
      metrics: Metrics
      prefixes: DurablePrefixes
      events: GarbageEvents
      maxCandidates?: number
    },
    options: GarbageOptions = {}
  ) {
    const { disk, clock, logger, metrics } = parts
    const { gcIntervalMs, gcHorizonMs, gcActorsPerSecond, ...compaction } = completeGarbageOptions(options)
    this.#store = parts.store
    this.#maxCandidates = parts.maxCandidates ?? mostCandidates
    this.#candidates = new GarbageCandidates(this.#maxCandidates)
    this.#disk = disk
    this.#clock = clock
    this.#random = parts.random
    this.#logger = logger
    this.#events = parts.events
    this.#prefixes = parts.prefixes
    this.#compaction = new DiskCompaction({ disk, clock, logger, metrics }, compaction)
    this.#intervalMs = gcIntervalMs
    this.#actorsPerSecond = gcActorsPerSecond
    this.#silent = new SilentMembers(gcHorizonMs)
    this.#waiting = metrics.gauge('shoal_garbage_actors', 'Removed actors whose records wait to be dropped')
    this.#dropped = metrics.counter('shoal_garbage_dropped_total', 'Removed actors whose records were dropped')
    this.#rounds = metrics.counter('shoal_garbage_rounds_total', 'Times that members were asked what their disks cover')
  }

  start(): void {
    if (this.#intervalMs <= 0 || this.#stopped) return
    this.#timer = this.#clock.after(this.#intervalMs * (0.5 + this.#random.next()), () => {
      void this.#run().finally(() => this.start())
    })
  }

  stop(): void {
    this.#stopped = true
    this.#compaction.stop()
    this.#timer?.cancel()
    this.#pause?.timer.cancel()
    this.#pause?.resolve()
  }

  /** These actors have a record on disk, and nothing in it. */
  emptied(actors: readonly Actor[]): void {
    for (const { shard, name } of actors) this.#candidates.add(shard, name)
  }

  async #run(): Promise<void> {
    try {
      if (this.#isSweepDue()) await this.#sweep()
      await this.#round()
      await this.#compaction.runIfDue()
    } catch (error) {
      if (!this.#stopped) this.#logger.warn('a round of dropping removed actors broke off', { err: error })
    }
    this.#waiting.set(this.#candidates.size)
  }

  // ---- finding ---------------------------------------------------------------------------------------------------------------

  /** Once after the start, and where some were overlooked: when there is room again, or at times in the place of those that stay. */
  #isSweepDue(): boolean {
    if (this.#sweptMs === undefined) return true
    const isLongAgo = this.#clock.elapsed() - this.#sweptMs > sweepIntervalMs
    return this.#candidates.hasOverlooked && (isLongAgo || this.#candidates.size <= this.#maxCandidates / 2)
  }

  /** Slowly: there is no hurry. */
  async #sweep(): Promise<void> {
    this.#sweptMs = this.#clock.elapsed()
    if (this.#candidates.size > this.#maxCandidates / 2) this.#candidates.clear()
    this.#candidates.hasOverlooked = false
    const hosted = this.#store.hosted()
    for (const shard of [...hosted.filter(at => at >= this.#sweepFrom), ...hosted.filter(at => at < this.#sweepFrom)]) {
      this.#sweepFrom = shard
      let { gte, lt } = stateRange(shard)
      for (;;) {
        if (this.#stopped || this.#candidates.hasOverlooked) return
        const page = await this.#disk.range({ gte, lt, limit: sweepPageEntries })
        for (const { key, value } of page) {
          const name = actorOfStateKey(key)
          if (this.#isEmpty(shard, name, value)) this.#candidates.add(shard, name)
        }
        const last = page.at(-1)
        if (last === undefined || page.length < sweepPageEntries) break
        gte = after(last.key)
        await this.#wait(sweepPauseMs)
      }
    }
  }

  #isEmpty(shard: number, name: string, record: Uint8Array): boolean {
    try {
      return readDigest(record, name) === noDigest
    } catch {
      this.#store.suspect(shard)
      return false
    }
  }

  // ---- dropping --------------------------------------------------------------------------------------------------------------

  async #round(): Promise<void> {
    const records = this.#events.members()
    this.#silent.look(records, this.#clock.elapsed())
    const linked = new Set(this.#events.peers().map(({ id }) => id))
    const toAsk = new Map<PeerId, number[]>()
    const shards: number[] = []
    for (const shard of this.#candidates.shards()) {
      if (!this.#store.hosts(shard)) {
        this.#candidates.removeAll(shard)
        continue
      }
      const members = this.#mustConfirm(shard)
      // Who cannot be asked cannot confirm; and what this disk seems to have may not be there.
      if (!this.#store.isVerified(shard) || !members.every(id => linked.has(id))) continue
      shards.push(shard)
      for (const id of members) {
        const list = toAsk.get(id)
        if (list === undefined) toAsk.set(id, [shard])
        else list.push(shard)
      }
    }
    if (shards.length === 0) return
    this.#rounds.add()
    const round = await this.#prefixes.ask(shards, toAsk)
    try {
      for (const shard of shards) await this.#dropFrom(shard, round)
    } finally {
      round.end()
    }
  }

  /** The members of the replica set, dead ones included until they are given up. */
  #mustConfirm(shard: number): PeerId[] {
    const nowMs = this.#clock.elapsed()
    return this.#events
      .members()
      .filter(record => isAdmitted(record) && record.id !== this.#events.self)
      .map(({ id }) => id)
      .filter(id => this.#events.stores(id, shard) && !this.#silent.isGivenUp(id, nowMs))
  }

  async #dropFrom(shard: number, round: PrefixRound): Promise<void> {
    const names = this.#candidates.of(shard)
    for (let at = 0; at < names.length; at += actorsPerStep) {
      // Asked again before each step: meanwhile members may have come, and links ended.
      const mayDrop = this.#store.isVerified(shard) && this.#mustConfirm(shard).every(id => round.has(shard, id))
      if (this.#stopped || !mayDrop) return
      const step = names.slice(at, at + actorsPerStep)
      const dropped = this.#drop(shard, step, round.asked.get(shard) ?? CausalContext.empty)
      if (dropped === 0) continue
      this.#dropped.add(dropped)
      await this.#store.durable()
      await this.#wait((1000 * dropped) / this.#actorsPerSecond)
    }
  }

  /** Answers how many. `stable` is what all members have on disk. */
  #drop(shard: number, names: readonly string[], stable: CausalContext): number {
    let dropped = 0
    for (const name of names) {
      const isDropped = this.#store.removed.forget(shard, name, stable) === 'forgotten'
      // What is kept though it is empty waits for what it removes, or for members to have all of it.
      if (isDropped || !isEmptyState(this.#store.actor(shard, name).state)) this.#candidates.remove(shard, name)
      if (!isDropped) continue
      dropped++
      this.#compaction.deleted(shard, 2 * name.length + otherBytesOfDropped)
    }
    return dropped
  }

  #wait(ms: number): Promise<void> {
    return new Promise(resolve => {
      const timer = this.#clock.after(ms, resolve)
      this.#pause = { timer, resolve }
    })
  }
}
