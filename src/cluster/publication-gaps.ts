/**
 * Which publications of each origin have arrived: those that were lost are asked for again, those that come twice need not be read.
 *
 * An origin counts its publications, so that the next one shows that one before it is missing, whatever it was about. What stays
 * missing for a moment is asked for once; what does not come then either is left to catch-up.
 */
import type { Origin } from '../crdt/index.ts'
import type { Clock, Timer } from '../ports/clock.ts'
import { maxWantedPublications } from './dissemination.ts'

export interface PublicationGapsOptions {
  /** Time that a lost publication may take before it is asked for again, in milliseconds. @default 40 */
  publicationGapMs?: number
}

interface Window {
  newest: number
  /** Of the last `windowSize` numbers, those that arrived. */
  readonly arrived: Set<number>
  /** Not asked for yet, with the moment of noticing. */
  readonly missing: Map<number, number>
}

const windowSize = 256
/** An origin that is heard of with so low a number is new itself: the ones before may have been lost. */
const maxNumberOfNew = 16
const maxWindows = 1024

export class PublicationGaps {
  readonly #clock: Clock
  readonly #ask: (origin: Origin, publications: readonly number[]) => void
  readonly #publicationGapMs: number
  /** By origin; the one that was heard longest ago first. */
  readonly #windows = new Map<Origin, Window>()
  #timer: Timer | undefined

  constructor(
    parts: { clock: Clock; ask(origin: Origin, publications: readonly number[]): void },
    options: PublicationGapsOptions = {}
  ) {
    this.#clock = parts.clock
    this.#ask = parts.ask
    this.#publicationGapMs = options.publicationGapMs ?? 40
  }

  get windows(): number {
    return this.#windows.size
  }

  stop(): void {
    this.#timer?.cancel()
    this.#windows.clear()
  }

  /** Answers `false` where this publication is known to have arrived before. */
  arrived(origin: Origin, publication: number): boolean {
    const window = this.#windowOf(origin, publication)
    if (window.arrived.has(publication)) return false
    window.missing.delete(publication)
    if (publication > window.newest) this.#advance(window, publication)
    if (publication > window.newest - windowSize) window.arrived.add(publication)
    return true
  }

  #windowOf(origin: Origin, publication: number): Window {
    const known = this.#windows.get(origin)
    const newest = publication <= maxNumberOfNew ? 0 : publication
    const window = known ?? { newest, arrived: new Set(), missing: new Map() }
    if (known !== undefined) this.#windows.delete(origin)
    this.#windows.set(origin, window)
    if (this.#windows.size > maxWindows) {
      const [oldest] = this.#windows.keys()
      if (oldest !== undefined) this.#windows.delete(oldest)
    }
    return window
  }

  #advance(window: Window, publication: number): void {
    const nowMs = this.#clock.elapsed()
    const from = Math.max(window.newest + 1, publication - maxWantedPublications)
    for (let missing = from; missing < publication && window.missing.size < windowSize; missing++)
      window.missing.set(missing, nowMs)
    window.newest = publication
    // A long jump leaves nothing to forget one by one.
    if (window.arrived.size >= windowSize)
      for (const number of window.arrived) if (number <= publication - windowSize) window.arrived.delete(number)
    if (window.missing.size > 0) this.#lookLater()
  }

  #lookLater(): void {
    this.#timer ??= this.#clock.after(this.#publicationGapMs, () => {
      this.#timer = undefined
      this.#look()
    })
  }

  #look(): void {
    const nowMs = this.#clock.elapsed()
    let isMore = false
    for (const [origin, { missing }] of this.#windows) {
      const due: number[] = []
      for (const [publication, sinceMs] of missing) {
        if (nowMs - sinceMs < this.#publicationGapMs) isMore = true
        else if (due.push(publication) && missing.delete(publication) && due.length === maxWantedPublications) break
      }
      if (missing.size > 0) isMore = true
      if (due.length > 0) this.#ask(origin, due)
    }
    if (isMore) this.#lookLater()
  }
}
