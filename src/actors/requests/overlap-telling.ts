/**
 * Tells of overlaps: the owner that serves the actor does, and notes in the actor's state that it has.
 *
 * Every node notices actors with commands of two owners as they come to its disk, and looks again until nothing of them is untold; so
 * it does not matter which of them is the owner by then, or which have died. Told first and noted then: an owner that dies in between
 * leaves it to the next, which tells it again. A moment is waited for what comes together.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { isOriginOf } from '../../cluster/identity.ts'
import type { Actor, Commit } from '../../cluster/shard-store.ts'
import { incarnationOf, nodeOf } from '../../crdt/origin-parts.ts'
import type { Clock, Timer } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { AnyDefinition } from '../definitions/definition.ts'
import type { ActorOf } from '../definitions/reference.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import { type FoundOverlap, type FoundSide, hasTwoOwners, markTold, overlapsIn } from './overlaps.ts'

/** Commands that two owners of one actor have run, each without having seen any of the other's. */
export interface Overlap {
  readonly kind: string
  readonly id: string
  readonly sides: readonly [OverlapSide, OverlapSide]
  /** `false`: a side may have had more commands, from before those that are told. */
  readonly isComplete: boolean
}

export interface OverlapSide {
  /** The owner: its id, or the end of it where this node does not know it, */
  readonly node: string
  /** and the life of its process. */
  readonly incarnation: string
  /** What took effect there, in order: at least one. `request` names the call: the life of the caller's node, a slash, and a count. */
  readonly commands: readonly { readonly request: string; readonly method: string }[]
}

/** Actors that are looked at again; past it, others are found when they change again, or within the hour. */
const maxActors = 10_000
const lookEveryMs = 250
/** Actors of which this node tells at the same time; so many of those that others serve are looked at in one turn. */
const maxTellings = 64
const maxGlances = 16
/** Those are looked at so often, only to see whether it is told; and those that lack something, in milliseconds. */
const glanceEveryMs = 2000
/** An actor that does not change for so long is told of; one that does, after so long at most. In milliseconds. */
const quietMs = 1000
const patienceMs = 4000
/** Two sides of another cut would both tell: one without a majority of the members waits so long for the others, in milliseconds. */
const minorityPatienceMs = 60_000
/** What could not be noted as told is told again after so long, in milliseconds. */
const retryAfterMs = 60_000

interface Candidate {
  readonly shard: number
  readonly sinceMs: number
  changedMs: number
  /** Not looked at before. */
  notBeforeMs: number
  isBusy: boolean
}

export class OverlapTelling {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #kinds: ReadonlyMap<string, AnyDefinition>
  readonly #actorOf: ActorOf
  readonly #tell: (overlap: Overlap) => void
  readonly #candidates = new Map<string, Candidate>()
  readonly #overlaps
  #tellings = 0
  #timer: Timer | undefined
  #isStopped = false

