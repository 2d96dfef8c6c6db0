/**
 * How a call to an exclusive actor runs at its owner: once the owner serves the shard, and not where a member that may have run it
 * before is dead. One of a `lease` kind runs where the lease is: there no request has two effects, whoever may have run it before.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { isGone } from '../../cluster/member-record.ts'
import type { Clock } from '../../ports/clock.ts'
import { ShoalError } from '../../ports/errors.ts'
import type { Counter, Metrics } from '../../ports/metrics.ts'
import type { PeerId } from '../../ports/network.ts'
import type { LeaseActors } from '../leased/lease-actors.ts'
import { overloads } from '../running/message-figures.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import { lostWith } from './call-messages.ts'
import type { Invocation, Outcome } from './invocation.ts'

const moved: Outcome = { moved: true }

/**
 * Calls that may wait for one shard to be served here; those of a lease kind, too (`lease-openings.ts`). An open lease shard has as many entries
 * waiting for its replicas at most (`epoch-writer.ts`), and one shard that stays shut leaves room for the calls to all others.
 */
export const maxCallsPerShard = 4096

export class OwnedCalls {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #clock: Clock
  readonly #leased: Pick<LeaseActors, 'run'> | undefined
  readonly #overloads: Counter
  /** Per shard, how many wait. */
  readonly #waiting = new Map<number, number>()

  constructor(parts: {
    cluster: Cluster
    runtime: ActorRuntime
    clock: Clock
    metrics: Metrics
    leased?: Pick<LeaseActors, 'run'> | undefined
  }) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#leased = parts.leased
    this.#overloads = overloads(parts.metrics)
  }

  /** Whoever has the request and died without an answer may have run it, and may bring the effect back with its disk. */
  assertNoneDead(unanswered: Iterable<PeerId>, invocation: Invocation): void {
    if (invocation.definition.partition === 'lease') return
    for (const peer of unanswered) {
      const record = this.#cluster.membership.member(peer)
      if (record !== undefined && isGone(record)) throw lostWith(invocation, 'dead')
    }
  }

  /** `assertMayRun` is asked last, because the wait for the shard may be long. What it throws is thrown, or rejects. */
  run(invocation: Invocation, assertMayRun?: () => void): Promise<Outcome> {
    if (invocation.definition.partition === 'lease') return this.#leased?.run(invocation) ?? Promise.resolve(moved)
    if (!this.#cluster.ownership.isOpen(invocation.shard)) return this.#runOnceServing(invocation, assertMayRun)
    assertMayRun?.()
    return this.#runtime.invoke(invocation)
  }

  async #runOnceServing(invocation: Invocation, assertMayRun: (() => void) | undefined): Promise<Outcome> {
    const { shard, name } = invocation
    const before = this.#waiting.get(shard) ?? 0
    if (before >= maxCallsPerShard) {
      this.#overloads.add()
      const message = `${name}: too many calls wait for its shard`
      return { moved: true, refused: new ShoalError('SHOAL_OVERLOADED', message, { retryable: true }) }
    }
    this.#waiting.set(shard, before + 1)
    try {
      if ((await this.#served(invocation)) === 'moved') return moved
    } finally {
      this.#leave(shard)
    }
    assertMayRun?.()
    return this.#runtime.invoke(invocation)
  }

  /** At its deadline it is not, either. */
  async #served({ shard, deadlineMs }: Invocation): Promise<'open' | 'moved'> {
    const serving = this.#cluster.ownership.serving(shard)
    const late = Promise.withResolvers<'moved'>()
    const timer = this.#clock.after(Math.max(0, deadlineMs - this.#clock.elapsed()), () => late.resolve('moved'))
    try {
      return await Promise.race([serving.outcome, late.promise])
    } finally {
      serving.cancel()
      timer.cancel()
    }
  }

  #leave(shard: number): void {
    const left = (this.#waiting.get(shard) ?? 0) - 1
    if (left > 0) this.#waiting.set(shard, left)
    else this.#waiting.delete(shard)
  }
}
