/**
 * Many states by key, held as bytes in a few large arrays and opened when touched: an object per state would cost many times as much.
 *
 * Beside its key, a counter takes about 30 bytes in the arrays and one entry of a `Map`. Origins are kept once for all states. What is
 * overwritten or deleted leaves a hole for the next state of that size; when the holes are more than what is held, all is packed anew.
 */
import { encodeWithOrigins, Reader, readWithOrigins } from './codec.ts'
import type { Dot, Origin } from './dot.ts'
import { ForwardingSink } from './forwarding-sink.ts'
import { Slabs } from './slabs.ts'
import { type ActorState, emptyState } from './state.ts'
import { orMapType } from './types.ts'

/** Longer ones have an array of their own. */
const maxSlabRecordBytes = 8 * 1024
const isLong = -1

export class PackedStates {
  /** Where the state is in the slabs, or `isLong`. */
  readonly #places = new Map<string, number>()
  readonly #long = new Map<string, Uint8Array>()
  readonly #slabs = new Slabs()
  readonly #origins = new OriginTable()
  #longBytes = 0

  get size(): number {
    return this.#places.size
  }

  /** Memory that the packed states hold, holes included, in bytes; without keys and the map of them. */
  get bytes(): number {
    return this.#slabs.capacity + this.#longBytes
  }

  has(key: string): boolean {
    return this.#places.has(key)
  }

  keys(): IterableIterator<string> {
    return this.#places.keys()
  }

  /** The state under the key, opened anew each time. */
  get(key: string): ActorState | undefined {
    const bytes = this.#bytesOf(key)
    if (bytes === undefined) return undefined
    return readWithOrigins(new TableReader(bytes, this.#origins), reader => orMapType.read(reader, 0))
  }

  /** Throws `SHOAL_LIMIT` where all would take more than 16 GiB. */
  set(key: string, state: ActorState): void {
    const bytes = encodeWithOrigins(sink => orMapType.write(state, new TableSink(sink, this.#origins)))
    const place = this.#places.get(key)
    if (bytes.length > maxSlabRecordBytes) {
      if (place !== undefined) this.#release(key, place)
      this.#long.set(key, bytes.slice())
      this.#longBytes += bytes.length
      this.#places.set(key, isLong)
    } else if (place === undefined || place === isLong) {
      if (place !== undefined) this.#release(key, place)
      this.#places.set(key, this.#slabs.add(bytes))
    } else {
      const next = this.#slabs.replace(place, bytes)
      if (next !== place) this.#places.set(key, next)
    }
    this.#compact()
  }

  /** Answers whether it was there. */
  delete(key: string): boolean {
    const place = this.#places.get(key)
    if (place === undefined) return false
    this.#release(key, place)
    this.#places.delete(key)
    this.#compact()
    return true
  }

  /** Packs what `change` makes of the state under the key, which is empty where there is none. Answers the new state. */
  update(key: string, change: (state: ActorState) => ActorState): ActorState {
    const before = this.get(key)
    const after = change(before ?? emptyState)
    if (after !== before) this.set(key, after)
    return after
  }

  #bytesOf(key: string): Uint8Array | undefined {
    const place = this.#places.get(key)
    if (place === undefined) return undefined
    return place === isLong ? this.#long.get(key) : this.#slabs.get(place)
  }

  #release(key: string, place: number): void {
    if (place !== isLong) {
      this.#slabs.free(place)
      return
    }
    this.#longBytes -= this.#long.get(key)?.length ?? 0
    this.#long.delete(key)
  }

  #compact(): void {
    if (!this.#slabs.isSparse) return
    const moved = this.#slabs.startCompaction()
    for (const [key, place] of this.#places) if (place !== isLong) this.#places.set(key, moved(place))
  }
}

/** Origins by number, for as long as the states are held. */
class OriginTable {
  readonly #origins: Origin[] = []
  readonly #places = new Map<Origin, number>()

  placeOf(origin: Origin): number {
    const known = this.#places.get(origin)
    if (known !== undefined) return known
    this.#places.set(origin, this.#origins.length)
    return this.#origins.push(origin) - 1
  }

  at(place: number): Origin | undefined {
    return this.#origins[place]
  }
}

class TableSink extends ForwardingSink {
  readonly #origins: OriginTable

  constructor(sink: ConstructorParameters<typeof ForwardingSink>[0], origins: OriginTable) {
    super(sink)
    this.#origins = origins
  }

  override origin(name: Origin): void {
    this.sink.varint(this.#origins.placeOf(name))
  }
}

class TableReader extends Reader {
  readonly #origins: OriginTable

  constructor(bytes: Uint8Array, origins: OriginTable) {
    super(bytes)
    this.#origins = origins
  }

  override origin(): Origin {
    const origin = this.#origins.at(this.varint())
    if (origin === undefined) throw this.malformed('an origin that is not in the table')
    return origin
  }

  override dot(): Dot {
    const origin = this.origin()
    return { origin, seq: this.seq() }
  }
}
