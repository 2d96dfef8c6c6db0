/**
 * Seeded chance: xoshiro128** 1.1 (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2018), seeded from
 * text through MurmurHash3's finalizer. `fork` gives streams that do not depend on how much of another stream was used, so that
 * one more look at the network's dice does not change the disk's.
 */
import type { Random } from '../ports/random.ts'

export class SeededRandom implements Random {
  readonly seed: string
  #a: number
  #b: number
  #c: number
  #d: number

  constructor(seed: number | string) {
    this.seed = String(seed)
    const word = seeder(this.seed)
    this.#a = word()
    this.#b = word()
    this.#c = word()
    this.#d = word() | 1 // the state must not be all zero
  }

  /** A stream of its own, the same for the same label whatever this one was used for. */
  fork(label: string): SeededRandom {
    return new SeededRandom(`${this.seed}/${label}`)
  }

  /** 32 random bits, unsigned. */
  word(): number {
    const result = Math.imul(rotate(Math.imul(this.#b, 5), 7), 9) >>> 0
    const shifted = this.#b << 9
    this.#c ^= this.#a
    this.#d ^= this.#b
    this.#b ^= this.#c
    this.#a ^= this.#d
    this.#c ^= shifted
    this.#d = rotate(this.#d, 11)
    return result
  }

  bytes(length: number): Uint8Array {
    const bytes = new Uint8Array(length)
    for (let index = 0; index < length; index += 4) {
      const word = this.word()
      for (let byte = 0; byte < 4 && index + byte < length; byte++) bytes[index + byte] = word >>> (8 * byte)
    }
    return bytes
  }

  next(): number {
    return ((this.word() >>> 5) * 0x400_0000 + (this.word() >>> 6)) / 0x20_0000_0000_0000
  }

  below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 0x8000_0000)
      throw new TypeError(`no integer is below ${limit} here`)
    // Words past the last whole multiple of the limit are thrown again; else small answers would come more often.
    const fair = 0x1_0000_0000 - (0x1_0000_0000 % limit)
    for (;;) {
      const word = this.word()
      if (word < fair) return word % limit
    }
  }

  /** `true` with this probability. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability
  }

  /** A number in [min, max). */
  between(min: number, max: number): number {
    return min + (max - min) * this.next()
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new TypeError('an item that was picked is undefined')
    return item
  }

  shuffle<Item>(items: readonly Item[]): Item[] {
    return items
      .map(item => ({ item, place: this.next() }))
      .sort((a, b) => a.place - b.place)
      .map(({ item }) => item)
  }
}

function rotate(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}

function seeder(text: string): () => number {
  let hash = 0x9747b28c
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(rotate(hash ^ Math.imul(text.charCodeAt(index), 0xcc9e2d51), 13), 5) + 0xe6546b64
  }
  return () => {
    hash = (hash + 0x9e3779b9) | 0
    let word = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35)
    return word ^ (word >>> 16)
  }
}
