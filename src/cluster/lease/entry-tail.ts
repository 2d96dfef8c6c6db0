/**
 * The last entries of an epoch, kept by its owner for those replicas that lack them: in order, without a gap, up to a number and a size.
 *
 * All tails of a node share one room. Where it is full, the tail to which nothing was added for longest is given up: a replica that lacks
 * something of it fetches.
 */
import type { NamedEntry } from './lease-layout.ts'

const maxEntries = 4096
const maxBytes = 8 * 1024 * 1024
const maxRoomBytes = 64 * 1024 * 1024
const maxBatchEntries = 1024
const maxBatchBytes = 256 * 1024
const maxDroppedBytes = 64 * 1024
/** What an entry takes in memory beside its state; about. */
const entryBytes = 128

export class TailRoom {
  /** Those that hold something, the one that was longest silent first. */
  readonly #tails = new Set<EntryTail>()
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes = maxRoomBytes) {
    this.#maxBytes = maxBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  takes(tail: EntryTail, bytes: number): void {
    this.#tails.delete(tail)
    this.#tails.add(tail)
    this.#bytes += bytes
    for (const other of this.#tails) {
      if (this.#bytes <= this.#maxBytes || other === tail) break
      other.clear()
    }
  }

  frees(tail: EntryTail, bytes: number): void {
    this.#bytes -= bytes
    if (tail.isEmpty) this.#tails.delete(tail)
  }
}

export class EntryTail {
  readonly #room: TailRoom
  #entries: NamedEntry[] = []
  /** Those before it in the array are dropped. */
  #from = 0
  #bytes = 0
  /** Of those that are dropped, and still in the array. */
  #droppedBytes = 0

  constructor(room: TailRoom) {
    this.#room = room
  }

  get isEmpty(): boolean {
    return this.#from === this.#entries.length
  }

  /** The number of the first entry that is here. */
  get first(): number | undefined {
    return this.#entries[this.#from]?.n
  }

  /** The one after the last. */
  add(entry: NamedEntry): void {
    const bytes = entry.state.length + entryBytes
    this.#entries.push(entry)
    this.#bytes += bytes
    this.#room.takes(this, bytes)
    const isFull = () => this.#entries.length - this.#from > maxEntries || this.#bytes > maxBytes
    this.#drop(isFull)
  }

  /** Everybody has all up to this one. */
  dropTo(n: number): void {
    this.#drop(entry => entry.n <= n)
  }

  clear(): void {
    this.#drop(() => true)
  }

  /** Entries from this number on, as many as go into one message. */
  batch(n: number): NamedEntry[] {
    const from = this.#from + n - (this.first ?? n)
    let bytes = 0
    let to = from
    while (to < this.#entries.length && to - from < maxBatchEntries) {
      bytes += this.#entries[to]?.state.length ?? 0
      if (to > from && bytes > maxBatchBytes) break
      to++
    }
    return this.#entries.slice(from, to)
  }

  #drop(goes: (entry: NamedEntry) => boolean): void {
    const { length } = this.#entries
    const before = this.#bytes
    let from = this.#from
    for (; from < length; from++) {
      const entry = this.#entries[from]
      if (entry === undefined || !goes(entry)) break
      this.#from = from + 1
      this.#bytes -= entry.state.length + entryBytes
    }
    if (before === this.#bytes) return
    this.#droppedBytes += before - this.#bytes
    // Cheap, and yet soon.
    if (this.#from * 2 >= length || this.#droppedBytes > maxDroppedBytes) {
      this.#droppedBytes = 0
      this.#entries = this.#entries.slice(this.#from)
      this.#from = 0
    }
    this.#room.frees(this, before - this.#bytes)
  }
}
