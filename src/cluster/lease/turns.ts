/** So many tasks at once, and the rest in line: so that claims of a thousand shards leave the lease store room for the session's beats. */
export class Turns {
  readonly #maxAtOnce: number
  readonly #line: (() => void)[] = []
  #underWay = 0

  constructor(maxAtOnce: number) {
    this.#maxAtOnce = maxAtOnce
  }

  /** `first`: goes before all that wait, as what would be lost by waiting. */
  async take<T>(task: () => Promise<T>, place: 'first' | 'last' = 'last'): Promise<T> {
    if (this.#underWay < this.#maxAtOnce) this.#underWay++
    else
      await new Promise<void>(resolve => (place === 'first' ? this.#line.unshift(resolve) : this.#line.push(resolve)))
    try {
      return await task()
    } finally {
      // Whoever is next has this place.
      const next = this.#line.shift()
      if (next === undefined) this.#underWay--
      else next()
    }
  }
}
