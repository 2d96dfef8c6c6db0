/**
 * How what changes in an outbox gets into its actor's record: it goes along with the actor's next entry, or after a moment gets one of its own.
 */

import type { Pauses } from '../../cluster/pauses.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { appendEntry } from '../leased/lease-entry.ts'
import { formOf } from '../leased/lease-forms.ts'
import type { Holding, LeasedActor } from '../leased/lease-holding.ts'
import type { Mail } from './outbox-log.ts'

/** An actor that sends, or is sent to, as its owner has it. */
export interface OutboxOf {
  readonly holding: Holding
  readonly name: string
  readonly actor: LeasedActor
}

export interface OutboxEntriesParts {
  readonly pauses: Pauses
  isStopped(): boolean
  /** Of an actor; throws `SHOAL_UNKNOWN_KIND`. */
  definition(name: string): AnyDefinition
  /** An entry of the actor is accepted. */
  accepted(of: OutboxOf): void
}

/** How long what has changed waits for another entry of its actor. */
export const saveAfterMs = 100

export class OutboxEntries {
  readonly #parts: OutboxEntriesParts

  constructor(parts: OutboxEntriesParts) {
    this.#parts = parts
  }

  change(actor: LeasedActor, mail: Mail): void {
    if (mail !== actor.record.mail) actor.record = { ...actor.record, mail }
  }

  /** Resolves when some entry with what is in the outbox now, or soon, is accepted: perhaps one that comes for another reason. */
  saved(of: OutboxOf): Promise<void> {
    const { actor, holding } = of
    const { pauses, isStopped } = this.#parts
    actor.saving ??= pauses
      .pause(saveAfterMs)
      .then(() => {
        if (isStopped() || holding.isOver) throw notServed(of.name)
        return this.save(of)
      })
      .finally(() => {
        actor.saving = undefined
      })
    return actor.saving
  }

  async save(of: OutboxOf): Promise<void> {
    const { holding, name, actor } = of
    const { requests, mail } = actor.record
    if (mail === actor.written) {
      const number = actor.entries
      await holding.lease.read(name)
      if (number > actor.accepted.number) actor.accepted = { number, mail }
    } else {
      const { format } = formOf(this.#parts.definition(name))
      await appendEntry({ holding, name, actor, format }, { requests, mail }, 'majority')
    }
    this.#parts.accepted(of)
  }
}

export function notServed(name: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', `${name} is not served here any more`, { retryable: true })
}
