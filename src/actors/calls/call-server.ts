/** Runs the calls of other nodes, so many at once, and replies. */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { memberFrom, memberTo, viewFrom } from '../../cluster/member-wire.ts'
import { actorName, name, safe } from '../../cluster/wire.ts'
import type { Json } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { overloads } from '../running/message-figures.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import type { CallChannel } from './call-channel.ts'
import {
  argumentFrom,
  failureOf,
  hasNotRun,
  jsonBytes,
  levelFrom,
  noBytes,
  overMethod,
  stateMethod
} from './call-messages.ts'
import type { Invocation, Outcome } from './invocation.ts'
import type { OwnedCalls } from './owned-calls.ts'

const movedOn: Promise<Outcome> = Promise.resolve({ moved: true })

/** Members that may have run a request, as its caller tells. */
const maxUnanswered = 64

export class CallServer {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #owned: OwnedCalls
  readonly #channel: Pick<CallChannel, 'relay'>
  readonly #relayed
  readonly #overloads
  readonly #clock: Clock
  readonly #self: PeerId
  readonly #definitions: ReadonlyMap<string, AnyDefinition>
  readonly #maxInboundCalls: number
  #inbound = 0
  #stopped = false

  constructor(parts: {
    cluster: Cluster
    runtime: ActorRuntime
    owned: OwnedCalls
    channel: Pick<CallChannel, 'relay'>
    metrics: Metrics
    clock: Clock
    self: PeerId
    definitions: ReadonlyMap<string, AnyDefinition>
    maxInboundCalls: number
  }) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#owned = parts.owned
    this.#channel = parts.channel
    this.#relayed = parts.metrics.counter(
      'shoal_router_relayed_calls_total',
      'Calls of other nodes passed on to a member that they have no link with'
    )
    this.#overloads = overloads(parts.metrics)
    this.#clock = parts.clock
    this.#self = parts.self
    this.#definitions = parts.definitions
    this.#maxInboundCalls = parts.maxInboundCalls
  }

  /** No reply leaves any more. */
  stop(): void {
    this.#stopped = true
  }

  /** Throws `SHOAL_MALFORMED` where a reply could not name the call. */
  serve(peer: PeerId, call: shoal.peer.ICall): void {
    void this.#serve(peer, safe(call.number), call)
  }

  async #serve(peer: PeerId, number: number, call: shoal.peer.ICall): Promise<void> {
    if (this.#inbound >= this.#maxInboundCalls) {
      this.#overloads.add()
      this.#reply(peer, {
        number,
        failure: { code: 'SHOAL_OVERLOADED', message: 'too many calls under way', retryable: true, notRun: true }
      })
      return
    }
    this.#inbound++
    let isBegun = false
    const begin = () => {
      isBegun = true
    }
    try {
      if (call.relayTo != null && call.relayTo !== '' && call.relayTo !== this.#self) {
        this.#reply(peer, { ...(await this.#relay(call.relayTo, call)), number })
        return
      }
      const outcome = await this.#run(peer, call, begin)
      this.#reply(peer, { ...this.#replyOf(outcome, call), number })
    } catch (error) {
      this.#reply(peer, { number, failure: failureOf(error, isBegun) })
    } finally {
      this.#inbound--
    }
  }

  /** What arrives at the owner names nobody to be passed on to: no call goes further than this. */
  async #relay(owner: PeerId, call: shoal.peer.ICall): Promise<shoal.peer.IReply> {
    this.#relayed.add()
    const outcome = await this.#channel.relay(owner, call, deadlineFrom(call))
    return 'reply' in outcome ? outcome.reply : { unreached: { mayHaveRun: 'lost' in outcome } }
  }

  #run(peer: PeerId, call: shoal.peer.ICall, begin: () => void): Promise<Outcome> {
    const actor = actorName(call.actor)
    const slash = actor.indexOf('/')
    const definition = this.#definitions.get(actor.slice(0, slash))
    if (definition === undefined)
      throw new ShoalError('SHOAL_UNKNOWN_KIND', `the node that has ${actor} does not know this kind`)
    const method = name(call.method, 64, 'method')
    const isLeased = definition.partition === 'lease'
    if ((call.leased ?? false) !== isLeased)
      throw new ShoalError(
        'SHOAL_UNKNOWN_KIND',
        `the node that has ${actor} does not know this kind with that partition`
      )
    const isState = method === stateMethod && (isLeased || definition.mode === 'replicated')
    const isSent = call.sent === true && isLeased
    if (!isState && !(isSent && method === overMethod) && !Object.hasOwn(definition.methods, method))
      throw new ShoalError('SHOAL_UNKNOWN_COMMAND', `${definition.kind} has no ${method}`)
    const members = (call.members ?? []).map(memberFrom)
    if (members.length > 0) this.#cluster.membership.merge(members, peer)
    const id = actor.slice(slash + 1)
    const { name: own, shard } = this.#runtime.placeOf(definition.kind, id)
    const called = {
      definition,
      shard,
      id,
      name: own,
      method,
      argument: argumentFrom(call.argument),
      acknowledge: levelFrom(call.acknowledge, definition.options.acknowledge),
      read: levelFrom(call.read, definition.options.read),
      deadlineMs: this.#clock.elapsed() + deadlineFrom(call)
    }
    if (definition.mode === 'replicated') {
      if (!this.#cluster.replicas.serves(shard)) return movedOn
      begin()
      if (!isState) return this.#runtime.invoke(called)
      return this.#runtime.state(definition, id).then(state => ({ moved: false, result: state as Json }))
    }
    if (isSent) {
      const sent = { sender: actorName(call.session), number: safe(call.request), stamp: safe(call.issued) }
      begin()
      return this.#owned.run({ ...called, sent })
    }
    const unanswered = (call.unanswered ?? []).slice(0, maxUnanswered)
    const invocation: Invocation = {
      ...called,
      request: {
        session: name(call.session, 64, 'session'),
        number: safe(call.request),
        lowWater: safe(call.lowWater),
        issued: safe(call.issued)
      },
      hasCopies: unanswered.length > 0,
      force: (call.force ?? false) && !isLeased && !this.#cluster.ownership.isSealed
    }
    begin()
    if (isLeased) return this.#owned.run(invocation)
    this.#owned.assertNoneDead(unanswered, invocation)
    if (invocation.force === true) return this.#runtime.invoke(invocation)
    if (this.#cluster.ownership.owner(shard) !== this.#self) return movedOn
    return this.#owned.run(invocation, () => this.#owned.assertNoneDead(unanswered, invocation))
  }

  #replyOf(outcome: Outcome, call: shoal.peer.ICall): shoal.peer.IReply {
    if (!outcome.moved) return { result: outcome.result === undefined ? noBytes : jsonBytes(outcome.result, 'a reply') }
    if (outcome.refused !== undefined) return { failure: failureOf(outcome.refused, false) }
    if (outcome.stale !== undefined) return { stale: outcome.stale }
    return outcome.mayHaveRun === true ? { unreached: { mayHaveRun: true } } : { moved: this.#moved(call) }
  }

  /** Whoever goes by another view gets the table, and will know better at once. */
  #moved(call: shoal.peer.ICall): shoal.peer.IMoved {
    const { membership } = this.#cluster
    const isSame = viewFrom(call.view) === membership.viewHash()
    return { view: membership.viewName(), members: isSame ? [] : membership.records().map(memberTo) }
  }

  #reply(peer: PeerId, reply: shoal.peer.IReply): void {
    if (this.#stopped || this.#cluster.sendCalls(peer, { reply })) return
    // Too much waits for the peer. What is small may have room yet, and the caller need not wait until its deadline to ask again.
    this.#cluster.sendCalls(peer, {
      reply: { number: reply.number ?? 0, unreached: { mayHaveRun: mayHaveRun(reply) } }
    })
  }
}

/** What the reply would have told. */
function mayHaveRun(reply: shoal.peer.IReply): boolean {
  if (reply.unreached != null) return reply.unreached.mayHaveRun === true
  return reply.moved == null && !hasNotRun(reply)
}

/** The time left. */
function deadlineFrom(call: shoal.peer.ICall): number {
  return Math.min(safe(call.deadlineMs), 24 * 3600 * 1000)
}
