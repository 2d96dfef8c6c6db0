/**
 * Brings the commands in the outboxes of this node's leased actors to their targets: of each sender to each target one at a time, in order,
 * from when the entry that has them is accepted until the target says that they are over; then tells the target that it may forget them.
 *
 * All that is said to others rests on accepted entries, and all that they say is kept by one, so whoever opens the shard next goes on where this
 * owner was. What has changed in an outbox goes along with the actor's next entry, or after a moment gets one of its own.
 */

import { Turns } from '../../cluster/lease/turns.ts'
import { Pauses } from '../../cluster/pauses.ts'
import type { Json } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import { overMethod } from '../calls/call-messages.ts'
import type { SentId } from '../calls/invocation.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { appendEntry } from '../leased/lease-entry.ts'
import { formOf } from '../leased/lease-forms.ts'
import type { Holding, LeasedActor } from '../leased/lease-holding.ts'
import {
  isIdle,
  latestStamp,
  type Mail,
  refusalFrom,
  type SendRefusal,
  type SentCommand,
  withOver,
  withoutSender,
  withStamp,
  withTold
} from './outbox-log.ts'
import { WaitingActors } from './outbox-waiting.ts'

export interface Delivery {
  readonly sent: SentId
  readonly method: string
  readonly argument: unknown
  readonly deadlineMs: number
}

export interface OutboxRouter {
  deliver(definition: AnyDefinition, id: string, delivery: Delivery): Promise<Json | undefined>
  shardOf(definition: AnyDefinition, id: string): number
}

/** Nothing ran: the target has forgotten others, and takes a command of this sender only with a stamp from this one on. */
export class StaleStamp extends Error {
  readonly from: number

  constructor(from: number) {
    super(`the command needs a stamp from ${from} on`)
    this.name = 'StaleStamp'
    this.from = from
  }
}

export interface OutboxDeliveryParts {
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  router(): OutboxRouter
}

interface SentFrom {
  readonly holding: Holding
  readonly name: string
  readonly actor: LeasedActor
}

/** One whose commands are under way. */
interface Sender extends SentFrom {
  /** Targets that somebody sees to. */
  readonly lanes: Set<string>
  /** As it is counted. */
  waiting: number
}

/** The way to one target. */
interface Lane {
  readonly sender: Sender
  readonly to: string
  /** The number of the last command that the target has refused. */
  refused: number
  /** From which stamp on the target took commands, when the last one was stale. */
  staleFrom: number | undefined
}

/** To the actors of one shard: where that is not served, others are not kept waiting. */
const maxAtOnce = 64
const deliveryMs = 10_000
/** How long what has changed in an outbox waits for another entry of its actor. */
const saveAfterMs = 100
const retryMs = 50
const maxRetryMs = 5000
/** Then the log tells of it, and again after so many more. */
const toldFailures = 10
/** Actors that could not be loaded are tried again after so long. */
const reloadMs = 30_000
/** Actors that are loaded in one go after a shard was opened. */
const maxLoadedAtOnce = 32

export class OutboxDelivery {
  readonly #parts: OutboxDeliveryParts
  readonly #senders = new Map<Holding, Map<string, Sender>>()
  readonly #waitingIn = new Map<Holding, WaitingActors>()
  /** By the target’s shard. */
  readonly #turns = new Map<number, Turns>()
  readonly #pauses: Pauses
  readonly #sent
  readonly #delivered
  readonly #refused
  readonly #retries
  readonly #waiting
  #waitingCount = 0
  #isStopped = false

  constructor(parts: OutboxDeliveryParts) {
    this.#parts = parts
    this.#pauses = new Pauses(parts.clock)
    const { metrics } = parts
    this.#sent = metrics.counter('shoal_outbox_sent_total', 'Commands that actors of this node have sent to others')
    this.#delivered = metrics.counter('shoal_outbox_delivered_total', 'Sent commands that were carried out')
    this.#refused = metrics.counter('shoal_outbox_refused_total', 'Sent commands that their targets refused, for good')
    this.#retries = metrics.counter('shoal_outbox_retries_total', 'Deliveries of sent commands that failed for now')
    this.#waiting = metrics.gauge('shoal_outbox_waiting', 'Sent commands of this node’s actors that are not over')
  }

