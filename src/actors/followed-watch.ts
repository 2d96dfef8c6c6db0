/**
 * One reader's watch of an actor, wherever its states come from: this node, or the nearest that has the actor.
 *
 * Where one place shows it no more, the next does. What comes never lacks a dot that a state shown before rested on: a place that has
 * seen less is passed over. (Terry et al., "Session guarantees for weakly consistent replicated data", 1994: monotonic reads.)
 */
import { CausalContext } from '../crdt/index.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { PeerId } from '../ports/network.ts'
import type { Shown } from './watch.ts'

/** One place's states. */
export interface WatchSource {
  /** One call at a time. `undefined`: this place shows it no more. */
  next(): Promise<Shown | undefined>
  return(): void
}

export interface WatchPlaces {
  /** `kind/id`. */
  readonly actor: string
  /** The best place that is not to be avoided; this node itself even then. */
  best(avoid: ReadonlySet<PeerId>): PeerId | undefined
  /** Whether no place is better than this one. */
  isBest(place: PeerId, avoid: ReadonlySet<PeerId>): boolean
  /** No state that lacks a dot of `shown` comes from it. */
  open(place: PeerId, shown: CausalContext): WatchSource
  pause(delayMs: number): Promise<void>
  elapsedMs(): number
  /** The watch is over. */
  ended(): void
}

interface PlacedSource {
  readonly place: PeerId
  readonly states: WatchSource
  /** For a better place. */
  isLeft: boolean
}

/** So long without any place that shows it, and the watch fails, in milliseconds. */
const patienceMs = 10_000
/** A place that did not do is tried again after so long, where another shows it meanwhile. */
const avoidForMs = 10_000

export class FollowedWatch implements AsyncIterableIterator<unknown> {
  readonly #places: WatchPlaces
  #source: PlacedSource | undefined
  #shown = CausalContext.empty
  #lastText: string | undefined
  /** Places that did not do, and why not. */
  readonly #avoid = new Map<PeerId, unknown>()
  #avoidSinceMs = 0
  /** Nothing shows it since then. */
  #lostSinceMs: number | undefined
  #wanted: PromiseWithResolvers<IteratorResult<unknown>>[] = []
  #isPulling = false
  #isOver = false

  constructor(places: WatchPlaces) {
    this.#places = places
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined })
    const wanted = Promise.withResolvers<IteratorResult<unknown>>()
    this.#wanted.push(wanted)
    if (!this.#isPulling) void this.#pull()
    return wanted.promise
  }

  return(): Promise<IteratorResult<unknown>> {
    if (!this.#isOver) {
      this.#isOver = true
      this.#source?.states.return()
      for (const wanted of this.#wanted) wanted.resolve({ done: true, value: undefined })
      this.#wanted = []
      this.#places.ended()
    }
    return Promise.resolve({ done: true, value: undefined })
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    return this
  }

  /** Links, or who has the actor, have changed. */
  reconsider(linked?: PeerId): void {
    if (linked !== undefined) this.#avoid.delete(linked)
    if (this.#places.elapsedMs() - this.#avoidSinceMs >= avoidForMs) this.#avoid.clear()
    const source = this.#source
    if (source === undefined || this.#places.isBest(source.place, new Set(this.#avoid.keys()))) return
    source.isLeft = true
    source.states.return()
  }

  /** Before anybody asks, so that the first reader finds a state. */
  begin(): void {
    this.#source = this.#sourceNow()
  }

  async #pull(): Promise<void> {
    this.#isPulling = true
    while (this.#wanted.length > 0 && !this.#isOver) {
      try {
        const shown = await this.#nextShown()
        if (shown !== undefined) this.#wanted.shift()?.resolve({ done: false, value: shown.value })
      } catch (error) {
        this.#wanted.shift()?.reject(error)
        void this.return()
      }
    }
    this.#isPulling = false
  }

  async #nextShown(): Promise<Shown | undefined> {
    for (let attempt = 0; !this.#isOver; ) {
      if (this.#source === undefined) {
        this.#lostSinceMs ??= this.#places.elapsedMs()
        this.begin()
      }
      const source = this.#source
      if (source === undefined) {
        this.#beginAgain()
        await this.#places.pause(Math.min(2 ** Math.min(attempt++, 5) * 2, 50))
        continue
      }
      const shown = await this.#from(source)
      if (shown === undefined || this.#isOver) continue
      attempt = 0
      if (shown.text === this.#lastText) continue
      this.#lastText = shown.text
      return shown
    }
    return undefined
  }

  #sourceNow(): PlacedSource | undefined {
    const place = this.#places.best(new Set(this.#avoid.keys()))
    if (place === undefined || this.#avoid.has(place)) return undefined
    try {
      return { place, states: this.#places.open(place, this.#shown), isLeft: false }
    } catch (error) {
      this.#passOver(place, error)
      return undefined
    }
  }

  async #from(source: PlacedSource): Promise<Shown | undefined> {
    let reason: unknown
    try {
      const shown = await source.states.next()
      if (shown !== undefined) {
        this.#lostSinceMs = undefined
        this.#shown = shown.seen
        return shown
      }
    } catch (error) {
      reason = error
    }
    this.#source = undefined
    if (!source.isLeft) this.#passOver(source.place, reason)
    return undefined
  }

  #passOver(place: PeerId, reason: unknown): void {
    this.#avoid.set(place, reason)
    this.#avoidSinceMs = this.#places.elapsedMs()
  }

  /** All places were tried. Throws where none will do, or none has for too long. */
  #beginAgain(): void {
    const reasons = [...this.#avoid.values()]
    const [first] = reasons
    // What all of them say for good will be no other in a moment.
    if (first !== undefined && reasons.every(isLasting)) throw first
    this.#avoid.clear()
    if (this.#places.elapsedMs() - (this.#lostSinceMs ?? 0) < patienceMs) return
    const cause = reasons.find(reason => reason !== undefined)
    const why = cause instanceof Error ? ` (${cause.message})` : ''
    const message = `${this.#places.actor}: no node in reach has it, and all of it that this watch has shown${why}`
    throw new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true, cause })
  }
}

/** Of a node, not of the actor: what another has, or the next life of this one. */
const ofPlace: ReadonlySet<string> = new Set(['SHOAL_DISK', 'SHOAL_CORRUPT', 'SHOAL_STOPPED'])

function isLasting(reason: unknown): boolean {
  return reason !== undefined && !(isShoalError(reason) && (reason.retryable || ofPlace.has(reason.code)))
}
