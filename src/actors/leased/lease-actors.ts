/**
 * Runs the actors of `lease` kinds on the shards that this node holds: one message at a time each, and nothing is answered that a later
 * owner could lack.
 *
 * Here a message comes in, waits for the shard and in its actor's mailbox, and is handled; `lease-answers.ts` has what comes of it. So each actor
 * is linearizable, whoever owns it when.
 */
import { isThenable } from '../../crdt/thenable.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError, ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import { overMethod, stateMethod } from '../calls/call-messages.ts'
import { checkedArgument, type Invocation, type Outcome, type SentId } from '../calls/invocation.ts'
import { PendingCall } from '../calls/pending-call.ts'
import type { HandlerContext } from '../definitions/handler-context.ts'
import { command, type Method, query } from '../definitions/method.ts'
import type { ActorOf } from '../definitions/reference.ts'
import type { Shape } from '../definitions/shape.ts'
import type { OutboxDelivery } from '../outbox/outbox-delivery.ts'
import { OutboxSends } from '../outbox/outbox-sends.ts'
import { requestKey } from '../requests/request-log.ts'
import { MessageFigures } from '../running/message-figures.ts'
import { end, endWithout, LeaseAnswers, type Running } from './lease-answers.ts'
import { formOf } from './lease-forms.ts'
import { Holding, type LeasedActor, NotServed } from './lease-holding.ts'
import type { LeaseHoldings } from './lease-holdings.ts'
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
/** Asks for the whole state. */
const stateQuery: Method<Shape> = query(() => undefined)

interface InFlight {
  readonly outcome: Promise<Outcome>
  readonly hasCopies: boolean
}

export class LeaseActors {
  readonly #parts: LeaseActorsParts
  readonly #inFlight = new Map<string, InFlight>()
  readonly #calls = new Set<PendingCall>()
  readonly #figures: MessageFigures
  readonly #answers: LeaseAnswers
  #isStopped = false

  constructor(parts: LeaseActorsParts) {
    this.#parts = parts
    this.#figures = new MessageFigures(parts.metrics, parts.logger)
    this.#answers = new LeaseAnswers({ clock: parts.clock, outbox: parts.outbox, figures: this.#figures })
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
  async #forgetSender(invocation: Invocation, sent: SentId): Promise<Outcome> {
    const { definition, id, shard, deadlineMs } = invocation
    const { clock, holdings, outbox } = this.#parts
    const holding = await holdings.holding(shard, deadlineMs)
    if (!(holding instanceof Holding)) return this.#outcomeWithout(holding, invocation)
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
      // Looks at the state, too: they come behind the commands that were made before them.
      argument = (await checkedArgument(method, invocation)).argument
    } catch (error) {
      // What was sent is refused by an entry, or not at all.
      if (invocation.sent === undefined) throw error
      method = failing(error)
    }
    const holding = await holdings.holding(shard, invocation.deadlineMs)
    // The clock of a node that has stopped ends no call.
    if (this.#isStopped)
      throw new ShoalError('SHOAL_STOPPED', 'this node has stopped; the call had no effect', { retryable: true })
    if (!(holding instanceof Holding)) return this.#outcomeWithout(holding, invocation)
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

  #outcomeWithout(holding: NotServed | 'full' | undefined, { name }: Invocation): Outcome {
    if (holding === undefined) return moved
    return {
      moved: true,
      refused: holding === 'full' ? this.#figures.overload(name, 'calls wait for its shard') : holding
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
    if (this.#answers.isRepeated(running)) return undefined
    try {
      const result = this.#handle(running)
      if (isThenable(result)) return this.#await(running, result)
      this.#answers.finish(running, result)
    } catch (error) {
      this.#answers.fail(running, error)
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
      else this.#answers.finish(running, result)
    } catch (error) {
      this.#answers.fail(running, error)
    } finally {
      done.resolve()
    }
  }
}

/** It did not begin. */
function refuse(call: PendingCall, error: unknown): void {
  if (isShoalError(error)) call.end({ moved: true, refused: error })
  else call.fail(error)
}

function unknownMethod({ definition, method }: Invocation): ShoalError {
  return new ShoalError('SHOAL_UNKNOWN_COMMAND', `${definition.kind} has no ${method}`, { retryable: true })
}

function failing(error: unknown): Method<Shape> {
  return command(() => {
    throw error
  })
}

/** `false`: the caller has its answer, which may be that another node serves the actor. */
function mayRun(holding: Holding, call: PendingCall): boolean {
  if (call.isOver) return false
  if (!holding.isOver && holding.lease.isValid()) return true
  endWithout(holding, call)
  return false
}
