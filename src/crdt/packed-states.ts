/**
 * Many states by key, held as bytes in a few large arrays and opened when touched: an object per state would cost many times as much.
 *
 * Beside its key, a counter takes about 30 bytes in the arrays and one entry of a `Map`. Origins are kept once for all states. What is
 * overwritten or deleted leaves a hole for the next state of that size; when the holes are more than what is held, all is packed anew.
 * So it is when there are many more origins than the states had when that was last done; the `set` that does it takes about five
 * microseconds per state.
 */
import { ShoalError } from '../ports/errors.ts'
import { encodeWithOrigins, Reader, readWithOrigins } from './codec.ts'
import type { Dot, Origin } from './dot.ts'
import { ForwardingSink } from './forwarding-sink.ts'
import { Slabs } from './slabs.ts'
import { SortedMap } from './sorted-map.ts'
import { type ActorState, emptyState } from './state.ts'
import { orMapType } from './types.ts'

/** Longer ones have an array of their own. */
const maxSlabRecordBytes = 8 * 1024
const isLong = -1
/** Below so many it is not worth while to look for origins that no state has any more. */
const minStaleOrigins = 1024

export class PackedStates {
  /** Where the state is in the slabs, or `isLong`. */
  readonly #places = new Map<string, number>()
  #long = new Map<string, Uint8Array>()
  #slabs = new Slabs()
  #origins = new OriginTable()
  #longBytes = 0
  /** When the table was made anew. */
  #liveOrigins = 0

  get size(): number {
    return this.#places.size
  }

  /** Memory that the packed states hold, holes and (estimated) origins included, in bytes; without keys and the map of them. */
  get bytes(): number {
    return this.#slabs.capacity + this.#longBytes + this.#origins.bytes
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
    return bytes === undefined ? undefined : this.#decode(bytes)
  }

  /**
   * Throws `SHOAL_BAD_ARGUMENT` where it is no state, and `SHOAL_LIMIT` where all would take more than 16 GiB; the key keeps what
   * it had.
   */
  set(key: string, state: ActorState): void {
    if (!(state instanceof SortedMap)) {
      throw new ShoalError(
        'SHOAL_BAD_ARGUMENT',
        'not a state: give what decodeState, joinStates or a transaction answers'
      )
    }
    const bytes = this.#encode(state, this.#origins)
    const place = this.#places.get(key)
    if (bytes.length > maxSlabRecordBytes) {
      if (place !== undefined) this.#release(key, place)
      this.#long.set(key, bytes)
      this.#longBytes += bytes.length
      this.#places.set(key, isLong)
    } else if (place === undefined || place === isLong) {
      const next = this.#slabs.add(bytes)
      if (place !== undefined) this.#release(key, place)
      this.#places.set(key, next)
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

  #encode(state: ActorState, origins: OriginTable): Uint8Array {
    return encodeWithOrigins(sink => orMapType.write(state, new TableSink(sink, origins)))
  }

  #decode(bytes: Uint8Array): ActorState {
    return readWithOrigins(new TableReader(bytes, this.#origins), reader => orMapType.read(reader, 0))
  }

  #compact(): void {
    // With as many states as origins it pays for itself; a part of their number keeps it rare where few origins are live.
    const enough = 2 * this.#liveOrigins + this.#places.size / 4 + minStaleOrigins
    if (this.#origins.size > enough) this.#forgetOrigins()
    if (!this.#slabs.isSparse) return
    const moved = this.#slabs.startCompaction()
    for (const [key, place] of this.#places) if (place !== isLong) this.#places.set(key, moved(place))
  }

  /** Writes all states anew, with a table of the origins that they have. Nothing is taken over before all is written. */
  #forgetOrigins(): void {
    const origins = new OriginTable()
    const slabs = new Slabs()
    const long = new Map<string, Uint8Array>()
    const places: number[] = []
    let longBytes = 0
    for (const key of this.#places.keys()) {
      const held = this.#bytesOf(key)
      if (held === undefined) throw new RangeError(`no bytes under ${key}`)
      const bytes = this.#encode(this.#decode(held), origins)
      if (bytes.length > maxSlabRecordBytes) {
        long.set(key, bytes)
        longBytes += bytes.length
        places.push(isLong)
      } else places.push(slabs.add(bytes))
    }
    let at = 0
    for (const key of this.#places.keys()) this.#places.set(key, places[at++] ?? isLong)
    this.#slabs = slabs
    this.#long = long
    this.#longBytes = longBytes
    this.#origins = origins
    this.#liveOrigins = origins.size
  }
}

/** What an origin takes in the table beside its characters: an entry of an array and one of a map, and the text's own head. */
const originBytes = 80

/** Origins by number. */
class OriginTable {
  readonly #origins: Origin[] = []
  readonly #places = new Map<Origin, number>()
  /** Estimated. */
  bytes = 0

  get size(): number {
    return this.#origins.length
  }

  placeOf(origin: Origin): number {
    const known = this.#places.get(origin)
    if (known !== undefined) return known
    this.#places.set(origin, this.#origins.length)
    this.bytes += origin.length + originBytes
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
