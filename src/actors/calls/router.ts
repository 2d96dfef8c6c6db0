/**
 * Brings a call to where it runs, and its reply back.
 *
 * A replicated actor runs here, or, where this node does not have its shard whole, on the nearest node that has. Another is tried as
 * long as a command surely has not run. An exclusive one runs on the ring's owner in this node's view: the call goes there, and is tried again, under the same request id, after `moved`, after a lost link and when the view names
 * another owner, until its deadline. A `moved` by another view brings that view. Where there is no link with the owner, a member that has one passes the call on. After some `moved` in a row that bring nothing new the receiver runs it all the same: no endless loop.
 *
 * A command that a member may have run without answering goes to another only while that member is present or has left: then
 * the next owner has its effects, and knows the request id. Where it is dead, cut off perhaps, a second run would take effect
 * beside the first when it returns: the caller is told that nobody knows.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../../cluster/cluster.ts'
import { memberFrom, viewFrom } from '../../cluster/member-wire.ts'
import { type Calls, safe } from '../../cluster/wire.ts'
import type { Json } from '../../crdt/index.ts'
import { isThenable } from '../../crdt/thenable.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { CallOptions } from '../definitions/reference.ts'
import type { LeaseActors } from '../leased/lease-actors.ts'
import { type Delivery, StaleStamp } from '../outbox/outbox-lanes.ts'
import type { RequestId } from '../requests/request-log.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import { CallChannel, type RemoteOutcome } from './call-channel.ts'
import { claimsNoEffect, late, lostWith, resultOf, stateMethod, stoppedWith, unansweredQuery } from './call-messages.ts'
import { CallServer } from './call-server.ts'
import { FairTurns } from './fair-turns.ts'
import type { Invocation } from './invocation.ts'
import { jsonCopy } from './json-copy.ts'
import { OwnedCalls } from './owned-calls.ts'

export interface RouterOptions {
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
/** A link that is gone for a moment only, or whose peer is dead, needs nobody to pass calls on. About 100 ms. */
const relayAfterAttempts = 5

export class Router {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #clock: Clock
  readonly #self: PeerId
  readonly #forceAfterMoves: number
  readonly #channel: CallChannel
  readonly #owned: OwnedCalls
  readonly #server: CallServer
  readonly #turns: FairTurns
  /** Per actor, the numbers of this session's requests to it that have no answer yet, in order. */
  readonly #outstanding = new Map<string, Set<number>>()
  readonly #waiters = new Set<() => void>()
  readonly #retries
  #requestNumber = 0
  #underWay = 0
  #finished: PromiseWithResolvers<void> | undefined
  #stopped = false

