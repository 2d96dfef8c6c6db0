/**
 * One node's replica of a lease shard: a promise, a lineage, and one record per actor, the newest.
 *
 * Its state is the prefix that its position names, and perhaps some whole records from above it: a record that came from above is kept
 * with its stamp, and the position moves only when nothing below it can be missing. An entry that is not on the owner's prefix is set
 * aside in the same batch that brings what the owner has in its place. What changes here is on disk when the journal says so.
 */
import type { Disk, DiskEntry, DiskWrite } from '../../ports/disk.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import { decodeIndexEntry, encodeIndexEntry } from '../storage-layout.ts'
import { recordsAt } from './damaged-index.ts'
import {
  asideKey,
  decodeEntry,
  type Entry,
  encodeAside,
  encodeEntry,
  encodeHead,
  type Head,
  headKey,
  indexAbove,
  indexKey,
  type NamedEntry,
  recordKey,
  stampOfKey
} from './lease-layout.ts'
import {
  advanced,
  areEqual,
  compareStamps,
  cutTo,
  isOn,
  type Lineage,
  origin,
  positionOf,
  type Stamp
} from './lineage.ts'

const damaged = Symbol('damaged')

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

export interface ReplicaParts {
  readonly disk: Disk
  readonly shard: number
  readonly maxSetAside: number
  /** Something is to be written. */
  changed(replica: Replica): void
  setAside(replica: Replica, entry: NamedEntry): void
  /** A record on the disk is not what was written: this replica counts for nothing from now on, until an owner has given it everything. */
  damaged(replica: Replica, error: ShoalError): void
}

export class Replica {
  readonly shard: number
  readonly #parts: ReplicaParts
  #promise: number
  #isPromiseOld: boolean
  #lineage: Lineage
  #isLineageOld: boolean
  #isHeadChanged = false
  /** Of which the batch under way, or the last one, has told. */
  #collected: Head
  #stored: Head
  #pending = new Map<string, Change>()
  #writing = new Map<string, Change>()
  /** Names whose records came to the disk while somebody goes through the index: the walk may have missed them. */
  readonly #passed = new Set<string>()
  #walks = 0
  #aside: NamedEntry[] = []
  /** Index entries that name nobody. */
  #strays: Uint8Array[] = []
  #setAsideCount: number

  constructor(parts: ReplicaParts, head: Head = { promise: 0, lineage: [] }, setAsideCount = 0) {
    this.#parts = parts
    this.shard = parts.shard
    this.#promise = head.promise
    this.#isPromiseOld = head.isPromiseOld ?? false
    this.#lineage = head.lineage
    this.#isLineageOld = head.isLineageOld ?? false
    this.#stored = { promise: head.promise, lineage: this.lineage }
    this.#collected = this.#stored
    this.#setAsideCount = setAsideCount
  }

  /** Entries of epochs below are refused. Counts at once; who is told of it must wait until it is stored. */
  get promise(): number {
    return this.#promise
  }

  /** Of what counts: nothing, where the disk has forgotten some of it. */
  get lineage(): Lineage {
    return this.#isLineageOld ? [] : this.#lineage
  }

  /** Where it stands, or stood before its disk has forgotten something. */
  get newest(): Stamp {
    return positionOf(this.#lineage)
  }

  /** It has never promised anything, or may have forgotten it. */
  get mustAsk(): boolean {
    return this.#isPromiseOld || (this.#promise === 0 && this.lineage.length === 0)
  }

  /** As it is on the disk. */
  get stored(): Head {
    return this.#stored
  }

  /** Entries on this disk that a cut has excluded. */
  get setAsideCount(): number {
    return this.#setAsideCount
  }

  /** Throws `SHOAL_CORRUPT`, after which this replica counts for nothing. */
  read(actor: string): Entry | undefined {
    const own = this.#own(actor)
    if (own !== damaged) return own
    throw this.#distrust(`${actor} of lease shard ${this.shard}`)
  }

  /** For what comes in its place, whatever it is. */
  #own(actor: string): Entry | typeof damaged | undefined {
    const change = this.#pending.get(actor) ?? this.#writing.get(actor)
    if (change !== undefined) return change.entry
    const bytes = this.#parts.disk.get(recordKey(this.shard, actor))
    if (bytes === undefined) return undefined
    return unlessDamaged(() => decodeEntry(this.shard, actor, bytes))
  }

