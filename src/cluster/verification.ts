/**
 * Looks through what the disk has: all of it after the start, what came under suspicion at once, and everything again by and by.
 *
 * Local reads and writes go on meanwhile. A shard that proves damaged is cut down to what its intact records prove (distrust.ts), and
 * filled from the other members like any replica that lacks something. Where there were never others (and none comes within ten seconds)
 * nobody can have what is lost: then this node ends, says what it was, and starts no more until somebody accepts the loss (`shoal repair`).
 *
 * What the records say is not all: bent bytes of the files under them can hide a shard's newest records and its tally alike, and what is
 * left fits together. So the disk is asked whether its files are as they were written, too, after the shards, as it asks less.
 *
 * The scrub is after Schwarz et al., "Disk scrubbing in large archival storage systems", 2004.
 */
import type { Clock, Timer } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { ShardScan } from './shard-scan.ts'
import type { Damage, ShardStore } from './shard-store.ts'

export interface VerificationOptions {
  /** In which time everything on the disk is looked through once more, in milliseconds; 0 for never. @default 86400000 */
  scrubIntervalMs?: number
}

export interface VerificationEvents {
  /** Other admitted members, who may have what this disk has lost; or somebody has said that it may be lost. */
  hasOthers(): boolean
  /** There were other members, and this disk has lost who they are. */
  hasForgottenOthers(): boolean
  /** Every shard was looked through. */
  verified(): void
  /** What streams under way bring or take of the shard must not count. */
  abandon(shard: number): void
  /** It claims from now on what is intact of it. */
  damaged(damage: Damage): void
  /** Bytes of its files are not as they were written: what is read may be older than what was said. */
  bent(about: string): void
  /** Nobody else can have what is lost. Resolves when the next start will know. */
  lost(damage: Damage): Promise<void>
}

/** Of the time, while shards wait to be verified: half is left to those who use the node. */
const verifyingShare = 0.5
const scrubbingShare = 0.1
/** Waits shorter than this are saved up: timers cost, too. */
const shortestRestMs = 2
/** A step that took longer was no work: the process stood still, or its disk did. */
const longestStepMs = 100
const findOthersMs = 10_000
const lookAgainMs = 500

export class Verification {
  readonly #store: ShardStore
  readonly #disk: Pick<Disk, 'check'>
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #events: VerificationEvents
  readonly #scrubIntervalMs: number
  readonly #unverified
  readonly #scrubbedShards
  readonly #scrubbedActors
  readonly #damaged
  readonly #damagedFiles
  #timer: Timer | undefined
  #rests = new Set<{ readonly timer: Timer; readonly end: () => void }>()
  #nextScrub = 0
  #isWorking = false
  #hasChecked = false
  /** What was said last of the files. */
  #fileDamage: string | undefined
  #stopped = false

