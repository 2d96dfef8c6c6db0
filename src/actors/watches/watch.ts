/**
 * Watchers of the actors that this node has: the present state, then each durable change of it.
 *
 * A slow reader skips states, never the newest: a state is read when it is asked for, and none waits here. Where it cannot be read
 * for a while, because too many documents wait to be merged, the watcher looks again later. It ends where what is here is no more, or
 * less than it has shown.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import type { Commit } from '../../cluster/shard-store.ts'
import { CausalContext } from '../../crdt/index.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'

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
  /** The value as JSON. */
  readonly text: string
  /** Of the text: of two that look the same one is shown. It is short, however long that is. */
  readonly mark: string
  /** The last of the looks that were asked for before this one began. */
  readonly round: number
}

/**
 * The state as it is in memory, or a promise of one that is no older. `elsewhere`: this node does not answer for the actor now, or
 * lacks a dot of those that were `shown` already.
 */
export type Look = (shown: CausalContext) => Sight | 'elsewhere' | Promise<Sight | 'elsewhere'>

/**
 * Where there is something to wait for before a look, which would hold up others in their turn: the look that it brings shows what was
 * there when it was asked for, or something newer.
 */
export interface PreparedLooks {
  prepare(): Promise<Look>
}

/** Calls `read` when its reader has room for what it brings. It resolves when that is shown, or came to nothing. */
export type Turn = (read: () => Promise<void>) => void

export class Watchers {
  readonly #durable: () => Promise<void>
  readonly #clock: Clock
  readonly #byActor = new Map<string, Set<Watcher>>()
  readonly #texts = new RecentText()
  #stopped = false

  constructor(durable: () => Promise<void>, clock: Clock) {
    this.#durable = durable
    this.#clock = clock
  }

