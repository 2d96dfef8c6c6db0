/**
 * Runs the actors of `lease` kinds on the shards that this node holds: one message at a time each, and nothing is answered that a later
 * owner could lack.
 *
 * A command's whole new record, its request id in it, is one entry of the shard's epoch; it is answered when a majority of the epoch's
 * replicas has that entry and all before it. What only reads, refuses or fails is answered when all that it saw is accepted, and the
 * lease is valid then. So each actor is linearizable, whoever owns it when.
 */
import type { LeaseAcknowledgement } from '../cluster/lease/epoch-writer.ts'
import { isThenable } from '../crdt/thenable.ts'
import type { Clock } from '../ports/clock.ts'
import { isShoalError, ShoalError } from '../ports/errors.ts'
import type { Logger } from '../ports/logger.ts'
import type { Metrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import { errorFrom, keptError, stateMethod } from './call-messages.ts'
import { type ActorOf, type HandlerContext, type Method, query, Refusal } from './definition.ts'
import { checkedArgument, type Invocation, type Outcome, plainResult } from './invocation.ts'
import type { Changed, LeaseTurn } from './lease-form.ts'
import { formOf } from './lease-forms.ts'
import { type Holding, type LeasedActor, NotServed } from './lease-holding.ts'
import type { LeaseHoldings } from './lease-holdings.ts'
import { encodeLeaseRecord, withRequests } from './lease-record.ts'
import { findRequest, type KeptOutcome, withRequest } from './lease-requests.ts'
import { PendingCall } from './pending-call.ts'
import { requestKey } from './request-log.ts'
import type { Shape } from './shape.ts'

export interface LeaseActorsParts {
  readonly holdings: LeaseHoldings
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

interface InFlight {
  readonly outcome: Promise<Outcome>
  readonly hasCopies: boolean
}

export class LeaseActors {
  readonly #parts: LeaseActorsParts
  readonly #inFlight = new Map<string, InFlight>()
  readonly #calls = new Set<PendingCall>()
  readonly #messages
  readonly #refused
  readonly #failed
  readonly #overloaded
  readonly #seconds
  #isStopped = false

  constructor(parts: LeaseActorsParts) {
    this.#parts = parts
    const { metrics } = parts
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
    const hasCopies = invocation.hasCopies === true
    const known = this.#inFlight.get(key)
    if (known !== undefined) {
      // What the first comes to may be noted nowhere, and a copy elsewhere come to something else.
      const again = () => this.run(invocation)
      return hasCopies && !known.hasCopies ? known.outcome.then(again, again) : known.outcome
    }
    const outcome = this.#run(invocation).finally(() => this.#inFlight.delete(key))
    this.#inFlight.set(key, { outcome, hasCopies })
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
      running = this.#begin(holding, call)
    } catch (error) {
      if (isShoalError(error)) call.end({ moved: true, refused: error })
      else call.fail(error)
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

  #begin(holding: Holding, call: PendingCall): Running {
    const { clock } = this.#parts
    const form = formOf(call.invocation.definition)
    const actor = holding.actor(call.name, form, clock.elapsed())
    const records = holding.records(call.name)
    const readOnly = call.method.type === 'query'
    const turn = form.begin(actor.record.held, { records, clock, readOnly })
    return { holding, actor, call, turn }
  }

  #handle({ call, turn, actor }: Running): unknown {
    const { definition } = call.invocation
    if (call.method === stateQuery) return formOf(definition).plain(actor.record.held)
    return call.method.run(this.#context(call, turn), call.argument as never)
  }

  #context({ invocation: { definition, id } }: PendingCall, turn: LeaseTurn): HandlerContext<Shape> {
    const { clock, random, logger, actorOf } = this.#parts
    return turn.context({
      self: { kind: definition.kind, id },
      now: clock.now(),
      random: () => random.next(),
      log: logger,
      actor: actorOf
    })
  }

  async #await(running: Running, pending: PromiseLike<unknown>): Promise<void> {
    const { holding, call, turn } = running
    const givenUp = Promise.withResolvers<never>()
    const handler = Promise.race([Promise.resolve(pending), call.over, givenUp.promise])
    // Until its entry is on its way.
    const done = Promise.withResolvers<void>()
    const giveUp = () => givenUp.reject(new NotServed('its handler took too long for the hand-off of its shard'))
    holding.runs(done.promise, { isQuery: call.method.type === 'query', giveUp })
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

  /** A request that is noted is answered with what it came to. */
  #isRepeated(running: Running): boolean {
    const { call, actor, turn } = running
    const { request } = call.invocation
    if (request === undefined || call.method.type === 'query') return false
    const found = findRequest(actor.record.requests, request, this.#parts.clock.now())
    if (found === 'new') return false
    turn.end()
    if ('stale' in found) call.end({ moved: true, stale: found.stale })
    else if ('error' in found) this.#onceAccepted(running, () => call.fail(errorFrom(found.error)))
    else {
      call.committed()
      call.waitsFor(tooFew)
      this.#onceAccepted(running, () => call.end({ moved: false, result: found.reply }))
    }
    return true
  }

  #finish(running: Running, value: unknown): void {
    const { call, turn } = running
    try {
      const result = plainResult(value)
      const changed = call.method.type === 'command' ? turn.result() : undefined
      const answer = () => call.end({ moved: false, result })
      if (changed === undefined) this.#tell(running, { reply: result }, answer)
      else {
        const accepted = this.#append(running, { reply: result }, changed)
        call.committed()
        call.waitsFor(tooFew)
        accepted.then(answer, () => call.end(inDoubt))
      }
    } catch (error) {
      this.#failCall(running, error)
    } finally {
      turn.end()
    }
  }

  /** Makes the new record; where nothing has changed, with the state of before. Throws where that has no effect. */
  #append({ holding, actor, call }: Running, outcome: KeptOutcome, changed?: Changed): Promise<void> {
    const { request, deadlineMs, definition } = call.invocation
    const { clock } = this.#parts
    const times = { nowMs: clock.now(), leftMs: deadlineMs - clock.elapsed() }
    const { lease } = holding
    const { format } = formOf(definition)
    const before = actor.record.requests
    const requests = request === undefined ? before : withRequest(before, request, outcome, times)
    const bytes =
      changed === undefined
        ? withRequests(format, lease.peek(call.name), requests)
        : encodeLeaseRecord(format, requests, changed.body)
    const accepted = lease.append(call.name, bytes, levelOf(call))
    const record = { held: changed === undefined ? actor.record.held : changed.held, requests }
    if (changed?.after !== undefined) appendAfter(holding, changed.after)
    actor.record = record
    actor.unaccepted++
    return accepted.then(() => {
      actor.unaccepted--
    })
  }

  /**
   * Tells the caller of a call that changed nothing. Where others may yet run a copy of a command, it must come to the same there, and
   * is noted first.
   */
  #tell(running: Running, outcome: KeptOutcome, answer: () => void): void {
    const { call } = running
    const { request, hasCopies = false } = call.invocation
    if (call.method.type === 'query' || request === undefined || !hasCopies || call.isOver) {
      this.#onceAccepted(running, answer)
      return
    }
    try {
      this.#append(running, outcome).then(answer, () => call.end(inDoubt))
    } catch {
      call.end(inDoubt)
    }
  }

  /** What was seen is accepted, and nobody else can have gone on: only then does anybody hear of it. */
  #onceAccepted({ holding, actor, call }: Running, answer: () => void): void {
    const check = () => {
      if (holding.lease.isValid()) answer()
      else endWithout(holding, call)
    }
    const level = levelOf(call)
    if (actor.unaccepted === 0 && level === 'majority') check()
    else holding.lease.read(call.name, level).then(check, () => endWithout(holding, call))
  }

  #failCall(running: Running, error: unknown): void {
    const { holding, call, turn } = running
    turn.end()
    // Its lease ended before the effect: another owner may run it.
    if (isShoalError(error) && (holding.isOver || !holding.lease.isValid())) {
      endWithout(holding, call)
      return
    }
    const reason = this.#reasonFor(call, error)
    this.#tell(running, { error: keptError(reason) }, () => call.fail(reason))
  }

  /** What the caller of a handler that threw is told. */
  #reasonFor(call: PendingCall, error: unknown): unknown {
    if (error instanceof Refusal) this.#refused.add()
    else if (!isShoalError(error)) {
      this.#failed.add()
      const { method } = call.invocation
      this.#parts.logger.warn('a handler threw; its changes are discarded', { actor: call.name, method, err: error })
      const text = error instanceof Error ? error.message : String(error)
      return new ShoalError('SHOAL_HANDLER_FAILED', `${call.name}.${method}: ${text}`, { cause: error })
    }
    return error
  }
}

const tooFew = () => 'too few disks of its replicas'

/** Of a command: whose disks have what it shows before anybody is shown it. */
function levelOf({ method, invocation }: PendingCall): LeaseAcknowledgement {
  return method.type === 'command' && invocation.acknowledge === 'all' ? 'all' : 'majority'
}

function appendAfter({ lease }: Holding, { name, bytes, settled }: Changed['after'] & object): void {
  const failed = () => settled('failed')
  try {
    lease.append(name, bytes).then(() => settled('acknowledged'), failed)
  } catch {
    failed()
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
