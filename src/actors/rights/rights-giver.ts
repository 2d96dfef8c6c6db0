/**
 * Rights for commands of other members that lack them.
 *
 * A request moves what is lacking and half of what would be left here, so that the next command there is likely to find some. A
 * gift is an update like any other, made between two messages of the actor, and on this disk before it is told. Of two replicas
 * whose commands lack rights at once, the one with the smaller origin is helped first, or they would take from each other for ever.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { isLifeOf } from '../../cluster/identity.ts'
import { isPresent } from '../../cluster/member-record.ts'
import { actorName, malformed, name, safe } from '../../cluster/wire.ts'
import { rightsOf } from '../../crdt/bounded-counter.ts'
import { boundedCounterAt, giveRightsIn, rowsOf } from '../../crdt/bounded-counter-access.ts'
import { type ActorState, encodeDelta, encodeState } from '../../crdt/index.ts'
import { maxScalarLength } from '../../crdt/scalar.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import type { TakeOver } from './take-over.ts'

export interface RightsGiverOptions {
  /** Requests of other nodes that may be under way here at once; one more gets nothing. @default 1000 */
  maxServing?: number
}

/** A take-over on somebody else's behalf is not waited for longer, in milliseconds. */
const takeOverTimeoutMs = 1000

export class RightsGiver {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #takeOver: TakeOver
  readonly #logger: Logger
  readonly #wanted: (actor: string, field: string) => number
  readonly #maxServing: number
  readonly #serving = new Set<string>()
  readonly #granted
  readonly #refused
  #stopped = false

  constructor(
    parts: {
      cluster: Cluster
      runtime: ActorRuntime
      takeOver: TakeOver
      logger: Logger
      metrics: Metrics
      /** Rights that commands of this node wait for. */
      wanted(actor: string, field: string): number
    },
    options: RightsGiverOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#takeOver = parts.takeOver
    this.#logger = parts.logger
    this.#wanted = parts.wanted
    this.#maxServing = options.maxServing ?? 1000
    this.#granted = parts.metrics.counter(
      'shoal_rights_granted_total',
      'Requests of other nodes that were given rights'
    )
    this.#refused = parts.metrics.counter('shoal_rights_refused_total', 'Requests of other nodes that got nothing')
  }

  /** Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, message: shoal.peer.IRightsRequest): void {
    void this.#serve(peer, requestFrom(peer, message))
  }

  /** Nothing is given any more. */
  stop(): void {
    this.#stopped = true
  }

  async #serve(peer: PeerId, request: Request): Promise<void> {
    const key = `${peer}\0${request.actor}\0${request.field}`
    let gift: Gift = nothing
    if (this.#isMember(peer) && this.#serving.size < this.#maxServing && !this.#serving.has(key)) {
      this.#serving.add(key)
      try {
        gift = await this.#give(request)
      } catch (error) {
        this.#logger.debug('rights could not be given', { peer, actor: request.actor, err: error })
      } finally {
        this.#serving.delete(key)
      }
    }
    if (gift.granted > 0) this.#granted.add()
    else if (request.amount > 0) this.#refused.add()
    this.#reply(peer, request, gift)
  }

  /** What is too large for a record, or too late for this link, comes by push or catch-up. */
  #reply(peer: PeerId, asked: Pick<Request, 'number' | 'actor' | 'field'>, gift: Gift): void {
    const { number, actor, field } = asked
    try {
      this.#cluster.sendCalls(peer, { rightsReply: { number, actor, field, ...gift } })
    } catch (error) {
      this.#logger.warn('an answer about rights could not be sent', { peer, actor, err: error })
      if (gift !== nothing) this.#reply(peer, asked, nothing)
    }
  }

  /** Whoever else has the cluster's key gets no rights: they would be stranded. */
  #isMember(peer: PeerId): boolean {
    const member = this.#cluster.membership.member(peer)
    return !this.#stopped && member !== undefined && isPresent(member)
  }

  /** Resolves when the gift is on this disk: the asker may spend it at once. */
  async #give({ actor, field, origin: to, amount, timeoutMs }: Request): Promise<Gift> {
    const shard = this.#runtime.shardOfName(actor)
    const { store } = this.#cluster
    const nothingBut = (state: ActorState): Gift => ({ ...nothing, rows: encodeState(rowsOf(state, field)) })
    if (amount === 0) return nothingBut(store.actor(shard, actor).state)
    const spare = (state: ActorState): number => {
      const { origin } = store
      const kept = origin < to ? this.#wanted(actor, field) : 0
      return Math.max(0, rightsOf(boundedCounterAt(state, field), origin) - kept)
    }
    if (spare(store.actor(shard, actor).state) < amount)
      await this.#takeOver.run(shard, actor, field, Math.min(timeoutMs, takeOverTimeoutMs))
    return this.#runtime.between(shard, actor, transaction => {
      const most = spare(transaction.state)
      const granted = most <= amount ? most : amount + Math.floor((most - amount) / 2)
      if (granted > 0) giveRightsIn(transaction, field, to, granted)
      const { delta } = transaction
      return delta === undefined ? nothingBut(transaction.state) : { ...nothing, granted, delta: encodeDelta(delta) }
    })
  }
}

interface Request {
  readonly number: number
  readonly actor: string
  readonly field: string
  readonly origin: string
  readonly amount: number
  readonly timeoutMs: number
}

interface Gift {
  readonly granted: number
  readonly delta: Uint8Array
  readonly rows: Uint8Array
}

const nothing: Gift = { granted: 0, delta: new Uint8Array(0), rows: new Uint8Array(0) }

function requestFrom(peer: PeerId, request: shoal.peer.IRightsRequest): Request {
  const origin = name(request.origin, 64, 'origin')
  if (!isLifeOf(peer, origin)) throw malformed('request for rights')
  return {
    number: safe(request.number),
    actor: actorName(request.actor),
    field: name(request.field, maxScalarLength, 'field'),
    origin,
    amount: safe(request.amount),
    timeoutMs: safe(request.deadlineMs)
  }
}
