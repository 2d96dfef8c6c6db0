/**
 * Runs handlers on this node's replicas.
 *
 * A handler runs on a transaction over the actor's state; a throw drops it. Its delta, and for an exclusive actor its request
 * id, go to the store as one update. The caller is answered when that is on disk here (`local`) or on the disks of others, too.
 * A command that changes nothing, or is refused, is answered when what it found is on as many; a query, when it is on disk here.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Actor } from '../../cluster/shard-store.ts'
import type { InsufficientRights } from '../../crdt/bounded-counter.ts'
import type { ActorState, Json, Transaction } from '../../crdt/index.ts'
import { isThenable } from '../../crdt/thenable.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import { type Checked, checkedArgument, type Invocation, type Outcome, plainResult } from '../calls/invocation.ts'
import { PendingCall } from '../calls/pending-call.ts'
import { Slices } from '../calls/slices.ts'
import type { ActorMode, AnyDefinition } from '../definitions/definition.ts'
import type { HandlerContext } from '../definitions/handler-context.ts'
import type { Method } from '../definitions/method.ts'
import type { ActorOf } from '../definitions/reference.ts'
import { plainState, type Shape } from '../definitions/shape.ts'
import { noteRequest, requestKey, storedReply } from '../requests/request-log.ts'
import { SeenByAll } from '../requests/seen-by-all.ts'
import type { Rights } from '../rights/rights.ts'
import { Acknowledgement, type StoredWait } from './acknowledgement.ts'
import { BusyShards } from './busy-shards.ts'
import { Mailbox } from './mailbox.ts'
import { MessageFigures } from './message-figures.ts'
import type { QuorumReads } from './quorum-reads.ts'
import { Turn } from './turn.ts'
import { TurnContext, type TurnContextParts } from './turn-context.ts'
import type { Vetting } from './vetting.ts'

const moved: Outcome = { moved: true }
/** How often one command has rights sought for it. */
const maxSearches = 100
/** Of a mailbox that has no messages: for changes between them. */
const betweenLimit = 1024
/** Entries of the request log at which it is asked whether all members have seen them. */
const askAtUnseen = 8

export class ActorRuntime {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #handlers: TurnContextParts
  readonly #slices: Slices
  readonly #replicasOf: (kind: string) => number
  readonly #mailboxes = new Map<string, Mailbox>()
  readonly #busy: Record<ActorMode, BusyShards>
  readonly #inFlight = new Map<string, Promise<Outcome>>()
  readonly #calls = new Set<PendingCall>()
  #isStopped = false
  /** A handler, of whatever kind, has not come back, or to its first wait, yet. */
  #isHandling = false
  readonly #vetting: Vetting
  readonly #acknowledgement: Acknowledgement
  readonly #reads: Pick<QuorumReads, 'read'>
  #rights: Pick<Rights, 'seek'> | undefined
  readonly #figures: MessageFigures
  readonly seenByAll: SeenByAll

  constructor(parts: {
    cluster: Cluster
    shardKey: string
    /** How many replicas the kind's actors have; 0: one on every node. */
    replicasOf(kind: string): number
    clock: Clock
    random: Random
    logger: Logger
    metrics: Metrics
    vetting: Vetting
    reads: Pick<QuorumReads, 'read'>
    actorOf: ActorOf
  }) {
    this.#cluster = parts.cluster
    this.#acknowledgement = new Acknowledgement(parts.cluster)
    this.#reads = parts.reads
    this.seenByAll = new SeenByAll(parts)
    this.#slices = new Slices(parts.shardKey, parts.cluster.store.shardCount)
    this.#replicasOf = kind => parts.replicasOf(kind)
    this.#clock = parts.clock
    this.#busy = { exclusive: new BusyShards(parts.clock), replicated: new BusyShards(parts.clock) }
    this.#handlers = parts
    this.#vetting = parts.vetting
    this.#figures = new MessageFigures(parts.metrics, parts.logger)
  }

  shardOf(kind: string, id: string): number {
    return this.placeOf(kind, id).shard
  }

