/**
 * A cache that is not swept out by things that are used once. Nothing is moved when something is used. Room is made from the front of a queue:
 * what was used since it came, or since it was last passed, goes to the queue's end, and what was not goes out.
 *
 * Source: the second chance of FIFO, Corbato 1968; that such queues let newcomers prove themselves before they take the place of others:
 * Zhang et al., "SIEVE is simpler than LRU", NSDI 2024.
 */

export interface Reusable {
  /** It was used again since it came, or was last passed. Set by whoever uses it. */
  isReused: boolean
}

/** A full cache is emptied to so much of its size. */
const fillAfterEviction = 0.9
/** Where most are held, a look at all of them is worth it again only when there are so many times as many. */
const growthUntilEviction = 1.1

export class SecondChance<V extends Reusable> {
  /** In order of their coming or of their last chance. */
  readonly #entries = new Map<string, V>()
  readonly #max: number
  readonly #isHeld: (value: V) => boolean
  readonly #evicted: (value: V, key: string) => void
  /** Size past which room is made. */
  #evictAt: number

  /** `max`: entries, but that those that are held stay. `evicted` is told what went out to make room. */
  constructor(parts: { max: number; isHeld(value: V): boolean; evicted?(value: V, key: string): void }) {
    this.#max = parts.max
    this.#evictAt = parts.max
    this.#isHeld = value => parts.isHeld(value)
    this.#evicted = (value, key) => parts.evicted?.(value, key)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  values(): Iterable<V> {
    return this.#entries.values()
  }

  /** To be called before something new is set. */
  makeRoom(): void {
    if (this.#entries.size > this.#evictAt) this.#evict()
  }

  set(key: string, value: V): void {
    this.#entries.set(key, value)
  }

  delete(key: string): boolean {
    return this.#entries.delete(key)
  }

  /** Makes room where there is too much, also where most were held when that was last tried. */
  trim(): void {
    if (this.#entries.size > this.#max) this.#evict()
  }

  #evict(): void {
    for (const [key, value] of this.#entries) {
      if (this.#entries.size <= this.#max * fillAfterEviction) break
      if (this.#isHeld(value)) continue
      this.#entries.delete(key)
      if (value.isReused) {
        value.isReused = false
        this.#entries.set(key, value)
      } else this.#evicted(value, key)
    }
    this.#evictAt = Math.max(this.#max, Math.floor(this.#entries.size * growthUntilEviction))
  }
}
