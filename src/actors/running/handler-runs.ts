/**
 * From the state that a message finds to its answer.
 *
 * A handler runs on a transaction over the actor's state; a throw drops it. Its delta, and for an exclusive actor its request
 * id, go to the store as one update. The caller is answered when that is on disk here (`local`) or on the disks of others, too.
 * A command that changes nothing, or is refused, is answered when what it found is on as many; a query, when it is on disk here.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Actor } from '../../cluster/shard-store.ts'
import type { InsufficientRights } from '../../crdt/bounded-counter.ts'
import type { ActorState, Json } from '../../crdt/index.ts'
import { isThenable } from '../../crdt/thenable.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import { type Outcome, plainResult } from '../calls/invocation.ts'
import type { PendingCall } from '../calls/pending-call.ts'
import type { ActorMode } from '../definitions/definition.ts'
import type { HandlerContext } from '../definitions/handler-context.ts'
import type { Shape } from '../definitions/shape.ts'
import { noteRequest, storedReply } from '../requests/request-log.ts'
import type { SeenByAll } from '../requests/seen-by-all.ts'
import type { Rights } from '../rights/rights.ts'
import { Acknowledgement, type StoredWait } from './acknowledgement.ts'
import { BusyShards } from './busy-shards.ts'
import type { MessageFigures } from './message-figures.ts'
import { Turn } from './turn.ts'
import { TurnContext, type TurnContextParts } from './turn-context.ts'

export interface HandlerRunsParts {
  readonly cluster: Cluster
  readonly clock: Clock
  readonly figures: MessageFigures
  readonly seenByAll: SeenByAll
  readonly handlers: TurnContextParts
  /** What was rolled back comes back behind the actor's other messages. */
  again(call: PendingCall): void
}

const moved: Outcome = { moved: true }
/** How often one command has rights sought for it. */
const maxSearches = 100
/** Entries of the request log at which it is asked whether all members have seen them. */
const askAtUnseen = 8

export class HandlerRuns {
  readonly #parts: HandlerRunsParts
  readonly #busy: Record<ActorMode, BusyShards>
  readonly #acknowledgement: Acknowledgement
  #rights: Pick<Rights, 'seek'> | undefined
  #isHandling = false

  constructor(parts: HandlerRunsParts) {
    this.#parts = parts
    this.#busy = { exclusive: new BusyShards(parts.clock), replicated: new BusyShards(parts.clock) }
    this.#acknowledgement = new Acknowledgement(parts.cluster)
  }

  /** A handler, of whatever kind, has not come back, or to its first wait, yet. */
  get isHandling(): boolean {
    return this.#isHandling
  }

  /** Runs a handler of a kind that is not run here. */
  handle<T>(run: () => T): T {
    this.#isHandling = true
    try {
      return run()
    } finally {
      this.#isHandling = false
    }
  }

  /** Where commands go that lack rights to a bounded counter. Without it they fail. */
  useRights(rights: Pick<Rights, 'seek'>): void {
    this.#rights = rights
  }

  /**
   * Resolves when no exclusive handler of these shards runs, and what those did is on disk. One that takes too long has no effect, and
   * runs elsewhere. A replicated handler needs nobody's grant: it is waited for where the node leaves.
   */
  async drain(shards: ReadonlySet<number>): Promise<void> {
    const { exclusive, replicated } = this.#busy
    const isLeaving = this.#parts.cluster.ownership.isSealed
    await Promise.all([exclusive.drain(shards), isLeaving ? replicated.drain() : undefined])
  }

