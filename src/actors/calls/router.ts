/**
 * Brings a call to where it runs, and its reply back: the door for the calls of this node's program, and for those of other nodes.
 *
 * What surely has no copies runs here at once: calls of replicated actors that this node has whole (`calls-to-replicas.ts` for the rest), and
 * queries of exclusive `merge` actors that it owns. All other calls to exclusive actors go to the owner, wherever that is, under one request id
 * until there is an answer or the deadline has passed (`calls-to-owners.ts`).
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { Pauses } from '../../cluster/pauses.ts'
import type { Calls } from '../../cluster/wire.ts'
import type { Json } from '../../crdt/index.ts'
import { isThenable } from '../../crdt/thenable.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Counter, Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { CallOptions } from '../definitions/reference.ts'
import type { LeaseActors } from '../leased/lease-actors.ts'
import type { Delivery } from '../outbox/outbox-lanes.ts'
import { overloads } from '../running/message-figures.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import { CallChannel } from './call-channel.ts'
import { late, stateMethod } from './call-messages.ts'
import { CallServer } from './call-server.ts'
import { CallsToOwners } from './calls-to-owners.ts'
import { CallsToReplicas } from './calls-to-replicas.ts'
import { FairTurns } from './fair-turns.ts'
import type { Invocation } from './invocation.ts'
import { jsonCopy } from './json-copy.ts'
import { OpenRequests } from './open-requests.ts'
import { OwnedCalls } from './owned-calls.ts'

export interface RouterOptions {
  /** Calls of this node's program that may be under way at once, `state()` included; one more is refused as `SHOAL_OVERLOADED`. @default 100000 */
  maxCalls?: number
  /** Calls of other nodes that may be under way here at once; one more is refused. @default 20000 */
  maxInboundCalls?: number
  /** `moved` answers in a row after which the receiver is told to run the call. @default 40 */
  forceAfterMoves?: number
}

/** What calls and watches need of a node. */
export interface ActorParts {
  readonly cluster: Cluster
  readonly runtime: ActorRuntime
  readonly clock: Clock
  readonly metrics: Metrics
  readonly self: PeerId
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  /** Where the node has a lease store. */
  readonly leased?: Pick<LeaseActors, 'run'> | undefined
}

const defaultDeadlineMs = 10_000
const noOptions: CallOptions = {}

export class Router {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #clock: Clock
  readonly #self: PeerId
  readonly #channel: CallChannel
  readonly #server: CallServer
  readonly #turns: FairTurns
  readonly #pauses: Pauses
  readonly #owners: CallsToOwners
  readonly #replicas: CallsToReplicas
  readonly #maxCalls: number
  readonly #overloads: Counter
  #underWay = 0
  #finished: PromiseWithResolvers<void> | undefined

  constructor(parts: ActorParts, options: RouterOptions = {}) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#self = parts.self
    this.#turns = new FairTurns(parts.clock)
    this.#pauses = new Pauses(parts.clock)
    this.#channel = new CallChannel(parts)
    const owned = new OwnedCalls(parts)
    const { maxCalls = 100_000, maxInboundCalls = 20_000, forceAfterMoves = 40 } = options
    this.#maxCalls = maxCalls
    this.#overloads = overloads(parts.metrics)
    this.#server = new CallServer({ ...parts, owned, channel: this.#channel, maxInboundCalls })
    const retries = parts.metrics.counter(
      'shoal_router_retries_total',
      'Calls tried again: moved, lost link, new owner'
    )
    const requests = new OpenRequests()
    const calling = { ...parts, owned, requests, retries, channel: this.#channel, pauses: this.#pauses }
    this.#owners = new CallsToOwners(calling, forceAfterMoves)
    this.#replicas = new CallsToReplicas(calling)
  }

