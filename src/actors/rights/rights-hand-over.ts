/**
 * What a leaving node does with its rights: it gives them to the other members, because nobody else can ever spend them.
 *
 * It looks at every actor on its disk whose kind has bounded counters, because rights that were given to it left no trace in the
 * index. First it gives away what its present life has, which takes nobody's help; then it takes over what its ended lives had, and
 * gives that, too, trying again while nobody who must be asked is known to be gone. What it has not given away when its time is up is
 * stranded until it joins again.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { isOriginOf, originOf } from '../../cluster/identity.ts'
import { actorOfStateKey, decodeActorRecord, stateRangeOf } from '../../cluster/storage-layout.ts'
import { utf8Of } from '../../cluster/utf8.ts'
import { rightsByOrigin, rightsOf } from '../../crdt/bounded-counter.ts'
import { boundedCounterAt, boundedCounterFields, giveRightsIn } from '../../crdt/bounded-counter-access.ts'
import { type ActorState, emptyState } from '../../crdt/index.ts'
import { nodeOf } from '../../crdt/origin-parts.ts'
import type { Clock } from '../../ports/clock.ts'
import { after, type Disk, type DiskEntry } from '../../ports/disk.ts'
import type { Logger } from '../../ports/logger.ts'
import type { PeerId } from '../../ports/network.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import type { TakeOver } from './take-over.ts'

/** Actors that are looked at in one turn of the event loop. */
const pageLength = 128
/** One mute member must not take all the time there is. */
const takeOverTimeoutMs = 500
const takeOversAtOnce = 32
/** Soon after its start a node has no link yet with some who are there. */
const takeAgainMs = 100
/** Counters with rights of ended lives that are kept in mind. */
const maxTakeOvers = 100_000

interface Place {
  readonly shard: number
  readonly actor: string
  readonly field: string
}

export class RightsHandOver {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #takeOver: TakeOver
  readonly #clock: Clock
  readonly #disk: Disk
  readonly #logger: Logger
  readonly #self: PeerId
  readonly #kinds: readonly string[]
  /** How the names of all its lives begin, as records have it. */
  readonly #name: Uint8Array
  #isWhole = true