  /** `shown`: what the reader has seen of the actor before; nothing older comes. How many there are is the caller's to limit. */
  watch(
    actor: string,
    shard: number,
    look: Look | PreparedLooks,
    shown: CausalContext = CausalContext.empty,
    turn: Turn = read => void read()
  ): Watcher {
    if (this.#stopped) throw new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
    const ended = () => this.#remove(actor, watcher)
    const [durable, clock, texts] = [this.#durable, this.#clock, this.#texts]
    const watcher = new Watcher({ shard, look, shown, turn, durable, clock, texts, ended })
    const watchers = this.#byActor.get(actor)
    if (watchers === undefined) this.#byActor.set(actor, new Set([watcher]))
    else watchers.add(watcher)
    return watcher
  }

  get isEmpty(): boolean {
    return this.#byActor.size === 0
  }

  committed(commit: Commit): void {
    if (this.#byActor.size === 0) return
    for (const actor of commit.actors) for (const watcher of this.#byActor.get(actor.name) ?? []) watcher.look()
  }

  /** The actor has another state. */
  changed(actor: string): void {
    if (this.#byActor.size === 0) return
    for (const watcher of this.#byActor.get(actor) ?? []) watcher.look()
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
  readonly look: Look | PreparedLooks
  readonly shown: CausalContext
  readonly turn: Turn
  readonly durable: () => Promise<void>
  readonly clock: Clock
  readonly texts: RecentText
  readonly ended: () => void
}

/** For one reader, who asks for the next state when it has taken the one before. */
export class Watcher {
  readonly shard: number
  readonly #parts: WatcherParts
  #shown: CausalContext
  #lastMark: string | undefined
  /** Of the last look that was asked for, and of what was shown last. */
  #round = 0
  #lastRound = 0
  #wanted: PromiseWithResolvers<Shown | undefined> | undefined
  #isStale = true
  #isLooking = false
  #done = false
  #retry: Timer | undefined
  #retryMs = minRetryMs

  constructor(parts: WatcherParts) {
    this.#parts = parts
    this.shard = parts.shard
    this.#shown = parts.shown
  }

  /** The state may have changed. Whoever waits for the next one has it once all that it holds is durable. */
  look(): void {
    this.#isStale = true
    if (this.#wanted === undefined || this.#isLooking) return
    this.#isLooking = true
    const { look, turn } = this.#parts
    if (typeof look === 'function') turn(() => this.#show(look))
    else void this.#prepare(look)
  }

  /** A state of this round comes, even where nothing has changed. */
  refresh(round: number): void {
    if (round <= this.#round) return
    this.#round = round
    this.look()
  }

  /** `prepared`: the round of a look that was prepared for; whatever is asked for meanwhile takes another. */
  async #show(look: Look, prepared?: number): Promise<void> {
    while ((prepared !== undefined || this.#isStale) && this.#wanted !== undefined) {
      if (prepared === undefined) this.#isStale = false
      const round = prepared ?? this.#round
      try {
        const looked = look(this.#shown)
        const sight = looked instanceof Promise ? await looked : looked
        if (sight === 'elsewhere') this.return()
        else {
          await this.#parts.durable()
          this.#retryMs = minRetryMs
          this.#offer(sight, round)
        }
      } catch (error) {
        if (isPassing(error)) this.#lookLater()
        else this.#fail(error)
      }
      if (prepared !== undefined) break
    }
    this.#isLooking = false
    if (prepared !== undefined && this.#isStale) this.look()
  }

  async #prepare(looks: PreparedLooks): Promise<void> {
    // What changes from here on takes another look.
    this.#isStale = false
    const round = this.#round
    const look = await looks.prepare().catch(
      (error): Look =>
        () =>
          Promise.reject(error)
    )
    if (!this.#done) this.#parts.turn(() => this.#show(look, round))
  }

  #lookLater(): void {
    this.#retry?.cancel()
    if (this.#done) return
    this.#retry = this.#parts.clock.after(this.#retryMs, () => this.look())
    this.#retryMs = Math.min(2 * this.#retryMs, maxRetryMs)
  }

  #offer({ value, seen }: Sight, round: number): void {
    if (this.#done) return
    this.#shown = this.#shown.union(seen)
    const { text, mark } = this.#parts.texts.of(JSON.stringify(value) ?? 'null')
    if (mark === this.#lastMark && round === this.#lastRound) return
    this.#lastMark = mark
    this.#lastRound = round
    const wanted = this.#wanted
    this.#wanted = undefined
    wanted?.resolve({ value, seen: this.#shown, text, mark, round })
  }

  /** One call at a time. `undefined`: there will be none, here. */
  next(): Promise<Shown | undefined> {
    if (this.#done) return Promise.resolve(undefined)
    const wanted = Promise.withResolvers<Shown | undefined>()
    this.#wanted = wanted
    if (this.#isStale) this.look()
    return wanted.promise
  }

  /** The reader hears of it once; a node that stops only ends the watch. */
  #fail(error: unknown): void {
    const isStop = isShoalError(error) && error.code === 'SHOAL_STOPPED'
    if (!isStop && !this.#done) {
      this.#wanted?.reject(error)
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

/**
 * The text that was shown last, which the next watcher of the same actor is likely to show, too, and its mark: what a watcher remembers
 * of what it has shown takes no room, however large that was.
 */
class RecentText {
  #text = ''
  #mark = ''

  of(text: string): { readonly text: string; readonly mark: string } {
    if (text !== this.#text) {
      this.#mark = markOf(text)
      this.#text = text
    }
    return { text: this.#text, mark: this.#mark }
  }
}

export function markOf(text: string): string {
  return text.length <= 32 ? text : bytesToHex(sha256(new TextEncoder().encode(text)))
}

/** It says nothing about the state. */
function isPassing(error: unknown): boolean {
  return (
    isShoalError(error) && error.retryable && (error.code === 'SHOAL_OVERLOADED' || error.code === 'SHOAL_UNAVAILABLE')
  )
}
