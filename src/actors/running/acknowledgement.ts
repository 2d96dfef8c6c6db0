/**
 * When a caller gets its answer: once all that the answer rests on is on this node's disk, and for `majority` and `all` on the disks
 * of so many of the replica set.
 */
import type { Cluster } from '../../cluster/cluster.ts'
import { seenDots } from '../../cluster/seen-dots.ts'
import type { Json } from '../../crdt/index.ts'
import type { PeerId } from '../../ports/network.ts'
import type { Invocation } from '../calls/invocation.ts'
import type { PendingCall } from '../calls/pending-call.ts'

/** A wait for the disks of others. `tracked` is told the push that they are to confirm. */
export type StoredWait = ReturnType<Cluster['replication']['tracker']['wait']> & {
  /** No other disk has to have it, as things are: so it is where a node is alone. */
  readonly isThisDiskEnough: () => boolean
  /** For whoever can wait no longer: `2 of 5 disks`. */
  readonly progress: () => string
}

const noMembers: ReadonlySet<PeerId> = new Set()

export class Acknowledgement {
  readonly #cluster: Cluster

  constructor(cluster: Cluster) {
    this.#cluster = cluster
  }

  /** For an update that is about to be made; `undefined` where this disk is enough. Throws `SHOAL_OVERLOADED`. */
  ofUpdate({ acknowledge, definition, shard }: Invocation): StoredWait | undefined {
    if (acknowledge === 'local') return undefined
    const { tracker } = this.#cluster.replication
    tracker.admit()
    const quorum = this.#cluster.replicas.quorum(
      shard,
      definition.mode === 'exclusive' ? 'present' : 'admitted',
      acknowledge
    )
    let count = quorum(noMembers)
    const wait = tracker.wait(stored => {
      count = quorum(stored)
      return count
    })
    return {
      ...wait,
      isThisDiskEnough: () => quorum(noMembers).enough,
      progress: () => `${count.having} of ${count.members} disks`
    }
  }

  /**
   * What rests on the state as it is, such as a reply found in it, is answered only when that state is on as many disks, and what
   * it has no more is on none of them: when as many have seen all dots that it has seen.
   */
  ofState({ name, invocation }: PendingCall): StoredWait | undefined {
    const wait = this.ofUpdate(invocation)
    if (wait !== undefined) this.#vouch(invocation.shard, name, wait).catch(() => {})
    return wait
  }

  /** A shard that was not looked through may claim more than it has. */
  async #vouch(shard: number, name: string, { tracked }: StoredWait): Promise<void> {
    const { store, replication } = this.#cluster
    if (!store.isVerified(shard)) await store.verified([shard])
    const seen = seenDots(store.actor(shard, name))
    await store.durable()
    replication.vouch({ shard, actor: name, seen, tracked })
  }

  answer(call: PendingCall, result: Json | undefined, wait: StoredWait | undefined): void {
    this.#after(call, wait, () => call.end({ moved: false, result }))
  }

  /** A refusal shows what its handler found, as an answer does. */
  refuse(call: PendingCall, reason: unknown, wait: StoredWait | undefined): void {
    this.#after(call, wait, () => call.fail(reason))
  }

  /** At once where all that was seen is on this disk. */
  #after(call: PendingCall, wait: StoredWait | undefined, tell: () => void): void {
    if (wait === undefined && this.#cluster.store.isDurable) tell()
    else void this.#later(call, wait, tell)
  }

  async #later(call: PendingCall, wait: StoredWait | undefined, tell: () => void): Promise<void> {
    if (wait !== undefined) call.waitsFor(wait.progress)
    try {
      await this.#cluster.store.durable()
      // Else it would wait for a push that nobody gets.
      if (wait !== undefined && !wait.isThisDiskEnough()) await Promise.race([wait.stored, call.over])
      tell()
    } catch (error) {
      call.fail(error)
    } finally {
      wait?.cancel()
    }
  }
}