  /** A shard was opened: whoever owned it before may have left commands. */
  opened(holding: Holding): void {
    const forget = () => this.#forget(holding)
    holding.lease.fenced.then(forget, forget)
    void this.#goOn(holding)
  }

  /** Makes an entry with so many commands, after what tells the next owner of them. Throws where that must not be made, and as `append` does. */
  sending<T>({ holding, name, actor }: SentFrom, count: number, append: () => T): T {
    const waiting = this.#waitingActors(holding)
    waiting.add(name)
    try {
      const made = append()
      this.#sent.add(count)
      return made
    } catch (error) {
      const isUsed = holding.isOver || !isIdle(actor.accepted.mail) || !isIdle(actor.record.mail)
      if (!isUsed) waiting.remove(name)
      throw error
    }
  }

  /** An entry of the actor is accepted. */
  accepted(holding: Holding, name: string, actor: LeasedActor): void {
    if (holding.isOver) return
    const known = this.#senders.get(holding)?.get(name)
    if (known === undefined && isIdle(actor.accepted.mail)) return
    this.#look(known ?? this.#sender(holding, name, actor))
  }

  /**
   * An entry was made that its caller wants on all disks of its replicas, of which one may be away: what the entry sends goes out when it is
   * accepted.
   */
  async follow(holding: Holding, name: string, actor: LeasedActor): Promise<void> {
    const number = actor.entries
    await this.#pauses.pause(saveAfterMs)
    while (actor.accepted.number < number && !holding.isOver && !this.#isStopped)
      await this.#saved({ holding, name, actor }).catch(() => this.#pauses.pause(saveAfterMs))
  }

  /** Targets may be in reach again. */
  viewChanged(): void {
    this.#pauses.end()
  }

  stop(): void {
    this.#isStopped = true
    for (const waiting of this.#waitingIn.values()) waiting.stop()
    this.#pauses.stop()
  }

  /** At the target: the sender will repeat nothing up to the number. Resolves when it is forgotten for good. */
  async forgetSender(holding: Holding, name: string, actor: LeasedActor, sent: SentId): Promise<void> {
    const { sender } = sent
    this.#change(actor, withoutSender(actor.record.mail, sender, sent, this.#parts.clock.now()))
    while (actor.accepted.mail.senders.get(sender) !== actor.record.mail.senders.get(sender))
      await this.#saved({ holding, name, actor })
  }

  // ---- who has commands ------------------------------------------------------------------------------------------------------

  #waitingActors(holding: Holding): WaitingActors {
    const known = this.#waitingIn.get(holding)
    if (known !== undefined) return known
    const waiting = new WaitingActors(holding, this.#parts.clock)
    // Nobody would take it away again.
    if (!holding.isOver) this.#waitingIn.set(holding, waiting)
    return waiting
  }

  #sender(holding: Holding, name: string, actor: LeasedActor): Sender {
    const sender: Sender = { holding, name, actor, lanes: new Set(), waiting: 0 }
    actor.pins++
    const senders = this.#senders.get(holding) ?? new Map()
    this.#senders.set(holding, senders.set(name, sender))
    return sender
  }

  #forget(holding: Holding): void {
    for (const sender of this.#senders.get(holding)?.values() ?? []) this.#count(sender, 0)
    this.#senders.delete(holding)
    this.#waitingIn.get(holding)?.stop()
    this.#waitingIn.delete(holding)
  }

  /** With what was left by owners before. */
  async #goOn(holding: Holding): Promise<void> {
    let names: readonly string[] | undefined
    for (let tries = 0; !holding.isOver && !this.#isStopped; tries++) {
      try {
        names ??= this.#waitingActors(holding).names()
      } catch {
        // Its lease is not valid now.
        await this.#pauses.pause(maxRetryMs)
        continue
      }
      names = await this.#load(holding, names, tries === 0)
      if (names.length === 0) return
      await this.#pauses.pause(reloadMs)
    }
  }

