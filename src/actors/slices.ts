/** The slice of the key space of an actor: the hash costs more than a small query, so it is kept for those that were asked for lately. */
import { shardOf } from '../cluster/hash-ring.ts'

export class Slices {
  readonly #key: string
  readonly #count: number
  readonly #slices = new Map<string, number>()
  readonly #max: number

  /** `key`: of the cluster (shard-key.ts). `max`: of those that are kept; peers and programs name any actors. */
  constructor(key: string, count: number, max = 4096) {
    this.#key = key
    this.#count = count
    this.#max = max
  }

  get size(): number {
    return this.#slices.size
  }

  of(kind: string, id: string): number {
    const name = `${kind}/${id}`
    const known = this.#slices.get(name)
    if (known !== undefined) return known
    const slice = shardOf(kind, id, this.#count, this.#key)
    if (this.#slices.size >= this.#max) this.#slices.clear()
    this.#slices.set(name, slice)
    return slice
  }
}
