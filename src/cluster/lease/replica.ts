/**
 * One node's replica of a lease shard: a promise, a lineage, and the rules by which one record gives way to another.
 *
 * Its state is the prefix that its position names, and perhaps some whole records from above it: a record that came from above is kept
 * with its stamp, and the position moves only when nothing below it can be missing. An entry that is not on the owner's prefix is set
 * aside in the same batch that brings what the owner has in its place. What changes here is on disk when the journal says so.
 */
import type { Disk, DiskWrite } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import { asideKey, type Entry, encodeAside, encodeHead, type Head, headKey, type NamedEntry } from './lease-layout.ts'
import { advanced, areEqual, compareStamps, cutTo, isOn, type Lineage, positionOf, type Stamp } from './lineage.ts'
import { damaged, type Page, ReplicaRecords } from './replica-records.ts'

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
  readonly #records: ReplicaRecords
  #promise: number
  #isPromiseOld: boolean
  #lineage: Lineage
  #isLineageOld: boolean
  #isHeadChanged = false
  /** Of which the batch under way, or the last one, has told. */
  #collected: Head
  #stored: Head
  #aside: NamedEntry[] = []
  #setAsideCount: number

  constructor(parts: ReplicaParts, head: Head = { promise: 0, lineage: [] }, setAsideCount = 0) {
    this.#parts = parts
    this.shard = parts.shard
    const { disk, shard } = parts
    const lineage = () => this.lineage
    const changed = () => parts.changed(this)
    this.#records = new ReplicaRecords({ disk, shard, lineage, changed, distrust: what => this.#distrust(what) })
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
    return this.#records.read(actor)
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
    const own = this.#records.get(entry.actor)
    // A fetch that broke off may have brought what stands above it. Of another epoch nothing does: its owner has everything before it.
    const isBelow = own === undefined || own === damaged || own.epoch !== entry.epoch || own.n < entry.n
    if (isBelow) this.#records.put(entry, own)
    this.moveTo(advanced(this.lineage, entry))
  }

  /**
   * A record of one whose prefix is `lineage`. One of ours that is not on that prefix gives way, whatever its number; of two that are, the
   * higher stays.
   */
  take(entry: NamedEntry, lineage: Lineage): void {
    const own = this.#records.get(entry.actor)
    if (own !== undefined && own !== damaged) {
      if (areEqual(own, entry)) return
      // What is not above this replica's own prefix is on the other's: that may name fewer epochs than it rests on.
      const isAbove = compareStamps(own, positionOf(this.lineage)) > 0
      if (isAbove && !isOn(lineage, own)) this.#setAside({ ...own, actor: entry.actor })
      else if (compareStamps(own, entry) > 0) return
    }
    this.#records.put(entry, own)
  }

  /** One whose prefix is `lineage` has nothing of this actor. */
  takeAbsent(actor: string, lineage: Lineage): void {
    const own = this.#records.get(actor)
    if (own === undefined || (own !== damaged && isOn(lineage, own))) return
    if (own !== damaged) this.#setAside({ ...own, actor })
    this.#records.change(actor, undefined, own)
  }

  /** As an entry of another stamp: the old one is on no prefix. */
  restamp(actor: string, stamp: Stamp): void {
    const own = this.read(actor)
    if (own !== undefined) this.#records.put({ ...stamp, actor, state: own.state }, own)
  }

  moveTo(lineage: Lineage): void {
    this.#lineage = lineage
    this.#isLineageOld = false
    this.#headChanged()
  }

  /** Has nothing from now on, as one that never had; its records may go. What it has promised stays. `false`: something is under way. */
  empty(): boolean {
    if (!this.#records.isAtRest) return false
    this.moveTo([])
    return true
  }

  /** Down to a stamp of its own prefix. What stands above it stays, as what came from above. */
  lower(common: Stamp): void {
    if (!areEqual(positionOf(this.lineage), common)) this.moveTo(cutTo(this.lineage, common))
  }

  /**
   * What stands above an entry, in the order of stamps: see `ReplicaRecords`. Throws `SHOAL_CORRUPT` as `read` does, or names an actor whose
   * record is damaged with a stamp that is on no prefix, and puts the index in order.
   */
  page(after: Stamp, maxEntries: number, maxBytes: number, namesDamaged = false): Promise<Page> {
    return this.#records.page(after, maxEntries, maxBytes, namesDamaged)
  }

  // ---- for the journal -------------------------------------------------------------------------------------------------------

  collect(batch: DiskWrite[]): void {
    const { shard } = this
    this.#records.collect(batch)
    for (const entry of this.#aside)
      batch.push({ type: 'put', key: asideKey(shard, entry), value: encodeAside(shard, entry) })
    this.#collected = { promise: this.#promise, lineage: this.lineage }
    if (this.#isHeadChanged) {
      const [isPromiseOld, isLineageOld] = [this.#isPromiseOld, this.#isLineageOld]
      const head: Head = { promise: this.#promise, lineage: this.#lineage, isPromiseOld, isLineageOld }
      batch.push({ type: 'put', key: headKey(shard), value: encodeHead(shard, head) })
    }
    this.#isHeadChanged = false
    this.#aside = []
  }

  written(): void {
    this.#records.written()
    this.#stored = this.#collected
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
