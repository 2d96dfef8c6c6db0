/**
 * A call to a replicated actor that this node does not have whole: it runs on the nearest node that has. Another is tried as long as a
 * command surely has not run; a query, also where nobody knows.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Json } from '../../crdt/index.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { RemoteOutcome } from './call-channel.ts'
import { hasNotRun, late, lostWith, resultOf, stateMethod, stoppedWith, unansweredQuery } from './call-messages.ts'
import type { CallingParts } from './calls-to-owners.ts'
import type { Invocation } from './invocation.ts'

export class CallsToReplicas {
  readonly #cluster
  readonly #runtime
  readonly #clock
  readonly #self
  readonly #channel
  readonly #requests
  readonly #pauses
  readonly #retries

  constructor(parts: Omit<CallingParts, 'owned'>) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#self = parts.self
    this.#channel = parts.channel
    this.#requests = parts.requests
    this.#pauses = parts.pauses
    this.#retries = parts.retries
  }

  async call(invocation: Invocation): Promise<Json | undefined> {
    const { definition, shard, method } = invocation
    const isQuery = method === stateMethod || definition.methods[method]?.type === 'query'
    /** Those that could not be reached, or had no replica after all. */
    const avoid = new Set<PeerId>()
    /** Those of them whose program is older than this node's, and the last one's answer. */
    const older = new Set<PeerId>()
    let unknown: shoal.peer.IReply | undefined
    for (let attempt = 0; ; attempt++) {
      if (this.#pauses.isStopped) throw stoppedWith(invocation, false)
      const place = this.#cluster.replicas.replica(shard, avoid)
      if (place === this.#self) {
        // By now this node answers for the actor itself.
        if (method === stateMethod) return (await this.#runtime.state(definition, invocation.id)) as Json
        const outcome = await this.#runtime.invoke(invocation)
        if (!outcome.moved) return outcome.result
        if (!isQuery && this.#cluster.ownership.isSealed) throw leaving()
      } else if (place !== undefined) {
        const request = { session: this.#cluster.store.origin, number: this.#requests.next(), lowWater: 0 }
        const outcome = await this.#channel.call(place, { ...invocation, request }, { withView: false, unanswered: [] })
        if ('lost' in outcome) {
          if (!isQuery) throw lostWith(invocation, outcome.lost)
          if (this.#clock.elapsed() >= invocation.deadlineMs) throw unansweredQuery(invocation)
        } else if (!('unsent' in outcome) && outcome.reply.moved == null && !hasNotRun(outcome.reply)) {
          return resultOf(outcome.reply)
        } else if (isUnknown(outcome)) {
          older.add(place)
          unknown = outcome.reply
        }
        avoid.add(place)
      } else {
        // Who runs an older program will not know more in a moment.
        if (unknown !== undefined && older.size === avoid.size) return resultOf(unknown)
        avoid.clear()
        older.clear()
      }
      if (this.#clock.elapsed() >= invocation.deadlineMs) throw late(invocation, false)
      this.#retries.add()
      await this.#pauses.pause(Math.min(2 ** Math.min(attempt, 5) * 2, 50))
    }
  }
}

/** What is asked of it is nothing that its program knows. */
function isUnknown(outcome: RemoteOutcome): outcome is { readonly reply: shoal.peer.IReply } {
  if (!('reply' in outcome) || !hasNotRun(outcome.reply)) return false
  const code = outcome.reply.failure?.code
  return code === 'SHOAL_UNKNOWN_KIND' || code === 'SHOAL_UNKNOWN_COMMAND'
}

function leaving(): ShoalError {
  return new ShoalError('SHOAL_STOPPED', 'this node is leaving the cluster; the call had no effect', {
    retryable: true
  })
}