  constructor(parts: {
    cluster: Cluster
    runtime: ActorRuntime
    clock: Clock
    logger: Logger
    metrics: Metrics
    /** The exclusive ones of mode `merge`. */
    kinds: Iterable<AnyDefinition>
    actorOf: ActorOf
    tell(overlap: Overlap): void
  }) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#kinds = new Map([...parts.kinds].map(definition => [definition.kind, definition]))
    this.#actorOf = parts.actorOf
    this.#tell = overlap => parts.tell(overlap)
    this.#overlaps = parts.metrics.counter(
      'shoal_overlaps_total',
      'Overlaps told by this node: commands of two owners of one exclusive actor, neither of which had seen the other'
    )
  }

  committed({ actors }: Commit): void {
    if (this.#kinds.size > 0) for (const actor of actors) this.consider(actor)
  }

  /** It may hold commands of two owners. */
  consider({ name, shard, state }: Pick<Actor, 'name' | 'shard' | 'state'>): void {
    if (!this.#kinds.has(kindOf(name)) || !hasTwoOwners(state)) return
    const nowMs = this.#clock.elapsed()
    const known = this.#candidates.get(name)
    if (known !== undefined) known.changedMs = nowMs
    else if (this.#candidates.size < maxActors)
      this.#candidates.set(name, { shard, sinceMs: nowMs, changedMs: nowMs, notBeforeMs: nowMs, isBusy: false })
    this.#lookLater()
  }

  stop(): void {
    this.#isStopped = true
    this.#timer?.cancel()
  }

  #lookLater(): void {
    if (this.#timer !== undefined || this.#isStopped) return
    this.#timer = this.#clock.after(lookEveryMs, () => {
      this.#timer = undefined
      this.#lookAtSome()
      if (this.#candidates.size > 0) this.#lookLater()
    })
  }

  /** Few in one turn, as each takes up to some milliseconds: first come those that are first in the map. */
  #lookAtSome(): void {
    const nowMs = this.#clock.elapsed()
    const hasMajority = this.#hasMajority()
    let looks = maxTellings - this.#tellings
    let glances = maxGlances
    for (const [name, candidate] of [...this.#candidates]) {
      if (looks <= 0 && glances <= 0) return
      if (candidate.isBusy || nowMs < candidate.notBeforeMs) continue
      if (nowMs < candidate.changedMs + quietMs && nowMs < candidate.sinceMs + patienceMs) continue
      if (!hasMajority && nowMs < candidate.sinceMs + minorityPatienceMs) continue
      const isOurs = this.#cluster.ownership.isOpen(candidate.shard)
      if ((isOurs ? looks-- : glances--) > 0) this.#look(name, candidate)
    }
  }

  #look(name: string, candidate: Candidate): void {
    const { shard } = candidate
    try {
      const actor = this.#cluster.store.actor(shard, name)
      const found = overlapsIn(actor.state)
      if (found.length === 0) this.#candidates.delete(name)
      // Where something is missing that comes before what is here, who had seen what cannot be said yet.
      else if (this.#cluster.ownership.isOpen(shard) && actor.gaps.isEmpty()) this.#tellAll(name, candidate, found)
      else {
        candidate.notBeforeMs = this.#clock.elapsed() + glanceEveryMs
        // Behind the others.
        this.#candidates.delete(name)
        this.#candidates.set(name, candidate)
      }
    } catch (error) {
      // Its record cannot be read, or the store has ended.
      this.#candidates.delete(name)
      this.#logger.debug('an actor could not be looked at for overlaps', { actor: name, err: error })
    }
  }

  #hasMajority(): boolean {
    const { membership } = this.#cluster
    const present = new Set(membership.alive())
    const admitted = membership.admitted()
    return 2 * admitted.filter(id => present.has(id)).length > admitted.length
  }

  #tellAll(name: string, candidate: Candidate, found: readonly FoundOverlap[]): void {
    candidate.isBusy = true
    this.#tellings++
    const free = () => {
      candidate.isBusy = false
    }
    const told = this.#tellDurable(name, candidate.shard, found).finally(() => this.#tellings--)
    told.then(free, error => {
      if (this.#isStopped) return
      this.#logger.warn('an overlap could not be noted as told', { actor: name, err: error })
      this.#clock.after(retryAfterMs, free)
    })
  }

  async #tellDurable(name: string, shard: number, found: readonly FoundOverlap[]): Promise<void> {
    await this.#cluster.store.durable()
    if (this.#isStopped) return
    for (const overlap of found) this.#tellOne(name, overlap)
    await this.#runtime.between(shard, name, transaction => markTold(transaction, found))
  }

  #tellOne(name: string, { sides, isComplete }: FoundOverlap): void {
    const kind = kindOf(name)
    const [left, right] = sides
    const overlap: Overlap = {
      kind,
      id: name.slice(kind.length + 1),
      sides: [this.#side(left), this.#side(right)],
      isComplete
    }
    this.#overlaps.add()
    this.#logger.warn('two owners ran commands of one actor, and neither had seen the others', { overlap })
    this.#callBack(overlap)
  }

  /** What a program does about it is its own; what it throws is logged. */
  #callBack(overlap: Overlap): void {
    const { kind, id } = overlap
    const failed = (error: unknown) =>
      this.#logger.error('who was told of an overlap has failed', { kind, id, err: error })
    try {
      this.#tell(overlap)
    } catch (error) {
      failed(error)
    }
    try {
      Promise.resolve(this.#kinds.get(kind)?.onOverlap?.(overlap, this.#actorOf)).catch(failed)
    } catch (error) {
      failed(error)
    }
  }

  #side({ origin, commands }: FoundSide): OverlapSide {
    const owner = this.#cluster.membership.records().find(({ id }) => isOriginOf(id, origin))
    return {
      node: owner?.id ?? nodeOf(origin),
      incarnation: incarnationOf(origin),
      commands: commands.map(({ request, method }) => ({ request, method }))
    }
  }
}

function kindOf(name: string): string {
  return name.slice(0, name.indexOf('/'))
}