  constructor(parts: {
    cluster: Cluster
    runtime: ActorRuntime
    takeOver: TakeOver
    clock: Clock
    disk: Disk
    logger: Logger
    self: PeerId
    kinds: readonly string[]
  }) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#takeOver = parts.takeOver
    this.#clock = parts.clock
    this.#disk = parts.disk
    this.#logger = parts.logger
    this.#self = parts.self
    this.#kinds = parts.kinds
    this.#name = utf8Of(originOf(parts.self, ''))
  }

  /** Answers whether all rights are given away, those of ended lives included. */
  async run(timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#clock.elapsed() + timeoutMs
    const { store } = this.#cluster
    const givings: Promise<void>[] = []
    const ended: Place[] = []
    this.#isWhole = true
    await store.durable()
    for await (const place of this.#places()) {
      if (this.#clock.elapsed() >= deadlineMs) return false
      if (place.isEnded && ended.length < maxTakeOvers) ended.push(place)
      else if (place.isEnded) this.#isWhole = false
      // Not waited for one by one: a handler that does not end holds its own actor up, and no other.
      if (place.isOwn) givings.push(this.#give(place))
    }
    let left = await this.#takeAll(ended, deadlineMs, givings)
    while (left.length > 0 && this.#takeOver.isPossible && this.#clock.elapsed() + takeAgainMs < deadlineMs) {
      await this.#pause(takeAgainMs)
      left = await this.#takeAll(left, deadlineMs, givings)
    }
    await Promise.all(givings)
    if (left.length > 0) this.#isWhole = false
    return this.#isWhole
  }

  /** What this life has to these actors by now, which are in memory and on disk. Answers whether all is given away. */
  async rest(changed: ReadonlyMap<string, number>): Promise<boolean> {
    const { store } = this.#cluster
    this.#isWhole = true
    const givings: Promise<void>[] = []
    for (const [actor, shard] of changed) {
      if (!store.hosts(shard)) continue
      for (const field of boundedCounterFields(store.actor(shard, actor).state))
        givings.push(this.#give({ shard, actor, field }))
    }
    await Promise.all(givings)
    return this.#isWhole
  }

  /** Whether nodes give each other rights to this actor. */
  isOfKinds(actor: string): boolean {
    return this.#kinds.includes(actor.slice(0, actor.indexOf('/')))
  }

  /** Answers those of which ended lives still have rights. */
  async #takeAll(places: readonly Place[], deadlineMs: number, givings: Promise<void>[]): Promise<Place[]> {
    const left: Place[] = []
    for (let at = 0; at < places.length; at += takeOversAtOnce) {
      const some = places.slice(at, at + takeOversAtOnce)
      if (this.#clock.elapsed() >= deadlineMs) left.push(...some)
      else {
        const takings = some.map(place => this.#take(place, left))
        givings.push(...takings)
        await this.#atMost(2 * takeOverTimeoutMs, Promise.all(takings))
      }
    }
    return left
  }

  async #take(place: Place, left: Place[]): Promise<void> {
    const { shard, actor, field } = place
    try {
      await this.#takeOver.run(shard, actor, field, takeOverTimeoutMs)
      if (this.#takeOver.isLeft(shard, actor, field)) left.push(place)
    } catch (error) {
      this.#left(actor, error)
    }
    await this.#give(place)
  }

  async #give({ shard, actor, field }: Place): Promise<void> {
    const { origin } = this.#cluster.store
    try {
      await this.#runtime.between(shard, actor, transaction => {
        const counter = boundedCounterAt(transaction.state, field)
        const rights = rightsOf(counter, origin)
        if (rights <= 0) return
        const heir = this.#heir(rightsByOrigin(counter))
        if (heir === undefined) this.#isWhole = false
        else giveRightsIn(transaction, field, heir, rights)
      })
    } catch (error) {
      this.#left(actor, error)
    }
  }

  /** Resolves when the work is done, or has taken too long. */
  async #atMost(timeoutMs: number, work: Promise<unknown>): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = this.#clock.after(timeoutMs, resolve)
    await Promise.race([work, late])
    timer.cancel()
  }

  async #pause(delayMs: number): Promise<void> {
    await new Promise<void>(resolve => this.#clock.after(delayMs, resolve))
  }

  #left(actor: string, error: unknown): void {
    this.#isWhole = false
    this.#logger.warn('rights to a bounded counter could not be given to others before leaving', { actor, err: error })
  }

  /** The present member that has the most already: whoever lacks rights asks it first. */
  #heir(rights: ReadonlyMap<string, number>): string | undefined {
    const { membership } = this.#cluster
    let heir: string | undefined
    let most = -1
    for (const peer of membership.alive()) {
      const member = membership.member(peer)
      if (peer === this.#self || member === undefined) continue
      const origin = originOf(peer, member.incarnation)
      let has = 0
      for (const [writer, amount] of rights) if (nodeOf(writer) === nodeOf(origin)) has += amount
      if (has > most) {
        heir = origin
        most = has
      }
    }
    return heir
  }

  /** Counters on this disk to which this life of the node, or an ended one, has rights. */
  async *#places(): AsyncGenerator<Place & { readonly isOwn: boolean; readonly isEnded: boolean }> {
    const { store } = this.#cluster
    for (let shard = 0; shard < store.shardCount; shard++) {
      for await (const entry of this.#records(shard)) {
        const actor = actorOfStateKey(entry.key)
        const state = this.#read(actor, entry)
        for (const field of boundedCounterFields(state)) {
          const lives = [...rightsByOrigin(boundedCounterAt(state, field)).keys()]
          const own = lives.filter(life => isOriginOf(this.#self, life))
          const isOwn = own.includes(store.origin)
          const isEnded = own.length > (isOwn ? 1 : 0)
          if (isOwn || isEnded) yield { shard, actor, field, isOwn, isEnded }
        }
      }
    }
  }

  async *#records(shard: number): AsyncGenerator<DiskEntry> {
    for (const kind of this.#kinds) {
      const { gte, lt } = stateRangeOf(shard, kind)
      for (let from = gte; ; ) {
        const page = await this.#disk.range({ gte: from, lt, limit: pageLength })
        yield* page
        const last = page[page.length - 1]
        if (last === undefined || page.length < pageLength) break
        from = after(last.key)
        // What was given of one page is on this disk before the next is read.
        await this.#cluster.store.durable()
      }
    }
  }

  /** Empty where nothing in it names a life of this node. */
  #read(actor: string, { value }: DiskEntry): ActorState {
    if (!includes(value, this.#name)) return emptyState
    try {
      return decodeActorRecord(value, actor).state
    } catch (error) {
      this.#left(actor, error)
      return emptyState
    }
  }
}

function includes(bytes: Uint8Array, part: Uint8Array): boolean {
  const first = part[0] ?? 0
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1))
    if (part.every((byte, i) => bytes[at + i] === byte)) return true
  return false
}