  /** A promise: of the end of a handler that takes its time, not of the effect. Never throws. */
  run(actor: Actor, state: ActorState, call: PendingCall): Promise<void> | undefined {
    const { method, argument } = call
    const { definition } = call.invocation
    let turn: Turn
    let result: unknown
    try {
      turn = new Turn(this.#parts.cluster, this.#parts.clock, actor, method.type === 'query', definition.shape, state)
    } catch (error) {
      call.fail(error)
      return undefined
    }
    try {
      const repeated = this.#repeated(turn, call)
      if (repeated) return undefined
      const context = new TurnContext(turn, call, this.#parts.handlers) as HandlerContext<Shape>
      this.#isHandling = true
      result = method.run(context, argument as never)
    } catch (error) {
      this.#isHandling = false
      turn.discard()
      if (!this.#seekRights(turn, call, error)) this.#failCall(call, error)
      return undefined
    }
    this.#isHandling = false
    if (!isThenable(result)) {
      this.#finish(turn, call, result)
      return undefined
    }
    return this.#await(turn, call, result)
  }

  async #await(turn: Turn, call: PendingCall, pending: PromiseLike<unknown>): Promise<void> {
    const givenUp = Promise.withResolvers<never>()
    const running = Promise.race([Promise.resolve(pending), call.over, givenUp.promise])
    const { mode } = call.invocation.definition
    const giveUp = () => {
      if (mode === 'exclusive') call.end(moved)
      else call.fail(leaving(call))
      givenUp.reject(leaving(call))
    }
    this.#busy[mode].hold(turn.actor.shard, running, giveUp)
    try {
      const result = await running
      if (call.isOver) turn.discard()
      else this.#finish(turn, call, result)
    } catch (error) {
      turn.discard()
      if (!this.#seekRights(turn, call, error)) this.#failCall(call, error)
    }
  }

  /**
   * A command that lacked rights was rolled back, and runs again from its start when there are more. Others run meanwhile. One that
   * has turned to other actors does not: what they did would be done twice.
   */
  #seekRights(turn: Turn, call: PendingCall, error: unknown): boolean {
    const { name, method } = call
    if (!isLackOfRights(error) || method.type !== 'command' || call.isOver || this.#rights === undefined) return false
    if (turn.reachesOut) return false
    // A handler may ask for more each time that it runs.
    if (++call.searches > maxSearches) return false
    const { shard, deadlineMs } = call.invocation
    this.#rights.seek(shard, name, error, turn.base, deadlineMs).then(
      () => this.#parts.again(call),
      reason => call.fail(reason)
    )
    return true
  }

  /** A request that took effect before is answered with the reply it got. */
  #repeated(turn: Turn, call: PendingCall): boolean {
    const { request } = call.invocation
    if (request === undefined) return false
    const stored = storedReply(turn.transaction, request)
    if (stored === undefined) return false
    turn.discard()
    call.committed()
    this.#acknowledgement.answer(call, stored.reply, this.#acknowledgement.ofState(call))
    return true
  }

  #finish(turn: Turn, call: PendingCall, value: unknown): void {
    const { invocation, method } = call
    try {
      const result = plainResult(value)
      if (method.type === 'command') turn.value?.end()
      if (method.type === 'query' || turn.transaction.delta === undefined) {
        turn.discard()
        this.#acknowledgement.answer(call, result, this.#ofFound(call))
        return
      }
      const unseen = this.#note(turn, call, result)
      const wait = this.#acknowledgement.ofUpdate(invocation)
      turn.commit(wait === undefined ? undefined : this.#tracked(turn, call, wait))
      if (unseen >= askAtUnseen) void this.#parts.seenByAll.ask(invocation.shard, call.name)
      call.committed()
      this.#busy[invocation.definition.mode].hold(turn.actor.shard, this.#parts.cluster.store.durable())
      this.#acknowledgement.answer(call, result, wait)
    } catch (error) {
      turn.discard()
      this.#failCall(call, error)
    }
  }

  #tracked({ lastSeq }: Turn, { name, invocation }: PendingCall, { tracked }: StoredWait): StoredWait['tracked'] {
    const { request, shard } = invocation
    if (request === undefined || lastSeq === undefined) return tracked
    return push => {
      tracked(push)
      this.#parts.seenByAll.leaves(push, shard, name, lastSeq)
    }
  }

  /** The request is committed with its effect. Answers how many entries wait for all members to have seen them. */
  #note({ transaction, base, gaps }: Turn, { invocation, name }: PendingCall, reply: Json | undefined): number {
    const { request, method, deadlineMs } = invocation
    if (request === undefined) return 0
    const nowMs = this.#parts.clock.now()
    const leftMs = deadlineMs - this.#parts.clock.elapsed()
    const seenByAll = this.#parts.seenByAll.of(name)
    return noteRequest(transaction, { request, method, reply, nowMs, deadlineMs: leftMs, base, gaps, seenByAll })
  }

  /** A command that found nothing to do, or reason to refuse, vouches for what it found. */
  #ofFound(call: PendingCall): StoredWait | undefined {
    return call.method.type === 'command' ? this.#acknowledgement.ofState(call) : undefined
  }

  #failCall(call: PendingCall, error: unknown): void {
    const reason = this.#parts.figures.reasonFor(call, error)
    if (call.isOver) return
    try {
      this.#acknowledgement.refuse(call, reason, this.#ofFound(call))
    } catch (overload) {
      call.fail(overload)
    }
  }
}

function leaving({ name, invocation }: PendingCall): ShoalError {
  const what = `${name}.${invocation.method}`
  return new ShoalError('SHOAL_STOPPED', `${what}: this node is leaving the cluster; the call had no effect`, {
    retryable: true
  })
}

function isLackOfRights(error: unknown): error is InsufficientRights {
  return isShoalError(error) && error.code === 'SHOAL_INSUFFICIENT_RIGHTS' && 'lacking' in error
}
