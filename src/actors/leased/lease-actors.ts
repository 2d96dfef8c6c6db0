/**
 * Runs the actors of `lease` kinds on the shards that this node holds: one message at a time each, and nothing is answered that a later
 * owner could lack.
 *
 * A command's whole new record, its request id in it, is one entry of the shard's epoch; it is answered when a majority of the epoch's
 * replicas has that entry and all before it. What only reads, refuses or fails is answered when all that it saw is accepted, and the
 * lease is valid then. So each actor is linearizable, whoever owns it when.
 */
import type { LeaseAcknowledgement } from '../../cluster/lease/epoch-writer.ts'
import { isThenable } from '../../crdt/thenable.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import { errorFrom, keptError, overMethod, stateMethod } from '../calls/call-messages.ts'
import { checkedArgument, type Invocation, type Outcome, plainResult, type SentId } from '../calls/invocation.ts'
import { PendingCall } from '../calls/pending-call.ts'
import type { HandlerContext } from '../definitions/handler-context.ts'
import { command, type Method, query } from '../definitions/method.ts'
import type { ActorOf } from '../definitions/reference.ts'
import type { Shape } from '../definitions/shape.ts'
import type { OutboxDelivery } from '../outbox/outbox-delivery.ts'
import { findSent, noMail, type SendRefusal, withCarriedOut, withSent } from '../outbox/outbox-log.ts'
import { OutboxSends } from '../outbox/outbox-sends.ts'
import { requestKey } from '../requests/request-log.ts'
import { MessageFigures } from '../running/message-figures.ts'
import { appendEntry } from './lease-entry.ts'
import type { Changed, LeaseTurn } from './lease-form.ts'
import { formOf } from './lease-forms.ts'
import { type Holding, type LeasedActor, NotServed } from './lease-holding.ts'
import type { LeaseHoldings } from './lease-holdings.ts'
import { findRequest, type KeptOutcome, withRequest } from './lease-requests.ts'
import type { LeasedDocuments } from './leased-documents.ts'

export interface LeaseActorsParts {
  readonly holdings: LeaseHoldings
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  readonly actorOf: ActorOf
  readonly outbox: OutboxDelivery
  readonly documents: LeasedDocuments
  /** Of what the handler calls on this node, nothing runs before it has come back, or reached its first wait. */
  handle<T>(run: () => T): T
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
  readonly sends: OutboxSends
}

interface InFlight {
  readonly outcome: Promise<Outcome>
  readonly hasCopies: boolean
}

export class LeaseActors {
  readonly #parts: LeaseActorsParts
  readonly #inFlight = new Map<string, InFlight>()
  readonly #calls = new Set<PendingCall>()
  readonly #figures: MessageFigures
  #isStopped = false

  constructor(parts: LeaseActorsParts) {
    this.#parts = parts
    const { metrics } = parts
    this.#figures = new MessageFigures(metrics, parts.logger)
  }

  /** Runs a message here, where this node holds the shard. Of two with one request id, one runs, and both get its outcome. */
  run(invocation: Invocation): Promise<Outcome> {
    const { definition, id, request, sent } = invocation
    if (sent !== undefined && invocation.method === overMethod) return this.#forgetSender(invocation, sent)
    if (request === undefined || sent !== undefined) return this.#run(invocation)
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

  /** Another actor will not repeat what it has sent, up to a number. */
  async #forgetSender({ definition, id, shard, deadlineMs }: Invocation, sent: SentId): Promise<Outcome> {
    const { clock, holdings, outbox } = this.#parts
    const holding = await holdings.holding(shard, deadlineMs)
    if (holding instanceof NotServed) return { moved: true, refused: holding }
    if (holding === undefined) return moved
    const name = `${definition.kind}/${id}`
    try {
      const actor = holding.actor(name, formOf(definition), clock.elapsed())
      await outbox.forgetSender(holding, name, actor, sent)
      // Where another is the owner by now, that one may remember what this one never knew.
      if (!holding.lease.isValid()) return { moved: true, refused: new NotServed('its lease is not valid') }
      return { moved: false, result: undefined }
    } catch (error) {
      if (isShoalError(error)) return { moved: true, refused: error }
      throw error
    }
  }

