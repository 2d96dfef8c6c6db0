/**
 * What an owner has made of its actors, once a majority has it, for those who only look. However many ask for an actor, one wait of it is
 * under way, and one comes next, which is for all who ask meanwhile: what they get holds all that there was when they asked. Who asks for
 * what is accepted waits for nobody; so only actors with entries that are not, and these are limited (epoch-writer.ts), stand in line.
 */
import type { Lease } from '../../cluster/lease/lease.ts'
import { Turns } from '../../cluster/lease/turns.ts'
import type { LeasedActor } from '../leased/lease-holding.ts'
import type { LeaseRecord } from '../leased/lease-record.ts'

/** Of one shard's actors: calls wait for the same replicas, and are not to be crowded out. */
const maxAtOnce = 256

export class AcceptedReads {
  readonly #lease: Pick<Lease, 'read'>
  readonly #turns = new Turns(maxAtOnce)
  readonly #next = new Map<string, Promise<LeaseRecord>>()
  readonly #underWay = new Map<string, Promise<unknown>>()

  constructor(lease: Pick<Lease, 'read'>) {
    this.#lease = lease
  }

  /** `actor` reads it into memory. Throws what that throws, `SHOAL_UNAVAILABLE` where the lease ends, and `SHOAL_OVERLOADED`. */
  async read(name: string, actor: () => LeasedActor): Promise<LeaseRecord> {
    const { record, unaccepted } = actor()
    if (unaccepted === 0) return record
    const known = this.#next.get(name)
    if (known !== undefined) return known
    const next = this.#afterThat(name, actor)
    this.#next.set(name, next)
    return next
  }

  async #afterThat(name: string, actor: () => LeasedActor): Promise<LeaseRecord> {
    await this.#underWay.get(name)
    return this.#turns.take(() => {
      this.#next.delete(name)
      const read = this.#accepted(name, actor)
      const over = read
        .catch(() => {})
        .then(() => {
          this.#underWay.delete(name)
        })
      this.#underWay.set(name, over)
      return read
    })
  }

  async #accepted(name: string, actor: () => LeasedActor): Promise<LeaseRecord> {
    const { record, unaccepted } = actor()
    if (unaccepted > 0) await this.#lease.read(name)
    return record
  }
}
