/** A node's part in the built-in lease store: it asks the voters, and where it is one of them, it votes. */
import type { Clock } from '../../ports/clock.ts'
import type { Disk } from '../../ports/disk.ts'
import type { ShoalError } from '../../ports/errors.ts'
import { LeaseCalls } from '../../ports/lease-calls.ts'
import type { LeaseStore } from '../../ports/lease-store.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Random } from '../../ports/random.ts'
import type { Control } from '../wire.ts'
import { VoteTidying } from './vote-tidying.ts'
import { Voter } from './voter.ts'
import { VotersDisk } from './voters-disk.ts'
import { questionFrom, questionTo, type Reply, replyFrom, replyTo } from './voters-messages.ts'
import { checkVoters, listIdOf, listText, type VoterName, voterText } from './voters-names.ts'
import { VotersRounds } from './voters-rounds.ts'
import { VotersBackend } from './voters-store.ts'

export interface VotersOptions {
  /** Three or five, the same on every node, and for ever. */
  readonly voters: readonly VoterName[]
  readonly self: PeerId
  readonly disk: Disk
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  /** Over the `control` channel; `false`: there is no link. */
  send(peer: PeerId, message: Control): boolean
  /** Whether a register of that name may begin, when this node asks for it. */
  mayBegin(key: string, peer: PeerId): boolean
  /** The disk failed while it voted. */
  failed(error: ShoalError): void
}

/** One voter's problems are told no more often. */
const tellEveryMs = 10_000
const missedAfterMs = 60_000

export class Voters {
  readonly store: LeaseStore
  readonly #voter: Voter
  readonly #rounds: VotersRounds
  readonly #tidying: VoteTidying
  readonly #options: VotersOptions
  /** The last problem that each voter told of. */
  readonly #problems = new Map<PeerId, { readonly why: string; readonly toldMs: number }>()
  /** When each voter answered last, and `undefined` where its silence was told of. */
  readonly #heardMs = new Map<PeerId, number | undefined>()
  #isDistrusted = false
  #isStopped = false

  private constructor(options: VotersOptions, voter: Voter) {
    const { voters, clock, random, logger, self, send } = options
    this.#options = options
    this.#voter = voter
    for (const { peer } of voters) this.#heardMs.set(peer, clock.elapsed())
    this.#rounds = new VotersRounds(voters, clock, random, (peer, question) => {
      this.#miss(peer)
      if (peer !== self) return send(peer, questionTo(question))
      clock.soon(() => this.#voter.receive(self, question, reply => this.#hear(self, reply)))
      return true
    })
    const backend = new VotersBackend(this.#rounds, clock, random)
    this.store = new LeaseCalls(backend, clock)
    this.#tidying = new VoteTidying({
      ...{ clock, logger, backend },
      leftovers: limit => voter.leftovers(limit),
      forgetPromises: promised => voter.forgetPromises(promised),
      ceiling: () => voter.ceiling,
      mend: (key, vote) => voter.mend(key, vote)
    })
    if (voter.isVoting) this.#tidying.start()
  }

  /** Throws `SHOAL_BAD_CONFIGURATION`, also where this disk votes in another list. */
  static async open(options: VotersOptions): Promise<Voters> {
    const { voters, random, self, logger, metrics, mayBegin, failed } = options
    checkVoters(voters)
    const disk = await VotersDisk.open(options.disk, random)
    const named = voters.find(({ peer }) => peer === self)
    const own = voterText({ peer: self, disk: disk.id })
    const isVoter = named?.disk === disk.id && !disk.hasGivenUp
    if (isVoter) {
      await disk.voteIn(listText(voters))
      logger.info('this node is a voter of the lease store', { voter: own })
    } else if (named !== undefined)
      logger.error(
        `this node is to be a voter of the lease store, and does not vote: ${disk.hasGivenUp ? 'it has given its votes away' : 'its disk is not the one that the list names'}`,
        { voter: own, named: voterText(named) }
      )
    const listId = isVoter ? listIdOf(voters) : undefined
    return new Voters(options, new Voter({ disk, listId, logger, metrics, mayBegin, failed }))
  }

  /** Of this node's disk, by which it is named where it is to vote. */
  get disk(): string {
    return this.#voter.id
  }

  /** Its disk is needed, whatever else is on it. */
  get isVoter(): boolean {
    return this.#voter.isVoting
  }

  /** That it has on its disk, as a voter. */
  get registers(): number {
    return this.#voter.registers
  }

  /** Files of its disk are damaged: what it would read there may be older than what it has said. It votes no more; the next start draws another id. */
  distrust(damage: string): void {
    if (!this.#voter.isVoting || this.#isDistrusted) return
    this.#isDistrusted = true
    this.#tidying.stop()
    this.#voter.distrust()
    this.#options.logger.error(
      'this node is a voter of the lease store, and does not vote any more: files of its disk are damaged',
      { voter: voterText({ peer: this.#options.self, disk: this.disk }), damage }
    )
  }

  /** Takes what is for the voters or from them, and answers whether it was. Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, message: Control): boolean {
    if (message.voterQuestion != null) {
      const question = questionFrom(message.voterQuestion)
      this.#voter.receive(peer, question, reply => this.#options.send(peer, replyTo(reply)))
    } else if (message.voterAnswer != null) {
      // Of a node that is none of them it is an answer to the process before this one.
      const reply = replyFrom(message.voterAnswer)
      if (this.#options.voters.some(voter => voter.peer === peer)) this.#hear(peer, reply)
    } else return false
    return true
  }

  /** Registers that were removed and can be forgotten now. It does that by itself, now and then. */
  tidy(): Promise<void> {
    return this.#tidying.look()
  }

  unlinked(peer: PeerId): void {
    this.#rounds.unlinked(peer)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    this.#tidying.stop()
    this.#voter.stop()
    await this.store.close()
  }

  #hear(peer: PeerId, reply: Reply): void {
    if (this.#isStopped) return
    this.#heardMs.set(peer, this.#options.clock.elapsed())
    if (reply.kind === 'problem') this.#tell(peer, reply.why)
    this.#rounds.receive(peer, reply)
  }

  /** It is asked again, at every beat of this node. */
  #miss(peer: PeerId): void {
    const { clock, logger } = this.#options
    const heardMs = this.#heardMs.get(peer)
    if (heardMs === undefined || clock.elapsed() - heardMs < missedAfterMs) return
    this.#heardMs.set(peer, undefined)
    logger.warn('a voter of the lease store has not answered for a minute', { peer })
  }

  #tell(peer: PeerId, why: string): void {
    const nowMs = this.#options.clock.elapsed()
    const last = this.#problems.get(peer)
    if (last !== undefined && (last.why === why || nowMs - last.toldMs < tellEveryMs)) return
    this.#problems.set(peer, { why, toldMs: nowMs })
    this.#options.logger.error('a voter of the lease store does not answer', { peer, why })
  }
}
