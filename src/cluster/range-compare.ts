/**
 * Speed 3, the side that is mended: compares all actors of a shard with a peer's, and takes over what differs.
 *
 * Ranges of names are asked for and cut where their sums differ, down to single actors, which then come whole with the peer's
 * context; one that the peer does not have is joined as empty: absence is information. All sums are of one snapshot of the peer, and
 * what differs comes from a later one, so it is the context of the first that is joined in the end.
 * What others bring here meanwhile of dots that this context covers may be what the peer has removed; so those
 * actors are asked for once more, until there are none. And what the peer drops meanwhile never comes, so the floors of all its
 * answers are taken over, as far as the joined context reaches. (test/models/full-compare, and test/cluster/troubled-compare where things are dropped.)
 */

import type { shoal } from '#proto/generated/peer.js'
import { CausalContext } from '../crdt/index.ts'
import type { Disk } from '../ports/disk.ts'
import { ShoalError } from '../ports/errors.ts'
import type { TrackedArrivals } from './arrivals.ts'
import {
  compareNames,
  fanOut,
  hexOf,
  leafActors,
  type NameRange,
  type RangeSums,
  sumBytes,
  sumOfRange,
  sumsOneByOne
} from './range-sums.ts'
import type { ShardStore } from './shard-store.ts'
import { actorName, contextFrom, malformed } from './wire.ts'

/** Ranges in one query. */
export const maxQueryRanges = 32
/** Actors that are fetched at a time. */
const fetchedActors = 256
/** Queries of one compare: more would be of a peer that makes ranges up. */
const maxQueries = 100_000
/** Times that what arrived meanwhile is asked for again, before the compare is given up for now. */
const maxRounds = 20

/** Of a snapshot of the peer's. */
export interface Told {
  readonly context: CausalContext
  readonly floor: CausalContext
}

export interface RangeAnswer {
  /** `undefined` in all answers but the first, where the snapshot is the same. */
  readonly told: Told | undefined
  readonly ranges: readonly RangeSums[]
}

export interface ComparePeer {
  ask(ranges: readonly NameRange[]): Promise<RangeAnswer>
  /** Brings these actors whole. Answers the context that they came with, and the floor. */
  fetch(names: readonly string[]): Promise<Told>
}

export class RangeCompare {
  readonly #shard: number
  readonly #store: ShardStore
  readonly #disk: Disk
  readonly #peer: ComparePeer
  #context = CausalContext.empty
  #floor = CausalContext.empty
  #arrivals: TrackedArrivals | undefined
  #differing: string[] = []
  #isAbandoned = false
  #queries = 0
  /** Actors that were not equal. */
  differences = 0

  constructor(parts: { shard: number; store: ShardStore; disk: Disk; peer: ComparePeer }) {
    this.#shard = parts.shard
    this.#store = parts.store
    this.#disk = parts.disk
    this.#peer = parts.peer
  }

  /** Resolves when this replica has all that the peer had when it began. */
  async run(): Promise<void> {
    try {
      const open: NameRange[] = [{ from: '', to: '' }]
      while (open.length > 0) await this.#descend(open)
      await this.#fetch(this.#differing.splice(0))
      await this.#finish()
    } finally {
      this.#arrivals?.stop()
    }
  }

  /** What this replica has is not what it was when it was compared. */
  abandon(): void {
    this.#isAbandoned = true
  }

  /** Asks for the ranges at the end of the list, and puts there what is to be looked at more closely. */
  async #descend(open: NameRange[]): Promise<void> {
    const asked = open.splice(-maxQueryRanges)
    const answer = await this.#peer.ask(asked)
    checkAnswer(asked, answer)
    if (++this.#queries > maxQueries) throw malformed('range answers without end')
    await this.#believe(answer)
    open.push(...asked.slice(answer.ranges.length))
    for (const [i, sums] of answer.ranges.entries()) {
      const range = asked[i]
      if (range === undefined) continue
      if (sums.actors === undefined) await this.#compareParts(range, sums, open)
      else await this.#compareActors(range, sums)
    }
  }

  async #believe({ told }: RangeAnswer): Promise<void> {
    if (told === undefined) return
    const { context, floor } = told
    if (this.#arrivals === undefined) {
      this.#context = context
      this.#floor = floor
      this.#arrivals = this.#store.joining.trackArrivals(this.#shard, context)
      // What arrived before this is on the disk when it is read.
      await this.#store.durable()
    } else if (!context.equals(this.#context)) {
      // The peer let go of the snapshot, and answers from another: what was equal then may not be now.
      throw new ShoalError('SHOAL_UNAVAILABLE', 'the peer has let go of what it was compared with', { retryable: true })
    }
  }

