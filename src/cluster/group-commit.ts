/**
 * Group commit: one synced batch at a time carries all that changed since the last one, so that whoever comes meanwhile shares
 * the next. A commit that fails is the last.
 */
import type { Clock } from '../ports/clock.ts'
import type { Disk, DiskWrite } from '../ports/disk.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Metrics } from '../ports/metrics.ts'

const ownTroubles: ReadonlySet<string> = new Set(['SHOAL_STOPPED', 'SHOAL_DISK', 'SHOAL_CORRUPT'])

/** The store has stopped or failed, or its disk lies: no fault of whoever sent what could not be stored. */
export function isStoreEnd(error: unknown): boolean {
  return isShoalError(error) && ownTroubles.has(error.code)
}

export interface GroupCommitSource {
  hasChanges(): boolean
  /** All changes there are, as one batch; they count as saved from here on. `written` is called when they are on disk. */
  collect(): { readonly batch: readonly DiskWrite[]; written(): void }
  /** The disk failed, or `fail` was called. Nothing is written any more. */
  failed(error: ShoalError): void
}

const nothingToWrite = Promise.resolve()

export class GroupCommit {
  readonly #disk: Disk
  readonly #clock: Clock
  readonly #source: GroupCommitSource
  readonly #commits
  readonly #seconds
  #isScheduled = false
  #isCommitting = false
  /** Of those who wait for changes that no batch carries yet, and for the batch that is being written. */
  #waiting: PromiseWithResolvers<void> | undefined
  #underWay: PromiseWithResolvers<void> | undefined
  #pause: PromiseWithResolvers<void> | undefined
  #failure: ShoalError | undefined

  constructor(parts: { disk: Disk; clock: Clock; metrics: Metrics; source: GroupCommitSource }) {
    this.#disk = parts.disk
    this.#clock = parts.clock
    this.#source = parts.source
    this.#commits = parts.metrics.counter('shoal_store_commits_total', 'Synced batches written')
    this.#seconds = parts.metrics.histogram('shoal_store_commit_seconds', 'Time of one synced batch')
  }

  /** Throws what ended it, if anything did. */
  assertUsable(): void {
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Something changed: it is written when this turn of the event loop is over and the batch before it is on disk. */
  changed(): void {
    if (this.#isScheduled || this.#isCommitting || this.#pause !== undefined) return
    this.#isScheduled = true
    this.#clock.soon(() => {
      this.#isScheduled = false
      if (!this.#isCommitting) void this.#commitAll()
    })
  }

  /** Resolves when no batch is being written, and none is until what it answers is called: the disk is of one moment. */
  async pause(): Promise<() => void> {
    while (this.#pause !== undefined) await this.#pause.promise
    const pause = Promise.withResolvers<void>()
    this.#pause = pause
    await this.#underWay?.promise.catch(() => {})
    return () => {
      if (this.#pause !== pause) return
      this.#pause = undefined
      pause.resolve()
      if (this.#source.hasChanges()) this.changed()
    }
  }

  /** All changes made so far are on disk. */
  get isDurable(): boolean {
    return this.#failure === undefined && this.#underWay === undefined && !this.#source.hasChanges()
  }

  /** Resolves when all changes made so far are on disk: one promise for all of a batch. Throws `SHOAL_DISK` when that failed or may have. */
  durable(): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#source.hasChanges()) {
      this.#waiting ??= quietly()
      return this.#waiting.promise
    }
    return this.#underWay?.promise ?? nothingToWrite
  }

  /** Waits for the last commit, and for who has the disk for himself; nothing is written after that. */
  async close(): Promise<void> {
    while (this.#pause !== undefined) await this.#pause.promise
    try {
      await this.durable()
    } catch {
      // Whoever waited has been told.
    }
    this.#failure ??= new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
  }

  fail(failure: ShoalError): void {
    if (this.#failure !== undefined) return
    this.#failure = refusalAfter(failure)
    this.#waiting?.reject(failure)
    this.#underWay?.reject(failure)
    this.#source.failed(failure)
  }

  async #commitAll(): Promise<void> {
    this.#isCommitting = true
    try {
      while (this.#source.hasChanges() && this.#failure === undefined && this.#pause === undefined) await this.#commit()
    } catch (error) {
      this.fail(
        new ShoalError('SHOAL_DISK', 'a commit failed; nobody knows whether what it carried is on the disk', {
          cause: error
        })
      )
    } finally {
      this.#isCommitting = false
    }
  }

  async #commit(): Promise<void> {
    const barrier = this.#waiting ?? quietly()
    this.#underWay = barrier
    this.#waiting = undefined
    const { batch, written } = this.#source.collect()
    const startMs = this.#clock.elapsed()
    await this.#disk.write(batch)
    this.#seconds.observe((this.#clock.elapsed() - startMs) / 1000)
    this.#commits.add()
    this.#underWay = undefined
    barrier.resolve()
    written()
  }
}

/** Whoever comes after a failed commit has no part in it: what is refused now has certainly had no effect. */
function refusalAfter(failure: ShoalError): ShoalError {
  if (failure.code !== 'SHOAL_DISK') return failure
  const message = 'the disk has failed; this node writes nothing until it takes writes again'
  return new ShoalError('SHOAL_DISK', message, { retryable: true, cause: failure })
}

/** A promise that may be rejected though nobody waits for it. */
function quietly(): PromiseWithResolvers<void> {
  const resolvers = Promise.withResolvers<void>()
  resolvers.promise.catch(() => {})
  return resolvers
}
