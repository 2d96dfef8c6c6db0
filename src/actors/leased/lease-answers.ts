/**
 * What comes of a leased actor's message, and when its caller hears of it: never anything that a later owner could lack.
 *
 * A command's whole new record, its request id in it, is one entry of the shard's epoch; it is answered when a majority of the epoch's
 * replicas has that entry and all before it. What only reads, refuses or fails is answered when all that it saw is accepted, and the
 * lease is valid then.
 */
import type { LeaseAcknowledgement } from '../../cluster/lease/epoch-writer.ts'
import type { Clock } from '../../ports/clock.ts'
import { isShoalError } from '../../ports/errors.ts'
import { errorFrom, keptError } from '../calls/call-messages.ts'
import { type Outcome, plainResult, type SentId } from '../calls/invocation.ts'
import type { PendingCall } from '../calls/pending-call.ts'
import type { OutboxDelivery } from '../outbox/outbox-delivery.ts'
import { findSent, noMail, type SendRefusal, withCarriedOut, withSent } from '../outbox/outbox-log.ts'
import type { OutboxSends } from '../outbox/outbox-sends.ts'
import type { MessageFigures } from '../running/message-figures.ts'
import { appendEntry } from './lease-entry.ts'
import type { Changed, LeaseTurn } from './lease-form.ts'
import { formOf } from './lease-forms.ts'
import { type Holding, type LeasedActor, NotServed } from './lease-holding.ts'
import { findRequest, type KeptOutcome, withRequest } from './lease-requests.ts'

/** What runs: an actor, on the holding that it is of. */
export interface Running {
  readonly holding: Holding
  readonly actor: LeasedActor
  readonly call: PendingCall
  readonly turn: LeaseTurn
  readonly sends: OutboxSends
}

const moved: Outcome = { moved: true }
/** Its entry was on its way when the lease ended: whoever opens the shard has it, or nobody ever will. */
const inDoubt: Outcome = { moved: true, mayHaveRun: true }

export class LeaseAnswers {
  readonly #parts: { readonly clock: Clock; readonly outbox: OutboxDelivery; readonly figures: MessageFigures }

  constructor(parts: { clock: Clock; outbox: OutboxDelivery; figures: MessageFigures }) {
    this.#parts = parts
  }

  /** A request that is noted is answered with what it came to. */
  isRepeated(running: Running): boolean {
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
      call.end({ moved: true, refused: this.#parts.figures.overload(call.name, 'other actors’ commands wait for it') })
    else if ('stale' in found) call.end({ moved: true, stale: found.stale })
    else this.#onceAccepted(running, () => call.end(overOutcome(found.over)))
    return true
  }

  finish(running: Running, value: unknown): void {
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
      this.fail(running, error)
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

  fail(running: Running, error: unknown): void {
    const { holding, call } = running
    end(running)
    // Its lease ended before the effect: another owner may run it.
    if (isShoalError(error) && (holding.isOver || !holding.lease.isValid())) {
      endWithout(holding, call)
      return
    }
    const reason = this.#parts.figures.reasonFor(call, error)
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

/** The handler goes on in vain. */
export function end({ turn, sends }: Running): void {
  turn.end()
  sends.end()
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

/** The call had no effect here, and what it saw may not be shown. */
export function endWithout(holding: Holding, call: PendingCall): void {
  if (holding.isOver) call.end(moved)
  else call.end({ moved: true, refused: new NotServed('its lease is not valid') })
}
