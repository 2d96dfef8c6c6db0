/**
 * A running hash over everything that happens in a simulation, so that two runs of one seed can be compared, and the last few
 * happenings in words, for whoever has to read a failure. The hash tells runs apart; it is not meant to resist anybody.
 */
export class Trace {
  #low = 0x811c9dc5
  #high = 0x9e3779b9
  readonly #tail: string[] = []
  readonly #tailLength: number
  #count = 0

  /** `tailLength`: how many notes `tail()` remembers. */
  constructor(tailLength = 0) {
    this.#tailLength = tailLength
  }

  /** A number of up to 53 bits. */
  number(value: number): void {
    const low = value | 0
    const high = Math.floor(value / 0x1_0000_0000) | 0
    this.#low = mix(this.#low ^ low)
    this.#high = mix(this.#high ^ high ^ this.#low)
  }

  bytes(bytes: Uint8Array): void {
    let hash = 0x811c9dc5
    // Not `for … of`, which takes three times as long over a typed array.
    for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ (bytes[at] as number), 0x01000193)
    this.number(hash)
    this.number(bytes.length)
  }

  text(text: string): void {
    let hash = 0x811c9dc5
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
    this.number(hash)
  }

  /** Something happened. `words` is only asked where a tail is kept. */
  note(kind: string, timeUs: number, bytes: Uint8Array | undefined, words: () => string): void {
    this.#count++
    this.text(kind)
    if (bytes !== undefined) this.bytes(bytes)
    if (this.#tailLength === 0) return
    this.#tail.push(`${(timeUs / 1000).toFixed(3)} ms ${kind} ${words()}`)
    if (this.#tail.length > 2 * this.#tailLength) this.#tail.splice(0, this.#tail.length - this.#tailLength)
  }

  /** How many notes were taken. */
  count(): number {
    return this.#count
  }

  digest(): string {
    return hex(this.#high) + hex(this.#low)
  }

  tail(): readonly string[] {
    return this.#tail.slice(-this.#tailLength)
  }
}

/** The finalizer of MurmurHash3. */
function mix(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0')
}
