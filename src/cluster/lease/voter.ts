/**
 * One of the voters that keep the registers of the lease store: CASPaxos's acceptor (Rystsov 2018), one instance per register.
 *
 * What it has promised and accepted is on its disk before it answers, and an answer tells of nothing that is not. Questions that come
 * while the disk is busy wait for it and then share one write. It answers those only who go by the same list of voters. What it has promised
 * for a register it keeps when it forgets the register, as the least for all that it knows nothing of.
 */
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import { VoteChanges } from './vote-changes.ts'
import type { Vote } from './vote-record.ts'
import type { Leftovers, VotersDisk } from './voters-disk.ts'
import {
  type Accepted,
  type Answer,
  type Ask,
  compareBallots,
  isRemoval,
  maxLeap,
  type Question,
  type Reply
} from './voters-messages.ts'

/** Questions of one node that may wait. Beyond it one is not answered: the asker asks again. */
const maxWaitingPerPeer = 256
const maxWaiting = 2048
/** Lists of one node that may wait: each reads and sends 64 KiB. */
const maxListsPerPeer = 4
const maxTold = 1000
/** Registers with a vote: one for each shard, and one for each node of late, of a few hundred bytes each. */
const maxVotes = 262_144

export interface VoterParts {
  readonly disk: VotersDisk
  readonly logger: Logger
  readonly metrics: Metrics
  /** Of the list that this disk votes in; `undefined`: it does not vote. */
  readonly listId: string | undefined
  /** Whether a register of that name may begin, when this node asks for it. */
  mayBegin(key: string, peer: PeerId): boolean
  /** Nobody knows what is on the disk, before it is opened anew. */
  failed(error: ShoalError): void
}

interface Waiting {
  readonly peer: PeerId
  readonly question: Question
  reply(reply: Reply): void
}

export class Voter {
  readonly #parts: VoterParts
  readonly #disk: VotersDisk
  readonly #logger: Logger
  readonly #questions
  readonly #registers
  #waiting: Waiting[] = []
  #forgetting: Leftovers['promised'] = []
  readonly #mended = new Map<string, Vote>()
  /** One of them is answered after each batch of the others. */
  #lists: Waiting[] = []
  /** How many of those are of whom. */
  readonly #waitingOf = new Map<PeerId, number>()
  /** Registers whose votes are damaged, which was said. */
  readonly #damaged = new Set<string>()
  #isBusy = false
  #isSilent = false
  #isDistrusted = false

