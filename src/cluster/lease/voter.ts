/**
 * One of the voters that keep the registers of the lease store: CASPaxos's acceptor (Rystsov 2018), one instance per register.
 *
 * What it has promised and accepted is on its disk before it answers, and an answer tells of nothing that is not. Questions that come
 * while the disk is busy wait for it and then share one write.
 */
import { maxListedRegisters } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import { noVote, type Vote, type VotersDisk } from './voters-disk.ts'
import { type Answer, type Ask, compareBallots, type Question, type Reply } from './voters-messages.ts'

/** Questions that may wait. Beyond it one is not answered: the asker asks again. */
const maxWaiting = 1024

interface Waiting {
  readonly question: Question
  reply(reply: Reply): void
}

export class Voter {
  readonly #disk: VotersDisk
  readonly #logger: Logger
  #waiting: Waiting[] = []
  #isBusy = false
  #isSilent = false

  constructor(disk: VotersDisk, logger: Logger) {
    this.#disk = disk
    this.#logger = logger
  }

  get id(): string {
    return this.#disk.id
  }

  receive(question: Question, reply: (reply: Reply) => void): void {
    if (this.#isSilent || this.#waiting.length >= maxWaiting) return
    this.#waiting.push({ question, reply })
    if (!this.#isBusy) void this.#work()
  }

  /** Answers nothing any more. */
  stop(): void {
    this.#isSilent = true
    this.#waiting = []
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    try {
      while (this.#waiting.length > 0) await this.#answer(this.#waiting.splice(0))
    } catch (error) {
      // What is on the disk now nobody knows, before it is opened anew.
      if (!this.#isSilent)
        this.#logger.error('this voter does not vote any more, because its disk failed', { err: error })
      this.stop()
    } finally {
      this.#isBusy = false
    }
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const votes = new Map<string, Vote>()
    const lists: Waiting[] = []
    const answers: { readonly waiting: Waiting; readonly answer: Answer }[] = []
    for (const waiting of batch) {
      const { question } = waiting
      if (question.voter !== this.id) {
        const why = `the disk of this node is ${this.id}, and not ${question.voter}`
        answers.push({ waiting, answer: { kind: 'problem', why } })
      } else if (question.kind === 'list') lists.push(waiting)
      else answers.push({ waiting, answer: this.#vote(question, votes) })
    }
    if (votes.size > 0) await this.#disk.write(votes)
    for (const { waiting, answer } of answers) this.#reply(waiting, answer)
    for (const waiting of lists) {
      const { question } = waiting
      if (question.kind !== 'list' || this.#isSilent) continue
      this.#reply(waiting, { kind: 'registers', ...(await this.#disk.list(question.prefix, question.after)) })
    }
  }

  #reply({ question: { number }, reply }: Waiting, answer: Answer): void {
    if (!this.#isSilent) reply({ number, voter: this.id, ...answer })
  }

  /** `votes`: those of this batch, which are not on the disk yet. */
  #vote(ask: Exclude<Ask, { kind: 'list' }>, votes: Map<string, Vote>): Answer {
    const { key } = ask
    let vote: Vote
    try {
      vote = votes.get(key) ?? this.#disk.read(key)
    } catch (error) {
      this.#logger.error('a vote is damaged: this voter says nothing of the register any more', { key, err: error })
      return { kind: 'problem', why: `the vote on ${key} is damaged` }
    }
    const { promised, accepted } = vote
    if (ask.kind !== 'look') {
      const ballot = ask.kind === 'promise' ? ask.ballot : ask.accepted.ballot
      const order = compareBallots(ballot, promised)
      if (order < 0 || (order === 0 && ask.kind === 'promise')) return { kind: 'refused', promised }
      if (vote === noVote && this.#disk.count + votes.size >= maxListedRegisters)
        return { kind: 'problem', why: `this voter has ${maxListedRegisters} registers, and takes no more` }
      votes.set(key, { promised: ballot, accepted: ask.kind === 'accept' ? ask.accepted : accepted })
      if (ask.kind === 'accept') return { kind: 'registers', registers: [], hasMore: false }
    }
    return { kind: 'registers', registers: accepted === undefined ? [] : [{ key, ...accepted }], hasMore: false }
  }
}
