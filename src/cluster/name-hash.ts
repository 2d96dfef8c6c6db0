/**
 * A keyed 64-bit hash of names: who does not know the key cannot choose names that collide.
 *
 * HalfSipHash-1-3 over the 16-bit units of the text, in 32-bit arithmetic, without an allocation. Source: Aumasson and Bernstein,
 * "SipHash: a fast short-input PRF", 2012; the half-width variant is what Linux keys its hash tables with (`hsiphash`).
 */
export const nameHashKeyBytes = 8

const finalRounds = 3

export class NameHash {
  readonly #k0: number
  readonly #k1: number
  #v0 = 0
  #v1 = 0
  #v2 = 0
  #v3 = 0
  /** Of the name hashed last: two unsigned halves. */
  low = 0
  high = 0

  constructor(key: Uint8Array) {
    if (key.length !== nameHashKeyBytes) throw new TypeError(`a key of ${key.length} bytes`)
    const view = new DataView(key.buffer, key.byteOffset, key.byteLength)
    this.#k0 = view.getInt32(0, true)
    this.#k1 = view.getInt32(4, true)
  }

  of(name: string): this {
    const [k0, k1] = [this.#k0, this.#k1]
    this.#v0 = k0
    this.#v1 = k1 ^ 0xee
    this.#v2 = 0x6c796765 ^ k0
    this.#v3 = 0x74656462 ^ k1
    const whole = name.length & ~1
    for (let i = 0; i < whole; i += 2) this.#absorb(name.charCodeAt(i) | (name.charCodeAt(i + 1) << 16))
    // The last block says how long the text is, so that none is the beginning of another.
    this.#absorb((whole < name.length ? name.charCodeAt(whole) : 0) | ((2 * name.length) << 24))
    this.#v2 ^= 0xee
    this.low = this.#finished()
    this.#v1 ^= 0xdd
    this.high = this.#finished()
    return this
  }

  #absorb(block: number): void {
    this.#v3 ^= block
    this.#round()
    this.#v0 ^= block
  }

  #finished(): number {
    for (let i = 0; i < finalRounds; i++) this.#round()
    return (this.#v1 ^ this.#v3) >>> 0
  }

  #round(): void {
    let [v0, v1, v2, v3] = [this.#v0, this.#v1, this.#v2, this.#v3]
    v0 = (v0 + v1) | 0
    v1 = rotated(v1, 5) ^ v0
    v0 = rotated(v0, 16)
    v2 = (v2 + v3) | 0
    v3 = rotated(v3, 8) ^ v2
    v0 = (v0 + v3) | 0
    v3 = rotated(v3, 7) ^ v0
    v2 = (v2 + v1) | 0
    v1 = rotated(v1, 13) ^ v2
    v2 = rotated(v2, 16)
    this.#v0 = v0
    this.#v1 = v1
    this.#v2 = v2
    this.#v3 = v3
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits))
}
