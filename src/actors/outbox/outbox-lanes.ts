/**
 * The ways to the targets of commands: of one sender to one target, one command at a time, in order, until the target says that it is over, and
 * then word that it may forget the sender.
 *
 * All that is said to others rests on accepted entries, and all that they say is kept by one (outbox-entries.ts).
 */
import { Turns } from '../../cluster/lease/turns.ts'
import type { Pauses } from '../../cluster/pauses.ts'
import type { Json } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import { overMethod } from '../calls/call-messages.ts'
import type { SentId } from '../calls/invocation.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { notServed, type OutboxEntries, type OutboxOf } from './outbox-entries.ts'
import {
  latestStamp,
  type Mail,
  refusalFrom,
  type SendRefusal,
  type SentCommand,
  withOver,
  withStamp,
  withTold
} from './outbox-log.ts'

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

/** One whose commands are under way. */
export interface Sender extends OutboxOf {
  /** Targets that somebody sees to. */
  readonly lanes: Set<string>
  /** Commands, as they are counted. */
  waiting: number
}

export interface OutboxLanesParts {
  readonly entries: OutboxEntries
  readonly pauses: Pauses
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  router(): OutboxRouter
  isStopped(): boolean
  /** Of an actor; throws `SHOAL_UNKNOWN_KIND`. */
  definition(name: string): AnyDefinition
  /** One of its commands is over. */
  changed(sender: Sender): void
  /** Nobody sees to one of its targets any more. */
  ended(sender: Sender): void
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
const retryMs = 50
export const maxRetryMs = 5000
/** Then the log tells of it, and again after so many more. */
const toldFailures = 10

export class OutboxLanes {
  readonly #parts: OutboxLanesParts
  readonly #entries: OutboxEntries
  /** By the target’s shard. */
  readonly #turns = new Map<number, Turns>()
  readonly #delivered
  readonly #refused
  readonly #retries

  constructor(parts: OutboxLanesParts) {
    this.#parts = parts
    this.#entries = parts.entries
    const { metrics } = parts
    this.#delivered = metrics.counter('shoal_outbox_delivered_total', 'Sent commands that were carried out')
    this.#refused = metrics.counter('shoal_outbox_refused_total', 'Sent commands that their targets refused, for good')
    this.#retries = metrics.counter('shoal_outbox_retries_total', 'Deliveries of sent commands that failed for now')
  }

  /** Sees to the target until there is nothing more to do; where somebody does already, that one does. */
  start(sender: Sender, to: string): void {
    if (sender.lanes.has(to)) return
    sender.lanes.add(to)
    void this.#work({ sender, to, refused: 0, staleFrom: undefined }).finally(() => {
      sender.lanes.delete(to)
      this.#parts.ended(sender)
    })
  }

  /** Never throws. */
  async #work(lane: Lane): Promise<void> {
    const { sender, to } = lane
    const { holding } = sender
    for (let failures = 0; !holding.isOver && !this.#parts.isStopped(); ) {
      try {
        if (!(await this.#step(lane))) return
        failures = 0
      } catch (error) {
        if (holding.isOver || this.#parts.isStopped()) return
        this.#retries.add()
        failures++
        if (failures % toldFailures === 0)
          this.#parts.logger.warn('a command to another actor cannot be delivered yet', {
            ...{ actor: sender.name, to, failures, err: error }
          })
        const delayMs = Math.min(maxRetryMs, retryMs * 2 ** Math.min(failures, 16))
        await this.#parts.pauses.pause(delayMs * (0.5 + this.#parts.random.next() / 2))
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
      if (accepted.mail.commands.some(({ number }) => number === refused)) await this.#entries.saved(sender)
      else await this.#deliver(lane, command)
      return true
    }
    if (hasCommands(record.mail, to)) {
      // They come first, once they are accepted.
      if (hasCommands(accepted.mail, to)) await this.#entries.saved(sender)
      return hasCommands(accepted.mail, to)
    }
    const [over, told] = [record.mail.over.get(to), accepted.mail.over.get(to)]
    if (over === undefined && told === undefined) return false
    if (over !== undefined && over.number === told?.number && !hasCommands(accepted.mail, to)) {
      await this.#call(sender, to, over, overMethod)
      this.#entries.change(sender.actor, withTold(sender.actor.record.mail, to, over.number))
    }
    await this.#entries.saved(sender)
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
      this.#entries.change(actor, withStamp(actor.record.mail, to, this.#stampFrom(lane, error.from)))
      await this.#entries.save(sender)
      return
    }
    lane.staleFrom = undefined
    // Whoever opens the shard next hears of it, and counts it.
    if (sender.holding.isOver) return
    this.#entries.change(actor, withOver(actor.record.mail, number, refusal, this.#parts.clock.now()))
    this.#parts.changed(sender)
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
    const [definition, id] = [this.#parts.definition(to), to.slice(to.indexOf('/') + 1)]
    return this.#turnsOf(this.#parts.router().shardOf(definition, id)).take(async () => {
      if (holding.isOver || this.#parts.isStopped()) throw notServed(name)
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
}

export function hasCommands({ commands }: Mail, to: string): boolean {
  return commands.some(command => command.to === to)
}
