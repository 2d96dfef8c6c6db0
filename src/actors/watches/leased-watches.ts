/**
 * Watches of leased actors: the owner shows them, to its own readers and to other nodes (ADR 52).
 *
 * What is shown is accepted, and the lease was valid after it was read, as with a query. Of two accepted states of an actor the one with the
 * higher revision is newer, whoever owned it: a watch tells the revision that it has shown to the next owner, which shows nothing below. A
 * watch loads the actor and opens its shard where nobody holds it; it holds neither, and asks nothing of the lease store while the shard
 * stays where it is. An owner whose lease is over shows nothing, and its watches end, also where nobody comes to tell it.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { CausalContext } from '../../crdt/index.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import { isShoalError } from '../../ports/errors.ts'
import type { PeerId } from '../../ports/network.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import { formOf } from '../leased/lease-forms.ts'
import { Holding } from '../leased/lease-holding.ts'
import type { LeaseHoldings } from '../leased/lease-holdings.ts'
import type { LeaseRecord } from '../leased/lease-record.ts'
import { isUnvetted, type LeasedDocuments } from '../leased/leased-documents.ts'
import { AcceptedReads } from './accepted-reads.ts'
import type { WatchPlaces } from './followed-watch.ts'
import { type Look, type Turn, type Watcher, Watchers } from './watch.ts'

export interface LeasedWatchesParts {
  readonly cluster: Pick<Cluster, 'ownership'>
  readonly holdings: Pick<LeaseHoldings, 'holding' | 'held'>
  readonly documents: LeasedDocuments
  readonly clock: Clock
  readonly leaseMs: number
}

/** Until a majority has what is to be shown; then this owner is none, for a watch. */
const acceptedWithinMs = 10_000
/** Leases that a watch waits for an owner: one may have to end first. */
const patienceLeases = 3
const minPatienceMs = 10_000
/** To open a shard takes some answers of the lease store. */
const minPauseMs = 20
/** While there are watches: on its own side of a cut, nobody tells an owner that its lease is over. */
const checkLeasesAfterMs = 1000

/** Of which actor's accepted states these are revisions only the name says that they go with. */
const origin = 'lease'
const elsewhere: Look = () => 'elsewhere'
/** The lease is over, or too many wait for its replicas: what a watch of an owner waits for, it waits for as for an owner, and not for ever. */
const passing: ReadonlySet<string> = new Set(['SHOAL_UNAVAILABLE', 'SHOAL_OVERLOADED'])

export class LeasedWatches {
  readonly #parts: LeasedWatchesParts
  readonly #watchers: Watchers
  readonly #reads = new WeakMap<Holding, AcceptedReads>()
  #check: Timer | undefined
  #isStopped = false

  constructor(parts: LeasedWatchesParts) {
    this.#parts = parts
    // What a majority has is on its disks.
    this.#watchers = new Watchers(() => Promise.resolve(), parts.clock)
  }

  /** Where a watch looks for the states: at the ring's owner, whom calls go to, and nowhere else. */
  places(shard: number): Pick<WatchPlaces, 'best' | 'isBest' | 'patienceMs'> & { pauseMs(delayMs: number): number } {
    const owner = (): PeerId | undefined => this.#parts.cluster.ownership.owner(shard)
    return {
      best: owner,
      isBest: place => place === owner(),
      patienceMs: Math.max(minPatienceMs, patienceLeases * this.#parts.leaseMs),
      pauseMs: delayMs => Math.max(minPauseMs, delayMs)
    }
  }

  /** The actor's states for as long as this node owns it. `shown`: as a watch of another owner has said, or none. */
  watch(definition: AnyDefinition, id: string, shard: number, shown: CausalContext, turn?: Turn): Watcher {
    const name = `${definition.kind}/${id}`
    const looks = { prepare: () => this.#prepare(definition, name, shard) }
    const watcher = this.#watchers.watch(name, shard, looks, shown, turn)
    this.#checkLater()
    return watcher
  }

  /** A shard was opened here. */
  opened(holding: Holding): void {
    holding.changed = actor => this.#watchers.changed(actor)
    void holding.lease.fenced.then(() => this.#watchers.moved(shard => shard === holding.lease.shard))
  }

  stop(): void {
    this.#isStopped = true
    this.#check?.cancel()
    this.#watchers.stop()
  }

  #checkLater(): void {
    if (this.#isStopped || this.#watchers.isEmpty) return
    this.#check ??= this.#parts.clock.after(checkLeasesAfterMs, () => {
      this.#check = undefined
      const over = new Set<number>()
      for (const { lease } of this.#parts.holdings.held()) if (!lease.isValid()) over.add(lease.shard)
      if (over.size > 0) this.#watchers.moved(shard => over.has(shard))
      this.#checkLater()
    })
  }

  async #prepare(definition: AnyDefinition, name: string, shard: number): Promise<Look> {
    const { clock, holdings } = this.#parts
    // Does not wait: another look comes.
    const holding = await holdings.holding(shard, clock.elapsed())
    if (!(holding instanceof Holding)) return elsewhere
    const form = formOf(definition)
    const actor = () => holding.actor(name, form, clock.elapsed())
    const late = Promise.withResolvers<undefined>()
    const timer = clock.after(acceptedWithinMs, () => late.resolve(undefined))
    try {
      const vetted = this.#parts.documents.open({ holding, name, actor: actor(), form })
      const read = () => this.#readsOf(holding).read(name, actor)
      const accepted = await Promise.race([vetted === undefined ? read() : vetted.then(read), late.promise])
      if (accepted === undefined) return elsewhere
      return shown => {
        if (!holding.lease.isValid()) return 'elsewhere'
        const { unaccepted, record } = actor()
        const { held, revision }: LeaseRecord = unaccepted === 0 ? record : accepted
        // It has left memory, and come back.
        if (isUnvetted(form, held)) return 'elsewhere'
        const seen = revision === 0 ? CausalContext.empty : CausalContext.empty.with(origin, 1, revision)
        return seen.covers(shown) ? { value: form.plain(held), seen } : 'elsewhere'
      }
    } catch (error) {
      if (isShoalError(error) && passing.has(error.code)) return elsewhere
      throw error
    } finally {
      timer.cancel()
    }
  }

  #readsOf(holding: Holding): AcceptedReads {
    let reads = this.#reads.get(holding)
    if (reads === undefined) {
      reads = new AcceptedReads(holding.lease)
      this.#reads.set(holding, reads)
    }
    return reads
  }
}
