/** A node's part in the built-in lease store: it asks the voters, and where it is one of them, it votes. */
import type { Clock } from '../../ports/clock.ts'
import type { Disk } from '../../ports/disk.ts'
import { ShoalError } from '../../ports/errors.ts'
import { LeaseCalls } from '../../ports/lease-calls.ts'
import type { LeaseStore } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Random } from '../../ports/random.ts'
import { type Control, malformed } from '../wire.ts'
import { Voter } from './voter.ts'
import { VotersDisk } from './voters-disk.ts'
import { isVoterId, questionFrom, questionTo, type Reply, replyFrom, replyTo } from './voters-messages.ts'
import { type VoterName, VotersRounds } from './voters-rounds.ts'
import { VotersBackend } from './voters-store.ts'

export interface VotersOptions {
  /** Three or five, the same on every node, and for ever. */
  readonly voters: readonly VoterName[]
  readonly self: PeerId
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  /** Over the `control` channel; `false`: there is no link. */
  send(peer: PeerId, message: Control): boolean
}

export class Voters {
  readonly store: LeaseStore
  readonly #voter: Voter
  readonly #rounds: VotersRounds
  readonly #options: VotersOptions
  /** The last problem that each voter told of. */
  readonly #problems = new Map<PeerId, string>()
  #isStopped = false

  private constructor(options: VotersOptions, disk: VotersDisk) {
    const { voters, clock, random, self, logger, send } = options
    this.#options = options
    this.#voter = new Voter(disk, logger)
    this.#rounds = new VotersRounds(voters, clock, random, (peer, question) => {
      if (peer !== self) return send(peer, questionTo(question))
      clock.soon(() => this.#voter.receive(question, reply => this.#hear(self, reply)))
      return true
    })
    this.store = new LeaseCalls(new VotersBackend(this.#rounds, clock, random), clock)
  }

  static async open(options: VotersOptions): Promise<Voters> {
    checkVoters(options.voters)
    return new Voters(options, await VotersDisk.open(options.disk, options.random))
  }

  /** Of this node's disk, by which it is named where it is to vote. */
  get disk(): string {
    return this.#voter.id
  }

  /** Takes what is for the voters or from them, and answers whether it was. Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, message: Control): boolean {
    if (message.voterQuestion != null) {
      const question = questionFrom(message.voterQuestion)
      this.#voter.receive(question, reply => this.#options.send(peer, replyTo(reply)))
    } else if (message.voterAnswer != null) {
      if (this.#options.voters.every(voter => voter.peer !== peer))
        throw malformed('answer of a node that does not vote')
      this.#hear(peer, replyFrom(message.voterAnswer))
    } else return false
    return true
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#voter.stop()
    await this.store.close()
  }

  #hear(peer: PeerId, reply: Reply): void {
    if (this.#isStopped) return
    if (reply.kind === 'problem' && this.#problems.get(peer) !== reply.why) {
      this.#problems.set(peer, reply.why)
      this.#options.logger.error('a voter of the lease store does not vote', { peer, why: reply.why })
    }
    this.#rounds.receive(peer, reply)
  }
}

function checkVoters(voters: readonly VoterName[]): void {
  const bad = (why: string) => new ShoalError('SHOAL_BAD_CONFIGURATION', `voters of the lease store: ${why}`)
  if (voters.length !== 3 && voters.length !== 5) throw bad(`there are three or five, not ${voters.length}`)
  if (voters.some(({ disk }) => !isVoterId(disk))) throw bad('the id of a disk is 24 hex digits')
  for (const name of ['peer', 'disk'] as const)
    if (new Set(voters.map(voter => voter[name])).size < voters.length) throw bad(`two have the same ${name}`)
}
