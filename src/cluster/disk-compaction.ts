/**
 * Gives the space of dropped records back to the file system. LevelDB keeps what was deleted until it rewrites the tables it was in,
 * which for keys that nobody writes again may be never; so after enough was deleted it is told to. New tables are written before the
 * old ones go: a nearly full disk is left as it is until there is room for a step.
 */
import type { Clock } from '../ports/clock.ts'
import type { Disk } from '../ports/disk.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { GarbageOptions } from './garbage-options.ts'
import { stateRange, wholeIndexRange } from './storage-layout.ts'

/** In one step: a disk that is to be closed waits for its end. */
const maxShardsAtOnce = 16

export class DiskCompaction {
  readonly #disk: Pick<Disk, 'compact' | 'hasRoomToCompact'>
  readonly #clock: Pick<Clock, 'elapsed'>
  readonly #logger: Logger
  readonly #afterBytes: number
  readonly #intervalMs: number
  readonly #compactions
  readonly #seconds
  readonly #shards = new Set<number>()
  #bytes = 0
  #nextMs = 0
  #stopped = false
  #hasToldOfRoom = false

  constructor(
    parts: {
      disk: Pick<Disk, 'compact' | 'hasRoomToCompact'>
      clock: Pick<Clock, 'elapsed'>
      logger: Logger
      metrics: Metrics
    },
    options: Pick<Required<GarbageOptions>, 'compactAfterBytes' | 'compactIntervalMs'>
  ) {
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#afterBytes = options.compactAfterBytes
    this.#intervalMs = options.compactIntervalMs
    this.#compactions = parts.metrics.counter(
      'shoal_disk_compactions_total',
      'Times that the disk was compacted after much was dropped'
    )
    this.#seconds = parts.metrics.histogram('shoal_disk_compaction_seconds', 'Time of one such compaction')
  }

  /** So much of this shard was deleted, about. */
  deleted(shard: number, bytes: number): void {
    this.#shards.add(shard)
    this.#bytes += bytes
  }

  /** No further step is begun. */
  stop(): void {
    this.#stopped = true
  }

  /** Reads and writes go on meanwhile. */
  async runIfDue(): Promise<void> {
    const startMs = this.#clock.elapsed()
    if (this.#bytes < this.#afterBytes || startMs < this.#nextMs) return
    this.#nextMs = startMs + this.#intervalMs
    const bytes = this.#bytes
    for (const run of neighbouring([...this.#shards])) {
      if (!(await this.#hasRoom())) return
      await this.#compact(run)
      if (this.#stopped) return
    }
    this.#bytes -= bytes
    this.#compactions.add()
    this.#seconds.observe((this.#clock.elapsed() - startMs) / 1000)
    this.#logger.debug('the disk was compacted', { bytes, ms: this.#clock.elapsed() - startMs })
  }

  async #compact({ from, to }: Run): Promise<void> {
    for (let shard = from; shard <= to; shard++) this.#shards.delete(shard)
    for (const rangeOf of [stateRange, wholeIndexRange]) {
      if (this.#stopped) return
      await this.#disk.compact({ gte: rangeOf(from).gte, lt: rangeOf(to).lt })
    }
  }

  async #hasRoom(): Promise<boolean> {
    const hasRoom = (await this.#disk.hasRoomToCompact?.()) ?? true
    if (!hasRoom && !this.#hasToldOfRoom)
      this.#logger.warn('the disk has no room for a compaction, which would give space back; it waits until there is')
    this.#hasToldOfRoom = !hasRoom
    return hasRoom
  }
}

interface Run {
  readonly from: number
  to: number
}

/** Runs of shards that follow one another, none too long. */
function neighbouring(shards: readonly number[]): Run[] {
  const runs: Run[] = []
  for (const shard of shards.toSorted((a, b) => a - b)) {
    const last = runs.at(-1)
    if (last?.to === shard - 1 && shard - last.from < maxShardsAtOnce) last.to = shard
    else runs.push({ from: shard, to: shard })
  }
  return runs
}
