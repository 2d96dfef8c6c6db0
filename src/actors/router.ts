/**
 * Brings a call to where it runs, and its reply back.
 *
 * A replicated actor runs here, or, where this node does not have its shard whole, on the nearest node that has. There another is
 * tried as long as a command surely has not run. An exclusive one runs on the ring's owner in this node's view: the call goes there over the one
 * stream to that peer, and is tried again, under the same request id, after `moved`, after a lost link and when the view names
 * another owner, until its deadline. After some `moved` in a row the receiver runs it all the same: no endless loop.
 *
 * A command that a member may have run without answering goes to another only while that member is present or has left: then
 * the next owner has its effects, and knows the request id. Where it is dead, cut off perhaps, a second run would take effect
 * beside the first when it returns: the caller is told that nobody knows.
 */
import type { shoal } from '#proto/generated/peer.js'
import type { Cluster } from '../cluster/cluster.ts'
import { isGone } from '../cluster/member-record.ts'
import { memberFrom, memberTo } from '../cluster/member-wire.ts'
import { actorName, type Calls, name, safe } from '../cluster/wire.ts'
import type { Json } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import { isShoalError, ShoalError, type ShoalErrorCode } from '../ports/errors.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { PeerId } from '../ports/network.ts'
import { type AnyDefinition, type CallOptions, levels, type ReadLevel, Refusal, type WriteLevel } from './definition.ts'
import type { Invocation, Outcome } from './invocation.ts'
import type { ActorRuntime } from './runtime.ts'

export interface RouterOptions {
  /** Calls of other nodes that may be under way here at once; one more is refused. @default 20000 */
  maxInboundCalls?: number
  /** `moved` answers in a row after which the receiver is told to run the call. @default 40 */
  forceAfterMoves?: number
}

interface Pending {
  readonly peer: PeerId
  readonly shard: number
  /** Of a replicated actor: any node that stores it will do. */
  readonly isReplica: boolean
  readonly settle: (reply: RemoteOutcome) => void
}

/** `lost`: it may or may not have run; `elsewhere`: the same, and the view now names another owner. */
type RemoteOutcome = { reply: shoal.peer.IReply } | { lost: true }

/** Members that may have run a request, as its caller tells. */
const maxUnanswered = 64

const defaultDeadlineMs = 10_000
/** In place of a method's name: asks for the actor's state. No method can have this name. */
const stateMethod = 'state'

/** Of an error that goes to another node, in characters. */
const maxMessageLength = 1000

const noPeers: ReadonlySet<PeerId> = new Set()

const levelNumbers = { local: 1, majority: 2, all: 3 } as const

export class Router {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #clock: Clock
  readonly #self: PeerId
  readonly #definitions: ReadonlyMap<string, AnyDefinition>
  readonly #maxInboundCalls: number
  readonly #forceAfterMoves: number
  readonly #pending = new Map<number, Pending>()
  /** Per actor, the numbers of this session's requests to it that have no answer yet, in order. */
  readonly #outstanding = new Map<string, Set<number>>()
  readonly #waiters = new Set<() => void>()
  readonly #remoteCalls
  readonly #retries
  #callNumber = 0
  #requestNumber = 0
  #inbound = 0
  #stopped = false

