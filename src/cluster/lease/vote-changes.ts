/** What the questions of one batch make of a voter's votes, before it is on the disk: each question sees what those before it have made. */
import { isShoalError } from '../../ports/errors.ts'
import type { Vote } from './vote-record.ts'
import type { VotersDisk } from './voters-disk.ts'
import { type Ballot, compareBallots } from './voters-messages.ts'

export class VoteChanges {
  readonly #disk: VotersDisk
  /** `undefined`: forgotten. */
  readonly #votes = new Map<string, Vote | undefined>()
  #floor: Ballot

  constructor(disk: VotersDisk) {
    this.#disk = disk
    this.#floor = disk.floor
  }

  /** What it has promised for every register that it has no vote on. */
  get floor(): Ballot {
    return this.#floor
  }

  /** How many registers may be new with it, at the most. */
  get begun(): number {
    return this.#votes.size
  }

  /** Throws `SHOAL_CORRUPT`. */
  read(key: string): Vote | undefined {
    return this.#votes.has(key) ? this.#votes.get(key) : this.#disk.read(key)
  }

  set(key: string, vote: Vote): void {
    this.#votes.set(key, vote)
  }

  /** It has promised the ballot, at the most. */
  forget(key: string, ballot: Ballot): void {
    this.#votes.set(key, undefined)
    if (compareBallots(ballot, this.#floor) > 0) this.#floor = ballot
  }

  /** Where it has promised exactly that and accepted nothing, ever. A damaged vote is let be. */
  forgetPromise(key: string, ballot: Ballot): void {
    const vote = this.#intact(key)
    if (vote !== undefined && vote.accepted === undefined && compareBallots(vote.promised, ballot) === 0)
      this.forget(key, ballot)
  }

  /**
   * In place of a vote that is damaged, and of no other. The ceiling may have risen since the others were asked: what they made of it is
   * then no more above all that was promised here, as where a vote reads well now and then. That is for the next look.
   */
  mend(key: string, vote: Vote): void {
    if (vote.promised.counter <= this.#disk.ceiling || this.#votes.has(key)) return
    if (this.#isDamaged(key)) this.#votes.set(key, vote)
  }

  async write(): Promise<void> {
    if (this.#votes.size > 0) await this.#disk.write(this.#votes, this.#floor)
  }

  #isDamaged(key: string): boolean {
    try {
      this.read(key)
      return false
    } catch (error) {
      if (isShoalError(error)) return true
      throw error
    }
  }

  #intact(key: string): Vote | undefined {
    try {
      return this.read(key)
    } catch (error) {
      if (isShoalError(error)) return undefined
      throw error
    }
  }
}