  #distrust(what: string): ShoalError {
    const message = `${what} is not what was written; others give it back`
    const error = new ShoalError('SHOAL_CORRUPT', message, { retryable: true })
    this.#isLineageOld = true
    this.#headChanged()
    this.#parts.damaged(this, error)
    return error
  }

  /** Answers whether it holds now: not where another epoch was promised that is later. Where it must ask, it has. */
  promiseTo(epoch: number): boolean {
    if (epoch < this.#promise) return false
    if (epoch > this.#promise || this.#isPromiseOld) {
      this.#promise = epoch
      this.#isPromiseOld = false
      this.#headChanged()
    }
    return true
  }

  /** The entry that follows on the position. */
  append(entry: NamedEntry): void {
    const own = this.#own(entry.actor)
    // A fetch that broke off may have brought what stands above it. Of another epoch nothing does: its owner has everything before it.
    const isBelow = own === undefined || own === damaged || own.epoch !== entry.epoch || own.n < entry.n
    if (isBelow) this.#put(entry, own)
    this.moveTo(advanced(this.lineage, entry))
  }

  /**
   * A record of one whose prefix is `lineage`. One of ours that is not on that prefix gives way, whatever its number; of two that are, the
   * higher stays.
   */
  take(entry: NamedEntry, lineage: Lineage): void {
    const own = this.#own(entry.actor)
    if (own !== undefined && own !== damaged) {
      if (areEqual(own, entry)) return
      // What is not above this replica's own prefix is on the other's: that may name fewer epochs than it rests on.
      const isAbove = compareStamps(own, positionOf(this.lineage)) > 0
      if (isAbove && !isOn(lineage, own)) this.#setAside({ ...own, actor: entry.actor })
      else if (compareStamps(own, entry) > 0) return
    }
    this.#put(entry, own)
  }

  /** One whose prefix is `lineage` has nothing of this actor. */
  takeAbsent(actor: string, lineage: Lineage): void {
    const own = this.#own(actor)
    if (own === undefined || (own !== damaged && isOn(lineage, own))) return
    if (own !== damaged) this.#setAside({ ...own, actor })
    this.#change(actor, undefined, own)
  }

  /** As an entry of another stamp: the old one is on no prefix. */
  restamp(actor: string, stamp: Stamp): void {
    const own = this.read(actor)
    if (own !== undefined) this.#put({ ...stamp, actor, state: own.state }, own)
  }

  moveTo(lineage: Lineage): void {
    this.#lineage = lineage
    this.#isLineageOld = false
    this.#headChanged()
  }

  /** Has nothing from now on, as one that never had; its records may go. What it has promised stays. `false`: something is under way. */
  empty(): boolean {
    if (this.#walks > 0 || this.#pending.size > 0 || this.#writing.size > 0) return false
    this.moveTo([])
    return true
  }

  /** Down to a stamp of its own prefix. What stands above it stays, as what came from above. */
  lower(common: Stamp): void {
    if (!areEqual(positionOf(this.lineage), common)) this.moveTo(cutTo(this.lineage, common))
  }

  /**
   * What stands above an entry, in the order of stamps. An actor that changes while page after page is asked for moves up and is told again,
   * so whoever has taken all pages to the last one lacks nothing of what was there then. Throws `SHOAL_CORRUPT` as `read` does, or names an
   * actor whose record is damaged with a stamp that is on no prefix, and puts the index in order.
   */
  async page(after: Stamp, maxEntries: number, maxBytes: number, namesDamaged = false): Promise<Page> {
    this.#walks++
    try {
      const { disk } = this.#parts
      const found = await disk.range({ ...indexAbove(this.shard, after), limit: maxEntries })
      const page = new PageBuilder(after, maxEntries, maxBytes)
      const mended = namesDamaged ? await this.#mendIndex(found) : undefined
      const last = found.length < maxEntries ? undefined : found.at(-1)
      const unseen = this.#unseen(after, last === undefined ? undefined : stampOfKey(last.key))
      for (const { key, value } of found) {
        const stamp = stampOfKey(key)
        // What a fetch has brought stands anywhere, also below what the disk has.
        for (let [first] = unseen; first !== undefined && compareStamps(first, stamp) <= 0; [first] = unseen) {
          if (!areEqual(first, stamp) && !page.add(first, first)) return page.finish(this.lineage, false)
          unseen.shift()
        }
        const actor = mended?.get(key) ?? unlessDamaged(() => decodeIndexEntry(key, value))
        if (actor === damaged && !namesDamaged) throw this.#distrust(`an index entry of lease shard ${this.shard}`)
        const own = actor === damaged ? undefined : this.#own(actor)
        if (actor === damaged || (own === damaged && namesDamaged)) {
          const entry = actor === damaged ? undefined : { ...origin, actor, state: new Uint8Array() }
          if (!page.add(entry, stamp)) return page.finish(this.lineage, false)
          continue
        }
        const entry = this.read(actor)
        // Otherwise it has changed since, and stands elsewhere.
        const isCurrent = entry !== undefined && areEqual(entry, stamp)
        if (!page.add(isCurrent ? { ...entry, actor } : undefined, stamp)) return page.finish(this.lineage, false)
      }
      if (last !== undefined) return page.finish(this.lineage, false)
      for (const entry of unseen) if (!page.add(entry, entry)) return page.finish(this.lineage, false)
      return page.finish(this.lineage, true)
    } finally {
      if (--this.#walks === 0) this.#passed.clear()
    }
  }

  /** Index entries that cannot be read are written anew where their records are there, and go where nothing is. Answers whom those name. */
  async #mendIndex(found: readonly DiskEntry[]): Promise<ReadonlyMap<Uint8Array, string>> {
    const { disk } = this.#parts
    const isDamaged = (key: Uint8Array, value: Uint8Array) =>
      unlessDamaged(() => decodeIndexEntry(key, value)) === damaged
    const keys = found.filter(({ key, value }) => isDamaged(key, value)).map(({ key }) => key)
    const named = await recordsAt(disk, this.shard, keys)
    for (const key of keys) {
      const actor = named.get(key)
      const own = actor === undefined ? undefined : this.#own(actor)
      const value = disk.get(key)
      // It may have been written meanwhile.
      if (value === undefined || !isDamaged(key, value) || this.#isToBeWritten(stampOfKey(key))) continue
      if (actor !== undefined && own !== undefined && own !== damaged && areEqual(own, stampOfKey(key)))
        this.#put({ ...own, actor }, own)
      else this.#strays.push(key)
    }
    if (this.#strays.length > 0) this.#parts.changed(this)
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
    const { shard } = this
    for (const key of this.#strays) batch.push({ type: 'del', key })
    for (const [actor, { entry, replaced }] of this.#pending) {
      if (replaced !== undefined) batch.push({ type: 'del', key: indexKey(shard, replaced) })
      if (entry === undefined) batch.push({ type: 'del', key: recordKey(shard, actor) })
      else {
        const key = indexKey(shard, entry)
        batch.push({ type: 'put', key: recordKey(shard, actor), value: encodeEntry(shard, actor, entry) })
        batch.push({ type: 'put', key, value: encodeIndexEntry(key, actor) })
      }
    }
    for (const entry of this.#aside)
      batch.push({ type: 'put', key: asideKey(shard, entry), value: encodeAside(shard, entry) })
    this.#collected = { promise: this.#promise, lineage: this.lineage }
    if (this.#isHeadChanged) {
      const [isPromiseOld, isLineageOld] = [this.#isPromiseOld, this.#isLineageOld]
      const head: Head = { promise: this.#promise, lineage: this.#lineage, isPromiseOld, isLineageOld }
      batch.push({ type: 'put', key: headKey(shard), value: encodeHead(shard, head) })
    }
    this.#isHeadChanged = false
    this.#writing = this.#pending
    this.#pending = new Map()
    this.#aside = []
    this.#strays = []
  }

  written(): void {
    if (this.#walks > 0) for (const actor of this.#writing.keys()) this.#passed.add(actor)
    this.#writing = new Map()
    this.#stored = this.#collected
  }

  /** `own`: what is in its place so far. */
  #put({ actor, epoch, n, state }: NamedEntry, own: Entry | typeof damaged | undefined): void {
    this.#change(actor, { epoch, n, state }, own)
  }

  #change(actor: string, entry: Entry | undefined, own: Entry | typeof damaged | undefined): void {
    const pending = this.#pending.get(actor)
    const stamp = own === damaged ? undefined : own
    this.#pending.set(actor, { entry, replaced: pending === undefined ? stamp : pending.replaced })
    this.#parts.changed(this)
  }

  #setAside(entry: NamedEntry): void {
    this.#parts.setAside(this, entry)
    if (this.#setAsideCount >= this.#parts.maxSetAside) return
    this.#setAsideCount++
    this.#aside.push(entry)
  }

  #headChanged(): void {
    this.#isHeadChanged = true
    this.#parts.changed(this)
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
