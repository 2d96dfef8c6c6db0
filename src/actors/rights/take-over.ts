/**
 * The rights of this node's ended lives, taken over by its present one.
 *
 * Every start writes under a new origin, and rights belong to origins. A life takes over what an earlier one had when every other
 * member, dead ones included, has said after this life began that it has no row of this node's lives that this replica lacks; whoever
 * says so takes no push of an earlier life any more. So neither an old disk nor a lost tail can double rights, and a member that is
 * down holds the take-over up. Modelled in test/models/take-over.model.ts.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { isStoreEnd } from '../../cluster/group-commit.ts'
import { isLifeOf } from '../../cluster/identity.ts'
import { isPresent } from '../../cluster/member-record.ts'
import { memberFrom, memberTo } from '../../cluster/member-wire.ts'
import { actorName, copied, malformed, name, safe } from '../../cluster/wire.ts'
import { rightsOf } from '../../crdt/bounded-counter.ts'
import { absorbRightsIn, boundedCounterAt, rowsOf } from '../../crdt/bounded-counter-access.ts'
import { type ActorState, decodeState, encodeState, type Origin } from '../../crdt/index.ts'
import { isEarlierLife, nodeOf } from '../../crdt/origin-parts.ts'
import { maxScalarLength } from '../../crdt/scalar.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import type { RightsChannel } from './rights-channel.ts'

export class TakeOver {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #channel: RightsChannel
  readonly #self: PeerId
  readonly #logger: Logger
  readonly #takenOver

  constructor(parts: {
    cluster: Cluster
    runtime: ActorRuntime
    channel: RightsChannel
    self: PeerId
    logger: Logger
    metrics: Metrics
  }) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#channel = parts.channel
    this.#self = parts.self
    this.#logger = parts.logger
    this.#takenOver = parts.metrics.counter(
      'shoal_rights_taken_over_total',
      'Ended lives of this node whose rights to a bounded counter were taken over'
    )
  }

  /** Nobody who must be asked is known to be gone. */
  get isPossible(): boolean {
    const present = new Set(this.#cluster.membership.alive())
    return this.#others().every(peer => present.has(peer))
  }

  /** Ended lives of this node have rights that its present one may take over. */
  isLeft(shard: number, actor: string, field: string): boolean {
    return this.#ended(this.#cluster.store.actor(shard, actor).state, field).length > 0
  }

  /** Answers whether this replica has more rights than before. Throws where the store has ended. */
  async run(shard: number, actor: string, field: string, timeoutMs: number): Promise<boolean> {
    try {
      return await this.#run(shard, actor, field, timeoutMs)
    } catch (error) {
      if (isStoreEnd(error)) throw error
      this.#logger.debug('rights of ended lives could not be taken over', { actor, err: error })
      return false
    }
  }

  async #run(shard: number, actor: string, field: string, timeoutMs: number): Promise<boolean> {
    const { ownership } = this.#cluster
    if (!this.isLeft(shard, actor, field) || !ownership.isSettled || !this.isPossible) return false
    const others = this.#others()
    const answers = await Promise.all(others.map(peer => this.#rowsAt(peer, actor, field, timeoutMs)))
    if (answers.includes(undefined)) return false
    // A member that only others know of must be asked, too.
    const asked = new Set(others)
    if (!this.#others().every(peer => asked.has(peer))) return false
    let count = 0
    await this.#runtime.between(shard, actor, transaction => {
      const { state } = transaction
      if (!answers.every(rows => rows === undefined || hasNothingNew(rows, state, field))) return
      for (const ended of this.#ended(state, field)) {
        absorbRightsIn(transaction, field, ended)
        count++
      }
    })
    this.#takenOver.add(count)
    return count > 0
  }

  /** Another node asks what this one has of its lives. A peer that is no member gets no answer. Throws `SHOAL_MALFORMED`. */
  answer(peer: PeerId, request: shoal.peer.IRowsRequest): void {
    const actor = actorName(request.actor)
    const field = name(request.field, maxScalarLength, 'field')
    const origin = name(request.origin, 64, 'origin')
    if (!isLifeOf(peer, origin)) throw malformed('request for rows')
    const { store, membership, replication } = this.#cluster
    const member = membership.member(peer)
    if (member === undefined || !isPresent(member)) return
    replication.endEarlierLives(origin)
    const number = safe(request.number)
    try {
      // What is not on this disk yet is told, too: to have said too much does no harm.
      const { state } = store.actor(this.#runtime.shardOfName(actor), actor)
      const rows = encodeState(rowsOf(state, field, nodeOf(origin)))
      const members = membership.records().map(memberTo)
      this.#cluster.sendCalls(peer, { rowsReply: { number, actor, field, rows, members } })
    } catch (error) {
      // A record that cannot be read here, or an answer too large, is no fault of the one who asked. No rows: unknown.
      this.#logger.warn('a question for rows of rights could not be answered', { peer, actor, err: error })
      this.#cluster.sendCalls(peer, { rowsReply: { number, actor, field } })
    }
  }

  async #rowsAt(peer: PeerId, actor: string, field: string, timeoutMs: number): Promise<ActorState | undefined> {
    const origin = this.#cluster.store.origin
    const message = await this.#channel.ask(peer, timeoutMs, number => ({
      rowsRequest: { number, actor, field, origin }
    }))
    if (message?.rowsReply == null) return undefined
    const { rows, members } = message.rowsReply
    // It does not know what it has.
    if (rows == null || rows.length === 0) return undefined
    this.#cluster.membership.merge((members ?? []).map(memberFrom), peer)
    return decodeState(copied(rows))
  }

  /** Earlier lives of this node that have rights left; none where a later one has written. */
  #ended(state: ActorState, field: string): Origin[] {
    const { origin } = this.#cluster.store
    const counter = boundedCounterAt(state, field)
    const lives = new Set<Origin>()
    counter.each(({ given }, writer) => {
      lives.add(writer)
      given.each((_, to) => lives.add(to))
    })
    if ([...lives].some(life => isEarlierLife(origin, life))) return []
    return [...lives].filter(life => isEarlierLife(life, origin) && rightsOf(counter, life) > 0)
  }

  #others(): PeerId[] {
    return this.#cluster.membership.admitted().filter(peer => peer !== this.#self)
  }
}

/** No row of these that is newer than what the state has. */
function hasNothingNew(rows: ActorState, state: ActorState, field: string): boolean {
  const own = boundedCounterAt(state, field)
  for (const [origin, { seq }] of boundedCounterAt(rows, field)) {
    if (seq > (own.get(origin)?.seq ?? 0)) return false
  }
  return true
}