  constructor(parts: ActorParts, options: RouterOptions = {}) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#self = parts.self
    this.#turns = new FairTurns(parts.clock)
    this.#channel = new CallChannel(parts)
    this.#owned = new OwnedCalls(parts)
    const { maxInboundCalls = 20_000 } = options
    this.#server = new CallServer({ ...parts, owned: this.#owned, channel: this.#channel, maxInboundCalls })
    this.#forceAfterMoves = options.forceAfterMoves ?? 40
    this.#retries = parts.metrics.counter(
      'shoal_router_retries_total',
      'Calls tried again: moved, lost link, new owner'
    )
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
    const { name, shard } = this.#runtime.placeOf(definition.kind, id)
    const own = argumentCopy(argument)
    const invocation: Invocation = { definition, shard, id, name, method, argument: own, acknowledge, read, deadlineMs }
    this.#underWay++
    try {
      if (this.#runsHere(invocation)) {
        const answer = this.#runtime.ask(invocation, sinceMs)
        const outcome = isThenable(answer) ? await answer : answer
        if (!outcome.moved) return outcome.result
      }
      return await (definition.mode === 'replicated' ? this.#callReplica(invocation) : this.#callOnce(invocation))
    } finally {
      const turn = this.#turns.turn()
      if (turn !== undefined) await turn
      this.#ended()
    }
  }

  /** It needs no request id: no copy of it can come to another node. What changes an exclusive actor is named even so, in reports of overlaps. */
  #runsHere({ definition, shard, method }: Invocation): boolean {
    if (this.#stopped) return false
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
    const none = new OpenRequest(new Set(), () => 0)
    return this.#callOwner({ ...invocation, deadlineMs: this.#clock.elapsed() + deadlineMs }, none)
  }

  shardOf({ kind }: AnyDefinition, id: string): number {
    return this.#runtime.shardOf(kind, id)
  }

  /** Under one request id, whoever owns it. */
  async #callOnce(invocation: Invocation): Promise<Json | undefined> {
    const { name } = invocation
    const outstanding = this.#outstanding.get(name) ?? new Set()
    this.#outstanding.set(name, outstanding)
    const request = new OpenRequest(outstanding, () => ++this.#requestNumber)
    request.begin(Math.max(0, Math.floor(this.#clock.now())))
    try {
      return await this.#callOwner(invocation, request)
    } finally {
      request.end()
      if (outstanding.size === 0) this.#outstanding.delete(name)
    }
  }

  /** The actor's plain state, from wherever it is. */
  async state(definition: AnyDefinition, id: string): Promise<unknown> {
    if (this.#finished !== undefined) throw hasLeft()
    this.#underWay++
    try {
      return await this.#state(definition, id)
    } finally {
      await this.#turns.turn()
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
    return isLeased ? this.#callOnce(invocation) : this.#callReplica(invocation)
  }

  receive(peer: PeerId, message: Calls): void {
    if (message.call != null) this.#server.serve(peer, message.call)
    else if (message.reply != null) this.#channel.receive(peer, message.reply)
  }

  /** The link is gone: whoever waits for a reply by it tries again. */
  unlinked(peer: PeerId): void {
    this.#channel.unlinked(peer)
    this.#wake()
  }

  linked(): void {
    this.#wake()
  }

  /** Calls under way to a node that the view no longer holds for the owner are tried again at the new one. */
  viewChanged(): void {
    this.#channel.viewChanged()
    this.#wake()
  }

  /**
   * For a node that has left, before it stops: takes no calls of its program any more, and resolves when those under way have their answers, or after
   * `patienceMs`. Who was answered by a node until it left hears the truth of it, and need not guess.
   */
  async finish(patienceMs: number): Promise<void> {
    this.#finished ??= Promise.withResolvers<void>()
    if (this.#underWay === 0 || this.#stopped) return
    const timer = this.#clock.after(patienceMs, this.#finished.resolve)
    await this.#finished.promise
    timer.cancel()
  }

  #ended(): void {
    if (--this.#underWay === 0) this.#finished?.resolve()
  }

  stop(): void {
    this.#stopped = true
    this.#finished?.resolve()
    this.#turns.stop()
    this.#server.stop()
    this.#channel.stop()
    this.#wake()
  }

  // ---- calling ---------------------------------------------------------------------------------------------------------------

  async #callReplica(invocation: Invocation): Promise<Json | undefined> {
    const { definition, shard, method } = invocation
    const isQuery = method === stateMethod || definition.methods[method]?.type === 'query'
    /** Those that could not be reached, or had no replica after all. */
    const avoid = new Set<PeerId>()
    /** Those of them whose program is older than this node's, and the last one's answer. */
    const older = new Set<PeerId>()
    let unknown: shoal.peer.IReply | undefined
    for (let attempt = 0; ; attempt++) {
      if (this.#stopped) throw stoppedWith(invocation, false)
      const place = this.#cluster.replicas.replica(shard, avoid)
      if (place === this.#self) {
        // By now this node answers for the actor itself.
        if (method === stateMethod) return (await this.#runtime.state(definition, invocation.id)) as Json
        const outcome = await this.#runtime.invoke(invocation)
        if (!outcome.moved) return outcome.result
      } else if (place !== undefined) {
        const request = { session: this.#cluster.store.origin, number: ++this.#requestNumber, lowWater: 0 }
        const outcome = await this.#channel.call(place, { ...invocation, request }, { withView: false, unanswered: [] })
        if ('lost' in outcome) {
          if (!isQuery) throw lostWith(invocation, outcome.lost)
          if (outcome.lost === 'silent') throw unansweredQuery(invocation)
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
      await this.#pause(Math.min(2 ** Math.min(attempt, 5) * 2, 50))
    }
  }

  async #callOwner(invocation: Invocation, request: OpenRequest): Promise<Json | undefined> {
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
      if (this.#stopped) throw stoppedWith(invocation, unanswered.size > 0)
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
        moves++
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
      await this.#pause(Math.min(2 ** Math.min(attempt, 5) * 2, 50))
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
    return { session: this.#cluster.store.origin, number, lowWater: this.#lowWater(name), issued }
  }

  #lowWater(name: string): number {
    for (const number of this.#outstanding.get(name) ?? []) return number
    return this.#requestNumber + 1
  }

  /** Resolves after the delay, or when a link or the view changes; at once where the clock may run no more. */
  async #pause(delayMs: number): Promise<void> {
    if (this.#stopped) return
    await new Promise<void>(resolve => {
      const done = () => {
        timer.cancel()
        this.#waiters.delete(done)
        resolve()
      }
      const timer = this.#clock.after(delayMs, done)
      this.#waiters.add(done)
    })
  }

  #wake(): void {
    for (const waiter of [...this.#waiters]) waiter()
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

/** A call that has no answer yet, under the number and the stamp that all its copies have. */
class OpenRequest {
  readonly #outstanding: Set<number>
  readonly #next: () => number
  number = 0
  issued = 0

  constructor(outstanding: Set<number>, next: () => number) {
    this.#outstanding = outstanding
    this.#next = next
  }

  begin(issued: number): void {
    this.number = this.#next()
    this.issued = issued
    this.#outstanding.add(this.number)
  }

  end(): void {
    this.#outstanding.delete(this.number)
  }
}

/** The other node has refused it, or knows less than this one: nothing ran there. */
function hasNotRun({ failure }: shoal.peer.IReply): boolean {
  return failure?.notRun === true
}

/** What is asked of it is nothing that its program knows. */
function isUnknown(outcome: RemoteOutcome): outcome is { readonly reply: shoal.peer.IReply } {
  if (!('reply' in outcome) || !hasNotRun(outcome.reply)) return false
  const code = outcome.reply.failure?.code
  return code === 'SHOAL_UNKNOWN_KIND' || code === 'SHOAL_UNKNOWN_COMMAND'
}
