/** Asks all voters, or one, and hands back what they answer: matching of questions and answers, patience, and limits on both. */
import type { Clock, Timer } from '../../ports/clock.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Random } from '../../ports/random.ts'
import {
  type Answer,
  type Ask,
  type Ballot,
  compareBallots,
  maxLeap,
  noBallot,
  type Question,
  type Reply
} from './voters-messages.ts'
import { listIdOf, type VoterName } from './voters-names.ts'

/** How a question gets to a voter; this node's own is reached without a network. `false`: not at all, now. */
export type Send = (peer: PeerId, question: Question) => boolean

export type Registers = Extract<Answer, { kind: 'registers' }>

export type Round =
  | { readonly isEnough: true; readonly answers: readonly Registers[] }
  /** `promised`: the highest ballot that somebody has promised instead. `why`: what a person should know. */
  | { readonly isEnough: false; readonly promised: Ballot; readonly why: string; readonly behind: readonly Behind[] }

/** A voter for whom a ballot is too far ahead, and what it has promised. */
export interface Behind {
  readonly voter: VoterName
  readonly promised: Ballot
}

interface Pending {
  take(voter: PeerId, answer: Answer | undefined): void
  end(): void
}

/** How long a voter may take at first. Then it is asked again, with another ballot, and given more time. */
export const firstPatienceMs = 1000

export class VotersRounds {
  readonly voters: readonly VoterName[]
  readonly #listId: string
  readonly #clock: Clock
  readonly #send: Send
  readonly #pending = new Map<number, Pending>()
  #numbers: number

  /** Numbers start anywhere: an answer to the process before this one must not be taken for one to this. */
  constructor(voters: readonly VoterName[], clock: Clock, random: Random, send: Send) {
    this.voters = voters
    this.#listId = listIdOf(voters)
    this.#clock = clock
    this.#send = send
    this.#numbers = random.below(2 ** 31) * 2 ** 20
  }

  get majority(): number {
    return (this.voters.length >> 1) + 1
  }

  /** Ends as soon as so many have answered, or cannot any more. */
  async askAll(
    ask: Ask,
    signal: AbortSignal,
    patienceMs = firstPatienceMs,
    needed: 'majority' | 'all' = 'majority'
  ): Promise<Round> {
    const answers: Registers[] = []
    let promised = noBallot
    const behind: Behind[] = []
    const reasons: string[] = []
    const enough = needed === 'all' ? this.voters.length : this.majority
    const refusals = this.voters.length - enough
    await this.#ask(this.voters, ask, signal, patienceMs, (voter, answer) => {
      if (answer === undefined) reasons.push('no link')
      else if (answer.kind === 'registers') answers.push(answer)
      else if (answer.kind === 'problem') reasons.push(answer.why)
      else {
        reasons.push('another ballot was promised')
        if (ballotOf(ask).counter - answer.promised.counter > maxLeap) behind.push({ voter, promised: answer.promised })
        if (compareBallots(answer.promised, promised) > 0) promised = answer.promised
      }
      return answers.length >= enough || reasons.length > refusals
    })
    if (answers.length >= enough) return { isEnough: true, answers }
    return {
      isEnough: false,
      promised,
      behind,
      why: reasons.length === 0 ? 'no answers in time' : reasons.join('; ')
    }
  }

  /** What one voter answers, or `undefined` where it does not. */
  async askOne(
    voter: VoterName,
    ask: Ask,
    signal: AbortSignal,
    patienceMs = firstPatienceMs
  ): Promise<Answer | undefined> {
    let found: Answer | undefined
    await this.#ask([voter], ask, signal, patienceMs, (_, answer) => {
      found = answer
      return true
    })
    return found
  }

  receive(peer: PeerId, reply: Reply): void {
    const voter = this.voters.find(it => it.peer === peer)
    if (voter === undefined) return
    // Another disk than the one that was named has no vote, but may say so.
    if (reply.voter !== voter.disk && reply.kind !== 'problem') return
    this.#pending.get(reply.number)?.take(peer, reply)
  }

  /** What it was asked it does not answer any more. */
  unlinked(peer: PeerId): void {
    for (const pending of [...this.#pending.values()]) pending.take(peer, undefined)
  }

  stop(): void {
    for (const pending of [...this.#pending.values()]) pending.end()
  }

  #ask(
    voters: readonly VoterName[],
    ask: Ask,
    signal: AbortSignal,
    patienceMs: number,
    take: (voter: VoterName, answer: Answer | undefined) => boolean
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const number = ++this.#numbers
    const awaited = new Map(voters.map(voter => [voter.peer, voter]))
    const end = () => {
      timer.cancel()
      signal.removeEventListener('abort', end)
      this.#pending.delete(number)
      resolve()
    }
    const hear = (peer: PeerId, answer: Answer | undefined) => {
      const voter = awaited.get(peer)
      if (!awaited.delete(peer)) return
      if (voter !== undefined && (take(voter, answer) || awaited.size === 0)) end()
    }
    const timer: Timer = this.#clock.after(patienceMs, end)
    signal.addEventListener('abort', end)
    this.#pending.set(number, { take: hear, end })
    for (const voter of voters) {
      if (!this.#pending.has(number)) break
      if (!this.#send(voter.peer, { number, voter: voter.disk, listId: this.#listId, ...ask }))
        hear(voter.peer, undefined)
    }
    if (signal.aborted) end()
    return promise
  }
}

function ballotOf(ask: Ask): Ballot {
  if (ask.kind === 'promise' || ask.kind === 'forget') return ask.ballot
  return ask.kind === 'accept' ? ask.accepted.ballot : noBallot
}