  /** What was fetched comes from a later moment. */
  #goOn({ context, floor }: Told): void {
    this.#floor = this.#floor.union(floor)
    if (context.covers(this.#context)) return
    throw new ShoalError('SHOAL_UNAVAILABLE', 'the peer has lost what it had when the compare began', {
      retryable: true
    })
  }

  /** What this replica has seen of an actor up to here is no difference. */
  get #known(): CausalContext {
    return this.#store.context(this.#shard).union(this.#context)
  }

  async #compareParts(range: NameRange, { cuts, sums }: RangeSums, open: NameRange[]): Promise<void> {
    let { from } = range
    for (const [i, theirs] of sums.entries()) {
      const to = cuts[i] ?? range.to
      if ((await sumOfRange(this.#disk, this.#shard, { from, to }, this.#known)) !== theirs) open.push({ from, to })
      from = to
    }
  }

  async #compareActors(range: NameRange, { actors = [], sums }: RangeSums): Promise<void> {
    const theirs = new Map(actors.map((name, i) => [name, sums[i]]))
    for await (const { name, sum } of sumsOneByOne(this.#disk, this.#shard, range, this.#known)) {
      if (theirs.get(name) !== sum) await this.#differs(name)
      theirs.delete(name)
    }
    for (const name of theirs.keys()) await this.#differs(name)
  }

  async #differs(name: string): Promise<void> {
    this.#differing.push(name)
    if (this.#differing.length >= fetchedActors) await this.#fetch(this.#differing.splice(0))
  }

  async #fetch(names: readonly string[]): Promise<void> {
    for (let at = 0; at < names.length; at += fetchedActors) {
      const some = names.slice(at, at + fetchedActors)
      this.differences += some.length
      this.#goOn(await this.#peer.fetch(some))
    }
  }

  async #finish(): Promise<void> {
    for (let round = 0; round < maxRounds; round++) {
      const arrived = this.#arrivals?.take() ?? []
      if (this.#isAbandoned) throw new ShoalError('SHOAL_UNAVAILABLE', 'abandoned', { retryable: true })
      if (arrived.length === 0) {
        const joined = this.#known
        this.#store.joining.joinContext(this.#shard, this.#context, this.#floor.minus(this.#floor.minus(joined)))
        return this.#store.durable()
      }
      await this.#fetch(arrived)
    }
    throw new ShoalError('SHOAL_UNAVAILABLE', 'too much arrived while the shard was compared', { retryable: true })
  }
}

/** It is of the ranges that were asked for, or the first of them. Throws `SHOAL_MALFORMED`. */
export function checkAnswer(asked: readonly NameRange[], { ranges }: RangeAnswer): void {
  if (ranges.length === 0 || ranges.length > asked.length) throw malformed('range answer')
  for (const [i, sums] of ranges.entries()) checkWithin(asked[i] as NameRange, sums)
}

/** Cuts lie inside the range and actors in it, both rising: each query is for less than the one before. Throws `SHOAL_MALFORMED`. */
function checkWithin({ from, to }: NameRange, { cuts, actors = [] }: RangeSums): void {
  if (cuts.length >= fanOut || actors.length > leafActors) throw malformed('range answer: too many parts')
  let before = from
  for (const [i, name] of [...cuts, ...actors].entries()) {
    const isFirstActor = i === 0 && cuts.length === 0
    const order = compareNames(before, name)
    if (order > 0 || (order === 0 && !isFirstActor)) throw malformed('range answer: names out of order')
    before = name
  }
  if (before !== from && to !== '' && compareNames(before, to) >= 0) throw malformed('range answer: beyond the range')
}

/** Throws `SHOAL_MALFORMED`. */
export function rangeAnswerFrom(answer: shoal.peer.IRangeAnswer): RangeAnswer {
  return {
    told: answer.same === true ? undefined : { context: contextFrom(answer.context), floor: contextFrom(answer.floor) },
    ranges: (answer.ranges ?? []).map(rangeSumsFrom)
  }
}

function rangeSumsFrom(range: shoal.peer.IRangeSums): RangeSums {
  const cuts = (range.cuts ?? []).map(actorName)
  const named = range.actors ?? []
  const bytes = range.sums ?? new Uint8Array(0)
  const count = cuts.length > 0 ? cuts.length + 1 : named.length
  if (bytes.length !== count * sumBytes || (cuts.length > 0 && named.length > 0)) throw malformed('range sums')
  const sums = Array.from({ length: count }, (_, i) => hexOf(bytes.subarray(i * sumBytes, (i + 1) * sumBytes)))
  return { cuts, sums, actors: cuts.length > 0 ? undefined : named.map(actorName) }
}
