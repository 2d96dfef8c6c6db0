/**
 * What this life of a node notes on its disk for the next one: whom it knows, what it stores, what its disk has lost.
 *
 * A note that cannot be written is told of and lost: the next life finds out again what it says, or is as careful as one that was told nothing.
 */
import type { Disk } from '../ports/disk.ts'
import type { Logger } from '../ports/logger.ts'
import type { RememberedMember } from './member-record.ts'
import {
  forgetDamage,
  hasForgottenMembers,
  isLossAccepted,
  noteDamage,
  readMembers,
  readMeta,
  rememberMembers,
  writeMeta
} from './meta.ts'
import type { Damage } from './shard-store.ts'

export class OwnNotes {
  readonly #disk: Disk
  readonly #logger: Logger
  /** Of the life before. */
  readonly members: readonly RememberedMember[]
  /** Others were members, and this start does not know who. */
  readonly hasForgottenMembers: boolean
  #stopped = false

  constructor(disk: Disk, logger: Logger) {
    this.#disk = disk
    this.#logger = logger
    this.members = readMembers(disk)
    this.hasForgottenMembers = hasForgottenMembers(disk)
  }

  /** What cannot be written from now on is not told. */
  stop(): void {
    this.#stopped = true
  }

  remember(records: readonly RememberedMember[]): void {
    // "None" would be taken for the truth by the next start.
    if (records.length === 0 && this.hasForgottenMembers) return
    this.#kept(rememberMembers(this.#disk, records))
  }

  get holdings(): string | undefined {
    return readMeta(this.#disk, 'holdings')
  }

  keepHoldings(text: string): void {
    this.#kept(writeMeta(this.#disk, { holdings: text }))
  }

  /** The next life must be younger than this one. */
  keepYounger(incarnation: string): void {
    this.#kept(writeMeta(this.#disk, { incarnation }))
  }

  get isLossAccepted(): boolean {
    return isLossAccepted(this.#disk)
  }

  /** What is lost for good. */
  lost(damage: Damage): Promise<void> {
    return noteDamage(this.#disk, damage)
  }

  /** The whole disk was looked through. */
  verified(): void {
    this.#kept(forgetDamage(this.#disk), 'a note could not be taken from the disk')
  }

  #kept(written: Promise<void>, otherwise = 'a note could not be kept on disk'): void {
    written.catch(error => {
      if (!this.#stopped) this.#logger.warn(otherwise, { err: error })
    })
  }
}
