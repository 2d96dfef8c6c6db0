/**
 * Actors of which nothing seems to be left but their records, by shard. At a limit further ones are only noted as overlooked: a sweep
 * of the disk finds them again.
 */
export class GarbageCandidates {
  readonly #max: number
  readonly #names = new Map<number, Set<string>>()
  #size = 0
  /** Some were not taken in. */
  hasOverlooked = false

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#size
  }

  add(shard: number, name: string): void {
    const names = this.#names.get(shard)
    if (names?.has(name) === true) return
    if (this.#size >= this.#max) {
      this.hasOverlooked = true
      return
    }
    if (names === undefined) this.#names.set(shard, new Set([name]))
    else names.add(name)
    this.#size++
  }

  remove(shard: number, name: string): void {
    const names = this.#names.get(shard)
    if (names?.delete(name) !== true) return
    this.#size--
    if (names.size === 0) this.#names.delete(shard)
  }

  removeAll(shard: number): void {
    this.#size -= this.#names.get(shard)?.size ?? 0
    this.#names.delete(shard)
  }

  clear(): void {
    this.#names.clear()
    this.#size = 0
  }

  /** Shards that have some. */
  shards(): readonly number[] {
    return [...this.#names.keys()]
  }

  of(shard: number): readonly string[] {
    return [...(this.#names.get(shard) ?? [])]
  }
}
