/**
 * What a leaving node does with its rights: it gives them to the other members, because nobody else can ever spend them.
 *
 * It looks at the actors that its lives have written to, as the index names them, until its time is up. What it has not given
 * away by then is stranded until it joins again.
 */
import type { Cluster } from '../cluster/cluster.ts'
import { isOriginOf, originOf } from '../cluster/identity.ts'
import { indexRange } from '../cluster/storage-layout.ts'
import { rightsByOrigin, rightsOf } from '../crdt/bounded-counter.ts'
import { boundedCounterAt, boundedCounterFields, giveRightsIn } from '../crdt/bounded-counter-access.ts'
import { nodeOf } from '../crdt/origin-parts.ts'
import type { Clock } from '../ports/clock.ts'
import { after, type Disk } from '../ports/disk.ts'
import type { PeerId } from '../ports/network.ts'
import type { ActorRuntime } from './runtime.ts'
import type { TakeOver } from './take-over.ts'

const pageLength = 256
const utf8 = new TextDecoder()

export class RightsHandOver {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #takeOver: TakeOver
  readonly #clock: Clock
  readonly #disk: Disk
  readonly #self: PeerId

  constructor(parts: {
    cluster: Cluster
    runtime: ActorRuntime
    takeOver: TakeOver
    clock: Clock
    disk: Disk
    self: PeerId
  }) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#takeOver = parts.takeOver
    this.#clock = parts.clock
    this.#disk = parts.disk
    this.#self = parts.self
  }

  /** Answers whether it came to the end. */
  async run(timeoutMs: number): Promise<boolean> {
    const deadlineMs = this.#clock.elapsed() + timeoutMs
    const { store } = this.#cluster
    await store.durable()
    for (let shard = 0; shard < store.shardCount; shard++) {
      const done = new Set<string>()
      for await (const actor of this.#written(shard)) {
        if (done.has(actor)) continue
        done.add(actor)
        for (const field of boundedCounterFields(store.actor(shard, actor).state)) {
          const leftMs = deadlineMs - this.#clock.elapsed()
          if (leftMs <= 0) return false
          await this.#handOver(shard, actor, field, leftMs)
        }
      }
    }
    return true
  }

  async #handOver(shard: number, actor: string, field: string, timeoutMs: number): Promise<void> {
    await this.#takeOver.run(shard, actor, field, timeoutMs)
    const { store } = this.#cluster
    await this.#runtime.between(shard, actor, transaction => {
      const counter = boundedCounterAt(transaction.state, field)
      const rights = rightsOf(counter, store.origin)
      const heir = rights > 0 ? this.#heir(rightsByOrigin(counter)) : undefined
      if (heir !== undefined) giveRightsIn(transaction, field, heir, rights)
    })
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

  /** Actors of the shard that lives of this node have written to; some more than once. */
  async *#written(shard: number): AsyncGenerator<string> {
    for (const origin of this.#cluster.store.context(shard).origins()) {
      if (!isOriginOf(this.#self, origin)) continue
      const { gte, lt } = indexRange(shard, origin, 1)
      for (let from = gte; ; ) {
        const page = await this.#disk.range({ gte: from, lt, limit: pageLength })
        for (const { value } of page) yield utf8.decode(value)
        const last = page[page.length - 1]
        if (last === undefined || page.length < pageLength) break
        from = after(last.key)
      }
    }
  }
}
