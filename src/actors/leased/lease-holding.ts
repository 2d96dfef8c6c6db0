/** A lease shard that this node holds: its lease, and the actors of it that are in memory, which go with it. */
import type { Lease } from '../../cluster/lease/lease.ts'
import { SecondChance } from '../../cluster/second-chance.ts'
import { ShoalError } from '../../ports/errors.ts'
import { isIdle, type Mail } from '../outbox/outbox-log.ts'
import { type Mailbox, Mailboxes } from '../running/mailbox.ts'
import type { ActorRecords, LeaseForm } from './lease-form.ts'
import { decodeLeaseRecord, type LeaseRecord } from './lease-record.ts'

/** There is no lease for the actor here: nothing ran. */
export class NotServed extends ShoalError {
  constructor(why: string, cause?: unknown) {
    const message = `the actor's shard is not served now, and the call had no effect: ${why}`
    super('SHOAL_UNAVAILABLE', message, { retryable: true, ...(cause === undefined ? {} : { cause }) })
  }
}

export interface LeasedActor {
  readonly name: string
  readonly holding: Holding
  record: LeaseRecord
  /** Entries that are not accepted yet. */
  unaccepted: number
  /** Entries that this owner has made. */
  entries: number
  /** As the last of them has it. */
  written: Mail
  /** Of the last one that is accepted. */
  accepted: { readonly number: number; readonly mail: Mail }
  /** Under way: an entry for what has changed in the outbox alone. */
  saving: Promise<void> | undefined
  /** Who will go on with it after a wait, and must find no other object of its name beside it. */
  pins: number
  lastUsedMs: number
  isReused: boolean
}

/** Those of all of a node's shards that are in memory, by name. */
export type LeasedMemory = SecondChance<LeasedActor>

export function leasedMemory(maxActors: number): LeasedMemory {
  return new SecondChance({
    max: maxActors,
    isHeld: actor => actor.holding.isNeeded(actor),
    evicted: actor => actor.holding.drop(actor)
  })
}

/** One that waits for something. */
export interface SlowHandler {
  readonly isQuery: boolean
  /** It is given up: it has no effect, and its call may run elsewhere. */
  giveUp(): void
}

export class Holding {
  readonly lease: Lease
  isFenced = false
  /** Told of each new state of an actor, before anybody has accepted it. */
  changed: (actor: string) => void = () => {}
  readonly #actors = new Map<string, LeasedActor>()
  readonly #mailboxes = new Mailboxes()
  readonly #running = new Map<Promise<unknown>, SlowHandler>()
  readonly #memory: LeasedMemory
  #isSealed = false

  constructor(lease: Lease, memory: LeasedMemory) {
    this.lease = lease
    this.#memory = memory
  }

  get isSealed(): boolean {
    return this.#isSealed
  }

  /** It serves no more, for good. */
  get isOver(): boolean {
    return this.#isSealed || this.isFenced
  }

  /** The actor as this owner has made it so far. Throws `SHOAL_UNAVAILABLE`, and what its form throws. */
  actor(name: string, form: LeaseForm, nowMs: number): LeasedActor {
    const known = this.#actors.get(name)
    if (known !== undefined) {
      known.isReused ||= Math.floor(nowMs) !== Math.floor(known.lastUsedMs)
      known.lastUsedMs = nowMs
      return known
    }
    const record = decodeLeaseRecord(form, this.records(name))
    const accepted = { number: 0, mail: record.mail }
    const actor: LeasedActor = {
      name,
      holding: this,
      record,
      unaccepted: 0,
      entries: 0,
      written: record.mail,
      accepted,
      saving: undefined,
      pins: 0,
      lastUsedMs: nowMs,
      isReused: false
    }
    this.#actors.set(name, actor)
    if (!this.isOver) {
      this.#memory.makeRoom()
      this.#memory.set(name, actor)
    }
    return actor
  }

  records(name: string): ActorRecords {
    const { lease } = this
    return { name, epoch: lease.epoch, peek: record => lease.peek(record) }
  }

  mailbox(name: string, limit: number): Mailbox {
    return this.#mailboxes.of(name, limit)
  }

  /** A handler that takes its time, until `done`. */
  runs(done: Promise<unknown>, handler: SlowHandler): void {
    const ended = () => this.#running.delete(done)
    this.#running.set(done, handler)
    done.then(ended, ended)
  }

  /** Starts no handler any more, and gives up queries, which the next owner may as well answer; resolves when no handler runs. */
  async seal(): Promise<void> {
    this.#isSealed = true
    for (const handler of this.#running.values()) if (handler.isQuery) handler.giveUp()
    while (this.#running.size > 0) await Promise.allSettled([...this.#running.keys()])
  }

  /** Waits for no handler any more. */
  giveUp(): void {
    for (const handler of this.#running.values()) handler.giveUp()
  }

  /** It is in use, or has something to see to its end. */
  isNeeded({ name, record, unaccepted, accepted, saving, pins }: LeasedActor): boolean {
    return (
      unaccepted > 0 ||
      saving !== undefined ||
      pins > 0 ||
      this.#mailboxes.has(name) ||
      record.mail !== accepted.mail ||
      !isIdle(record.mail)
    )
  }

  /** Drops actors from memory that nobody has used for so long. */
  passivate(nowMs: number, afterMs: (name: string) => number): void {
    for (const actor of this.#actors.values()) {
      if (nowMs - actor.lastUsedMs < afterMs(actor.name) || this.isNeeded(actor)) continue
      this.#memory.delete(actor.name)
      this.drop(actor)
    }
  }

  /** It was taken out of the memory of the node. */
  drop({ name }: LeasedActor): void {
    this.#actors.delete(name)
  }

  /** The shard is another's from now on, or this node's anew. */
  leaveMemory(): void {
    for (const actor of this.#actors.values())
      if (this.#memory.get(actor.name) === actor) this.#memory.delete(actor.name)
  }
}
