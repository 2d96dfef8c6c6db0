/**
 * Calls to other nodes that have no reply yet. Each ends: with its reply, with its link, when the view no longer has it there, or at its
 * deadline.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { memberTo } from '../../cluster/member-wire.ts'
import { RequestNumbers } from '../../cluster/request-numbers.ts'
import { safe } from '../../cluster/wire.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { RequestId } from '../requests/request-log.ts'
import { jsonBytes, type Loss, levelNumbers, runWithinMs } from './call-messages.ts'
import type { Invocation } from './invocation.ts'

interface Pending {
  /** Who answers. */
  readonly peer: PeerId
  /** Where it runs. */
  readonly owner: PeerId
  readonly shard: number
  /** Of a replicated actor: any node that stores it will do. */
  readonly isReplica: boolean
  /** At its deadline nobody waits any more. */
  readonly timer: Timer
  readonly settle: (reply: RemoteOutcome) => void
}

/** `lost`: it may or may not have run; `unsent`: it surely has not. */
export type RemoteOutcome = { readonly reply: shoal.peer.IReply } | { readonly lost: Loss } | { readonly unsent: true }

const unsent = { unsent: true } as const
const notSent: Promise<RemoteOutcome> = Promise.resolve(unsent)
const silent = { lost: 'silent' } as const

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

  /**
   * `unanswered`: members that have the same request and gave no answer. `withView`: the receiver is to go by our view, too. `by`: a
   * linked member that is to pass it on, as there is no link with the owner. Throws `SHOAL_BAD_ARGUMENT`, and `SHOAL_LIMIT` where it is
   * too large.
   */
  call(
    owner: PeerId,
    invocation: Invocation & { readonly request: RequestId },
    { withView, unanswered, by }: { withView: boolean; unanswered: Iterable<PeerId>; by?: PeerId | undefined }
  ): Promise<RemoteOutcome> {
    const { argument, definition, shard, id, method, request, acknowledge, read } = invocation
    const leftMs = invocation.deadlineMs - this.#clock.elapsed()
    const isReplica = definition.mode === 'replicated'
    // A leased actor's owner, too, may have the call in another queue.
    const isLeased = definition.partition === 'lease'
    this.#sent.add()
    // What is not so, or not there, is `null` and not written.
    return this.#exchange({ peer: by ?? owner, owner, shard, isReplica }, leftMs, {
      number: this.#numbers.next(),
      actor: `${definition.kind}/${id}`,
      method,
      argument: argument === undefined ? null : jsonBytes(argument, `${definition.kind}.${method}: its argument`),
      session: request.session,
      request: request.number,
      lowWater: request.lowWater,
      deadlineMs: deadlineFor(leftMs),
      force: invocation.force === true || null,
      acknowledge: levelNumbers[acknowledge],
      read: levelNumbers[read],
      members: withView ? this.#cluster.membership.records().map(memberTo) : null,
      unanswered: Array.from(unanswered).filter(member => isLeased || member !== owner),
      issued: request.issued ?? null,
      sent: invocation.sent !== undefined || null,
      leased: isLeased || null,
      view: this.#cluster.membership.viewName(),
      relayTo: by === undefined ? null : owner
    })
  }

  /** Passes the call of a node that has no link with the owner on to it. */
  relay(owner: PeerId, call: shoal.peer.ICall, leftMs: number): Promise<RemoteOutcome> {
    // Whoever owns the actor in this node's view, the owner knows whether it does.
    const parts = { peer: owner, owner, shard: 0, isReplica: true }
    const number = this.#numbers.next()
    return this.#exchange(parts, leftMs, { ...call, number, relayTo: null, deadlineMs: deadlineFor(leftMs) })
  }

  #exchange(
    { peer, owner, shard, isReplica }: Omit<Pending, 'settle' | 'timer'>,
    leftMs: number,
    call: shoal.peer.ICall & { readonly number: number }
  ): Promise<RemoteOutcome> {
    // No reply comes from inside the sending.
    if (!this.#cluster.sendCalls(peer, { call })) return notSent
    const { number } = call
    return new Promise(settle => {
      const timer = this.#clock.after(Math.max(0, leftMs), () => this.#settle(number, silent))
      this.#pending.set(number, { peer, owner, shard, isReplica, timer, settle })
    })
  }

  receive(peer: PeerId, reply: shoal.peer.IReply): void {
    const { unreached } = reply
    const ended = unreached?.mayHaveRun === true ? silent : unsent
    this.#settle(safe(reply.number), unreached == null ? { reply } : ended, peer)
  }

  /** The link is gone. */
  unlinked(peer: PeerId): void {
    for (const [number, pending] of this.#pending) if (pending.peer === peer) this.#settle(number, { lost: 'unlinked' })
  }

  /**
   * Whoever the view no longer holds for the owner, or for present, is not waited for. A replica that has left answers all that it has before its link
   * ends, and what it did nobody else can tell.
   */
  viewChanged(): void {
    const { membership, ownership } = this.#cluster
    const present = membership.alive()
    for (const [number, { owner, shard, isReplica }] of this.#pending) {
      const isAnswering = isReplica && membership.member(owner)?.status === 'left'
      if (isAnswering) continue
      if (!present.includes(owner)) this.#settle(number, { lost: 'dead' })
      else if (!isReplica && ownership.owner(shard) !== owner) this.#settle(number, { lost: 'moved' })
    }
  }

  stop(): void {
    for (const number of [...this.#pending.keys()]) this.#settle(number, { lost: 'unlinked' })
  }

  #settle(number: number, outcome: RemoteOutcome, from?: PeerId): void {
    const pending = this.#pending.get(number)
    if (pending === undefined || (from !== undefined && pending.peer !== from)) return
    this.#pending.delete(number)
    pending.timer.cancel()
    pending.settle(outcome)
  }
}

/** In whole milliseconds, and never none. */
function deadlineFor(leftMs: number): number {
  return Math.max(1, Math.ceil(runWithinMs(leftMs)))
}
