/** Requests about rights of bounded counters to other nodes: each is answered, or ends with its link, or in time. */
import type { Cluster } from '../../cluster/cluster.ts'
import { RequestNumbers } from '../../cluster/request-numbers.ts'
import { type Calls, safe } from '../../cluster/wire.ts'
import type { Clock } from '../../ports/clock.ts'
import type { PeerId } from '../../ports/network.ts'

interface Pending {
  readonly peer: PeerId
  /** The counter that was asked about. */
  readonly actor: string | null | undefined
  readonly field: string | null | undefined
  readonly settle: (reply: Calls | undefined) => void
}

export class RightsChannel {
  readonly #cluster: Cluster
  readonly #clock: Clock
  readonly #pending = new Map<number, Pending>()
  readonly #numbers: RequestNumbers

  constructor(cluster: Cluster, clock: Clock) {
    this.#cluster = cluster
    this.#clock = clock
    this.#numbers = new RequestNumbers(cluster.incarnation)
  }

  /** The reply; `undefined` where there is no link, or none came in time. `request` makes the message with this number. */
  async ask(peer: PeerId, timeoutMs: number, request: (number: number) => Calls): Promise<Calls | undefined> {
    const number = this.#numbers.next()
    const { promise, resolve } = Promise.withResolvers<Calls | undefined>()
    const timer = this.#clock.after(Math.max(0, timeoutMs), () => resolve(undefined))
    const message = request(number)
    const { actor, field } = message.rightsRequest ?? message.rowsRequest ?? {}
    this.#pending.set(number, { peer, actor, field, settle: resolve })
    try {
      return this.#cluster.sendCalls(peer, message) ? await promise : undefined
    } finally {
      timer.cancel()
      this.#pending.delete(number)
    }
  }

  /** Answers whether the message was a reply to one of these requests. */
  receive(peer: PeerId, message: Calls): boolean {
    const reply = message.rightsReply ?? message.rowsReply
    if (reply == null) return false
    const pending = this.#pending.get(safe(reply.number))
    // What it brings is joined into the actor: a number alone is not enough to go by.
    const isAnswer = pending?.peer === peer && pending.actor === reply.actor && pending.field === reply.field
    if (isAnswer) pending.settle(message)
    return true
  }

  unlinked(peer: PeerId): void {
    for (const pending of this.#pending.values()) if (pending.peer === peer) pending.settle(undefined)
  }

  /** Nobody waits any more for what was asked so far. */
  endAll(): void {
    for (const pending of this.#pending.values()) pending.settle(undefined)
  }
}
