/**
 * How a call to an exclusive actor runs at its owner: once the owner serves the shard, and not where a member that may have run it
 * before is dead. One of a `lease` kind runs where the lease is: there no request has two effects, whoever may have run it before.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { isGone } from '../../cluster/member-record.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../ports/network.ts'
import type { LeaseActors } from '../leased/lease-actors.ts'
import type { ActorRuntime } from '../running/runtime.ts'
import { lostWith } from './call-messages.ts'
import type { Invocation, Outcome } from './invocation.ts'

const moved: Outcome = { moved: true }

export class OwnedCalls {
  readonly #cluster: Cluster
  readonly #runtime: ActorRuntime
  readonly #clock: Clock
  readonly #leased: Pick<LeaseActors, 'run'> | undefined

  constructor(parts: {
    cluster: Cluster
    runtime: ActorRuntime
    clock: Clock
    leased?: Pick<LeaseActors, 'run'> | undefined
  }) {
    this.#cluster = parts.cluster
    this.#runtime = parts.runtime
    this.#clock = parts.clock
    this.#leased = parts.leased
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
    const serving = this.#cluster.ownership.serving(invocation.shard)
    let timer: { cancel(): void } | undefined
    const late = new Promise<'late'>(resolve => {
      timer = this.#clock.after(Math.max(0, invocation.deadlineMs - this.#clock.elapsed()), () => resolve('late'))
    })
    try {
      const outcome = await Promise.race([serving.outcome, late])
      if (outcome !== 'open') return moved
      assertMayRun?.()
      return await this.#runtime.invoke(invocation)
    } finally {
      serving.cancel()
      timer?.cancel()
    }
  }
}