  /** Answers which of them could not be loaded. */
  async #load(holding: Holding, names: readonly string[], isFirst: boolean): Promise<string[]> {
    const failed: string[] = []
    for (const [i, name] of names.entries()) {
      if (i > 0 && i % maxLoadedAtOnce === 0) await new Promise<void>(resolve => this.#parts.clock.soon(resolve))
      if (holding.isOver || this.#isStopped) return []
      try {
        const definition = this.#definition(name)
        const actor = holding.actor(name, formOf(definition), this.#parts.clock.elapsed())
        if (isIdle(actor.record.mail)) this.#waitingActors(holding).remove(name)
        else this.accepted(holding, name, actor)
      } catch (error) {
        failed.push(name)
        const { logger } = this.#parts
        if (isFirst) logger.warn('an actor that has sent commands cannot be loaded', { actor: name, err: error })
      }
    }
    return failed
  }

  #definition(name: string): AnyDefinition {
    const definition = this.#parts.definitions.get(name.slice(0, name.indexOf('/')))
    if (definition === undefined)
      throw new ShoalError('SHOAL_UNKNOWN_KIND', `this node does not know the kind of ${name}`)
    return definition
  }

  #look(sender: Sender): void {
    const { holding, name, actor, lanes } = sender
    if (holding.isOver || this.#isStopped) return
    const { mail } = actor.accepted
    this.#count(sender, actor.record.mail.commands.length)
    for (const to of new Set(mail.commands.map(command => command.to))) this.#start(sender, to)
    for (const to of mail.over.keys()) if (!hasCommands(actor.record.mail, to)) this.#start(sender, to)
    if (lanes.size > 0 || !isIdle(mail) || !isIdle(actor.record.mail)) return
    if (this.#senders.get(holding)?.delete(name) === true) actor.pins--
    this.#waitingActors(holding).remove(name)
  }

  #count(sender: Sender, waiting: number): void {
    this.#waitingCount += waiting - sender.waiting
    sender.waiting = waiting
    this.#waiting.set(this.#waitingCount)
  }

  // ---- to one target ---------------------------------------------------------------------------------------------------------

  #start(sender: Sender, to: string): void {
    if (sender.lanes.has(to)) return
    sender.lanes.add(to)
    void this.#work({ sender, to, refused: 0, staleFrom: undefined }).finally(() => {
      sender.lanes.delete(to)
      this.#look(sender)
    })
  }

  /** Never throws. */
  async #work(lane: Lane): Promise<void> {
    const { sender, to } = lane
    const { holding } = sender
    for (let failures = 0; !holding.isOver && !this.#isStopped; ) {
      try {
        if (!(await this.#step(lane))) return
        failures = 0
      } catch (error) {
        if (holding.isOver || this.#isStopped) return
        this.#retries.add()
        failures++
        if (failures % toldFailures === 0)
          this.#parts.logger.warn('a command to another actor cannot be delivered yet', {
            ...{ actor: sender.name, to, failures, err: error }
          })
        const delayMs = Math.min(maxRetryMs, retryMs * 2 ** Math.min(failures, 16))
        await this.#pauses.pause(delayMs * (0.5 + this.#parts.random.next() / 2))
      }
    }
  }

  /** `false`: there is nothing to do for now. */
  async #step(lane: Lane): Promise<boolean> {
    const { sender, to, refused } = lane
    const { accepted, record } = sender.actor
    const isPending = ({ number }: SentCommand) => record.mail.commands.some(sent => sent.number === number)
    const command = accepted.mail.commands.find(sent => sent.to === to && isPending(sent))
    if (command !== undefined) {
      // The target remembers a refusal until the next command comes.
      if (accepted.mail.commands.some(({ number }) => number === refused)) await this.#saved(sender)
      else await this.#deliver(lane, command)
      return true
    }
    if (hasCommands(record.mail, to)) {
      // They come first, once they are accepted.
      if (hasCommands(accepted.mail, to)) await this.#saved(sender)
      return hasCommands(accepted.mail, to)
    }
    const [over, told] = [record.mail.over.get(to), accepted.mail.over.get(to)]
    if (over === undefined && told === undefined) return false
    if (over !== undefined && over.number === told?.number && !hasCommands(accepted.mail, to)) {
      await this.#call(sender, to, over, overMethod)
      this.#change(sender.actor, withTold(sender.actor.record.mail, to, over.number))
    }
    await this.#saved(sender)
    return true
  }

  async #deliver(lane: Lane, command: SentCommand): Promise<void> {
    const { sender } = lane
    const { actor, name } = sender
    const { to, number, method } = command
    let refusal: SendRefusal | undefined
    try {
      const argument: unknown = command.argument === '' ? undefined : JSON.parse(command.argument)
      const answer = await this.#call(sender, to, command, method, argument)
      if (Array.isArray(answer)) refusal = refusalFrom(answer)
    } catch (error) {
      if (!(error instanceof StaleStamp)) throw error
      // Only an owner can: of one that is an owner no more the command may be over.
      this.#change(actor, withStamp(actor.record.mail, to, this.#stampFrom(lane, error.from)))
      await this.#save(sender)
      return
    }
    lane.staleFrom = undefined
    // Whoever opens the shard next hears of it, and counts it.
    if (sender.holding.isOver) return
    this.#change(actor, withOver(actor.record.mail, number, refusal, this.#parts.clock.now()))
    this.#count(sender, actor.record.mail.commands.length)
    if (refusal === undefined) this.#delivered.add()
    else {
      lane.refused = number
      this.#refused.add()
      this.#parts.logger.warn('a command was refused by the actor that it was sent to', {
        ...{ actor: name, to, method, code: refusal.code, reason: refusal.message }
      })
    }
  }

  /** Above where the target will be by then, at the pace at which it has moved since it was asked last. */
  #stampFrom(lane: Lane, from: number): number {
    const { sender, staleFrom = from } = lane
    const nowMs = Math.floor(this.#parts.clock.now())
    lane.staleFrom = from
    const stamp = Math.max(from, nowMs) + Math.min(2 * Math.max(0, from - staleFrom), deliveryMs)
    return Math.min(stamp, latestStamp(sender.actor.record.mail.stamp, nowMs))
  }

  async #call(
    { holding, name }: Sender,
    to: string,
    { number, stamp }: { number: number; stamp: number },
    method: string,
    argument?: unknown
  ): Promise<Json | undefined> {
    const [definition, id] = [this.#definition(to), to.slice(to.indexOf('/') + 1)]
    return this.#turnsOf(this.#parts.router().shardOf(definition, id)).take(async () => {
      if (holding.isOver || this.#isStopped) throw notServed(name)
      const sent = { sender: name, number, stamp }
      return this.#parts.router().deliver(definition, id, { sent, method, argument, deadlineMs: deliveryMs })
    })
  }

  #turnsOf(shard: number): Turns {
    const known = this.#turns.get(shard)
    if (known !== undefined) return known
    const turns = new Turns(maxAtOnce)
    this.#turns.set(shard, turns)
    return turns
  }

  // ---- what changes ----------------------------------------------------------------------------------------------------------

  #change(actor: LeasedActor, mail: Mail): void {
    if (mail !== actor.record.mail) actor.record = { ...actor.record, mail }
  }

  /** Resolves when some entry with what is in the outbox now, or soon, is accepted: perhaps one that comes for another reason. */
  #saved(of: SentFrom): Promise<void> {
    const { actor, holding } = of
    actor.saving ??= this.#pauses
      .pause(saveAfterMs)
      .then(() => {
        if (this.#isStopped || holding.isOver) throw notServed(of.name)
        return this.#save(of)
      })
      .finally(() => {
        actor.saving = undefined
      })
    return actor.saving
  }

  async #save({ holding, name, actor }: SentFrom): Promise<void> {
    const { requests, mail } = actor.record
    if (mail === actor.written) {
      const number = actor.entries
      await holding.lease.read(name)
      if (number > actor.accepted.number) actor.accepted = { number, mail }
    } else {
      const { format } = formOf(this.#definition(name))
      await appendEntry({ holding, name, actor, format }, { requests, mail }, 'majority')
    }
    this.accepted(holding, name, actor)
  }
}

function notServed(name: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', `${name} is not served here any more`, { retryable: true })
}

function hasCommands({ commands }: Mail, to: string): boolean {
  return commands.some(command => command.to === to)
}