  placeOf(kind: string, id: string): { readonly name: string; readonly shard: number } {
    const { name, slice } = this.#slices.of(kind, id)
    return { name, shard: this.#replicasOf(kind) * this.#cluster.store.shardCount + slice }
  }

  /** Of `kind/id`. */
  shardOfName(name: string): number {
    const slash = name.indexOf('/')
    return this.shardOf(name.slice(0, slash), name.slice(slash + 1))
  }

  /** The actor's plain state on this node, once it is durable. Throws `SHOAL_UNREADABLE`. */
  async state(definition: AnyDefinition, id: string): Promise<unknown> {
    const plain = await this.plain(definition, id)
    await this.#cluster.store.durable()
    return plain
  }

  /** The same at once where it can be; whether it may hold changes that are not durable yet is the caller's to wait for. */
  plain(definition: AnyDefinition, id: string): unknown {
    const actor = this.#actor(definition, id)
    const opened = this.#vetting.open(actor)
    if (opened === undefined) return plainState(definition.shape, actor.state)
    return opened.then(state => plainState(definition.shape, state))
  }

  /** Runs a message here. Of two with one request id, one runs, and both get its outcome. */
  async invoke(invocation: Invocation): Promise<Outcome> {
    const { name, request } = invocation
    if (request === undefined) return this.ask(invocation)
    const key = `${name}/${requestKey(request)}`
    const known = this.#inFlight.get(key)
    if (known !== undefined) return known
    const outcome = this.ask(invocation)
    if (!isThenable(outcome)) return outcome
    this.#inFlight.set(key, outcome)
    try {
      return await outcome
    } finally {
      this.#inFlight.delete(key)
    }
  }

  /**
   * The same for a message that has no copies: answers at once where nothing is to be waited for. Throws what it failed with. A handler
   * is never run from within another one: chains of them have no end. `sinceMs`: when it came, a moment ago, on the clock's `elapsed`.
   */
  ask(invocation: Invocation, sinceMs?: number): Outcome | Promise<Outcome> {
    return this.#isHandling ? this.#askLater(invocation) : this.#invoke(invocation, sinceMs)
  }

  /** Runs a handler of a kind that is not run here: what it calls is begun when it has come back, or reached its first wait. */
  handle<T>(run: () => T): T {
    this.#isHandling = true
    try {
      return run()
    } finally {
      this.#isHandling = false
    }
  }

  async #askLater(invocation: Invocation): Promise<Outcome> {
    await undefined
    return this.#invoke(invocation)
  }

