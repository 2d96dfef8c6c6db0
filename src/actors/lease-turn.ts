/** One handler's work on one leased actor: a transaction whose dots are this node's own. It ends in `end`, and a handler that goes on is refused. */
import { clientIdOf, type Origin, Transaction } from '../crdt/index.ts'
import type { Clock } from '../ports/clock.ts'
import { ShoalError } from '../ports/errors.ts'
import type { LeaseRecord } from './lease-record.ts'

export interface LeaseTurnParts {
  readonly clock: Clock
  readonly origin: Origin
  /** One that no transaction of this process was given before. */
  nextSeq(): number
}

/** Only what is in the state counts: a lease shard has one writer, and nothing is joined. */
const nothing = { has: () => false, hasRange: () => false }

export class LeaseTurn {
  readonly transaction: Transaction
  #isOver = false

  constructor(
    { clock, origin, nextSeq }: LeaseTurnParts,
    name: string,
    { state }: LeaseRecord,
    { readOnly }: { readOnly: boolean }
  ) {
    this.transaction = new Transaction({
      state,
      covers: nothing,
      origin,
      nextDot: () => {
        if (this.#isOver) throw new ShoalError('SHOAL_DEADLINE', `${name}: this handler was abandoned at its deadline`)
        return { origin, seq: nextSeq() }
      },
      now: () => clock.now(),
      clientId: () => clientIdOf(origin, name),
      readOnly
    })
  }

  end(): void {
    this.#isOver = true
  }
}
