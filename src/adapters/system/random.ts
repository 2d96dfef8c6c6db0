/** Chance from the operating system, by way of node:crypto. Small draws come from a buffer that is filled now and then. */
import { randomFillSync } from 'node:crypto'
import type { Random } from '../../ports/random.ts'

const poolWords = 1024

export class SystemRandom implements Random {
  readonly #pool = new Uint32Array(poolWords)
  #used = poolWords

  bytes(length: number): Uint8Array {
    return randomFillSync(new Uint8Array(length))
  }

  next(): number {
    return ((this.#word() >>> 5) * 0x400_0000 + (this.#word() >>> 6)) / 0x20_0000_0000_0000
  }

  below(limit: number): number {
    if (!Number.isInteger(limit) || limit < 1 || limit > 0x8000_0000)
      throw new TypeError(`no integer is below ${limit} here`)
    // Words past the last whole multiple of the limit are thrown again; else small answers would come more often.
    const fair = 0x1_0000_0000 - (0x1_0000_0000 % limit)
    for (;;) {
      const word = this.#word()
      if (word < fair) return word % limit
    }
  }

  #word(): number {
    if (this.#used === poolWords) {
      randomFillSync(this.#pool)
      this.#used = 0
    }
    return this.#pool[this.#used++] ?? 0
  }
}
