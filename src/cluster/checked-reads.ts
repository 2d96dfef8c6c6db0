/**
 * Reads actors' records from the disk, and believes none but the one that this process knows to be there (known-records.ts).
 *
 * What cannot be read, is gone, or is an older one again, puts the shard under suspicion, and whoever wanted it is told to try again:
 * nothing is written over it before the shard was looked through, and claims what is left.
 */
import type { Disk } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { KnownRecords } from './known-records.ts'
import type { ShardTrust } from './shard-trust.ts'
import { type ActorRecord, checksumOf, decodeActorRecord, stateKey } from './storage-layout.ts'

export class CheckedReads {
  readonly #disk: Disk
  readonly #known: KnownRecords
  readonly #trust: ShardTrust
  /** There are changes to the actor that may or may not be on the disk by now. */
  readonly #isUnsaved: (shard: number, name: string) => boolean
  /** The disk could not be read: ends this incarnation, and throws what whoever reads is told. */
  readonly #failed: (error: unknown) => void
  /** Per shard an actor of which the disk said what it must not. */
  readonly #doubtful = new Map<number, string>()

  constructor(parts: {
    disk: Disk
    known: KnownRecords
    trust: ShardTrust
    isUnsaved(shard: number, name: string): boolean
    failed(error: unknown): void
  }) {
    this.#disk = parts.disk
    this.#known = parts.known
    this.#trust = parts.trust
    this.#isUnsaved = parts.isUnsaved
    this.#failed = parts.failed
  }

  /** `undefined` where there is none. Throws `SHOAL_CORRUPT`, retryable. */
  read(shard: number, name: string): { readonly content: ActorRecord; readonly checksum: number } | undefined {
    const isNone = this.#known.hasNone(shard, name)
    const bytes = isNone ? undefined : this.#get(shard, name)
    const checksum = bytes === undefined ? 0 : checksumOf(bytes)
    if (!this.#known.agrees(shard, name, checksum)) {
      this.#doubtful.set(shard, name)
      throw this.#doubted(shard, `${name}: this disk does not have any more what was written of it`)
    }
    const content = bytes === undefined ? undefined : this.#decoded(shard, name, bytes)
    this.#known.read(shard, name, checksum)
    return content === undefined ? undefined : { content, checksum }
  }

  /**
   * A snapshot says so of an actor: the checksum of its record, 0 where there is none. Throws `SHOAL_CORRUPT`, retryable, where the disk
   * is wrong about that actor now.
   */
  check(shard: number, name: string, checksum: number): void {
    // Where it is not what there is now, it may be what there was.
    if (this.#known.agrees(shard, name, checksum) || this.#isUnsaved(shard, name)) return
    this.read(shard, name)
  }

  /**
   * A look has found all of the shard as it was written. Throws `SHOAL_DISK` where the disk, asked for one actor, says something else
   * than a scan does: a bent filter of LevelDB does that. The next life opens it anew, and puts it in order.
   */
  assertAgain(shard: number): void {
    const name = this.#doubtful.get(shard)
    if (name === undefined) return
    this.#doubtful.delete(shard)
    if (this.#isUnsaved(shard, name)) return
    const bytes = this.#get(shard, name)
    if (this.#known.agrees(shard, name, bytes === undefined ? 0 : checksumOf(bytes))) return
    throw new ShoalError('SHOAL_DISK', `${name}: the store finds something else than it has`, { retryable: true })
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
      throw this.#doubted(shard, `${name}: what this disk has of it cannot be read`, cause)
    }
  }

  #doubted(shard: number, what: string, cause?: unknown): ShoalError {
    this.#trust.suspect(shard)
    return new ShoalError('SHOAL_CORRUPT', `${what}; its shard is being looked through`, { retryable: true, cause })
  }
}
