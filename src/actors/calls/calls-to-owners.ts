/**
 * A call to an exclusive actor runs on the ring's owner in this node's view: it goes there, and is tried again, under the same request id,
 * after `moved`, after a lost link and when the view names another owner, until its deadline. A `moved` by another view brings that view.
 * Where there is no link with the owner, a member that has one passes the call on. After some `moved` in a row that bring nothing new the
 * receiver runs it all the same: no endless loop.
 *
 * A command that a member may have run without answering goes to another only while that member is present or has left: then
 * the next owner has its effects, and knows the request id. Where it is dead, cut off perhaps, a second run would take effect
 * beside the first when it returns: the caller is told that nobody knows.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { memberFrom, viewFrom } from '../../cluster/member-wire.ts'
import type { Pauses } from '../../cluster/pauses.ts'
import { safe } from '../../cluster/wire.ts'
import type { Json } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Counter } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import { StaleStamp } from '../outbox/outbox-lanes.ts'
import type { RequestId } from '../requests/request-log.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import type { CallChannel } from './call-channel.ts'
import {
  claimsNoEffect,
  hasNotRun,
  late,
  lostWith,
  resultOf,
  stateMethod,
  stoppedWith,
  unansweredQuery
} from './call-messages.ts'
import type { Invocation } from './invocation.ts'
import { OpenRequest, type OpenRequests } from './open-requests.ts'
import type { OwnedCalls } from './owned-calls.ts'

/** What it takes to try a call until it is answered. */
export interface CallingParts {
  readonly cluster: Cluster
  readonly runtime: ActorRuntime
  readonly clock: Clock
  readonly self: PeerId
  readonly channel: CallChannel
  readonly owned: OwnedCalls
  readonly requests: OpenRequests
  /** They end when a link or the view changes, and with the router. */
  readonly pauses: Pauses
  readonly retries: Counter
}

/** A link that is gone for a moment only, or whose peer is dead, needs nobody to pass calls on. About 100 ms. */
const relayAfterAttempts = 5

export class CallsToOwners {
  readonly #cluster
  readonly #clock
  readonly #self
  readonly #channel
  readonly #owned
  readonly #requests
  readonly #pauses
  readonly #retries
  readonly #forceAfterMoves: number

  constructor(parts: Omit<CallingParts, 'runtime'>, forceAfterMoves: number) {
    this.#cluster = parts.cluster
    this.#clock = parts.clock
    this.#self = parts.self
    this.#channel = parts.channel
    this.#owned = parts.owned
    this.#requests = parts.requests
    this.#pauses = parts.pauses
    this.#retries = parts.retries
    this.#forceAfterMoves = forceAfterMoves
  }

  /** Under one request id, whoever owns it. */
  async call(invocation: Invocation): Promise<Json | undefined> {
    const { name } = invocation
    const request = this.#requests.open(name, Math.max(0, Math.floor(this.#clock.now())))
    try {
      return await this.#call(invocation, request)
    } finally {
      this.#requests.end(name, request)
    }
  }

  /** What another actor has sent has a name of its own. Throws `StaleStamp`. */
  deliver(invocation: Invocation): Promise<Json | undefined> {
    return this.#call(invocation, new OpenRequest(new Set(), () => 0))
  }

