/**
 * A watch of an actor, wherever its states come from: this node, or the nearest that has the actor.
 *
 * Where one place shows it no more, the next does. What comes never lacks a dot that a state shown before rested on: a place that has
 * seen less is passed over. (Terry et al., "Session guarantees for weakly consistent replicated data", 1994: monotonic reads.)
 */
import { CausalContext } from '../../crdt/index.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Shown } from './watch.ts'

/** One place's states. */
export interface WatchSource {
  /** One call at a time. `undefined`: this place shows it no more. */
  next(): Promise<Shown | undefined>
  /** Look again: a state of this round comes, even where nothing has changed. */
  refresh(round: number): void
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
  /** So long without any place that shows it, and the watch fails. @default 10000 */
  readonly patienceMs?: number
  elapsedMs(): number
  /** All were tried, and none shows it, or none all of it that this watch has shown. */
  stalled(): void
}

interface PlacedSource {
  readonly place: PeerId
  readonly states: WatchSource
  /** Looks that were asked for before it was opened. */
  readonly round: number
  /** For a better place. */
  isLeft: boolean
}

/** So long without any place that shows it, and the watch fails, in milliseconds. */
const standardPatienceMs = 10_000
/** A place that did not do is tried again after so long, where another shows it meanwhile. */
const avoidForMs = 10_000
/** All are asked again after a quarter of the time for which none has shown it, but at the latest after so long. */
const maxPauseMs = 1000

export class FollowedWatch {
  readonly #places: WatchPlaces
  #source: PlacedSource | undefined
  #shown = CausalContext.empty
  /** Looks that were asked for. */
  #round = 0
  /** Places that did not do, and why not. */
  readonly #avoid = new Map<PeerId, unknown>()
  #avoidSinceMs = 0
  /** Nothing shows it since then. */
  #lostSinceMs: number | undefined
  #isStalled = false
  #isOver = false

  constructor(places: WatchPlaces) {
    this.#places = places
  }

  /** What all states that come will have. */
  get shown(): CausalContext {
    return this.#shown
  }

  /** All places were tried, and nothing was shown since. */
  get isStalled(): boolean {
    return this.#isStalled
  }

  /**
   * The newest state when there is a new one; one call at a time. `undefined` when the watch is over. Throws where no place will show it; to
   * ask again is to begin again, with the same that was shown.
   */
  async next(): Promise<Shown | undefined> {
    try {
      return await this.#nextShown()
    } catch (error) {
      this.#lostSinceMs = undefined
      this.#avoid.clear()
      throw error
    }
  }

  /** The round of a state that is read from now on, and comes even where nothing has changed. */
  refresh(): number {
    this.#source?.states.refresh(++this.#round)
    return this.#round
  }

  return(): void {
    this.#isOver = true
    this.#source?.states.return()
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

  async #nextShown(): Promise<Shown | undefined> {
    while (!this.#isOver) {
      if (this.#source === undefined) {
        this.#lostSinceMs ??= this.#places.elapsedMs()
        this.begin()
      }
      const source = this.#source
      if (source === undefined) {
        await this.#places.pause(this.#beginAgain())
        continue
      }
      const shown = await this.#from(source)
      if (shown !== undefined && !this.#isOver) return shown
    }
    return undefined
  }

  #sourceNow(): PlacedSource | undefined {
    const place = this.#places.best(new Set(this.#avoid.keys()))
    if (place === undefined || this.#avoid.has(place)) return undefined
    try {
      return { place, states: this.#places.open(place, this.#shown), round: this.#round, isLeft: false }
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
        this.#isStalled = false
        this.#shown = shown.seen
        return shown.round >= source.round ? shown : { ...shown, round: source.round }
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

  /** All places were tried. Answers when to try them again; throws where none will do, or none has for too long. */
  #beginAgain(): number {
    const reasons = [...this.#avoid.values()]
    const [first] = reasons
    this.#isStalled = true
    this.#places.stalled()
    // What all of them say for good will be no other in a moment.
    if (first !== undefined && reasons.every(isLasting)) throw first
    this.#avoid.clear()
    const lostMs = this.#places.elapsedMs() - (this.#lostSinceMs ?? 0)
    const { actor, patienceMs = standardPatienceMs } = this.#places
    if (lostMs < patienceMs) return Math.min(Math.max(lostMs / 4, 2), maxPauseMs)
    if (reasons.length > 0 && reasons.every(isOverload))
      throw new ShoalError('SHOAL_OVERLOADED', `${actor}: the nodes that have it have too many watches`, {
        retryable: true
      })
    const cause = reasons.find(reason => reason !== undefined)
    const why = cause instanceof Error ? ` (${cause.message})` : ''
    const message = `${actor}: no node in reach has it, and all of it that this watch has shown${why}`
    throw new ShoalError('SHOAL_UNAVAILABLE', message, { retryable: true, cause })
  }
}

/** Of a node, not of the actor: what another has, or the next life of this one. */
const ofPlace: ReadonlySet<string> = new Set(['SHOAL_DISK', 'SHOAL_CORRUPT', 'SHOAL_STOPPED'])

function isLasting(reason: unknown): boolean {
  return reason !== undefined && !(isShoalError(reason) && (reason.retryable || ofPlace.has(reason.code)))
}

function isOverload(reason: unknown): boolean {
  return isShoalError(reason) && reason.code === 'SHOAL_OVERLOADED'
}
