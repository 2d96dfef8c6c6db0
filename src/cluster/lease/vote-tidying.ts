/**
 * A voter sees to it that voters forget registers that were removed, and ballots that nothing became of, and that its damaged votes are mended:
 * now and then it looks through its own votes for them.
 *
 * What it has only promised it forgets by itself, since the promise stays, in its floor. A removal that it has accepted it may forget when no
 * voter has an older value, and none will accept one: when all of them have promised one ballot after it. So that takes all voters, and
 * waits while one is away. Source: Rystsov 2018, section 3.1, with a floor on each voter in place of an age for each proposer.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Vote } from './vote-record.ts'
import type { Leftovers } from './voters-disk.ts'
import type { VotersBackend } from './voters-store.ts'

export interface VoteTidyingParts {
  readonly clock: Clock
  readonly logger: Logger
  readonly backend: Pick<VotersBackend, 'forget' | 'mend'>
  /** Of this voter's own disk. */
  leftovers(limit: number): Promise<Leftovers>
  /** Of this voter alone, where it has accepted nothing since. */
  forgetPromises(promised: Leftovers['promised']): void
  /** No ballot with a higher counter was ever promised by this voter. */
  ceiling(): number
  mend(key: string, vote: Vote): void
}

const lookIntervalMs = 10 * 60_000
/** Per look. */
const maxForgotten = 200
/** One voter after the other did not answer: that is not about one register. */
const maxAwayInARow = 5

export class VoteTidying {
  readonly #parts: VoteTidyingParts
  readonly #end = new AbortController()
  #timer: Timer | undefined

  constructor(parts: VoteTidyingParts) {
    this.#parts = parts
  }

  start(): void {
    const { clock, logger } = this.#parts
    this.#timer = clock.after(lookIntervalMs, () => {
      this.look()
        .catch(error => {
          if (!this.#end.signal.aborted) logger.warn('removed registers could not be looked for', { err: error })
        })
        .finally(() => {
          if (!this.#end.signal.aborted) this.start()
        })
    })
  }

  stop(): void {
    this.#timer?.cancel()
    this.#end.abort()
  }

  async look(): Promise<void> {
    const { backend, leftovers, forgetPromises, logger } = this.#parts
    const { signal } = this.#end
    const { removed, promised, damaged } = await leftovers(maxForgotten)
    if (signal.aborted) return
    forgetPromises(promised)
    await this.#mend(damaged)
    let forgotten = 0
    let away = 0
    for (const key of removed) {
      const outcome = await backend.forget(key, signal)
      if (signal.aborted) return
      if (outcome === 'done') forgotten++
      away = outcome === 'away' ? away + 1 : 0
      if (away === maxAwayInARow) break
    }
    if (forgotten > 0) logger.info('the voters have forgotten registers that were removed', { forgotten })
    if (away > 0)
      logger.debug('removed registers are kept until all voters answer', { left: removed.length - forgotten })
  }
  async #mend(damaged: readonly string[]): Promise<void> {
    const { backend, ceiling, mend, logger } = this.#parts
    for (const key of damaged) {
      const vote = await backend.mend(key, ceiling(), this.#end.signal)
      if (this.#end.signal.aborted) return
      if (vote === undefined)
        logger.warn('a damaged vote could not be mended yet: it takes most of the voters without this one', { key })
      else {
        mend(key, vote)
        logger.warn('a damaged vote is mended by the others', { key })
      }
    }
  }
}
