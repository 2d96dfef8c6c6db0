/**
 * Short byte strings in a few large arrays, each found by a small integer: no object for each of them.
 *
 * A place is the number of the unit (four bytes) at which a record begins: its length, then its bytes. A record that is freed becomes a
 * hole, and the first unit of a hole names the next hole of as many units, so that holes cost nothing beside themselves.
 * Source: Bonwick, "The slab allocator: an object-caching kernel memory allocator", 1994 (a free list for each size).
 */
import { ShoalError } from '../ports/errors.ts'

const unitBytes = 4
const slabUnits = 16 * 1024
const slabBytes = slabUnits * unitBytes
/** A hole names the next one in 32 bits. */
const maxSlabs = 2 ** 32 / slabUnits - 1
/** Below so many bytes of holes it is not worth while to move anything. */
const minSparseBytes = 2 * slabBytes

/** Records are of less than 16 KiB. */
export class Slabs {
  #slabs: Uint8Array[] = []
  /** Units in use of the last slab. */
  #filled = slabUnits
  /** Units of a hole → the first such hole, plus 1. */
  #holes = new Map<number, number>()
  #heldBytes = 0
  #holeBytes = 0
  readonly #maxSlabs: number

  /** Of 64 KiB each. */
  constructor(most = maxSlabs) {
    this.#maxSlabs = most
  }

  /** In bytes. */
  get capacity(): number {
    return this.#slabs.length * slabBytes
  }

  /** More is holes than records: it is time to move. */
  get isSparse(): boolean {
    return this.#holeBytes > minSparseBytes && this.#holeBytes > this.#heldBytes
  }

  /** A view of the record, good until the next change. */
  get(place: number): Uint8Array {
    const slab = this.#slabOf(place)
    const { start, length } = recordAt(slab, offsetOf(place))
    return slab.subarray(start, start + length)
  }

  /** Answers the record's place. Throws `SHOAL_LIMIT` before any change. */
  add(bytes: Uint8Array): number {
    const units = unitsOf(bytes.length)
    const place = this.#takeHole(units) ?? this.#append(units)
    this.#write(place, bytes)
    this.#heldBytes += units * unitBytes
    return place
  }

  /** Puts a record in the place of another, where it fits exactly; else elsewhere. Throws `SHOAL_LIMIT` before any change. */
  replace(place: number, bytes: Uint8Array): number {
    const { length } = recordAt(this.#slabOf(place), offsetOf(place))
    if (unitsOf(length) === unitsOf(bytes.length)) {
      this.#write(place, bytes)
      return place
    }
    const next = this.add(bytes)
    this.free(place)
    return next
  }

  free(place: number): void {
    const slab = this.#slabOf(place)
    const offset = offsetOf(place)
    const units = unitsOf(recordAt(slab, offset).length)
    writeUnit(slab, offset, this.#holes.get(units) ?? 0)
    this.#holes.set(units, place + 1)
    this.#heldBytes -= units * unitBytes
    this.#holeBytes += units * unitBytes
  }

  /** All records move: what this answers must be called with the place of each, once, and answers its new one. */
  startCompaction(): (place: number) => number {
    const before = this.#slabs
    this.#slabs = []
    this.#filled = slabUnits
    this.#holes = new Map()
    this.#heldBytes = 0
    this.#holeBytes = 0
    return place => {
      const slab = slabAt(before, place)
      const { start, length } = recordAt(slab, offsetOf(place))
      return this.add(slab.subarray(start, start + length))
    }
  }

  #append(units: number): number {
    if (this.#filled + units > slabUnits) {
      if (this.#slabs.length === this.#maxSlabs) {
        throw new ShoalError('SHOAL_LIMIT', `packed states of more than ${this.#maxSlabs * slabBytes} bytes`)
      }
      this.#leaveRest()
      this.#slabs.push(new Uint8Array(slabBytes))
      this.#filled = 0
    }
    const place = (this.#slabs.length - 1) * slabUnits + this.#filled
    this.#filled += units
    return place
  }

  /** The end of a slab that is too short for the next record is a hole, too. */
  #leaveRest(): void {
    const units = slabUnits - this.#filled
    if (units === 0) return
    const place = (this.#slabs.length - 1) * slabUnits + this.#filled
    writeUnit(this.#slabOf(place), offsetOf(place), this.#holes.get(units) ?? 0)
    this.#holes.set(units, place + 1)
    this.#holeBytes += units * unitBytes
  }

  #takeHole(units: number): number | undefined {
    const first = this.#holes.get(units)
    if (first === undefined) return undefined
    const place = first - 1
    const next = readUnit(this.#slabOf(place), offsetOf(place))
    if (next === 0) this.#holes.delete(units)
    else this.#holes.set(units, next)
    this.#holeBytes -= units * unitBytes
    return place
  }

  #write(place: number, bytes: Uint8Array): void {
    const slab = this.#slabOf(place)
    let at = offsetOf(place)
    if (bytes.length >= 0x80) slab[at++] = (bytes.length & 0x7f) | 0x80
    slab[at++] = bytes.length >= 0x80 ? bytes.length >> 7 : bytes.length
    slab.set(bytes, at)
  }

  #slabOf(place: number): Uint8Array {
    return slabAt(this.#slabs, place)
  }
}

function slabAt(slabs: readonly Uint8Array[], place: number): Uint8Array {
  const slab = slabs[Math.floor(place / slabUnits)]
  if (slab === undefined) throw new RangeError(`no record at ${place}`)
  return slab
}

function offsetOf(place: number): number {
  return (place % slabUnits) * unitBytes
}

/** The length is written in one byte or in two: 14 bits at most, 16 KiB. */
function unitsOf(length: number): number {
  return Math.ceil((length + (length < 0x80 ? 1 : 2)) / unitBytes)
}

function recordAt(slab: Uint8Array, offset: number): { start: number; length: number } {
  const first = slab[offset] ?? 0
  if (first < 0x80) return { start: offset + 1, length: first }
  return { start: offset + 2, length: (first & 0x7f) | ((slab[offset + 1] ?? 0) << 7) }
}

function writeUnit(slab: Uint8Array, offset: number, value: number): void {
  for (let i = 0; i < unitBytes; i++) slab[offset + i] = (value >>> (8 * i)) & 0xff
}

function readUnit(slab: Uint8Array, offset: number): number {
  let value = 0
  for (let i = 0; i < unitBytes; i++) value += (slab[offset + i] ?? 0) * 2 ** (8 * i)
  return value
}
