/**
 * The records of a lease replica: one per actor, the newest, and an index of them in the order of stamps; on the disk, and on their way to it.
 *
 * Each change takes a record's old place in the index out with the batch that puts the new one in. Whoever goes through the index page by
 * page while it is written lacks nothing: what the disk may not show yet is told from memory.
 */
import type { Disk, DiskEntry, DiskWrite } from '../../ports/disk.ts'
import { isShoalError, type ShoalError } from '../../ports/errors.ts'
import { decodeIndexEntry, encodeIndexEntry } from '../storage-layout.ts'
import { recordsAt } from './damaged-index.ts'
import {
  decodeEntry,
  type Entry,
  encodeEntry,
  indexAbove,
  indexKey,
  type NamedEntry,
  recordKey,
  stampOfKey
} from './lease-layout.ts'
import { areEqual, compareStamps, type Lineage, origin, type Stamp } from './lineage.ts'

/** In place of a record that is not what was written. */
export const damaged = Symbol('damaged')

/** What becomes of an actor with the next batch; `entry`: none is left. */
interface Change {
  readonly entry: Entry | undefined
  /** Where the index on the disk, or in the batch before, names it. */
  readonly replaced: Stamp | undefined
}

export interface Page {
  readonly entries: readonly NamedEntry[]
  /** All above the asked stamp and up to this one is in it, or will come again above it. */
  readonly cursor: Stamp
  /** Of the replica, when it made the page. */
  readonly lineage: Lineage
  /** Who has taken all pages has all of that lineage. */
  readonly isLast: boolean
}

export interface ReplicaRecordsParts {
  readonly disk: Disk
  readonly shard: number
  /** Of the replica, now. */
  readonly lineage: () => Lineage
  /** Something is to be written. */
  changed(): void
  /** What is not what was written: the replica counts for nothing from now on. Answers what is thrown. */
  distrust(what: string): ShoalError
}

export class ReplicaRecords {
  readonly #parts: ReplicaRecordsParts
  readonly #disk: Disk
  readonly #shard: number
  #pending = new Map<string, Change>()
  #writing = new Map<string, Change>()
  /** Names whose records came to the disk while somebody goes through the index: the walk may have missed them. */
  readonly #passed = new Set<string>()
  #walks = 0
  /** Index entries that name nobody. */
  #strays: Uint8Array[] = []

  constructor(parts: ReplicaRecordsParts) {
    this.#parts = parts
    this.#disk = parts.disk
    this.#shard = parts.shard
  }

  /** Nobody goes through them, and all of them are on the disk. */
  get isAtRest(): boolean {
    return this.#walks === 0 && this.#pending.size === 0 && this.#writing.size === 0
  }

  /** Throws `SHOAL_CORRUPT`, after which this replica counts for nothing. */
  read(actor: string): Entry | undefined {
    const own = this.get(actor)
    if (own !== damaged) return own
    throw this.#parts.distrust(`${actor} of lease shard ${this.#shard}`)
  }