  /** The method exists, and the id is well-formed: both are the caller's to check. */
  async call(
    definition: AnyDefinition,
    id: string,
    method: string,
    argument: unknown,
    options: CallOptions = noOptions
  ): Promise<Json | undefined> {
    if (this.#finished !== undefined) throw hasLeft()
    const sinceMs = this.#clock.elapsed()
    const deadlineMs = sinceMs + (options.deadlineMs ?? defaultDeadlineMs)
    const { acknowledge = definition.options.acknowledge, read = definition.options.read } = options
    const own = argumentCopy(argument)
    this.#begin()
    try {
      let nowMs = sinceMs
      const turn = this.#turns.turn()
      if (turn !== undefined) {
        await turn
        nowMs = this.#clock.elapsed()
      }
      const { name, shard } = this.#runtime.placeOf(definition.kind, id)
      const invocation: Invocation = {
        definition,
        shard,
        id,
        name,
        method,
        argument: own,
        acknowledge,
        read,
        deadlineMs
      }
      if (nowMs >= deadlineMs) throw late(invocation, false)
      if (this.#runsHere(invocation)) {
        const answer = this.#runtime.ask(invocation, nowMs)
        const outcome = isThenable(answer) ? await answer : answer
        if (!outcome.moved) return outcome.result
      }
      return await (definition.mode === 'replicated' ? this.#replicas : this.#owners).call(invocation)
    } finally {
      this.#ended()
    }
  }

  /** It needs no request id: no copy of it can come to another node. What changes an exclusive actor is named even so, in reports of overlaps. */
  #runsHere({ definition, shard, method }: Invocation): boolean {
    if (this.#pauses.isStopped) return false
    if (definition.mode === 'replicated') return this.#cluster.replicas.serves(shard)
    const isQuery = definition.methods[method]?.type === 'query'
    return isQuery && definition.partition !== 'lease' && this.#cluster.ownership.owner(shard) === this.#self
  }

  /**
   * A command from the outbox of a leased actor, or word that it is over: answers with what the actor has noted of it. Throws `StaleStamp`, and
   * what says nothing of whether it was carried out.
   */
  async deliver(
    definition: AnyDefinition,
    id: string,
    { method, argument, deadlineMs, sent }: Delivery
  ): Promise<Json | undefined> {
    const { name, shard } = this.#runtime.placeOf(definition.kind, id)
    const { read } = definition.options
    // Nobody is told that it is on all disks: one that is away keeps no command waiting.
    const invocation: Omit<Invocation, 'deadlineMs'> = {
      ...{ definition, shard, id, name, method, argument, acknowledge: 'majority', read, sent }
    }
    return this.#owners.deliver({ ...invocation, deadlineMs: this.#clock.elapsed() + deadlineMs })
  }

  shardOf({ kind }: AnyDefinition, id: string): number {
    return this.#runtime.shardOf(kind, id)
  }

  /** The actor's plain state, from wherever it is. */
  async state(definition: AnyDefinition, id: string): Promise<unknown> {
    if (this.#finished !== undefined) throw hasLeft()
    this.#begin()
    try {
      const turn = this.#turns.turn()
      if (turn !== undefined) await turn
      return await this.#state(definition, id)
    } finally {
      this.#ended()
    }
  }

  async #state(definition: AnyDefinition, id: string): Promise<unknown> {
    const { name, shard } = this.#runtime.placeOf(definition.kind, id)
    const isLeased = definition.partition === 'lease'
    if (!isLeased && this.#cluster.replicas.serves(shard)) return this.#runtime.state(definition, id)
    const { acknowledge, read } = definition.options
    const deadlineMs = this.#clock.elapsed() + defaultDeadlineMs
    const invocation = {
      definition,
      shard,
      id,
      name,
      method: stateMethod,
      argument: undefined,
      acknowledge,
      read,
      deadlineMs
    }
    return (isLeased ? this.#owners : this.#replicas).call(invocation)
  }

  receive(peer: PeerId, message: Calls): void {
    if (message.call != null) this.#server.serve(peer, message.call)
    else if (message.reply != null) this.#channel.receive(peer, message.reply)
  }

  /** The link is gone: whoever waits for a reply by it tries again. */
  unlinked(peer: PeerId): void {
    this.#channel.unlinked(peer)
    this.#pauses.end()
  }

  linked(): void {
    this.#pauses.end()
  }

  /** Calls under way to a node that the view no longer holds for the owner are tried again at the new one. */
  viewChanged(): void {
    this.#channel.viewChanged()
    this.#pauses.end()
  }

  /**
   * For a node that has left, before it stops: takes no calls of its program any more, and resolves when those under way have their answers, or after
   * `patienceMs`. Who was answered by a node until it left hears the truth of it, and need not guess.
   */
  async finish(patienceMs: number): Promise<void> {
    this.#finished ??= Promise.withResolvers<void>()
    if (this.#underWay === 0 || this.#pauses.isStopped) return
    const timer = this.#clock.after(patienceMs, this.#finished.resolve)
    await this.#finished.promise
    timer.cancel()
  }

  #begin(): void {
    if (this.#underWay >= this.#maxCalls) {
      this.#overloads.add()
      throw new ShoalError('SHOAL_OVERLOADED', `${this.#maxCalls} calls of this node's program are under way`, {
        retryable: true
      })
    }
    this.#underWay++
  }

  #ended(): void {
    if (--this.#underWay === 0) this.#finished?.resolve()
  }

  stop(): void {
    this.#pauses.stop()
    this.#finished?.resolve()
    this.#turns.stop()
    this.#server.stop()
    this.#channel.stop()
  }
}

function hasLeft(): ShoalError {
  return new ShoalError('SHOAL_STOPPED', 'this node has left the cluster; the call had no effect', { retryable: true })
}

/** As it is now, whatever its caller does with it later. */
function argumentCopy(argument: unknown): unknown {
  try {
    return jsonCopy(argument)
  } catch (error) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', 'the argument is nothing that JSON can carry', { cause: error })
  }
}
