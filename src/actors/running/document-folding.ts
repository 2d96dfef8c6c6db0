/**
 * Documents that others write to and nobody here opens are folded now and then, in the sandbox, so that they do not grow into a
 * thousand small parts. One at a time, when nothing else waits there, and for a small share of the time.
 */
import type { Actor, Commit } from '../../cluster/shard-store.ts'
import { type DocumentParts, documentBacklog, unvettedDocuments } from '../../crdt/document/documents-of-state.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Vetting } from './vetting.ts'

/** So many parts are worth a look. */
const foldParts = 256
/** Loose parts are worth a fold where they are at least this share of the document. */
const looseShare = 0.25
const maxWaiting = 256
/** For each millisecond that a fold took. */
const restMsPerMs = 4
const minRestMs = 10

export class DocumentFolding {
  readonly #vetting: Vetting
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #folds
  /** By name: what was evicted meanwhile is not brought back for this. */
  readonly #waiting = new Map<string, Actor>()
  /** How many parts make a further look worth its cost. */
  readonly #nextLook = new WeakMap<Actor, number>()
  #timer: Timer | undefined
  #isFolding = false
  #isStopped = false

  constructor(parts: { vetting: Vetting; clock: Clock; logger: Logger; metrics: Metrics }) {
    this.#vetting = parts.vetting
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#folds = parts.metrics.counter('shoal_document_folds_total', 'Documents folded though nobody opened them')
  }

  committed(commit: Commit): void {
    for (const actor of commit.actors) {
      if (this.#waiting.size < maxWaiting && !this.#waiting.has(actor.name) && this.#isWorthFolding(actor)) {
        // Pinned: the actor stays the one object of its name until it was folded.
        actor.pins++
        this.#waiting.set(actor.name, actor)
      }
    }
    if (this.#waiting.size > 0 && !this.#isFolding && this.#timer === undefined) void this.#foldNext()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  async #foldNext(): Promise<void> {
    const [actor] = this.#waiting.values()
    if (actor === undefined || this.#isStopped) return
    this.#isFolding = true
    const startMs = this.#clock.elapsed()
    try {
      const folded = this.#vetting.open(actor, { isBackground: true })
      if (folded !== undefined) {
        await folded
        this.#folds.add()
      }
      this.#nextLook.delete(actor)
    } catch (error) {
      // Vetting has told of what cannot be merged; anything else is tried again after so many more updates.
      if (!isShoalError(error)) this.#logger.error('a document was not folded', { actor: actor.name, err: error })
    } finally {
      actor.pins--
      this.#waiting.delete(actor.name)
      this.#isFolding = false
    }
    if (this.#isStopped) return
    const restMs = Math.max(minRestMs, restMsPerMs * (this.#clock.elapsed() - startMs))
    this.#timer = this.#clock.after(restMs, () => {
      this.#timer = undefined
      void this.#foldNext()
    })
  }

  #isWorthFolding(actor: Actor): boolean {
    const backlog = documentBacklog(actor.state)
    if (backlog < foldParts || backlog < (this.#nextLook.get(actor) ?? 0)) return false
    this.#nextLook.set(actor, backlog + foldParts / 4)
    return unvettedDocuments(actor.state).some(isMostlyLoose)
  }
}

function isMostlyLoose({ trusted, untrusted }: DocumentParts): boolean {
  const sizes = [...trusted, ...untrusted].map(part => part.bytes.length)
  const bytes = sizes.reduce((sum, size) => sum + size, 0)
  return untrusted.length >= foldParts && bytes - Math.max(...sizes) >= looseShare * bytes
}
