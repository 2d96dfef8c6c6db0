/**
 * A watch that outlives an incarnation of its node: the next one takes it up, with the state that is there then and each change
 * that follows.
 */
export class LastingWatch implements AsyncIterableIterator<unknown> {
  readonly #again: () => Promise<AsyncIterableIterator<unknown> | undefined>
  #watch: AsyncIterableIterator<unknown> | undefined
  /** One for all who ask meanwhile. */
  #next: Promise<AsyncIterableIterator<unknown> | undefined> | undefined
  #isOver = false
  readonly #over = Promise.withResolvers<undefined>()

  /** `again` answers the watch of the next incarnation, or `undefined` when there will be none. */
  constructor(first: AsyncIterableIterator<unknown>, again: () => Promise<AsyncIterableIterator<unknown> | undefined>) {
    this.#watch = first
    this.#again = again
  }

  async next(): Promise<IteratorResult<unknown>> {
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

  async #takeUp(): Promise<AsyncIterableIterator<unknown> | undefined> {
    try {
      const watch = await this.#again()
      if (!this.#isOver) this.#watch = watch
      else await watch?.return?.()
      return watch
    } finally {
      this.#next = undefined
    }
  }

  async return(): Promise<IteratorResult<unknown>> {
    this.#isOver = true
    this.#over.resolve(undefined)
    await this.#watch?.return?.()
    return { done: true, value: undefined }
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    return this
  }
}