  /** For what comes in its place, whatever it is. */
  get(actor: string): Entry | typeof damaged | undefined {
    const change = this.#pending.get(actor) ?? this.#writing.get(actor)
    if (change !== undefined) return change.entry
    const bytes = this.#disk.get(recordKey(this.#shard, actor))
    if (bytes === undefined) return undefined
    return unlessDamaged(() => decodeEntry(this.#shard, actor, bytes))
  }

  /** `own`: what is in its place so far. */
  put({ actor, epoch, n, state }: NamedEntry, own: Entry | typeof damaged | undefined): void {
    this.change(actor, { epoch, n, state }, own)
  }

  /** `own`: what is in its place so far. */
  change(actor: string, entry: Entry | undefined, own: Entry | typeof damaged | undefined): void {
    const pending = this.#pending.get(actor)
    const stamp = own === damaged ? undefined : own
    this.#pending.set(actor, { entry, replaced: pending === undefined ? stamp : pending.replaced })
    this.#parts.changed()
  }

  /**
   * What stands above an entry, in the order of stamps. An actor that changes while page after page is asked for moves up and is told again,
   * so whoever has taken all pages to the last one lacks nothing of what was there then. Throws `SHOAL_CORRUPT` as `read` does, or names an
   * actor whose record is damaged with a stamp that is on no prefix, and puts the index in order.
   */
  async page(after: Stamp, maxEntries: number, maxBytes: number, namesDamaged = false): Promise<Page> {
    const { lineage } = this.#parts
    this.#walks++
    try {
      const found = await this.#disk.range({ ...indexAbove(this.#shard, after), limit: maxEntries })
      const page = new PageBuilder(after, maxEntries, maxBytes)
      const mended = namesDamaged ? await this.#mendIndex(found) : undefined
      const last = found.length < maxEntries ? undefined : found.at(-1)
      const unseen = this.#unseen(after, last === undefined ? undefined : stampOfKey(last.key))
      for (const { key, value } of found) {
        const stamp = stampOfKey(key)
        // What a fetch has brought stands anywhere, also below what the disk has.
        for (let [first] = unseen; first !== undefined && compareStamps(first, stamp) <= 0; [first] = unseen) {
          if (!areEqual(first, stamp) && !page.add(first, first)) return page.finish(lineage(), false)
          unseen.shift()
        }
        const actor = mended?.get(key) ?? unlessDamaged(() => decodeIndexEntry(key, value))
        if (actor === damaged && !namesDamaged)
          throw this.#parts.distrust(`an index entry of lease shard ${this.#shard}`)
        const own = actor === damaged ? undefined : this.get(actor)
        if (actor === damaged || (own === damaged && namesDamaged)) {
          const entry = actor === damaged ? undefined : { ...origin, actor, state: new Uint8Array() }
          if (!page.add(entry, stamp)) return page.finish(lineage(), false)
          continue
        }
        const entry = this.read(actor)
        // Otherwise it has changed since, and stands elsewhere.
        const isCurrent = entry !== undefined && areEqual(entry, stamp)
        if (!page.add(isCurrent ? { ...entry, actor } : undefined, stamp)) return page.finish(lineage(), false)
      }
      if (last !== undefined) return page.finish(lineage(), false)
      for (const entry of unseen) if (!page.add(entry, entry)) return page.finish(lineage(), false)
      return page.finish(lineage(), true)
    } finally {
      if (--this.#walks === 0) this.#passed.clear()
    }
  }

  /** Index entries that cannot be read are written anew where their records are there, and go where nothing is. Answers whom those name. */
  async #mendIndex(found: readonly DiskEntry[]): Promise<ReadonlyMap<Uint8Array, string>> {
    const isDamaged = (key: Uint8Array, value: Uint8Array) =>
      unlessDamaged(() => decodeIndexEntry(key, value)) === damaged
    const keys = found.filter(({ key, value }) => isDamaged(key, value)).map(({ key }) => key)
    const named = await recordsAt(this.#disk, this.#shard, keys)
    for (const key of keys) {
      const actor = named.get(key)
      const own = actor === undefined ? undefined : this.get(actor)
      const value = this.#disk.get(key)
      // It may have been written meanwhile.
      if (value === undefined || !isDamaged(key, value) || this.#isToBeWritten(stampOfKey(key))) continue
      if (actor !== undefined && own !== undefined && own !== damaged && areEqual(own, stampOfKey(key)))
        this.put({ ...own, actor }, own)
      else this.#strays.push(key)
    }
    if (this.#strays.length > 0) this.#parts.changed()
    return named
  }

  #isToBeWritten(stamp: Stamp): boolean {
    const changes = [...this.#writing.values(), ...this.#pending.values()]
    return changes.some(({ entry }) => entry !== undefined && areEqual(entry, stamp))
  }

  /** What the disk may not have shown yet, above a stamp and up to another. */
  #unseen(after: Stamp, upTo: Stamp | undefined): NamedEntry[] {
    const entries: NamedEntry[] = []
    for (const actor of new Set([...this.#passed, ...this.#writing.keys(), ...this.#pending.keys()])) {
      const entry = this.read(actor)
      if (entry === undefined || compareStamps(entry, after) <= 0) continue
      if (upTo === undefined || compareStamps(entry, upTo) <= 0) entries.push({ ...entry, actor })
    }
    return entries.sort(compareStamps)
  }

  // ---- for the journal -------------------------------------------------------------------------------------------------------

  collect(batch: DiskWrite[]): void {
    for (const key of this.#strays) batch.push({ type: 'del', key })
    for (const [actor, { entry, replaced }] of this.#pending) {
      if (replaced !== undefined) batch.push({ type: 'del', key: indexKey(this.#shard, replaced) })
      if (entry === undefined) batch.push({ type: 'del', key: recordKey(this.#shard, actor) })
      else {
        const key = indexKey(this.#shard, entry)
        batch.push({ type: 'put', key: recordKey(this.#shard, actor), value: encodeEntry(this.#shard, actor, entry) })
        batch.push({ type: 'put', key, value: encodeIndexEntry(key, actor) })
      }
    }
    this.#writing = this.#pending
    this.#pending = new Map()
    this.#strays = []
  }

  written(): void {
    if (this.#walks > 0) for (const actor of this.#writing.keys()) this.#passed.add(actor)
    this.#writing = new Map()
  }
}

function unlessDamaged<Read>(read: () => Read): Read | typeof damaged {
  try {
    return read()
  } catch (error) {
    if (isShoalError(error) && error.code === 'SHOAL_CORRUPT') return damaged
    throw error
  }
}

class PageBuilder {
  cursor: Stamp
  readonly #entries: NamedEntry[] = []
  readonly #maxEntries: number
  #bytesLeft: number

  constructor(after: Stamp, maxEntries: number, maxBytes: number) {
    this.cursor = after
    this.#maxEntries = maxEntries
    this.#bytesLeft = maxBytes
  }

  /** Goes on to a stamp, with what is there if it is still there. `false`: the page is full, and this is not in it. */
  add(entry: NamedEntry | undefined, { epoch, n }: Stamp): boolean {
    if (entry !== undefined) {
      const bytes = entry.state.length + entry.actor.length
      const isFull = this.#entries.length > 0 && (bytes > this.#bytesLeft || this.#entries.length >= this.#maxEntries)
      if (isFull) return false
      this.#bytesLeft -= bytes
      this.#entries.push(entry)
    }
    this.cursor = { epoch, n }
    return true
  }

  finish(lineage: Lineage, isLast: boolean): Page {
    return { entries: this.#entries, cursor: this.cursor, lineage, isLast }
  }
}
