/**
 * Watchers of actors: the present state, then each durable change of it.
 *
 * A slow reader skips states, never the newest: a watcher holds one state at a time, whatever happens meanwhile. Where the state cannot
 * be read for a while, because too many documents wait to be merged, the watcher looks again later.
 */
import type { Commit } from '../cluster/shard-store.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'

/** Until a watcher looks again that could not: twice as long after each further failure. */
const minRetryMs = 100
const maxRetryMs = 5000

export interface WatchersOptions {
  /** Watchers of this node at once; one more is refused as `SHOAL_OVERLOADED`. @default 10000 */
  maxWatchers?: number
}

export class Watchers {
  readonly #durable: () => Promise<void>
  readonly #clock: Clock
  readonly #maxWatchers: number
  readonly #byActor = new Map<string, Set<Watcher>>()
  #count = 0
  #stopped = false

  constructor(durable: () => Promise<void>, clock: Clock, options: WatchersOptions = {}) {
    this.#durable = durable
    this.#clock = clock
    this.#maxWatchers = options.maxWatchers ?? 10_000
  }

  /** `read` answers the state as it is in memory, or promises one that is no older. */
  watch(actor: string, read: () => unknown): AsyncIterableIterator<unknown> {
    if (this.#stopped) throw new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
    if (this.#count >= this.#maxWatchers)
      throw new ShoalError('SHOAL_OVERLOADED', 'too many watchers', { retryable: true })
    const watcher = new Watcher(read, this.#durable, this.#clock, () => this.#remove(actor, watcher))
    const watchers = this.#byActor.get(actor)
    if (watchers === undefined) this.#byActor.set(actor, new Set([watcher]))
    else watchers.add(watcher)
    this.#count++
    watcher.look()
    return watcher
  }

  committed(commit: Commit): void {
    if (this.#count === 0) return
    for (const actor of commit.actors) for (const watcher of this.#byActor.get(actor.name) ?? []) watcher.look()
  }

  /** Some actors are perhaps not here any more: whoever watches one of those hears of it. */
  dropped(isHere: (actor: string) => boolean): void {
    for (const [actor, watchers] of [...this.#byActor])
      if (!isHere(actor)) for (const watcher of [...watchers]) watcher.look()
  }

  stop(): void {
    this.#stopped = true
    for (const watchers of [...this.#byActor.values()]) for (const watcher of [...watchers]) void watcher.return()
  }

  #remove(actor: string, watcher: Watcher): void {
    const watchers = this.#byActor.get(actor)
    if (watchers?.delete(watcher) !== true) return
    this.#count--
    if (watchers.size === 0) this.#byActor.delete(actor)
  }
}

class Watcher implements AsyncIterableIterator<unknown> {
  readonly #read: () => unknown
  readonly #durable: () => Promise<void>
  readonly #clock: Clock
  readonly #ended: () => void
  #ready: { readonly value: unknown } | undefined
  #lastText: string | undefined
  #wanted: { resolve(result: IteratorResult<unknown>): void; reject(error: unknown): void }[] = []
  #error: { readonly error: unknown } | undefined
  #looking = false
  #again = false
  #done = false
  #retry: Timer | undefined
  #retryMs = minRetryMs

  constructor(read: () => unknown, durable: () => Promise<void>, clock: Clock, ended: () => void) {
    this.#read = read
    this.#durable = durable
    this.#clock = clock
    this.#ended = ended
  }

  /** The state may have changed. What is read now is shown once all that it holds is durable. */
  look(): void {
    if (this.#looking) {
      this.#again = true
      return
    }
    this.#looking = true
    void this.#show()
  }

  async #show(): Promise<void> {
    do {
      this.#again = false
      try {
        const read = this.#read()
        const value = read instanceof Promise ? await read : read
        await this.#durable()
        this.#retryMs = minRetryMs
        this.#offer(value)
      } catch (error) {
        if (isPassing(error)) this.#lookLater()
        else this.#fail(error)
      }
    } while (this.#again && !this.#done)
    this.#looking = false
  }

  #lookLater(): void {
    this.#retry?.cancel()
    if (this.#done) return
    this.#retry = this.#clock.after(this.#retryMs, () => this.look())
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs)
  }

  #offer(value: unknown): void {
    const text = JSON.stringify(value)
    if (text === this.#lastText || this.#done) return
    this.#lastText = text
    const wanted = this.#wanted.shift()
    if (wanted !== undefined) wanted.resolve({ done: false, value })
    else this.#ready = { value }
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#error !== undefined) {
      const { error } = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    if (this.#done) return Promise.resolve({ done: true, value: undefined })
    if (this.#ready !== undefined) {
      const { value } = this.#ready
      this.#ready = undefined
      return Promise.resolve({ done: false, value })
    }
    return new Promise((resolve, reject) => {
      this.#wanted.push({ resolve, reject })
    })
  }

  /** The reader hears of it once, at its next turn; a node that stops only ends the watch. */
  #fail(error: unknown): void {
    const wanted = this.#wanted.shift()
    if (isShoalError(error) && error.code === 'SHOAL_STOPPED') wanted?.resolve({ done: true, value: undefined })
    else if (wanted !== undefined) wanted.reject(error)
    else if (!this.#done) this.#error = { error }
    void this.return()
  }

  return(): Promise<IteratorResult<unknown>> {
    if (!this.#done) {
      this.#done = true
      this.#retry?.cancel()
      this.#ended()
      for (const wanted of this.#wanted) wanted.resolve({ done: true, value: undefined })
      this.#wanted = []
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    return this
  }
}

/** It says nothing about the state. */
function isPassing(error: unknown): boolean {
  return (
    isShoalError(error) && error.retryable && (error.code === 'SHOAL_OVERLOADED' || error.code === 'SHOAL_UNAVAILABLE')
  )
}
