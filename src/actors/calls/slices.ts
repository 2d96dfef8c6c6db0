/**
 * Where actors belong: the name and the slice of the key space of each. The hash, and a name that is put together and hashed anew for
 * every map it is looked up in, cost more than a small query, so they are kept for those that were asked for lately.
 */
import { shardOf } from '../../cluster/hash-ring.ts'

export interface Place {
  /** `kind/id`. */
  readonly name: string
  readonly slice: number
}

export class Slices {
  readonly #key: string
  readonly #count: number
  /** By kind, then by id. */
  readonly #places = new Map<string, Map<string, Place>>()
  readonly #max: number
  #size = 0

  /** `key`: of the cluster (shard-key.ts). `max`: of those that are kept; peers and programs name any actors. */
  constructor(key: string, count: number, max = 4096) {
    this.#key = key
    this.#count = count
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  of(kind: string, id: string): Place {
    const known = this.#places.get(kind)?.get(id)
    if (known !== undefined) return known
    const place = { name: `${kind}/${id}`, slice: shardOf(kind, id, this.#count, this.#key) }
    if (this.#size >= this.#max) {
      this.#places.clear()
      this.#size = 0
    }
    let ofKind = this.#places.get(kind)
    if (ofKind === undefined) {
      ofKind = new Map()
      this.#places.set(kind, ofKind)
    }
    ofKind.set(id, place)
    this.#size++
    return place
  }
}
