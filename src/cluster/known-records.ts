/**
 * What this process knows that its disk must say: of every actor of a shard that was looked through, the checksum of its record.
 *
 * LevelDB loses records silently, also while it runs. A record that is not there any more, or is an older one again, must be noticed
 * before anything is written over it: what is written claims to have seen all that was there, and so the others would take what is
 * lost for removed (test/models/distrust.model.ts). About 16 bytes an actor; the sums of a shard (tally.ts) tell the same, but later.
 *
 * A shard's table is filled by a look through one snapshot of the disk. What is read and written before and meanwhile goes into a
 * journal, and must fit what the look finds.
 */
import { NameHash } from './name-hash.ts'
import { RecordTable } from './record-table.ts'

/** In a journal: there was no record. No more than one record in 2^31 has that checksum. */
const absent = 1

/** What a shard's record says is room made for, if it is not beyond all measure. */
const maxExpected = 2 ** 22

/** Until a look ends: what was there when an actor was first met, and what is there now. */
class Journal {
  before = new RecordTable()
  readonly now = new RecordTable()

  read(low: number, high: number, checksum: number): void {
    if (this.now.get(low, high) === 0) this.wrote(low, high, checksum, checksum)
  }

  wrote(low: number, high: number, before: number, after: number): void {
    if (this.before.get(low, high) === 0) this.before.set(low, high, before || absent)
    this.now.set(low, high, after || absent)
  }

  /** The look sees what is there now. */
  begin(): void {
    this.before = new RecordTable(this.now.size)
    this.now.each((low, high, checksum) => this.before.set(low, high, checksum))
  }
}

/** A look under way. */
export interface Look {
  /** A record that is there, by its checksum. */
  saw(name: string, checksum: number): void
  /**
   * All of the shard was seen: that is what its disk must say from now on, and what was written since. `false` where this process has
   * read something else meanwhile than the look saw; then nothing is known that was not before.
   */
  finish(): boolean
  /** The same, whatever was read meanwhile: for whoever has put right what was read. */
  override(): void
}

/** What the records of some shards were at one moment, whatever is written since. */
export interface PastRecords {
  /** As `agrees` then. */
  agreed(shard: number, name: string, checksum: number): boolean
  /** So much was written since that this cannot tell any more. */
  readonly isOver: boolean
  end(): void
}

/** Records written since a moment that are told from what they were then: some megabytes. */
const maxPast = 2 ** 18

class Past {
  isOver = false
  /** Per shard, what was there before the first write since. */
  readonly #before = new Map<number, RecordTable>()
  #size = 0

  constructor(shards: Iterable<number>) {
    for (const shard of shards) this.#before.set(shard, new RecordTable())
  }

  /** 0 where nothing was written since; else the checksum then, or `absent`. */
  before(shard: number, low: number, high: number): number {
    return this.#before.get(shard)?.get(low, high) ?? 0
  }

  write(shard: number, low: number, high: number, before: number): void {
    const table = this.#before.get(shard)
    if (table === undefined || this.isOver || table.get(low, high) !== 0) return
    this.isOver = ++this.#size > maxPast
    if (!this.isOver) table.set(low, high, before || absent)
  }
}

export class KnownRecords {
  readonly #hash: NameHash
  readonly #tables = new Map<number, RecordTable>()
  readonly #journals = new Map<number, Journal>()
  readonly #pasts = new Set<Past>()

  constructor(key: Uint8Array) {
    this.#hash = new NameHash(key)
  }

  /** The disk has nothing of the shard. */
  addEmpty(shard: number): void {
    this.#tables.set(shard, new RecordTable())
    this.#journals.delete(shard)
  }

  /** What the disk has of the shard was not looked through yet. */
  addUnknown(shard: number): void {
    this.#tables.delete(shard)
    this.#journals.set(shard, new Journal())
  }

  remove(shard: number): void {
    this.#tables.delete(shard)
    this.#journals.delete(shard)
  }

  /** Whether the disk may say so of an actor: the checksum of its record, 0 where there is none. */
  agrees(shard: number, name: string, checksum: number): boolean {
    const table = this.#tables.get(shard)
    if (table === undefined) return true
    const { low, high } = this.#hash.of(name)
    return table.get(low, high) === checksum
  }

  /** The disk has no record of the actor, and need not be asked. */
  hasNone(shard: number, name: string): boolean {
    return this.#tables.has(shard) && this.agrees(shard, name, 0)
  }

  /** The actor was read from the disk, and is taken for what was found. */
  read(shard: number, name: string, checksum: number): void {
    const journal = this.#journals.get(shard)
    if (journal === undefined) return
    const { low, high } = this.#hash.of(name)
    journal.read(low, high, checksum)
  }

  /** The next commit puts this record in the place of that one; 0 for none. */
  write(shard: number, name: string, before: number, after: number): void {
    const { low, high } = this.#hash.of(name)
    for (const past of this.#pasts) past.write(shard, low, high, before)
    this.#tables.get(shard)?.set(low, high, after)
    this.#journals.get(shard)?.wrote(low, high, before, after)
  }

  /** To be called when no commit is under way, for a snapshot of these shards that is taken then. End it. */
  past(shards: Iterable<number>): PastRecords {
    const past = new Past(shards)
    this.#pasts.add(past)
    return {
      agreed: (shard, name, checksum) => {
        const table = this.#tables.get(shard)
        if (table === undefined) return true
        const { low, high } = this.#hash.of(name)
        const before = past.before(shard, low, high)
        return (before === 0 ? table.get(low, high) : before === absent ? 0 : before) === checksum
      },
      get isOver() {
        return past.isOver
      },
      end: () => this.#pasts.delete(past)
    }
  }

  /** To be called when no commit is under way, for a look at what is on the disk then; about so many records are expected. */
  look(shard: number, expected = 0): Look {
    const table = new RecordTable(Math.min(expected, maxExpected))
    const journal = this.#journals.get(shard) ?? new Journal()
    this.#journals.set(shard, journal)
    journal.begin()
    return {
      saw: (name, checksum) => {
        const { low, high } = this.#hash.of(name)
        table.set(low, high, checksum)
      },
      finish: () => this.#journals.get(shard) === journal && this.#finish(shard, table, journal),
      override: () => this.#install(shard, table)
    }
  }

  #finish(shard: number, table: RecordTable, { before, now }: Journal): boolean {
    let fits = true
    before.each((low, high, checksum) => {
      if ((table.get(low, high) || absent) !== checksum) fits = false
    })
    if (!fits) return false
    now.each((low, high, checksum) => table.set(low, high, checksum === absent ? 0 : checksum))
    this.#install(shard, table)
    return true
  }

  #install(shard: number, table: RecordTable): void {
    this.#tables.set(shard, table)
    this.#journals.delete(shard)
  }

  /** What the tables take of memory, in bytes. */
  get bytes(): number {
    let bytes = 0
    for (const table of this.#tables.values()) bytes += table.bytes
    return bytes
  }
}
