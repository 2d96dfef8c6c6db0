/**
 * Calls to other nodes that have no reply yet. Each ends: with its reply, with its link, when the view no longer has it there, or at its
 * deadline.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../cluster/cluster.ts'
import { memberTo } from '../cluster/member-wire.ts'
import { RequestNumbers } from '../cluster/request-numbers.ts'
import { safe } from '../cluster/wire.ts'
import type { Clock } from '../ports/clock.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { jsonBytes, levelNumbers } from './call-messages.ts'
import type { Invocation } from './invocation.ts'
import type { RequestId } from './request-log.ts'

interface Pending {
  readonly peer: PeerId
  readonly shard: number
  /** Of a replicated actor: any node that stores it will do. */
  readonly isReplica: boolean
  readonly settle: (reply: RemoteOutcome) => void
}

/** `lost`: it may or may not have run; `unsent`: it surely has not. */
export type RemoteOutcome = { readonly reply: shoal.peer.IReply } | { readonly lost: true } | { readonly unsent: true }

export class CallChannel {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #pending = new Map<number, Pending>()
  readonly #sent
  readonly #numbers: RequestNumbers

  constructor({ cluster, clock, metrics }: { cluster: Cluster; clock: Clock; metrics: Metrics }) {
    this.#cluster = cluster
    this.#clock = clock
    this.#numbers = new RequestNumbers(cluster.incarnation)
    this.#sent = metrics.counter('shoal_router_remote_calls_total', 'Calls sent to other nodes, repeats included')
  }

  /** `unanswered`: members that have the same request and gave no answer. `withView`: the receiver is to go by our view, too. */
  async call(
    peer: PeerId,
    invocation: Invocation & { readonly request: RequestId },
    { withView, unanswered }: { withView: boolean; unanswered: Iterable<PeerId> }
  ): Promise<RemoteOutcome> {
    const { definition, shard, id, method, request, acknowledge, read } = invocation
    const argument =
      invocation.argument === undefined
        ? new Uint8Array(0)
        : jsonBytes(invocation.argument, `${definition.kind}.${method}: its argument`)
    const number = this.#numbers.next()
    const { promise, resolve } = Promise.withResolvers<RemoteOutcome>()
    const leftMs = invocation.deadlineMs - this.#clock.elapsed()
    const timer = this.#clock.after(Math.max(0, leftMs), () => this.#settle(number, { lost: true }))
    const isReplica = definition.mode === 'replicated'
    this.#pending.set(number, { peer, shard, isReplica, settle: resolve })
    this.#sent.add()
    const call = {
      call: {
        number,
        actor: `${definition.kind}/${id}`,
        method,
        argument,
        session: request.session,
        request: request.number,
        lowWater: request.lowWater,
        deadlineMs: Math.max(1, Math.ceil(leftMs)),
        force: invocation.force ?? false,
        acknowledge: levelNumbers[acknowledge],
        read: levelNumbers[read],
        members: withView ? this.#cluster.membership.records().map(memberTo) : [],
        unanswered: [...unanswered].filter(member => member !== peer)
      }
    }
    try {
      return this.#cluster.sendCalls(peer, call) ? await promise : { unsent: true }
    } finally {
      timer.cancel()
      this.#pending.delete(number)
    }
  }

  receive(peer: PeerId, reply: shoal.peer.IReply): void {
    this.#settle(safe(reply.number), { reply }, peer)
  }

  /** The link is gone. */
  unlinked(peer: PeerId): void {
    for (const [number, pending] of this.#pending) if (pending.peer === peer) this.#settle(number, { lost: true })
  }

  /** Whoever the view no longer holds for the owner, or for present, is not waited for. */
  viewChanged(): void {
    for (const [number, pending] of this.#pending) {
      const isThere = pending.isReplica
        ? this.#cluster.membership.alive().includes(pending.peer)
        : this.#cluster.ownership.owner(pending.shard) === pending.peer
      if (!isThere) this.#settle(number, { lost: true })
    }
  }

  stop(): void {
    for (const number of [...this.#pending.keys()]) this.#settle(number, { lost: true })
  }

  #settle(number: number, outcome: RemoteOutcome, from?: PeerId): void {
    const pending = this.#pending.get(number)
    if (pending === undefined || (from !== undefined && pending.peer !== from)) return
    this.#pending.delete(number)
    pending.settle(outcome)
  }
}
