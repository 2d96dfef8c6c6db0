/**
 * A watch that outlives an incarnation of its node: the next one takes it up, with the state that is there then and each change
 * that follows.
 */
export class LastingWatch<T> implements AsyncIterableIterator<T> {
  readonly #again: () => Promise<AsyncIterableIterator<T> | undefined>
  #watch: AsyncIterableIterator<T> | undefined
  /** One for all who ask meanwhile. */
  #next: Promise<AsyncIterableIterator<T> | undefined> | undefined
  #isOver = false
  readonly #over = Promise.withResolvers<undefined>()

  /** `again` answers the watch of the next incarnation, or `undefined` when there will be none. */
  constructor(first: AsyncIterableIterator<T>, again: () => Promise<AsyncIterableIterator<T> | undefined>) {
    this.#watch = first
    this.#again = again
  }

  async next(): Promise<IteratorResult<T>> {
    while (!this.#isOver) {
      const watch = this.#watch
      if (watch === undefined) {
        this.#next ??= this.#takeUp()
        if ((await Promise.race([this.#next, this.#over.promise])) === undefined) break
        continue
      }
      const result = await watch.next()
      if (result.done !== true) return result
      if (this.#watch === watch) this.#watch = undefined
    }
    return { done: true, value: undefined }
  }

  async #takeUp(): Promise<AsyncIterableIterator<T> | undefined> {
    try {
      const watch = await this.#again()
      if (!this.#isOver) this.#watch = watch
      else await watch?.return?.()
      return watch
    } finally {
      this.#next = undefined
    }
  }

  async return(): Promise<IteratorResult<T>> {
    this.#isOver = true
    this.#over.resolve(undefined)
    await this.#watch?.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T> {
    return this
  }
}