  constructor(
    parts: {
      cluster: Cluster
      runtime: ActorRuntime
      clock: Clock
      metrics: Metrics
      self: PeerId
      definitions: ReadonlyMap<string, AnyDefinition>
    },
    options: RouterOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#self = parts.self
    this.#definitions = parts.definitions
    this.#maxInboundCalls = options.maxInboundCalls ?? 20_000
    this.#forceAfterMoves = options.forceAfterMoves ?? 40
    this.#remoteCalls = parts.metrics.counter(
      'shoal_router_remote_calls_total',
      'Calls sent to other nodes, repeats included'
    )
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
    options: CallOptions
  ): Promise<Json | undefined> {
    const deadlineMs = this.#clock.elapsed() + (options.deadlineMs ?? defaultDeadlineMs)
    const { acknowledge = definition.options.acknowledge, read = definition.options.read } = options
    const shard = this.#runtime.shardOf(definition.kind, id)
    const invocation: Invocation = { definition, shard, id, method, argument, acknowledge, read, deadlineMs }
    if (definition.mode === 'replicated') return this.#callReplica(invocation)
    const number = ++this.#requestNumber
    const name = `${definition.kind}/${id}`
    const outstanding = this.#outstanding.get(name) ?? new Set()
    this.#outstanding.set(name, outstanding.add(number))
    try {
      return await this.#callOwner(invocation, number)
    } finally {
      outstanding.delete(number)
      if (outstanding.size === 0) this.#outstanding.delete(name)
    }
  }

  /** The actor's plain state, from wherever it is. */
  async state(definition: AnyDefinition, id: string): Promise<unknown> {
    const shard = this.#runtime.shardOf(definition.kind, id)
    if (this.#cluster.store.hosts(shard)) return this.#runtime.state(definition, id)
    const { acknowledge, read } = definition.options
    const deadlineMs = this.#clock.elapsed() + defaultDeadlineMs
    const invocation = {
      definition,
      shard,
      id,
      method: stateMethod,
      argument: undefined,
      acknowledge,
      read,
      deadlineMs
    }
    return this.#callReplica(invocation)
  }

  receive(peer: PeerId, message: Calls): void {
    if (message.call != null) void this.#serve(peer, safe(message.call.number), message.call)
    else if (message.reply != null) this.#settle(safe(message.reply.number), { reply: message.reply }, peer)
  }

  /** The link is gone: whoever waits for a reply by it tries again. */
  unlinked(peer: PeerId): void {
    for (const [number, pending] of this.#pending) if (pending.peer === peer) this.#settle(number, { lost: true })
    this.#wake()
  }

  linked(): void {
    this.#wake()
  }

  /** Calls under way to a node that the view no longer holds for the owner are tried again at the new one. */
  viewChanged(): void {
    for (const [number, pending] of this.#pending) {
      const isThere = pending.isReplica
        ? this.#cluster.membership.alive().includes(pending.peer)
        : this.#cluster.ownership.owner(pending.shard) === pending.peer
      if (!isThere) this.#settle(number, { lost: true })
    }
    this.#wake()
  }

  stop(): void {
    this.#stopped = true
    for (const number of [...this.#pending.keys()]) this.#settle(number, { lost: true })
    this.#wake()
  }

  // ---- calling ---------------------------------------------------------------------------------------------------------------

  async #callReplica(invocation: Invocation): Promise<Json | undefined> {
    const { definition, shard, method } = invocation
    const isQuery = method === stateMethod || definition.methods[method]?.type === 'query'
    /** Those that could not be reached, or had no replica after all. */
    const avoid = new Set<PeerId>()
    for (let attempt = 0; ; attempt++) {
      if (this.#stopped) throw new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
      const place = this.#cluster.replicas.replica(shard, avoid)
      if (place === this.#self) {
        const outcome = await this.#runtime.invoke(invocation)
        if (!outcome.moved) return outcome.result
      } else if (place !== undefined) {
        const request = { session: this.#cluster.store.origin, number: ++this.#requestNumber, lowWater: 0 }
        const outcome = await this.#there(place, shard, { ...invocation, request }, false, noPeers)
        if ('lost' in outcome) {
          if (!isQuery) throw lostWith(invocation)
        } else if (!('unsent' in outcome) && outcome.reply.moved == null && !hasNotRun(outcome.reply)) {
          return resultOf(outcome.reply)
        }
        avoid.add(place)
      } else avoid.clear()
      if (this.#clock.elapsed() >= invocation.deadlineMs) throw late(invocation, false)
      this.#retries.add()
      await this.#pause(Math.min(2 ** Math.min(attempt, 5) * 2, 50))
    }
  }

  async #callOwner(invocation: Invocation, number: number): Promise<Json | undefined> {
    /** Members that have the command and gave no answer. */
    const unanswered = new Set<PeerId>()
    try {
      return await this.#tryUntilAnswered(invocation, number, unanswered)
    } catch (error) {
      // The last attempt speaks only for itself: an earlier one may have run.
      if (unanswered.size > 0 && claimsNoEffect(error)) throw late(invocation, true)
      throw error
    }
  }

  async #tryUntilAnswered(invocation: Invocation, number: number, unanswered: Set<PeerId>): Promise<Json | undefined> {
    const { definition, id, shard } = invocation
    const isQuery = definition.methods[invocation.method]?.type === 'query'
    const assertKnown = () => this.#assertNoneDead(unanswered, invocation)
    let moves = 0
    for (let attempt = 0; ; attempt++) {
      if (this.#stopped) throw new ShoalError('SHOAL_STOPPED', 'this node has stopped', { retryable: true })
      if (this.#clock.elapsed() >= invocation.deadlineMs) throw late(invocation, unanswered.size > 0)
      assertKnown()
      if (attempt > 0) this.#retries.add()
      const request = { session: this.#cluster.store.origin, number, lowWater: this.#lowWater(definition, id) }
      const owner = this.#cluster.ownership.owner(shard)
      const force = moves >= this.#forceAfterMoves
      if (owner === undefined || owner === this.#self) {
        const outcome = await this.#here({ ...invocation, request }, shard, assertKnown)
        if (!outcome.moved) return outcome.result
        moves++
      } else {
        const outcome = await this.#there(owner, shard, { ...invocation, request, force }, moves > 0, unanswered)
        if ('lost' in outcome) {
          if (!isQuery) unanswered.add(owner)
        } else if ('unsent' in outcome) {
          // No link: wait for one, or for a view without that member.
        } else if (outcome.reply.moved != null) {
          const view = this.#cluster.membership.viewHash()
          this.#cluster.membership.merge((outcome.reply.moved.members ?? []).map(memberFrom), owner)
          // Only views that agree, and still name different owners, would go round for ever.
          moves = view === this.#cluster.membership.viewHash() ? moves + 1 : 0
        } else if (outcome.reply.failure?.code === 'SHOAL_STOPPED') {
          if (!isQuery) unanswered.add(owner)
        } else return resultOf(outcome.reply)
      }
      await this.#pause(Math.min(2 ** Math.min(attempt, 5) * 2, 50))
    }
  }

  /** Whoever has the request and died without an answer may have run it, and may bring the effect back with its disk. */
  #assertNoneDead(unanswered: Iterable<PeerId>, invocation: Invocation): void {
    for (const peer of unanswered) {
      const record = this.#cluster.membership.member(peer)
      if (record !== undefined && isGone(record)) throw lostWith(invocation)
    }
  }

  /** `assertMayRun` is asked last, because the wait for the shard may be long. */
  async #here(invocation: Invocation, shard: number, assertMayRun?: () => void): Promise<Outcome> {
    if (this.#cluster.ownership.isOpen(shard)) {
      assertMayRun?.()
      return this.#runtime.invoke(invocation)
    }
    const serving = this.#cluster.ownership.serving(shard)
    let timer: { cancel(): void } | undefined
    const late = new Promise<'late'>(resolve => {
      timer = this.#clock.after(Math.max(0, invocation.deadlineMs - this.#clock.elapsed()), () => resolve('late'))
    })
    try {
      const outcome = await Promise.race([serving.outcome, late])
      if (outcome !== 'open') return { moved: true }
      assertMayRun?.()
      return await this.#runtime.invoke(invocation)
    } finally {
      serving.cancel()
      timer?.cancel()
    }
  }

  async #there(
    owner: PeerId,
    shard: number,
    invocation: Invocation & { readonly request: { session: string; number: number; lowWater: number } },
    withView: boolean,
    unanswered: ReadonlySet<PeerId>
  ): Promise<RemoteOutcome | { unsent: true }> {
    const { definition, id, method, request, acknowledge, read } = invocation
    const argument =
      invocation.argument === undefined
        ? new Uint8Array(0)
        : jsonBytes(invocation.argument, `${definition.kind}.${method}: its argument`)
    const number = ++this.#callNumber
    const { promise, resolve } = Promise.withResolvers<RemoteOutcome>()
    const leftMs = invocation.deadlineMs - this.#clock.elapsed()
    const timer = this.#clock.after(Math.max(0, leftMs), () => this.#settle(number, { lost: true }))
    const isReplica = definition.mode === 'replicated'
    this.#pending.set(number, { peer: owner, shard, isReplica, settle: resolve })
    this.#remoteCalls.add()
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
        unanswered: [...unanswered].filter(peer => peer !== owner)
      }
    }
    try {
      return this.#cluster.sendCalls(owner, call) ? await promise : { unsent: true }
    } finally {
      timer.cancel()
      this.#pending.delete(number)
    }
  }

  #settle(number: number, outcome: RemoteOutcome, from?: PeerId): void {
    const pending = this.#pending.get(number)
    if (pending === undefined || (from !== undefined && pending.peer !== from)) return
    this.#pending.delete(number)
    pending.settle(outcome)
  }

  #lowWater({ kind }: AnyDefinition, id: string): number {
    for (const number of this.#outstanding.get(`${kind}/${id}`) ?? []) return number
    return this.#requestNumber + 1
  }

  /** Resolves after the delay, or when a link or the view changes. */
  async #pause(delayMs: number): Promise<void> {
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

  // ---- serving ---------------------------------------------------------------------------------------------------------------

  async #serve(peer: PeerId, number: number, call: shoal.peer.ICall): Promise<void> {
    if (this.#inbound >= this.#maxInboundCalls) {
      this.#reply(peer, {
        number,
        failure: { code: 'SHOAL_OVERLOADED', message: 'too many calls under way', retryable: true }
      })
      return
    }
    this.#inbound++
    try {
      const outcome = await this.#run(peer, call)
      if (outcome.moved)
        this.#reply(peer, { number, moved: { members: this.#cluster.membership.records().map(memberTo) } })
      else
        this.#reply(peer, {
          number,
          result: outcome.result === undefined ? new Uint8Array(0) : jsonBytes(outcome.result, 'a reply')
        })
    } catch (error) {
      this.#reply(peer, { number, failure: failureOf(error) })
    } finally {
      this.#inbound--
    }
  }

  async #run(peer: PeerId, call: shoal.peer.ICall): Promise<Outcome> {
    const actor = actorName(call.actor)
    const slash = actor.indexOf('/')
    const definition = this.#definitions.get(actor.slice(0, slash))
    if (definition === undefined)
      throw new ShoalError('SHOAL_UNKNOWN_KIND', `the node that has ${actor} does not know this kind`)
    const method = name(call.method, 64, 'method')
    const isState = method === stateMethod && definition.mode === 'replicated'
    if (!isState && !Object.hasOwn(definition.methods, method))
      throw new ShoalError('SHOAL_UNKNOWN_COMMAND', `${definition.kind} has no ${method}`)
    const members = (call.members ?? []).map(memberFrom)
    if (members.length > 0) this.#cluster.membership.merge(members, peer)
    const id = actor.slice(slash + 1)
    const shard = this.#runtime.shardOf(definition.kind, id)
    const called = {
      definition,
      shard,
      id,
      method,
      argument: argumentFrom(call.argument),
      acknowledge: levelFrom(call.acknowledge, definition.options.acknowledge),
      read: levelFrom(call.read, definition.options.read),
      deadlineMs: this.#clock.elapsed() + Math.min(safe(call.deadlineMs), 24 * 3600 * 1000)
    }
    if (definition.mode === 'replicated') {
      if (!this.#cluster.replicas.serves(shard)) return { moved: true }
      if (!isState) return this.#runtime.invoke(called)
      return { moved: false, result: (await this.#runtime.state(definition, id)) as Json }
    }
    const invocation: Invocation = {
      ...called,
      request: {
        session: name(call.session, 64, 'session'),
        number: safe(call.request),
        lowWater: safe(call.lowWater)
      },
      force: (call.force ?? false) && !this.#cluster.ownership.isSealed
    }
    const unanswered = (call.unanswered ?? []).slice(0, maxUnanswered)
    this.#assertNoneDead(unanswered, invocation)
    if (invocation.force === true) return this.#runtime.invoke(invocation)
    if (this.#cluster.ownership.owner(shard) !== this.#self) return { moved: true }
    return this.#here(invocation, shard, () => this.#assertNoneDead(unanswered, invocation))
  }

  #reply(peer: PeerId, reply: shoal.peer.IReply): void {
    if (!this.#stopped) this.#cluster.sendCalls(peer, { reply })
  }
}

function levelFrom<L extends WriteLevel | ReadLevel>(value: number | null | undefined, standard: L): L {
  return (levels[(value ?? 0) - 1] ?? standard) as L
}

function jsonBytes(value: unknown, what: string): Uint8Array {
  let text: string | undefined
  try {
    text = JSON.stringify(value)
  } catch (error) {
    throw new ShoalError('SHOAL_BAD_ARGUMENT', `${what} is nothing that JSON can carry`, { cause: error })
  }
  return new TextEncoder().encode(text ?? '')
}

function argumentFrom(bytes: Uint8Array | null | undefined): unknown {
  if (bytes === null || bytes === undefined || bytes.length === 0) return undefined
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (error) {
    throw new ShoalError('SHOAL_MALFORMED', 'the argument is not JSON', { cause: error })
  }
}

function resultOf(reply: shoal.peer.IReply): Json | undefined {
  const { failure } = reply
  if (failure == null) return argumentFrom(reply.result) as Json | undefined
  const code = name(failure.code, 64, 'code')
  const message = (failure.message ?? '').slice(0, maxMessageLength)
  if (failure.refusal === true) throw new Refusal(code, message)
  throw new ShoalError(code as ShoalErrorCode, message, { retryable: failure.retryable ?? false })
}

function failureOf(error: unknown): shoal.peer.IFailure {
  const message = (error instanceof Error ? error.message : String(error)).slice(0, maxMessageLength)
  if (error instanceof Refusal) return { code: error.code, message, retryable: false, refusal: true }
  if (isShoalError(error)) return { code: error.code, message, retryable: error.retryable, refusal: false }
  return { code: 'SHOAL_HANDLER_FAILED', message, retryable: false, refusal: false }
}

/** Errors that a call gets before its request id is looked up. */
function claimsNoEffect(error: unknown): boolean {
  return isShoalError(error) && (error.code === 'SHOAL_DEADLINE' || error.code === 'SHOAL_OVERLOADED')
}

/** The other node was stopping, or gave the shard away: it says that nothing ran. */
function hasNotRun({ failure }: shoal.peer.IReply): boolean {
  return failure?.code === 'SHOAL_STOPPED' || failure?.code === 'SHOAL_NOT_OWNER'
}

function lostWith(invocation: Invocation): ShoalError {
  const what = `${invocation.definition.kind}/${invocation.id}.${invocation.method}`
  return new ShoalError('SHOAL_INDETERMINATE', `${what}: the node that had it is gone, and it may have taken effect`, {
    retryable: true
  })
}

function late(invocation: Invocation, maySent: boolean): ShoalError {
  const what = `${invocation.definition.kind}/${invocation.id}.${invocation.method}`
  return maySent
    ? new ShoalError('SHOAL_INDETERMINATE', `${what}: the deadline passed, and it may have taken effect`, {
        retryable: true
      })
    : new ShoalError('SHOAL_DEADLINE', `${what}: the deadline passed before it could run; it had no effect`, {
        retryable: true
      })
}
