/**
 * Runs the actors of `lease` kinds on the shards that this node holds: one message at a time each, and nothing is answered that a later
 * owner could lack.
 *
 * A command's whole new record, its request id in it, is one entry of the shard's epoch; it is answered when a majority of the epoch's
 * replicas has that entry and all before it. What only reads, refuses or fails is answered when all that it saw is accepted, and the
 * lease is valid then. So each actor is linearizable, whoever owns it when.
 */
import type { ActorState } from '../crdt/index.ts'
import { isThenable } from '../crdt/thenable.ts'
import type { Clock } from '../ports/clock.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import { stateMethod } from './call-messages.ts'
import { type ActorOf, type AnyDefinition, type HandlerContext, type Method, query, Refusal } from './definition.ts'
import { checkedArgument, type Invocation, type Outcome, plainResult } from './invocation.ts'
import { type Holding, type LeasedActor, NotServed } from './lease-holding.ts'
import type { LeaseHoldings } from './lease-holdings.ts'
import { encodeLeaseRecord } from './lease-record.ts'
import { findRequest, withRequest } from './lease-requests.ts'
import { LeaseTurn, type LeaseTurnParts } from './lease-turn.ts'
import { PendingCall } from './pending-call.ts'
import { requestKey } from './request-log.ts'
import { openState, plainState, type Shape } from './shape.ts'

export interface LeaseActorsParts {
  readonly holdings: LeaseHoldings
  readonly origin: string
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly actorOf: ActorOf
}

const moved: Outcome = { moved: true }
/** Its entry was on its way when the lease ended: whoever opens the shard has it, or nobody ever will. */
const inDoubt: Outcome = { moved: true, mayHaveRun: true }
/** Asks for the whole state. */
const stateQuery: Method<Shape> = query(() => undefined)

/** What runs: an actor, on the holding that it is of. */
interface Running {
  readonly holding: Holding
  readonly actor: LeasedActor
  readonly call: PendingCall
  readonly turn: LeaseTurn
}

export class LeaseActors {
  readonly #parts: LeaseActorsParts
  readonly #turns: LeaseTurnParts
  readonly #inFlight = new Map<string, Promise<Outcome>>()
  readonly #calls = new Set<PendingCall>()
  readonly #messages
  readonly #refused
  readonly #failed
  readonly #overloaded
  readonly #seconds
  #seq = 0
  #isStopped = false

  constructor(parts: LeaseActorsParts) {
    this.#parts = parts
    const { clock, origin, metrics } = parts
    this.#turns = { clock, origin, nextSeq: () => ++this.#seq }
    this.#messages = metrics.counter('shoal_actor_calls_total', 'Messages run by actors on this node')
    this.#refused = metrics.counter('shoal_actor_refusals_total', 'Messages that a handler refused')
    this.#failed = metrics.counter('shoal_actor_failures_total', 'Messages whose handler threw')
    this.#overloaded = metrics.counter('shoal_actor_overloads_total', 'Messages refused because a mailbox was full')
    this.#seconds = metrics.histogram('shoal_actor_call_seconds', 'Time from a message’s arrival to its answer')
  }

  /** Runs a message here, where this node holds the shard. Of two with one request id, one runs, and both get its outcome. */
  run(invocation: Invocation): Promise<Outcome> {
    const { definition, id, request } = invocation
    if (request === undefined) return this.#run(invocation)
    const key = `${definition.kind}/${id}/${requestKey(request)}`
    const known = this.#inFlight.get(key)
    if (known !== undefined) return known
    const outcome = this.#run(invocation).finally(() => this.#inFlight.delete(key))
    this.#inFlight.set(key, outcome)
    return outcome
  }