  constructor(
    parts: {
      store: ShardStore
      disk: Pick<Disk, 'check'>
      clock: Clock
      logger: Logger
      metrics: Metrics
      events: VerificationEvents
    },
    options: VerificationOptions = {}
  ) {
    this.#store = parts.store
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#events = parts.events
    this.#scrubIntervalMs = options.scrubIntervalMs ?? 24 * 60 * 60 * 1000
    const { metrics } = parts
    this.#unverified = metrics.gauge('shoal_unverified_shards', 'Shards whose disk was not looked through yet')
    this.#scrubbedShards = metrics.counter('shoal_scrub_shards_total', 'Shards whose disk was looked through')
    this.#scrubbedActors = metrics.counter('shoal_scrub_actors_total', 'Actors whose records were looked through')
    this.#damaged = metrics.counter(
      'shoal_damaged_shards_total',
      'Shards whose disk proved damaged and that were cut down to what is intact'
    )
    this.#damagedFiles = metrics.counter(
      'shoal_damaged_files_total',
      'Looks at the files of the store that found some that are not as they were written'
    )
  }

  /** The shards are loaded. */
  start(): void {
    this.#store.trust.watch({ work: () => void this.#work(), doubted: shard => this.#events.abandon(shard) })
    // Of a disk with no such shard, as one with leased actors only, the files are looked at all the same.
    if (this.#store.trust.unverifiedCount === 0) void this.#checkFiles(verifyingShare)
    this.#scrubLater()
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.cancel()
    for (const { timer, end } of this.#rests) {
      timer.cancel()
      end()
    }
    this.#rests.clear()
    this.#store.trust.end(new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true }))
  }

  async #work(): Promise<void> {
    if (this.#isWorking) return
    this.#isWorking = true
    try {
      for (;;) {
        this.#unverified.set(this.#store.trust.unverifiedCount)
        const shard = this.#store.trust.next()
        if (shard === undefined || this.#stopped) {
          if (!this.#stopped) this.#looked()
          return
        }
        if (!this.#store.hosts(shard)) this.#store.trust.trust(shard)
        else await this.#verify(shard)
      }
    } catch (error) {
      if (!this.#stopped) this.#store.failOnRead(error)
    } finally {
      this.#isWorking = false
    }
  }

  #looked(): void {
    this.#events.verified()
    if (!this.#hasChecked) void this.#checkFiles(verifyingShare)
  }

  async #verify(shard: number): Promise<void> {
    const scan = this.#counted(await this.#store.mending.look(shard, this.#pacer(verifyingShare)))
    if (scan !== undefined && scan.faults.length > 0 && !this.#stopped) await this.#mend(scan)
  }

  async #mend({ shard, faults, isOnlyIndex, broken, actors }: ShardScan): Promise<void> {
    if (isOnlyIndex) {
      this.#logger.warn('the change index of a shard was damaged, and is written anew', { shard })
      await this.#store.mending.mendIndex(shard)
      return
    }
    const damage = { shard, faults, broken }
    await this.#findOthers(shard)
    if (this.#stopped) return
    this.#damaged.add()
    if (!this.#events.hasOthers()) {
      await this.#events.lost(damage)
      this.#store.failOf(damage)
      this.stop()
      return
    }
    this.#logger.error('a shard on this disk is damaged; it is filled again with what other members have', {
      shard,
      faults,
      unreadable: broken,
      records: actors
    })
    const mayLackOwn = await this.#store.mending.distrust(shard)
    this.#events.damaged(damage)
    if (mayLackOwn) this.#store.failOfOwn(shard)
  }

  /** Somebody may know this node who is not known here (any more): for those that it has met it waits until they come, or it is stopped. */
  async #findOthers(shard: number): Promise<void> {
    if (this.#events.hasOthers()) return
    const mustWait = this.#events.hasForgottenOthers()
    if (mustWait)
      this.#logger.error(
        'a shard on this disk is damaged, and so is the note of the other members; waiting for one of them',
        { shard }
      )
    else
      this.#logger.error('a shard on this disk is damaged; waiting for another member', { shard, waitMs: findOthersMs })
    const untilMs = this.#clock.elapsed() + findOthersMs
    while (!this.#stopped && (mustWait || this.#clock.elapsed() < untilMs)) {
      await this.#rest(lookAgainMs)
      if (this.#events.hasOthers()) return
    }
  }

  #counted(scan: ShardScan | undefined): ShardScan | undefined {
    if (scan === undefined) return undefined
    this.#scrubbedShards.add()
    this.#scrubbedActors.add(scan.actors)
    return scan
  }

  /** Called now and then, it leaves the rest of the time to others. Throws when this has stopped. */
  #pacer(share: number): () => Promise<void> {
    let sinceMs = this.#clock.elapsed()
    let owedMs = 0
    return async () => {
      owedMs += Math.min(this.#clock.elapsed() - sinceMs, longestStepMs) * (1 / share - 1)
      if (owedMs >= shortestRestMs) {
        await this.#rest(owedMs)
        owedMs = 0
      }
      sinceMs = this.#clock.elapsed()
      if (this.#stopped) throw stopped
    }
  }

  #rest(delayMs: number): Promise<void> {
    return new Promise(resolve => {
      const end = () => {
        this.#rests.delete(rest)
        resolve()
      }
      const rest = { timer: this.#clock.after(delayMs, end), end }
      this.#rests.add(rest)
    })
  }

  // ---- again and again -----------------------------------------------------------------------------------------------------------

  #scrubLater(): void {
    if (this.#scrubIntervalMs <= 0 || this.#stopped) return
    const shards = this.#store.hosted()
    this.#timer = this.#clock.after(this.#scrubIntervalMs / Math.max(1, shards.length), () => {
      const shard = shards[this.#nextScrub++ % Math.max(1, shards.length)]
      void this.#scrub(shard).finally(() => this.#scrubLater())
    })
  }

  async #scrub(shard: number | undefined): Promise<void> {
    if (this.#nextScrub % Math.max(1, this.#store.hosted().length) === 0) await this.#checkFiles(scrubbingShare)
    if (shard === undefined || !this.#store.isVerified(shard)) return
    try {
      const scan = this.#counted(await this.#store.mending.scan(shard, this.#pacer(scrubbingShare)))
      if (scan !== undefined && scan.faults.length > 0) this.#store.suspect(shard)
    } catch (error) {
      if (!this.#stopped) this.#store.failOnRead(error)
    }
  }

  // ---- the files under the records ---------------------------------------------------------------------------------------------

  /**
   * What the records prove stays believed, so this is no reason to end: the next start puts the files in order. But what was read of
   * them before the damage may read otherwise now.
   */
  async #checkFiles(share: number): Promise<void> {
    this.#hasChecked = true
    try {
      const found = await this.#disk.check?.(this.#pacer(share))
      if (found === undefined || this.#stopped) return
      this.#damagedFiles.add()
      const { about, isBent } = found
      if (isBent) this.#events.bent(about)
      if (about === this.#fileDamage) return
      this.#fileDamage = about
      this.#logger.error('files of the store are damaged; the next start puts them in order', { damage: about })
      for (const shard of this.#store.hosted()) this.#store.suspect(shard)
    } catch (error) {
      if (!this.#stopped) this.#store.failOnRead(error)
    }
  }
}

/** Ends a scan; nobody is told. */
const stopped = new Error('stopped')
