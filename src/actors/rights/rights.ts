/**
 * The rights of this node to bounded counters: sought for its commands, given to other members, handed over when it leaves.
 *
 * What they are is told in src/crdt/bounded-counter.ts.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import type { Commit } from '../../cluster/shard-store.ts'
import type { Calls } from '../../cluster/wire.ts'
import type { InsufficientRights } from '../../crdt/bounded-counter.ts'
import type { ActorState } from '../../crdt/index.ts'
import type { Clock } from '../../ports/clock.ts'
import type { Disk } from '../../ports/disk.ts'
import type { Logger } from '../../ports/logger.ts'
import type { Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import { RightsChannel } from './rights-channel.ts'
import { RightsGiver, type RightsGiverOptions } from './rights-giver.ts'
import { RightsHandOver } from './rights-hand-over.ts'
import { RightsSearch, type RightsSearchOptions } from './rights-search.ts'
import { TakeOver } from './take-over.ts'

/** Nobody serves meanwhile what this node owned. */
const restTimeoutMs = 500

export interface RightsOptions extends RightsSearchOptions, RightsGiverOptions {}

export class Rights {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #channel: RightsChannel
  readonly #takeOver: TakeOver
  readonly #search: RightsSearch
  readonly #giver: RightsGiver
  readonly #handOver: RightsHandOver
  /** Of a leaving node: actors that have changed since it began to give its rights away, and the shard of each. */
  #changed: Map<string, number> | undefined

  constructor(
    parts: {
      cluster: Cluster
      runtime: ActorRuntime
      clock: Clock
      disk: Disk
      logger: Logger
      metrics: Metrics
      self: PeerId
      /** Those that have bounded counters. */
      kinds: readonly string[]
    },
    options: RightsOptions = {}
  ) {
    this.#cluster = parts.cluster
    this.#clock = parts.clock
    this.#logger = parts.logger
    this.#channel = new RightsChannel(parts.cluster, parts.clock)
    this.#takeOver = new TakeOver({ ...parts, channel: this.#channel })
    this.#search = new RightsSearch({ ...parts, channel: this.#channel, takeOver: this.#takeOver }, options)
    const wanted = (actor: string, field: string) => this.#search.wanted(actor, field)
    this.#giver = new RightsGiver({ ...parts, takeOver: this.#takeOver, wanted }, options)
    this.#handOver = new RightsHandOver({ ...parts, takeOver: this.#takeOver })
  }

  /** See `RightsSearch.seek`. */
  seek(shard: number, actor: string, lack: InsufficientRights, base: ActorState, deadlineMs: number): Promise<void> {
    return this.#search.seek(shard, actor, lack, base, deadlineMs)
  }

  /** Answers whether the message was about rights. Throws `SHOAL_MALFORMED`. */
  receive(peer: PeerId, message: Calls): boolean {
    if (message.rightsRequest != null) this.#giver.receive(peer, message.rightsRequest)
    else if (message.rowsRequest != null) this.#takeOver.answer(peer, message.rowsRequest)
    else return this.#channel.receive(peer, message)
    return true
  }

  /** Links or the view changed: whoever could not be asked before may be asked now. */
  reconsider(): void {
    this.#search.reconsider()
  }

  unlinked(peer: PeerId): void {
    this.#channel.unlinked(peer)
  }

  /** What is on disk now may have brought rights. */
  committed(commit: Commit): void {
    this.#search.committed(commit)
    if (this.#changed === undefined) return
    for (const { name, shard } of commit.actors) if (this.#handOver.isOfKinds(name)) this.#changed.set(name, shard)
  }

  /** For a leaving node: gives its rights to others, for at most so long. Nobody here is helped any more. */
  async leave(timeoutMs: number): Promise<void> {
    this.stop()
    this.#changed = new Map()
    await this.#inTime(timeoutMs, () => this.#handOver.run(timeoutMs))
  }

  /** When the node runs no command any more: what those that it took until then have brought. */
  async leaveRest(): Promise<void> {
    const changed = this.#changed
    if (changed !== undefined && changed.size > 0) await this.#inTime(restTimeoutMs, () => this.#handOver.rest(changed))
  }

  async #inTime(timeoutMs: number, give: () => Promise<boolean>): Promise<void> {
    if (this.#cluster.membership.alive().length < 2) return
    const { promise: late, resolve } = Promise.withResolvers<boolean>()
    const timer = this.#clock.after(timeoutMs, () => resolve(false))
    try {
      if (await Promise.race([give(), late])) return
      this.#logger.warn('not all rights to bounded counters could be given to others before leaving')
    } catch (error) {
      this.#logger.warn('rights to bounded counters could not be given to others before leaving', { err: error })
    } finally {
      timer.cancel()
    }
  }

  /** Nobody waits any more, and nothing is given on request. */
  stop(): void {
    this.#search.stop()
    this.#giver.stop()
    this.#channel.endAll()
  }
}