  /**
   * Changes an actor between two of its messages, whatever its kind; resolves when that is on disk. Throws `SHOAL_OVERLOADED`, and
   * what `change` throws, which then has changed nothing.
   */
  between<T>(shard: number, name: string, change: (transaction: Transaction) => T): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>()
    const run = () => {
      let turn: Turn | undefined
      try {
        turn = new Turn(this.#cluster, this.#clock, this.#cluster.store.actor(shard, name), false, {})
        const result = change(turn.transaction)
        if (turn.transaction.delta === undefined) turn.discard()
        else turn.commit(undefined)
        resolve(this.#cluster.store.durable().then(() => result))
      } catch (error) {
        turn?.discard()
        reject(error)
      }
      return undefined
    }
    if (!this.#mailbox(name, betweenLimit).add({ run })) reject(this.#figures.overload(name))
    return promise
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
    const isLeaving = this.#cluster.ownership.isSealed
    await Promise.all([exclusive.drain(shards), isLeaving ? replicated.drain() : undefined])
  }

  /** Nobody is left waiting. What is on this disk alone may have taken effect; what has not run will not. */
  stop(): void {
    this.#isStopped = true
    for (const call of this.#calls) call.stop()
  }

  #invoke(invocation: Invocation, sinceMs?: number): Outcome | Promise<Outcome> {
    const method = invocation.definition.methods[invocation.method] as Method<Shape>
    const checked = checkedArgument(method, invocation)
    if (isThenable(checked)) return this.#enterLater(invocation, method, checked)
    const startMs = sinceMs ?? this.#clock.elapsed()
    if (method.type === 'query' && invocation.read !== 'local') return this.#readFirst(invocation, method, checked)
    return this.#enter(invocation, method, checked, startMs)
  }

  async #enterLater(invocation: Invocation, method: Method<Shape>, checking: Promise<Checked>): Promise<Outcome> {
    const checked = await checking
    if (method.type === 'query') return this.#readFirst(invocation, method, checked)
    return this.#enter(invocation, method, checked, this.#clock.elapsed())
  }

  async #readFirst(invocation: Invocation, method: Method<Shape>, checked: Checked): Promise<Outcome> {
    const startMs = this.#clock.elapsed()
    if ((await this.#reads.read(invocation)) === 'moved') return moved
    return this.#enter(invocation, method, checked, startMs)
  }

  /** Into the mailbox of its actor. */
  #enter(
    invocation: Invocation,
    method: Method<Shape>,
    { argument }: Checked,
    startMs: number
  ): Outcome | Promise<Outcome> {
    // The clock of a node that has stopped ends no call.
    if (this.#isStopped)
      throw new ShoalError('SHOAL_STOPPED', 'this node has stopped; the call had no effect', { retryable: true })
    const call = new PendingCall(this.#clock, { invocation, method, argument })
    this.#take(call, startMs)
    if (!call.isOver) return this.#pending(call, startMs)
    this.#observe(startMs)
    return call.outcome()
  }

  /** An actor that nobody uses needs no mailbox, unless its handler takes its time. */
  #take(call: PendingCall, nowMs: number): void {
    const { name, invocation } = call
    const limit = invocation.definition.options.mailboxLimit
    if (this.#mailboxes.has(name)) {
      if (!this.#mailbox(name, limit).add({ run: () => this.#run(call) })) call.fail(this.#figures.overload(name))
      return
    }
    const running = this.#run(call, nowMs)
    if (running !== undefined) this.#mailbox(name, limit).add({ run: () => running })
  }

  async #pending(call: PendingCall, startMs: number): Promise<Outcome> {
    this.#calls.add(call)
    try {
      const outcome = call.outcome()
      // Its handler may have stopped this node.
      if (this.#isStopped) call.stop()
      return await outcome
    } finally {
      this.#calls.delete(call)
      this.#observe(startMs)
    }
  }

  #observe(startMs: number): void {
    this.#figures.seconds.observe((this.#clock.elapsed() - startMs) / 1000)
  }

  #mailbox(name: string, limit: number): Mailbox {
    const known = this.#mailboxes.get(name)
    if (known !== undefined) return known
    const mailbox = new Mailbox(limit, () => this.#mailboxes.delete(name))
    this.#mailboxes.set(name, mailbox)
    return mailbox
  }

  /** One turn of a mailbox. The mailbox is held until the handler has ended, not until its effect is durable. */
  #run(call: PendingCall, nowMs?: number): Promise<void> | undefined {
    if (!this.#mayRun(call)) return undefined
    this.#figures.messages.add()
    try {
      const actor = this.#cluster.store.actor(call.invocation.shard, call.name, nowMs)
      const opened = this.#vetting.open(actor)
      if (opened === undefined) return this.#runOn(actor, actor.state, call)
      return this.#runLater(actor, opened, call)
    } catch (error) {
      call.fail(error)
      return undefined
    }
  }

  /** While its documents are vetted, the actor's later messages wait, and those of others run. */
  async #runLater(actor: Actor, opened: Promise<ActorState>, call: PendingCall): Promise<void> {
    let running: Promise<void> | undefined
    actor.pins++
    try {
      const state = await opened
      if (this.#mayRun(call)) running = this.#runOn(actor, state, call)
    } catch (error) {
      call.fail(error)
    } finally {
      actor.pins--
    }
    await running
  }

  #runOn(actor: Actor, state: ActorState, call: PendingCall): Promise<void> | undefined {
    const { method, argument } = call
    const { definition } = call.invocation
    let turn: Turn
    let result: unknown
    try {
      turn = new Turn(this.#cluster, this.#clock, actor, method.type === 'query', definition.shape, state)
    } catch (error) {
      call.fail(error)
      return undefined
    }
    try {
      const repeated = this.#repeated(turn, call)
      if (repeated) return undefined
      const context = new TurnContext(turn, call, this.#handlers) as HandlerContext<Shape>
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
    const { shard, definition, deadlineMs } = call.invocation
    this.#rights.seek(shard, name, error, turn.base, deadlineMs).then(
      () => {
        const again = { run: () => this.#run(call) }
        if (!this.#mailbox(name, definition.options.mailboxLimit).add(again)) call.fail(this.#figures.overload(name))
      },
      reason => call.fail(reason)
    )
    return true
  }

  /** `false`: the caller has its answer, which may be that another node serves the actor. */
  #mayRun(call: PendingCall): boolean {
    const { definition, shard, force } = call.invocation
    const isHere =
      definition.mode === 'replicated'
        ? this.#cluster.store.hosts(shard)
        : force === true || this.#cluster.ownership.isOpen(shard)
    if (!call.isOver && !isHere) call.end(moved)
    return !call.isOver
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
      if (unseen >= askAtUnseen) void this.seenByAll.ask(invocation.shard, call.name)
      call.committed()
      this.#busy[invocation.definition.mode].hold(turn.actor.shard, this.#cluster.store.durable())
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
      this.seenByAll.leaves(push, shard, name, lastSeq)
    }
  }

  /** The request is committed with its effect. Answers how many entries wait for all members to have seen them. */
  #note({ transaction, base, gaps }: Turn, { invocation, name }: PendingCall, reply: Json | undefined): number {
    const { request, method, deadlineMs } = invocation
    if (request === undefined) return 0
    const nowMs = this.#clock.now()
    const leftMs = deadlineMs - this.#clock.elapsed()
    const seenByAll = this.seenByAll.of(name)
    return noteRequest(transaction, { request, method, reply, nowMs, deadlineMs: leftMs, base, gaps, seenByAll })
  }

  /** A command that found nothing to do, or reason to refuse, vouches for what it found. */
  #ofFound(call: PendingCall): StoredWait | undefined {
    return call.method.type === 'command' ? this.#acknowledgement.ofState(call) : undefined
  }

  #failCall(call: PendingCall, error: unknown): void {
    const reason = this.#figures.reasonFor(call, error)
    if (call.isOver) return
    try {
      this.#acknowledgement.refuse(call, reason, this.#ofFound(call))
    } catch (overload) {
      call.fail(overload)
    }
  }

  #actor(definition: AnyDefinition, id: string): Actor {
    return this.#cluster.store.actor(this.shardOf(definition.kind, id), `${definition.kind}/${id}`)
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
