/**
 * A set of 64-bit hashes, each with a number, in 12 bytes and a quarter more: what a million records can afford.
 *
 * Open addressing with linear probing over one typed array; what is taken out leaves no mark, as those behind it move up.
 * Source: Knuth, The Art of Computer Programming, volume 3, 6.4, algorithms L and R.
 */
const words = 3
const maxLoad = 0.85
const growth = 1.25
const minSlots = 8
const noSlots = new Uint32Array(0)

export class RecordTable {
  /** Per slot: the low and the high half of the hash, and the number; 0 where the slot is free. */
  #slots: Uint32Array
  #capacity: number
  #size = 0

  /** With room for so many. */
  constructor(expected = 0) {
    this.#capacity = expected === 0 ? 0 : capacityFor(expected)
    this.#slots = expected === 0 ? noSlots : new Uint32Array(words * this.#capacity)
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#slots.byteLength
  }

  /** 0 where there is none. */
  get(low: number, high: number): number {
    const at = this.#find(low, high)
    return at < 0 ? 0 : (this.#slots[words * at + 2] ?? 0)
  }

  /** 0 takes it out. */
  set(low: number, high: number, value: number): void {
    const at = this.#find(low, high)
    if (at >= 0) {
      if (value === 0) this.#remove(at)
      else this.#slots[words * at + 2] = value
      return
    }
    if (value === 0) return
    if (this.#size + 1 > maxLoad * this.#capacity) this.#grow()
    this.#put(low, high, value)
    this.#size++
  }

  /** Must not be changed meanwhile. */
  each(visit: (low: number, high: number, value: number) => void): void {
    const slots = this.#slots
    for (let i = 0; i < slots.length; i += words) {
      const value = slots[i + 2] ?? 0
      if (value !== 0) visit(slots[i] ?? 0, slots[i + 1] ?? 0, value)
    }
  }

  #home(low: number): number {
    return Math.floor((low * this.#capacity) / 2 ** 32)
  }

  /** -1 where there is none. */
  #find(low: number, high: number): number {
    if (this.#size === 0) return -1
    const slots = this.#slots
    for (let at = this.#home(low); ; at = at + 1 === this.#capacity ? 0 : at + 1) {
      const i = words * at
      if (slots[i + 2] === 0) return -1
      if (slots[i] === low && slots[i + 1] === high) return at
    }
  }

  #put(low: number, high: number, value: number): void {
    const slots = this.#slots
    let at = this.#home(low)
    while (slots[words * at + 2] !== 0) at = at + 1 === this.#capacity ? 0 : at + 1
    slots[words * at] = low
    slots[words * at + 1] = high
    slots[words * at + 2] = value
  }

  #remove(slot: number): void {
    const [slots, capacity] = [this.#slots, this.#capacity]
    let free = slot
    slots[words * free + 2] = 0
    this.#size--
    for (let at = (free + 1) % capacity; slots[words * at + 2] !== 0; at = (at + 1) % capacity) {
      const home = this.#home(slots[words * at] ?? 0)
      // It may move up unless its home is behind the free slot.
      if ((at - home + capacity) % capacity < (at - free + capacity) % capacity) continue
      slots.copyWithin(words * free, words * at, words * (at + 1))
      slots[words * at + 2] = 0
      free = at
    }
  }

  #grow(): void {
    const before = this.#slots
    this.#capacity = Math.max(capacityFor(this.#size + 1), Math.ceil(this.#capacity * growth))
    this.#slots = new Uint32Array(words * this.#capacity)
    for (let i = 0; i < before.length; i += words) {
      const value = before[i + 2] ?? 0
      if (value !== 0) this.#put(before[i] ?? 0, before[i + 1] ?? 0, value)
    }
  }
}

function capacityFor(count: number): number {
  return Math.max(minSlots, Math.ceil(count / maxLoad) + 1)
}