  async #call(invocation: Invocation, request: OpenRequest): Promise<Json | undefined> {
    /** Members that have the command and gave no answer. */
    const unanswered = new Set<PeerId>()
    try {
      return await this.#tryUntilAnswered(invocation, request, unanswered)
    } catch (error) {
      // The last attempt speaks only for itself: an earlier one may have run.
      if (unanswered.size > 0 && claimsNoEffect(error)) throw late(invocation, true)
      throw error
    }
  }

  async #tryUntilAnswered(
    invocation: Invocation,
    open: OpenRequest,
    unanswered: Set<PeerId>
  ): Promise<Json | undefined> {
    const { definition, shard, sent } = invocation
    const isQuery = invocation.method === stateMethod || definition.methods[invocation.method]?.type === 'query'
    const isLeased = definition.partition === 'lease'
    const assertKnown = () => this.#owned.assertNoneDead(unanswered, invocation)
    /** Nobody remembers the request. As another one it may run, where no copy of this one can. */
    const startAnew = (issued: number) => {
      if (sent !== undefined) throw new StaleStamp(issued)
      if (unanswered.size > 0) throw lostWith(invocation, 'forgotten')
      open.end()
      open.begin(issued)
    }
    let moves = 0
    /** The owner goes by another view, and is to have ours. */
    let isBehind = false
    for (let attempt = 0; ; attempt++) {
      if (this.#pauses.isStopped) throw stoppedWith(invocation, unanswered.size > 0)
      if (this.#clock.elapsed() >= invocation.deadlineMs) throw late(invocation, unanswered.size > 0)
      assertKnown()
      if (attempt > 0) this.#retries.add()
      const request = this.#requestOf(invocation, open)
      const owner = this.#cluster.ownership.owner(shard)
      const force = moves >= this.#forceAfterMoves && !isLeased
      if (owner === undefined || owner === this.#self) {
        const called = sent === undefined ? { ...invocation, request, hasCopies: unanswered.size > 0 } : invocation
        const outcome = await this.#owned.run(called, assertKnown)
        if (!outcome.moved) return outcome.result
        if (outcome.stale !== undefined) startAnew(outcome.stale)
        // Who opens the shard next knows the request, if it ever took effect.
        if (outcome.refused !== undefined && unanswered.size === 0) throw outcome.refused
        if (outcome.mayHaveRun) unanswered.add(this.#self)
        // Who had no room for it has not said that it is another's.
        if (outcome.refused === undefined) moves++
      } else {
        const outcome = await this.#channel.call(
          owner,
          { ...invocation, request, force },
          {
            withView: isBehind,
            unanswered,
            by: attempt < relayAfterAttempts ? undefined : this.#relayTo(owner, attempt)
          }
        )
        if ('lost' in outcome) {
          if (!isQuery) unanswered.add(owner)
          else if (this.#clock.elapsed() >= invocation.deadlineMs) throw unansweredQuery(invocation)
        } else if ('unsent' in outcome) {
          // No link: wait for one, or for a view without that member.
        } else if (outcome.reply.moved != null) {
          const { membership } = this.#cluster
          const view = membership.viewHash()
          membership.merge((outcome.reply.moved.members ?? []).map(memberFrom), owner)
          isBehind = viewFrom(outcome.reply.moved.view) !== membership.viewHash()
          const isRefreshed = view !== membership.viewHash()
          // Only what brings nothing new could go round for ever.
          moves = isRefreshed ? 0 : moves + 1
          if (isRefreshed) continue
        } else if (outcome.reply.stale != null) {
          startAnew(safe(outcome.reply.stale))
        } else if (outcome.reply.failure?.code === 'SHOAL_STOPPED') {
          if (!isQuery) unanswered.add(owner)
        } else if (isLeased && unanswered.size > 0 && hasNotRun(outcome.reply)) {
          // Who opens the shard next knows the request, if it ever took effect.
        } else return resultOf(outcome.reply)
      }
      await this.#pauses.pause(Math.min(2 ** Math.min(attempt, 5) * 2, 50))
    }
  }

  /** A member that may have a link with the owner, which this node has not; another one at each attempt. */
  #relayTo(owner: PeerId, attempt: number): PeerId | undefined {
    const links = this.#cluster.links()
    if (links.includes(owner)) return undefined
    const present = this.#cluster.membership.alive().filter(peer => links.includes(peer))
    return present[attempt % Math.max(1, present.length)]
  }

  #requestOf({ name, sent }: Invocation, { number, issued }: OpenRequest): RequestId {
    if (sent !== undefined) return { session: sent.sender, number: sent.number, lowWater: 0, issued: sent.stamp }
    return { session: this.#cluster.store.origin, number, lowWater: this.#requests.lowWater(name), issued }
  }
}