  constructor(parts: VoterParts) {
    this.#parts = parts
    this.#disk = parts.disk
    this.#logger = parts.logger
    this.#questions = parts.metrics.counter(
      'shoal_voter_questions_total',
      'Questions about registers of the lease store that this node, as a voter, has taken'
    )
    this.#registers = parts.metrics.gauge(
      'shoal_voter_registers',
      'Registers of the lease store that this node, as a voter, has on its disk; at 262,144 it takes no more'
    )
    this.#registers.set(parts.disk.count)
  }

  get id(): string {
    return this.#disk.id
  }

  /** That it has on its disk. */
  get registers(): number {
    return this.#disk.count
  }

  /** Registers without a value that it has something of, at most so many of each kind. */
  leftovers(limit: number): Promise<Leftovers> {
    return this.#disk.leftovers(limit)
  }

  /** Of registers for which it has promised that ballot, and has accepted nothing: the promise stays, in the floor. */
  forgetPromises(promised: Leftovers['promised']): void {
    if (this.#isSilent || this.#isDistrusted) return
    this.#forgetting = promised
    if (!this.#isBusy) void this.#work()
  }

  /** No ballot with a higher counter was ever promised here. */
  get ceiling(): number {
    return this.#disk.ceiling
  }

  /** In place of a vote that is damaged, where it still is. */
  mend(key: string, vote: Vote): void {
    if (this.#isSilent || this.#isDistrusted) return
    this.#mended.set(key, vote)
    if (!this.#isBusy) void this.#work()
  }

  get isVoting(): boolean {
    return this.#parts.listId !== undefined
  }

  receive(peer: PeerId, question: Question, reply: (reply: Reply) => void): void {
    const waiting = this.#waitingOf.get(peer) ?? 0
    if (this.#isSilent || waiting >= maxWaitingPerPeer || this.#waiting.length >= maxWaiting) return
    if (question.kind === 'list') {
      if (this.#lists.filter(it => it.peer === peer).length >= maxListsPerPeer) return
      this.#lists.push({ peer, question, reply })
    } else {
      this.#waiting.push({ peer, question, reply })
      this.#waitingOf.set(peer, waiting + 1)
    }
    this.#questions.add()
    if (!this.#isBusy) void this.#work()
  }

  /** What it reads may be older than what it has said: it tells nobody any more what it has, and takes nothing. */
  distrust(): void {
    this.#isDistrusted = true
    this.#forgetting = []
    this.#mended.clear()
  }

  /** Answers nothing any more. */
  stop(): void {
    this.#isSilent = true
    this.#waiting = []
    this.#lists = []
    this.#forgetting = []
    this.#mended.clear()
    this.#waitingOf.clear()
  }

  async #work(): Promise<void> {
    this.#isBusy = true
    try {
      while (this.#waiting.length + this.#lists.length + this.#forgetting.length + this.#mended.size > 0) {
        this.#waitingOf.clear()
        await this.#answer(this.#waiting.splice(0))
        await this.#answerList()
      }
    } catch (error) {
      if (!this.#isSilent) {
        this.stop()
        this.#logger.error('this voter does not vote any more, because its disk failed', { err: error })
        this.#parts.failed(new ShoalError('SHOAL_DISK', 'the votes could not be written', { cause: error }))
      }
    } finally {
      this.#isBusy = false
    }
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const changes = new VoteChanges(this.#disk)
    for (const { key, ballot } of this.#forgetting) changes.forgetPromise(key, ballot)
    this.#forgetting = []
    for (const [key, vote] of this.#mended) {
      changes.mend(key, vote)
      this.#damaged.delete(key)
    }
    this.#mended.clear()
    const answers: { readonly waiting: Waiting; readonly answer: Answer }[] = []
    for (const waiting of batch) {
      const { question, peer } = waiting
      const problem = this.#problemOf(question)
      if (problem !== undefined) answers.push({ waiting, answer: { kind: 'problem', why: problem } })
      else if (question.kind !== 'list') answers.push({ waiting, answer: this.#vote(question, peer, changes) })
    }
    await changes.write()
    this.#registers.set(this.#disk.count)
    for (const { waiting, answer } of answers) this.#reply(waiting, answer)
  }

  async #answerList(): Promise<void> {
    const waiting = this.#lists.shift()
    if (waiting === undefined || waiting.question.kind !== 'list') return
    const { prefix, after } = waiting.question
    const problem = this.#problemOf(waiting.question)
    if (problem !== undefined) this.#reply(waiting, { kind: 'problem', why: problem })
    else this.#reply(waiting, { kind: 'registers', ...(await this.#disk.list(prefix, after)) })
  }

  #problemOf({ voter, listId }: Question): string | undefined {
    if (this.#isDistrusted) return 'files of its disk are damaged: it votes no more'
    if (voter !== this.id) return `the disk of this node is ${this.id}, and not ${voter}`
    if (this.#parts.listId === undefined) return 'this node is started without a list in which its disk votes'
    if (listId !== this.#parts.listId) return `it goes by another list of voters (${this.#parts.listId}, not ${listId})`
    return undefined
  }

  #reply({ question: { number }, reply }: Waiting, answer: Answer): void {
    if (!this.#isSilent) reply({ number, voter: this.id, ...answer })
  }

  #vote(ask: Exclude<Ask, { kind: 'list' }>, peer: PeerId, changes: VoteChanges): Answer {
    const { key } = ask
    let vote: Vote | undefined
    try {
      vote = changes.read(key)
    } catch (error) {
      if (!this.#damaged.has(key) && this.#damaged.size < maxTold) {
        this.#damaged.add(key)
        this.#logger.error(
          'a vote is damaged: this voter says nothing of the register before the others have mended it',
          { key, err: error }
        )
      }
      return { kind: 'problem', why: `the vote on ${key} is damaged` }
    }
    const { promised, accepted } = vote ?? { promised: changes.floor, accepted: undefined }
    if (ask.kind === 'look') return told(key, accepted)
    const ballot = ask.kind === 'accept' ? ask.accepted.ballot : ask.ballot
    const order = compareBallots(ballot, promised)
    if (ask.kind === 'forget') {
      // It had promised at least that.
      if (vote === undefined) return told(key, undefined)
      if (order < 0 || ballot.counter - promised.counter > maxLeap) return { kind: 'refused', promised }
      if (accepted !== undefined && !isRemoval(accepted)) return { kind: 'problem', why: `${key} has a value` }
      changes.forget(key, ballot)
      return told(key, undefined)
    }
    // What is forgotten was promised, and accepted, for good.
    const isOnce = ask.kind === 'promise' || vote === undefined
    if (order < 0 || (order === 0 && isOnce)) return { kind: 'refused', promised }
    if (ballot.counter - promised.counter > maxLeap) return { kind: 'refused', promised }
    if (vote === undefined) {
      if (!this.#parts.mayBegin(key, peer)) return { kind: 'problem', why: `no node of this cluster has ${key}` }
      if (this.#disk.count + changes.begun >= maxVotes)
        return { kind: 'problem', why: `this voter has ${maxVotes} registers, and takes no more` }
    }
    changes.set(key, { promised: ballot, accepted: ask.kind === 'accept' ? ask.accepted : accepted })
    return told(key, ask.kind === 'accept' ? undefined : accepted)
  }
}

function told(key: string, accepted: Accepted | undefined): Answer {
  return { kind: 'registers', registers: accepted === undefined ? [] : [{ key, ...accepted }], hasMore: false }
}
