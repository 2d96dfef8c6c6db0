/**
 * Watchers of the actors that this node has: the present state, then each durable change of it.
 *
 * A slow reader skips states, never the newest: a watcher holds one state at a time, whatever happens meanwhile. Where the state cannot
 * be read for a while, because too many documents wait to be merged, the watcher looks again later. It ends where what is here is no
 * more, or less than it has shown.
 */
import type { Commit } from '../cluster/shard-store.ts'
import { CausalContext } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'

/** Until a watcher looks again that could not: twice as long after each further failure. */
const minRetryMs = 100
const maxRetryMs = 5000

/** A state of an actor, and all dots that it rests on: a state that lacks one of them is older. */
export interface Sight {
  readonly value: unknown
  readonly seen: CausalContext
}

/** What a watcher is to show next. */
export interface Shown extends Sight {
  /** The value as JSON: of two that look the same one is shown. */
  readonly text: string
}

/**
 * The state as it is in memory, or a promise of one that is no older. `elsewhere`: this node does not answer for the actor now, or
 * lacks a dot of those that were `shown` already.
 */
export type Look = (shown: CausalContext) => Sight | 'elsewhere' | Promise<Sight | 'elsewhere'>

export class Watchers {
  readonly #durable: () => Promise<void>
  readonly #clock: Clock
  readonly #byActor = new Map<string, Set<Watcher>>()
  #stopped = false

  constructor(durable: () => Promise<void>, clock: Clock) {
    this.#durable = durable
    this.#clock = clock
  }

  /** `shown`: what the reader has seen of the actor before; nothing older comes. How many there are is the caller's to limit. */
  watch(actor: string, shard: number, look: Look, shown: CausalContext = CausalContext.empty): Watcher {
    if (this.#stopped) throw new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
    const ended = () => this.#remove(actor, watcher)
    const watcher = new Watcher({ shard, look, shown, durable: this.#durable, clock: this.#clock, ended })
    const watchers = this.#byActor.get(actor)
    if (watchers === undefined) this.#byActor.set(actor, new Set([watcher]))
    else watchers.add(watcher)
    watcher.look()
    return watcher
  }

  committed(commit: Commit): void {
    if (this.#byActor.size === 0) return
    for (const actor of commit.actors) for (const watcher of this.#byActor.get(actor.name) ?? []) watcher.look()
  }

  /** Some shards have perhaps other places by now: whoever watches an actor of one of those looks. */
  moved(isMoved: (shard: number) => boolean): void {
    const known = new Map<number, boolean>()
    for (const watcher of [...this.#byActor.values()].flatMap(watchers => [...watchers])) {
      const { shard } = watcher
      const isOne = known.get(shard) ?? isMoved(shard)
      known.set(shard, isOne)
      if (isOne) watcher.look()
    }
  }

  stop(): void {
    this.#stopped = true
    for (const watchers of [...this.#byActor.values()]) for (const watcher of [...watchers]) watcher.return()
  }

  #remove(actor: string, watcher: Watcher): void {
    const watchers = this.#byActor.get(actor)
    if (watchers?.delete(watcher) === true && watchers.size === 0) this.#byActor.delete(actor)
  }
}

interface WatcherParts {
  readonly shard: number
  readonly look: Look
  readonly shown: CausalContext
  readonly durable: () => Promise<void>
  readonly clock: Clock
  readonly ended: () => void
}

/** For one reader, who asks for the next state when it has taken the one before. */
export class Watcher {
  readonly shard: number
  readonly #parts: WatcherParts
  #shown: CausalContext
  #ready: Shown | undefined
  #lastText: string | undefined
  #wanted: PromiseWithResolvers<Shown | undefined> | undefined
  #error: { readonly error: unknown } | undefined
  #looking = false
  #again = false
  #done = false
  #retry: Timer | undefined
  #retryMs = minRetryMs

  constructor(parts: WatcherParts) {
    this.#parts = parts
    this.shard = parts.shard
    this.#shown = parts.shown
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
        const look = this.#parts.look(this.#shown)
        const sight = look instanceof Promise ? await look : look
        if (sight === 'elsewhere') {
          this.return()
          break
        }
        await this.#parts.durable()
        this.#retryMs = minRetryMs
        this.#offer(sight)
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
    this.#retry = this.#parts.clock.after(this.#retryMs, () => this.look())
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs)
  }

  #offer({ value, seen }: Sight): void {
    if (this.#done) return
    this.#shown = this.#shown.union(seen)
    const text = JSON.stringify(value) ?? 'null'
    if (text === this.#lastText) return
    this.#lastText = text
    const shown = { value, seen: this.#shown, text }
    const wanted = this.#wanted
    this.#wanted = undefined
    if (wanted !== undefined) wanted.resolve(shown)
    else this.#ready = shown
  }

  /** One call at a time. `undefined`: there will be none, here. */
  next(): Promise<Shown | undefined> {
    if (this.#error !== undefined) {
      const { error } = this.#error
      this.#error = undefined
      return Promise.reject(error)
    }
    const ready = this.takeReady()
    if (ready !== undefined || this.#done) return Promise.resolve(ready)
    this.#wanted = Promise.withResolvers()
    return this.#wanted.promise
  }

  /** The state that waits to be asked for, if there is one. */
  takeReady(): Shown | undefined {
    const ready = this.#ready
    this.#ready = undefined
    return ready
  }

  /** The reader hears of it once, at its next turn; a node that stops only ends the watch. */
  #fail(error: unknown): void {
    const isStop = isShoalError(error) && error.code === 'SHOAL_STOPPED'
    if (!isStop && !this.#done) {
      if (this.#wanted === undefined) this.#error = { error }
      else this.#wanted.reject(error)
      this.#wanted = undefined
    }
    this.return()
  }

  return(): void {
    if (this.#done) return
    this.#done = true
    this.#retry?.cancel()
    this.#parts.ended()
    this.#wanted?.resolve(undefined)
    this.#wanted = undefined
  }
}

/** It says nothing about the state. */
function isPassing(error: unknown): boolean {
  return (
    isShoalError(error) && error.retryable && (error.code === 'SHOAL_OVERLOADED' || error.code === 'SHOAL_UNAVAILABLE')
  )
}
