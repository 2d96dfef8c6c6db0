/** Numbers of LevelDB's files: seven bits to a byte, the lowest first. Throws where one is cut off, or larger than numbers are exact. */

/** Where a block of a table is. */
export interface Handle {
  readonly offset: number
  readonly size: number
}

export class Varints {
  at = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  next(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.#bytes[this.at++]
      if (byte === undefined || scale > 2 ** 49) throw new Error('a number is cut off')
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  handle(): Handle {
    return { offset: this.next(), size: this.next() }
  }
}