  passivate(afterMs: (name: string) => number): void {
    const nowMs = this.#parts.clock.elapsed()
    for (const holding of this.#parts.holdings.held()) holding.passivate(nowMs, afterMs)
  }

  /** Nobody is left waiting. */
  stop(): void {
    this.#isStopped = true
    for (const call of this.#calls) call.stop()
  }

  async #run(invocation: Invocation): Promise<Outcome> {
    const { clock, holdings } = this.#parts
    const { definition, shard } = invocation
    const startMs = clock.elapsed()
    const isState = invocation.method === stateMethod
    const method = isState ? stateQuery : (definition.methods[invocation.method] as Method<Shape>)
    const argument = isState ? undefined : await checkedArgument(method, invocation)
    const holding = await holdings.holding(shard, invocation.deadlineMs)
    if (holding instanceof NotServed) return { moved: true, refused: holding }
    // The clock of a node that has stopped ends no call.
    if (this.#isStopped)
      throw new ShoalError('SHOAL_STOPPED', 'this node has stopped; the call had no effect', { retryable: true })
    if (holding === undefined) return moved
    const { promise, resolve, reject } = Promise.withResolvers<Outcome>()
    const call = new PendingCall(clock, { invocation, method, argument }, resolve, reject)
    this.#calls.add(call)
    const mailbox = holding.mailbox(call.name, definition.options.mailboxLimit)
    if (!mailbox.add({ run: () => this.#turn(holding, call) }))
      call.end({ moved: true, refused: this.#overload(call.name) })
    try {
      return await promise
    } finally {
      this.#calls.delete(call)
      this.#seconds.observe((clock.elapsed() - startMs) / 1000)
    }
  }

  #overload(name: string): ShoalError {
    this.#overloaded.add()
    return new ShoalError('SHOAL_OVERLOADED', `${name}: too many calls wait for it`, { retryable: true })
  }

  /** One turn of a mailbox, held until the handler has ended, not until its effect is accepted. */
  #turn(holding: Holding, call: PendingCall): Promise<void> | undefined {
    if (!mayRun(holding, call)) return undefined
    this.#messages.add()
    let running: Running
    try {
      const actor = holding.actor(call.name, this.#parts.clock.elapsed())
      const turn = new LeaseTurn(this.#turns, call.name, actor.record, { readOnly: call.method.type === 'query' })
      running = { holding, actor, call, turn }
    } catch (error) {
      call.fail(error)
      return undefined
    }
    if (this.#isRepeated(running)) return undefined
    try {
      const result = this.#handle(running)
      if (isThenable(result)) return this.#await(running, result)
      this.#finish(running, result)
    } catch (error) {
      this.#failCall(running, error)
    }
    return undefined
  }

  #handle({ call, turn, actor }: Running): unknown {
    const { definition } = call.invocation
    if (call.method === stateQuery) return plainState(definition.shape, actor.record.state)
    return call.method.run(this.#context(definition, call.invocation.id, turn), call.argument as never)
  }

  #context(definition: AnyDefinition, id: string, { transaction }: LeaseTurn): HandlerContext<Shape> {
    const { clock, random, logger, actorOf } = this.#parts
    return {
      state: openState(definition.shape, transaction) as HandlerContext<Shape>['state'],
      self: { kind: definition.kind, id },
      now: clock.now(),
      random: () => random.next(),
      log: logger,
      actor: actorOf
    }
  }

  async #await(running: Running, pending: PromiseLike<unknown>): Promise<void> {
    const { holding, call, turn } = running
    const handler = Promise.race([Promise.resolve(pending), call.over])
    // Until its entry is on its way.
    const done = Promise.withResolvers<void>()
    holding.runs(done.promise)
    try {
      const result = await handler
      if (call.isOver) turn.end()
      else this.#finish(running, result)
    } catch (error) {
      this.#failCall(running, error)
    } finally {
      done.resolve()
    }
  }

  /** A request that took effect before is answered with the reply it got. */
  #isRepeated(running: Running): boolean {
    const { call, actor, turn } = running
    const { request } = call.invocation
    if (request === undefined || call.method.type === 'query') return false
    const found = findRequest(actor.record.requests, request)
    if (found === 'new') return false
    turn.end()
    if (found === 'over') call.fail(new ShoalError('SHOAL_DEADLINE', `${call.name}: the caller has had its answer`))
    else this.#onceAccepted(running, () => call.end({ moved: false, result: found.reply }))
    return true
  }

  #finish(running: Running, value: unknown): void {
    const { call, turn } = running
    try {
      const result = plainResult(value)
      const { transaction } = turn
      const isChange = call.method.type === 'command' && transaction.delta !== undefined
      if (isChange) this.#append(running, transaction.state, result)
      else this.#onceAccepted(running, () => call.end({ moved: false, result }))
    } catch (error) {
      this.#failCall(running, error)
    } finally {
      turn.end()
    }
  }

  #append({ holding, actor, call }: Running, state: ActorState, result: ReturnType<typeof plainResult>): void {
    const { request, deadlineMs, acknowledge } = call.invocation
    const { clock } = this.#parts
    const times = { nowMs: clock.now(), leftMs: deadlineMs - clock.elapsed() }
    const { requests } = actor.record
    const record = { state, requests: request === undefined ? requests : withRequest(requests, request, result, times) }
    // Throws where it has no effect.
    const accepted = holding.lease.append(
      call.name,
      encodeLeaseRecord(record),
      acknowledge === 'all' ? 'all' : 'majority'
    )
    actor.record = record
    actor.unaccepted++
    call.committed()
    call.waitsFor(() => 'too few disks of its replicas')
    accepted.then(
      () => {
        actor.unaccepted--
        call.end({ moved: false, result })
      },
      () => call.end(inDoubt)
    )
  }

  /** What was seen is accepted, and nobody else can have gone on: only then does anybody hear of it. */
  #onceAccepted({ holding, actor, call }: Running, answer: () => void): void {
    const check = () => {
      if (holding.lease.isValid()) answer()
      else endWithout(holding, call)
    }
    if (actor.unaccepted === 0) check()
    else holding.lease.read(call.name).then(check, () => endWithout(holding, call))
  }

  #failCall(running: Running, error: unknown): void {
    const { holding, call, turn } = running
    turn.end()
    if (isShoalError(error)) {
      // Its lease ended before the effect: another owner may run it.
      if (holding.isOver || !holding.lease.isValid()) endWithout(holding, call)
      else this.#onceAccepted(running, () => call.fail(error))
      return
    }
    let told = error
    if (error instanceof Refusal) this.#refused.add()
    else {
      this.#failed.add()
      const { method } = call.invocation
      this.#parts.logger.warn('a handler threw; its changes are discarded', { actor: call.name, method, err: error })
      const text = error instanceof Error ? error.message : String(error)
      told = new ShoalError('SHOAL_HANDLER_FAILED', `${call.name}.${method}: ${text}`, { cause: error })
    }
    this.#onceAccepted(running, () => call.fail(told))
  }
}

/** `false`: the caller has its answer, which may be that another node serves the actor. */
function mayRun(holding: Holding, call: PendingCall): boolean {
  if (call.isOver) return false
  if (!holding.isOver && holding.lease.isValid()) return true
  endWithout(holding, call)
  return false
}

/** The call had no effect here, and what it saw may not be shown. */
function endWithout(holding: Holding, call: PendingCall): void {
  if (holding.isOver) call.end(moved)
  else call.end({ moved: true, refused: new NotServed('its lease is not valid') })
}
