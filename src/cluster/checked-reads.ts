/**
 * Reads actors' records from the disk, and believes none but the one that this process knows to be there (known-records.ts).
 *
 * What cannot be read, is gone, or is an older one again, puts the shard under suspicion, and whoever wanted it is told to try again:
 * nothing is written over it before the shard was looked through, and claims what is left.
 */
import type { Disk, DiskSnapshot } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { KnownRecords } from './known-records.ts'
import type { ShardTrust } from './shard-trust.ts'
import { type ActorRecord, checksumOf, decodeActorRecord, stateKey } from './storage-layout.ts'

/** A snapshot for others, that knows what must be in it. */
export interface CheckedSnapshot extends DiskSnapshot {
  /**
   * It says so of an actor: the checksum of its record, 0 where there is none. Throws `SHOAL_CORRUPT`, retryable, where that is not what
   * was written, and `SHOAL_UNAVAILABLE`, retryable, where too much was written since to tell.
   */
  check(shard: number, name: string, checksum: number): void
}

/** Actors of a shard whose records are in doubt, each for itself. */
const maxDoubtful = 64

export class CheckedReads {
  readonly #disk: Disk
  readonly #known: KnownRecords
  readonly #trust: ShardTrust
  /** There are changes to the actor that may or may not be on the disk by now. */
  readonly #isUnsaved: (shard: number, name: string) => boolean
  /** The disk could not be read: ends this incarnation, and throws what whoever reads is told. */
  readonly #failed: (error: unknown) => void
  readonly #pause: () => Promise<() => void>
  /** Per shard the actors of which the disk said what it must not. */
  readonly #doubtful = new Map<number, Set<string>>()

  constructor(parts: {
    disk: Disk
    known: KnownRecords
    trust: ShardTrust
    isUnsaved(shard: number, name: string): boolean
    failed(error: unknown): void
    /** No commit is under way then, until the end is called. */
    pause(): Promise<() => void>
  }) {
    this.#disk = parts.disk
    this.#known = parts.known
    this.#trust = parts.trust
    this.#isUnsaved = parts.isUnsaved
    this.#failed = parts.failed
    this.#pause = parts.pause
  }

  /** `undefined` where there is none. Throws `SHOAL_CORRUPT`, retryable. */
  read(shard: number, name: string): { readonly content: ActorRecord; readonly checksum: number } | undefined {
    const isNone = this.#known.hasNone(shard, name)
    const bytes = isNone ? undefined : this.#get(shard, name)
    const checksum = bytes === undefined ? 0 : checksumOf(bytes)
    if (!this.#known.agrees(shard, name, checksum)) {
      throw this.#doubted(shard, name, 'this disk does not have any more what was written of it')
    }
    const content = bytes === undefined ? undefined : this.#decoded(shard, name, bytes)
    this.#known.read(shard, name, checksum)
    return content === undefined ? undefined : { content, checksum }
  }

  /** The disk as of now, of which these shards are read. Close it. */
  async snapshot(shards: Iterable<number>): Promise<CheckedSnapshot> {
    const resume = await this.#pause()
    try {
      const snapshot = this.#disk.snapshot()
      const past = this.#known.past(shards)
      return {
        get: key => snapshot.get(key),
        range: bounds => snapshot.range(bounds),
        check: (shard, name, checksum) => {
          if (past.isOver)
            throw new ShoalError('SHOAL_UNAVAILABLE', 'too much was written since this snapshot', { retryable: true })
          if (past.agreed(shard, name, checksum)) return
          throw this.#doubted(shard, name, 'this disk did not have what was written of it')
        },
        close: () => {
          past.end()
          return snapshot.close()
        }
      }
    } finally {
      resume()
    }
  }

  /**
   * A look has found all of the shard as it was written. Throws `SHOAL_DISK` where the disk, asked for one actor, says something else
   * than a scan does: a bent filter of LevelDB does that. The next life opens it anew, and puts it in order.
   */
  assertAgain(shard: number): void {
    for (const name of this.#doubtful.get(shard) ?? []) {
      if (this.#isUnsaved(shard, name)) continue
      const bytes = this.#get(shard, name)
      if (this.#known.agrees(shard, name, bytes === undefined ? 0 : checksumOf(bytes))) continue
      throw new ShoalError('SHOAL_DISK', `${name}: the store finds something else than it has`, { retryable: true })
    }
    this.forgetDoubts(shard)
  }

  /** The shard claims what is there. */
  forgetDoubts(shard: number): void {
    this.#doubtful.delete(shard)
  }

  #get(shard: number, name: string): Uint8Array | undefined {
    try {
      return this.#disk.get(stateKey(shard, name))
    } catch (error) {
      this.#failed(error)
      throw error
    }
  }

  #decoded(shard: number, name: string, bytes: Uint8Array): ActorRecord {
    try {
      return decodeActorRecord(bytes, name)
    } catch (cause) {
      throw this.#doubted(shard, name, 'what this disk has of it cannot be read', cause)
    }
  }

  /** Who asks again while that is looked through must not put off the end of it. */
  #doubted(shard: number, name: string, what: string, cause?: unknown): ShoalError {
    const names = this.#doubtful.get(shard) ?? new Set()
    this.#doubtful.set(shard, names)
    const isTold = names.has(name) || names.size >= maxDoubtful
    if (names.size < maxDoubtful) names.add(name)
    if (!isTold || this.#trust.isVerified(shard)) this.#trust.suspect(shard)
    const message = `${name}: ${what}; its shard is being looked through`
    return new ShoalError('SHOAL_CORRUPT', message, { retryable: true, cause })
  }
}
