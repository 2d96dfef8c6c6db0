/**
 * Sees to it that a shard is opened where an actor of it has commands in its outbox, though nobody calls: each node that has a replica of such a
 * shard, and does not hold it, calls one of those actors, after the members have changed and now and then.
 *
 * A replica that was replaced may tell of commands that are long over: that costs a call.
 */
import { EarliestTimer } from '../../cluster/earliest-timer.ts'
import type { Leases } from '../../cluster/lease/leases.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import { overMethod } from '../calls/call-messages.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { OutboxRouter } from './outbox-lanes.ts'
import { waitingIn } from './outbox-waiting.ts'

export interface OutboxWakingParts {
  readonly leases: Pick<Leases, 'replica'>
  readonly shards: number
  readonly definitions: ReadonlyMap<string, AnyDefinition>
  readonly clock: Clock
  readonly logger: Logger
  /** Whether this node holds it. */
  isOpen(shard: number): boolean
  router(): Pick<OutboxRouter, 'deliver'>
}

const lookIntervalMs = 60_000
/** Members come and go together. */
const settleMs = 500
/** After a look that left a shard shut; twice as long each time. */
const retryMs = 1000
const callMs = 5000
/** Shards that are looked at in one go. */
const shardsAtOnce = 16

export class OutboxWaking {
  readonly #parts: OutboxWakingParts
  readonly #looks: EarliestTimer
  #retryMs = retryMs
  #isLooking = false
  #isStopped = false

  constructor(parts: OutboxWakingParts) {
    this.#parts = parts
    this.#looks = new EarliestTimer(parts.clock, () => void this.#go())
  }

  viewChanged(): void {
    this.#retryMs = retryMs
    this.#looks.in(settleMs)
  }

  stop(): void {
    this.#isStopped = true
    this.#looks.stop()
  }

  async #go(): Promise<void> {
    if (this.#isLooking) {
      this.#looks.in(this.#retryMs)
      return
    }
    this.#isLooking = true
    const isDone = await this.#look()
    this.#isLooking = false
    this.#looks.in(isDone ? lookIntervalMs : this.#retryMs)
    this.#retryMs = isDone ? retryMs : Math.min(lookIntervalMs, this.#retryMs * 2)
  }

  /** Never throws. `false`: a shard could not be opened. */
  async #look(): Promise<boolean> {
    const { clock, shards, isOpen } = this.#parts
    const calls: Promise<boolean>[] = []
    for (let shard = 0; shard < shards && !this.#isStopped; shard++) {
      if (shard % shardsAtOnce === 0) await new Promise<void>(resolve => clock.soon(resolve))
      const name = isOpen(shard) ? undefined : this.#waiting(shard)
      if (name !== undefined) calls.push(this.#wake(name))
    }
    return (await Promise.all(calls)).every(isDone => isDone)
  }

  #waiting(shard: number): string | undefined {
    const replica = this.#parts.leases.replica(shard)
    if (replica.position.epoch === 0) return undefined
    try {
      return waitingIn(record => replica.read(record)).find(name => this.#definition(name) !== undefined)
    } catch (error) {
      // It counts for nothing until an owner has filled it.
      this.#parts.logger.debug('a replica does not say which of its actors have sent commands', { shard, err: error })
      return undefined
    }
  }

  async #wake(name: string): Promise<boolean> {
    const definition = this.#definition(name)
    if (definition === undefined) return true
    // Says of none of its commands that it is over.
    const sent = { sender: name, number: 0, stamp: 0 }
    try {
      const call = { sent, method: overMethod, argument: undefined, deadlineMs: callMs }
      await this.#parts.router().deliver(definition, name.slice(name.indexOf('/') + 1), call)
      return true
    } catch {
      return false
    }
  }

  #definition(name: string): AnyDefinition | undefined {
    return this.#parts.definitions.get(name.slice(0, name.indexOf('/')))
  }
}
