/**
 * Runs messages on this node's replicas, one at a time for each actor, in the order of their coming.
 *
 * A message comes in here, is checked, waits in its actor's mailbox where that is busy, and for what must be seen before it may run: a read of
 * others' disks, documents that are vetted. Then its handler runs (`handler-runs.ts`), where this node still has the actor.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Actor } from '../../cluster/shard-store.ts'
import type { ActorState, Transaction } from '../../crdt/index.ts'
import { isThenable } from '../../crdt/thenable.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import { type Checked, checkedArgument, type Invocation, type Outcome } from '../calls/invocation.ts'
import { PendingCall } from '../calls/pending-call.ts'
import { Slices } from '../calls/slices.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { Method } from '../definitions/method.ts'
import type { ActorOf } from '../definitions/reference.ts'
import { plainState, type Shape } from '../definitions/shape.ts'
import { requestKey } from '../requests/request-log.ts'
import { SeenByAll } from '../requests/seen-by-all.ts'
import type { Rights } from '../rights/rights.ts'
import { HandlerRuns } from './handler-runs.ts'
import { Mailboxes } from './mailbox.ts'
import { MessageFigures } from './message-figures.ts'
import type { QuorumReads } from './quorum-reads.ts'
import { Turn } from './turn.ts'
import type { Vetting } from './vetting.ts'

const moved: Outcome = { moved: true }
/** Of a mailbox that has no messages: for changes between them. */
const betweenLimit = 1024

export class ActorRuntime {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #slices: Slices
  readonly #replicasOf: (kind: string) => number
  readonly #mailboxes = new Mailboxes()
  readonly #inFlight = new Map<string, Promise<Outcome>>()
  readonly #calls = new Set<PendingCall>()
  #isStopped = false
  readonly #vetting: Vetting
  readonly #reads: Pick<QuorumReads, 'read'>
  readonly #figures: MessageFigures
  readonly #runs: HandlerRuns
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
    this.#reads = parts.reads
    this.seenByAll = new SeenByAll(parts)
    this.#slices = new Slices(parts.shardKey, parts.cluster.store.shardCount)
    this.#replicasOf = kind => parts.replicasOf(kind)
    this.#clock = parts.clock
    this.#vetting = parts.vetting
    this.#figures = new MessageFigures(parts.metrics, parts.logger)
    this.#runs = new HandlerRuns({
      ...{ cluster: parts.cluster, clock: parts.clock, seenByAll: this.seenByAll },
      ...{ figures: this.#figures, handlers: parts, again: call => this.#queue(call) }
    })
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
    // Behind what the handler has called before.
    if (this.#runs.isHandling) await undefined
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
    return this.#runs.isHandling ? this.#askLater(invocation) : this.#invoke(invocation, sinceMs)
  }

  /** Runs a handler of a kind that is not run here: what it calls is begun when it has come back, or reached its first wait. */
  handle<T>(run: () => T): T {
    return this.#runs.handle(run)
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
    if (!this.#mailboxes.of(name, betweenLimit).add({ run })) reject(this.#figures.overload(name))
    return promise
  }

  /** Where commands go that lack rights to a bounded counter. Without it they fail. */
  useRights(rights: Pick<Rights, 'seek'>): void {
    this.#runs.useRights(rights)
  }

  /** Resolves when no exclusive handler of these shards runs, and what those did is on disk. One that takes too long runs elsewhere. */
  drain(shards: ReadonlySet<number>): Promise<void> {
    return this.#runs.drain(shards)
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
      this.#queue(call)
      return
    }
    const running = this.#run(call, nowMs)
    if (running !== undefined) this.#mailboxes.of(name, limit).add({ run: () => running })
  }

  /** Behind those that wait. */
  #queue(call: PendingCall): void {
    const { name, invocation } = call
    const isTaken = this.#mailboxes
      .of(name, invocation.definition.options.mailboxLimit)
      .add({ run: () => this.#run(call) })
    if (!isTaken) call.fail(this.#figures.overload(name))
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

  /** One turn of a mailbox. The mailbox is held until the handler has ended, not until its effect is durable. */
  #run(call: PendingCall, nowMs?: number): Promise<void> | undefined {
    if (!this.#mayRun(call)) return undefined
    this.#figures.messages.add()
    try {
      const actor = this.#cluster.store.actor(call.invocation.shard, call.name, nowMs)
      const opened = this.#vetting.open(actor)
      if (opened === undefined) return this.#runs.run(actor, actor.state, call)
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
      if (this.#mayRun(call)) running = this.#runs.run(actor, state, call)
    } catch (error) {
      call.fail(error)
    } finally {
      actor.pins--
    }
    await running
  }

  /** `false`: the caller has its answer, which may be that another node serves the actor. */
  #mayRun(call: PendingCall): boolean {
    const { definition, shard, force } = call.invocation
    const { ownership, store } = this.#cluster
    // What the others have taken of this node is all that there is: nothing is added to it.
    const isClosed = ownership.isSealed && call.method.type === 'command'
    const isHere =
      definition.mode === 'replicated'
        ? store.hosts(shard) && !isClosed
        : (force === true && !isClosed) || ownership.isOpen(shard)
    if (!call.isOver && !isHere) call.end(moved)
    return !call.isOver
  }

  #actor(definition: AnyDefinition, id: string): Actor {
    return this.#cluster.store.actor(this.shardOf(definition.kind, id), `${definition.kind}/${id}`)
  }
}