  /** Nobody is left waiting. */
  stop(): void {
    this.#isStopped = true
    this.#parts.outbox.stop()
    for (const call of this.#calls) call.stop()
  }

  async #run(invocation: Invocation): Promise<Outcome> {
    const { clock, holdings } = this.#parts
    const { definition, shard } = invocation
    const startMs = clock.elapsed()
    const isState = invocation.method === stateMethod
    // Another program may know it: what was sent waits for that.
    if (invocation.sent !== undefined && !Object.hasOwn(definition.methods, invocation.method))
      return { moved: true, refused: unknownMethod(invocation) }
    let method = isState ? stateQuery : (definition.methods[invocation.method] as Method<Shape>)
    let argument: unknown
    try {
      argument = isState ? undefined : (await checkedArgument(method, invocation)).argument
    } catch (error) {
      // What was sent is refused by an entry, or not at all.
      if (invocation.sent === undefined) throw error
      method = failing(error)
    }
    const holding = await holdings.holding(shard, invocation.deadlineMs)
    if (holding instanceof NotServed) return { moved: true, refused: holding }
    // The clock of a node that has stopped ends no call.
    if (this.#isStopped)
      throw new ShoalError('SHOAL_STOPPED', 'this node has stopped; the call had no effect', { retryable: true })
    if (holding === undefined) return moved
    const call = new PendingCall(clock, { invocation, method, argument })
    this.#calls.add(call)
    const mailbox = holding.mailbox(call.name, definition.options.mailboxLimit)
    if (!mailbox.add({ run: () => this.#turn(holding, call) }))
      call.end({ moved: true, refused: this.#figures.overload(call.name) })
    try {
      return await call.outcome()
    } finally {
      this.#calls.delete(call)
      this.#figures.seconds.observe((clock.elapsed() - startMs) / 1000)
    }
  }

  /** One turn of a mailbox, held until the handler has ended, not until its effect is accepted. */
  #turn(holding: Holding, call: PendingCall): Promise<void> | undefined {
    if (!mayRun(holding, call)) return undefined
    this.#figures.messages.add()
    try {
      const { name } = call
      const form = formOf(call.invocation.definition)
      const actor = holding.actor(name, form, this.#parts.clock.elapsed())
      const opened = this.#parts.documents.open({ holding, name, actor, form })
      if (opened === undefined) return this.#runOn(holding, actor, call)
      // Its other messages wait, and those to other actors run.
      return opened
        .then(() => (mayRun(holding, call) ? this.#runOn(holding, actor, call) : undefined))
        .catch(error => refuse(call, error))
    } catch (error) {
      refuse(call, error)
      return undefined
    }
  }

  #runOn(holding: Holding, actor: LeasedActor, call: PendingCall): Promise<void> | undefined {
    const running = this.#begin(holding, actor, call)
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

  #begin(holding: Holding, actor: LeasedActor, call: PendingCall): Running {
    const { clock } = this.#parts
    const form = formOf(call.invocation.definition)
    const records = holding.records(call.name)
    const readOnly = call.method.type === 'query'
    const turn = form.begin(actor.record.held, { records, clock, readOnly })
    const mails = { mail: actor.record.mail, written: actor.written }
    const sends = new OutboxSends(call.name, mails, readOnly, this.#parts.actorOf)
    return { holding, actor, call, turn, sends }
  }

  #handle(running: Running): unknown {
    const { call, actor } = running
    const { definition } = call.invocation
    if (call.method === stateQuery) return formOf(definition).plain(actor.record.held)
    const context = this.#context(running)
    return this.#parts.handle(() => call.method.run(context, call.argument as never))
  }

  #context({ call, turn, sends }: Running): HandlerContext<Shape> {
    const { definition, id } = call.invocation
    const { clock, random, logger, actorOf } = this.#parts
    return turn.context({
      self: { kind: definition.kind, id },
      request: call.request,
      now: clock.now(),
      random: () => random.next(),
      log: logger,
      actor: actorOf,
      send: (other, otherId) => sends.to(other, otherId),
      outbox: () => sends.view()
    })
  }

  async #await(running: Running, pending: PromiseLike<unknown>): Promise<void> {
    const { holding, call } = running
    const givenUp = Promise.withResolvers<never>()
    const handler = Promise.race([Promise.resolve(pending), call.over, givenUp.promise])
    // Until its entry is on its way.
    const done = Promise.withResolvers<void>()
    const giveUp = () => givenUp.reject(new NotServed('its handler took too long for the hand-off of its shard'))
    holding.runs(done.promise, { isQuery: call.method.type === 'query', giveUp })
    try {
      const result = await handler
      if (call.isOver) end(running)
      else this.#finish(running, result)
    } catch (error) {
      this.#failCall(running, error)
    } finally {
      done.resolve()
    }
  }

  /** A request that is noted is answered with what it came to. */
  #isRepeated(running: Running): boolean {
    const { call, actor } = running
    const { request, sent } = call.invocation
    if (sent !== undefined) return this.#isOver(running, sent)
    if (request === undefined || call.method.type === 'query') return false
    const found = findRequest(actor.record.requests, request, this.#parts.clock.now())
    if (found === 'new') return false
    end(running)
    if ('stale' in found) call.end({ moved: true, stale: found.stale })
    else if ('error' in found) this.#onceAccepted(running, () => call.fail(errorFrom(found.error)))
    else {
      call.committed()
      call.waitsFor(tooFew)
      this.#onceAccepted(running, () => call.end({ moved: false, result: found.reply }))
    }
    return true
  }

  /** A command that another actor has sent, and that has come before, is answered with what it came to. */
  #isOver(running: Running, sent: SentId): boolean {
    const { call, actor } = running
    const found = findSent(actor.record.mail, sent, this.#parts.clock.now())
    if (found === 'new') return false
    end(running)
    if (found === 'ahead') call.end({ moved: true, refused: new NotServed('its sender’s clock is a century ahead') })
    else if (found === 'full')
      call.end({ moved: true, refused: this.#figures.overload(call.name, 'other actors’ commands') })
    else if ('stale' in found) call.end({ moved: true, stale: found.stale })
    else this.#onceAccepted(running, () => call.end(overOutcome(found.over)))
    return true
  }

  #finish(running: Running, value: unknown): void {
    const { call, turn, sends } = running
    try {
      // Nobody waits for the reply to what was sent.
      const result = call.invocation.sent === undefined ? plainResult(value) : undefined
      const changed = call.method.type === 'command' ? turn.result() : undefined
      const answer = () => call.end({ moved: false, result })
      if (changed === undefined && sends.intents.length === 0) this.#tell(running, { reply: result }, answer)
      else {
        const accepted = this.#append(running, { reply: result }, changed)
        call.committed()
        call.waitsFor(tooFew)
        accepted.then(answer, () => call.end(inDoubt))
      }
    } catch (error) {
      this.#failCall(running, error)
    } finally {
      end(running)
    }
  }

  /** Makes the new record; where nothing has changed, with the state of before. Throws where that has no effect. */
  #append({ holding, actor, call, sends }: Running, outcome: KeptOutcome, changed?: Changed): Promise<void> {
    const { request, sent, deadlineMs, definition } = call.invocation
    const { clock, outbox } = this.#parts
    const times = { nowMs: clock.now(), leftMs: deadlineMs - clock.elapsed() }
    const before = actor.record
    const isNoted = request !== undefined && sent === undefined
    const requests = isNoted ? withRequest(before.requests, request, outcome, times) : before.requests
    const refusal = 'error' in outcome ? outcome.error : undefined
    const intents = refusal === undefined ? sends.intents : []
    const { mail: known } = before
    const noted = sent === undefined ? known : withCarriedOut(known, sent.sender, sent.number, refusal)
    const mail = withSent(noted, intents, times.nowMs)
    const of = { holding, actor, name: call.name, format: formOf(definition).format }
    const level = levelOf(call)
    const append = () => appendEntry(of, { requests, mail, changed }, level)
    const accepted = intents.length === 0 ? append() : outbox.sending(of, intents.length, append)
    if (level === 'all' && mail !== noMail) void outbox.follow(holding, call.name, actor)
    if (changed?.after !== undefined) appendAfter(holding, changed.after)
    return mail === noMail ? accepted : accepted.then(() => outbox.accepted(holding, call.name, actor))
  }

  /**
   * Tells the caller of a call that changed nothing. Where others may yet run a copy of a command, it must come to the same there, and
   * is noted first.
   */
  #tell(running: Running, outcome: KeptOutcome, answer: () => void): void {
    const { call } = running
    const { request, hasCopies = false, sent } = call.invocation
    const isNoted = sent !== undefined || (request !== undefined && hasCopies)
    if (call.method.type === 'query' || !isNoted || call.isOver) {
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
    const { holding, call } = running
    end(running)
    // Its lease ended before the effect: another owner may run it.
    if (isShoalError(error) && (holding.isOver || !holding.lease.isValid())) {
      endWithout(holding, call)
      return
    }
    const reason = this.#figures.reasonFor(call, error)
    if (call.invocation.sent !== undefined) {
      // It is refused for good, or tried again.
      const kept = keptError(reason)
      if (isShoalError(reason) && reason.retryable) this.#onceAccepted(running, () => call.fail(reason))
      else this.#tell(running, { error: kept }, () => call.end(overOutcome(kept)))
      return
    }
    this.#tell(running, { error: keptError(reason) }, () => call.fail(reason))
  }
}

/** It did not begin. */
function refuse(call: PendingCall, error: unknown): void {
  if (isShoalError(error)) call.end({ moved: true, refused: error })
  else call.fail(error)
}

/** The handler goes on in vain. */
function end({ turn, sends }: Running): void {
  turn.end()
  sends.end()
}

function unknownMethod({ definition, method }: Invocation): ShoalError {
  return new ShoalError('SHOAL_UNKNOWN_COMMAND', `${definition.kind} has no ${method}`, { retryable: true })
}

function failing(error: unknown): Method<Shape> {
  return command(() => {
    throw error
  })
}

/** To the outbox that the command came from. */
function overOutcome(refusal: SendRefusal | undefined): Outcome {
  const result = refusal === undefined ? undefined : [refusal.code, refusal.message, refusal.isRefusal]
  return { moved: false, result }
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
