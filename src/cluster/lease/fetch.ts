/**
 * Brings a replica to the state of another one under one epoch: a new owner's to that of the longest prefix, a replica's to its owner's.
 *
 * First what is here and not on the other's prefix gives way to what the other has of those actors; then follows what the other's index
 * names above the common prefix. Only the last page moves the position. A fetch that breaks off leaves a replica that claims no
 * more than it did, and has lost nothing.
 */
import type { Clock, Timer } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Journal } from './journal.ts'
import { type FetchedPage, maxNamed, type Want } from './lease-messages.ts'
import { commonOf, compareStamps, isOn, type Lineage, origin, positionOf, type Stamp } from './lineage.ts'
import type { Replica } from './replica.ts'

export interface FetchParts {
  readonly replica: Replica
  readonly journal: Journal
  readonly clock: Clock
  readonly epoch: number
  readonly source: PeerId
  ask(number: number, want: Want): boolean
}

/** Asked again after so long, then after twice that, and so on: a page of a slow link is not to be sent three times over. */
const firstTimeoutMs = 1000
const maxAttempts = 5
/** Of one's own records that are looked through at once. */
const ownPageBytes = 1024 * 1024

export class Fetch {
  readonly epoch: number
  readonly source: PeerId
  readonly #parts: FetchParts
  #number = 0
  /** Of the source. */
  #position: Stamp = origin
  #awaited: PromiseWithResolvers<FetchedPage> | undefined
  #timer: Timer | undefined
  #end: ShoalError | undefined

  constructor(parts: FetchParts) {
    this.#parts = parts
    this.epoch = parts.epoch
    this.source = parts.source
  }

  /** Throws a retryable error where it breaks off. What it has brought is not on the disk yet. */
  async run(): Promise<void> {
    const { replica } = this.#parts
    const { lineage } = await this.#ask({ what: 'lineage' })
    const common = commonOf(replica.lineage, lineage)
    replica.lower(common)
    await this.#replaceWhatIsNotOn(lineage, common)
    for (let cursor = common; ; ) {
      const page = await this.#ask({ what: 'scan', after: cursor })
      for (const entry of page.entries) replica.take(entry, page.lineage)
      if (page.isLast) {
        if (compareStamps(positionOf(page.lineage), positionOf(replica.lineage)) > 0) replica.moveTo(page.lineage)
        return
      }
      if (compareStamps(page.cursor, cursor) <= 0) throw broken('it does not go on')
      cursor = page.cursor
      await this.#stored()
    }
  }

  received(number: number, page: FetchedPage): void {
    if (number === this.#number) this.#awaited?.resolve(page)
  }

  stop(why: string): void {
    this.#end ??= broken(why)
    this.#timer?.cancel()
    this.#awaited?.reject(this.#end)
  }

  async #replaceWhatIsNotOn(lineage: Lineage, common: Stamp): Promise<void> {
    const { replica } = this.#parts
    for (let after = common; ; ) {
      const own = await replica.page(after, maxNamed, ownPageBytes, true)
      this.#check()
      const actors = own.entries.filter(entry => !isOn(lineage, entry)).map(({ actor }) => actor)
      await this.#replace(actors)
      if (own.isLast) return
      after = own.cursor
    }
  }

  async #replace(actors: readonly string[]): Promise<void> {
    const { replica } = this.#parts
    for (let left = actors; left.length > 0; ) {
      const page = await this.#ask({ what: 'actors', actors: left })
      const answered = new Set([...page.entries.map(({ actor }) => actor), ...page.absent])
      const before = left.length
      left = left.filter(actor => !answered.has(actor))
      if (left.length === before) throw broken('it does not answer what it is asked')
      for (const entry of page.entries) replica.take(entry, page.lineage)
      for (const actor of page.absent) replica.takeAbsent(actor, page.lineage)
      await this.#stored()
    }
  }

  async #ask(want: Want): Promise<FetchedPage> {
    const { clock, ask } = this.#parts
    this.#check()
    this.#number++
    const awaited = Promise.withResolvers<FetchedPage>()
    this.#awaited = awaited
    let attempts = 0
    const attempt = () => {
      if (++attempts > maxAttempts) return awaited.reject(broken('no answer'))
      ask(this.#number, want)
      this.#timer = clock.after(firstTimeoutMs * 2 ** (attempts - 1), attempt)
    }
    attempt()
    try {
      const page = await awaited.promise
      this.#check()
      // What it says now would be less than what it was chosen for.
      const position = positionOf(page.lineage)
      if (compareStamps(position, this.#position) < 0) throw broken('the source has forgotten what it had')
      this.#position = position
      return page
    } finally {
      this.#timer?.cancel()
    }
  }

  async #stored(): Promise<void> {
    await this.#parts.journal.durable()
    this.#check()
  }

  #check(): void {
    if (this.#end !== undefined) throw this.#end
    if (this.#parts.replica.promise !== this.epoch) throw broken('another epoch was promised')
  }
}

function broken(why: string): ShoalError {
  return new ShoalError('SHOAL_UNAVAILABLE', `a fetch of a lease shard broke off: ${why}`, { retryable: true })
}
