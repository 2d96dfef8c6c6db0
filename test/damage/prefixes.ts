/** Whether what a damaged store shows is what was there after some batch: a state that once was, and not one with a hole. */
import { createHash } from 'node:crypto'
import type { DiskEntry, DiskWrite } from '../../src/ports/disk.ts'

/** The node's own records ('m') are not asked: they belong to no shard. */
const replicaPrefixes = new Set([...'siv'].map(letter => letter.charCodeAt(0)))

class EntryHash {
  #high = 0
  #low = 0

  toggle(key: Uint8Array, value: Uint8Array): void {
    const digest = createHash('md5').update(key).update('=').update(value).digest()
    this.#high ^= digest.readInt32LE(0)
    this.#low ^= digest.readInt32LE(4)
  }

  toString(): string {
    return `${this.#high}/${this.#low}`
  }
}

export class Prefixes {
  readonly #hashes: string[] = []

  constructor(batches: readonly (readonly DiskWrite[])[]) {
    const values = new Map<string, Uint8Array>()
    const hash = new EntryHash()
    this.#hashes.push(`${hash}`)
    for (const batch of batches) {
      for (const write of batch) {
        if (!replicaPrefixes.has(write.key[0] ?? 0)) continue
        const name = Buffer.from(write.key).toString('latin1')
        const old = values.get(name)
        if (old !== undefined) hash.toggle(write.key, old)
        values.delete(name)
        if (write.type === 'del') continue
        hash.toggle(write.key, write.value)
        values.set(name, write.value)
      }
      this.#hashes.push(`${hash}`)
    }
  }

  /** The number of batches, `most` at most, after which the store looked like this; `undefined` where it never did. */
  of(entries: readonly DiskEntry[], most: number): number | undefined {
    const hash = new EntryHash()
    for (const { key, value } of entries) if (replicaPrefixes.has(key[0] ?? 0)) hash.toggle(key, value)
    const found = this.#hashes.lastIndexOf(`${hash}`, most)
    return found === -1 ? undefined : found
  }
}
