/**
 * When a caller gets its answer: once all that the answer rests on is on this node's disk, and for `majority` on the disks of a
 * majority.
 */
import type { Cluster } from '../cluster/cluster.ts'
import type { Actor } from '../cluster/shard-store.ts'
import { CausalContext, type Json, liveDots } from '../crdt/index.ts'
import type { Invocation } from './invocation.ts'
import type { PendingCall } from './pending-call.ts'

/** A wait for the disks of others. `tracked` is told the push that they are to confirm. */
export type MajorityWait = ReturnType<Cluster['replication']['tracker']['wait']>

export class Acknowledgement {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** For an update that is about to be made; `undefined` where this disk is enough. Throws `SHOAL_OVERLOADED`. */
  ofUpdate({ acknowledge, definition }: Invocation): MajorityWait | undefined {
    if (acknowledge !== 'majority') return undefined
    const { tracker } = this.#cluster.replication
    tracker.admit()
    return tracker.wait(this.#cluster.quorum(definition.mode === 'exclusive' ? 'present' : 'admitted'))
  }

  /** What rests on the state as it is, such as a reply found in it, is answered only when that state is on a majority. */
  ofState(actor: Actor, invocation: Invocation): MajorityWait | undefined {
    const wait = this.ofUpdate(invocation)
    if (wait === undefined) return undefined
    const delta = { state: actor.state, context: liveDots(actor.state) }
    const { shard, name, storedBytes } = actor
    const update = {
      shard,
      actor: name,
      seqs: CausalContext.empty,
      delta,
      deltaBytes: storedBytes,
      tracked: wait.tracked
    }
    this.#cluster.store.durable().then(
      () => this.#cluster.replication.committed([update]),
      () => {}
    )
    return wait
  }

  async answer(call: PendingCall, result: Json | undefined, wait: MajorityWait | undefined): Promise<void> {
    try {
      await this.#cluster.store.durable()
      if (wait !== undefined) await Promise.race([wait.stored, call.over])
      call.end({ moved: false, result })
    } catch (error) {
      call.fail(error)
    } finally {
      wait?.cancel()
    }
  }
}
