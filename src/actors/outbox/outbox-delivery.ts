/**
 * Who has commands in outboxes, of this node's leased actors: it finds those that owners before have left, has each command brought to its target
 * (outbox-lanes.ts) from when the entry that has it is accepted, and lets go of actors whose outboxes are empty.
 *
 * All that is said to others rests on accepted entries, and all that they say is kept by one, so whoever opens the shard next goes on where this
 * owner was.
 */
import { Pauses } from '../../cluster/pauses.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { Random } from '../../ports/random.ts'
import type { SentId } from '../calls/invocation.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { formOf } from '../leased/lease-forms.ts'
import type { Holding, LeasedActor } from '../leased/lease-holding.ts'
import { OutboxEntries, type OutboxOf, saveAfterMs } from './outbox-entries.ts'
import { hasCommands, maxRetryMs, OutboxLanes, type OutboxRouter, type Sender } from './outbox-lanes.ts'
import { isIdle, withoutSender } from './outbox-log.ts'
import { WaitingActors } from './outbox-waiting.ts'

export interface OutboxDeliveryParts {
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  readonly clock: Clock
  readonly random: Random
  readonly logger: Logger
  readonly metrics: Metrics
  router(): OutboxRouter
}

/** Actors that could not be loaded are tried again after so long. */
const reloadMs = 30_000
/** Actors that are loaded in one go after a shard was opened. */
const maxLoadedAtOnce = 32

export class OutboxDelivery {
  readonly #parts: OutboxDeliveryParts
  readonly #senders = new Map<Holding, Map<string, Sender>>()
  readonly #waitingIn = new Map<Holding, WaitingActors>()
  readonly #pauses: Pauses
  readonly #entries: OutboxEntries
  readonly #lanes: OutboxLanes
  readonly #sent
  readonly #waiting
  #waitingCount = 0
  #isStopped = false

  constructor(parts: OutboxDeliveryParts) {
    this.#parts = parts
    const pauses = new Pauses(parts.clock)
    const shared = {
      pauses,
      isStopped: () => this.#isStopped,
      definition: (name: string) => this.#definition(name)
    }
    const entries = new OutboxEntries({
      ...shared,
      accepted: ({ holding, name, actor }) => this.accepted(holding, name, actor)
    })
    this.#pauses = pauses
    this.#entries = entries
    this.#lanes = new OutboxLanes({
      ...parts,
      ...shared,
      entries,
      changed: sender => this.#count(sender, sender.actor.record.mail.commands.length),
      ended: sender => this.#look(sender)
    })
    const { metrics } = parts
    this.#sent = metrics.counter('shoal_outbox_sent_total', 'Commands that actors of this node have sent to others')
    this.#waiting = metrics.gauge('shoal_outbox_waiting', 'Sent commands of this node’s actors that are not over')
  }

  /** A shard was opened: whoever owned it before may have left commands. */
  opened(holding: Holding): void {
    const forget = () => this.#forget(holding)
    holding.lease.fenced.then(forget, forget)
    void this.#goOn(holding)
  }

  /** Makes an entry with so many commands, after what tells the next owner of them. Throws where that must not be made, and as `append` does. */
  sending<T>({ holding, name, actor }: OutboxOf, count: number, append: () => T): T {
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
      await this.#entries.saved({ holding, name, actor }).catch(() => this.#pauses.pause(saveAfterMs))
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
    this.#entries.change(actor, withoutSender(actor.record.mail, sender, sent, this.#parts.clock.now()))
    while (actor.accepted.mail.senders.get(sender) !== actor.record.mail.senders.get(sender))
      await this.#entries.saved({ holding, name, actor })
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
    for (const to of new Set(mail.commands.map(command => command.to))) this.#lanes.start(sender, to)
    for (const to of mail.over.keys()) if (!hasCommands(actor.record.mail, to)) this.#lanes.start(sender, to)
    if (lanes.size > 0 || !isIdle(mail) || !isIdle(actor.record.mail)) return
    if (this.#senders.get(holding)?.delete(name) === true) actor.pins--
    this.#waitingActors(holding).remove(name)
  }

  #count(sender: Sender, waiting: number): void {
    this.#waitingCount += waiting - sender.waiting
    sender.waiting = waiting
    this.#waiting.set(this.#waitingCount)
  }
}
