/**
 * By node: the life before which none is listened to any more.
 *
 * Bounded: when there are many, those of nodes that are no members (any more) are forgotten.
 */
import type { Origin } from '../crdt/index.ts'
import { isEarlierLife, nodeOf } from '../crdt/origin-parts.ts'
import type { PeerId } from '../ports/network.ts'
import { originOf } from './identity.ts'

export class LatestLives {
  readonly #lives = new Map<string, Origin>()
  readonly #members: () => readonly { readonly id: PeerId }[]
  readonly #max: number

  constructor(members: () => readonly { readonly id: PeerId }[], max = 4096) {
    this.#members = members
    this.#max = max
  }

  get size(): number {
    return this.#lives.size
  }

  /** Lives of that node before this one have ended. */
  endBefore(origin: Origin): void {
    const node = nodeOf(origin)
    const latest = this.#lives.get(node)
    if (latest !== undefined && !isEarlierLife(latest, origin)) return
    if (latest === undefined && this.#lives.size >= this.#max) this.#forgetStrangers()
    this.#lives.set(node, origin)
  }

  hasEnded(origin: Origin): boolean {
    const latest = this.#lives.get(nodeOf(origin))
    return latest !== undefined && isEarlierLife(origin, latest)
  }

  #forgetStrangers(): void {
    const members = new Set(this.#members().map(({ id }) => nodeOf(originOf(id, ''))))
    for (const node of this.#lives.keys()) if (!members.has(node)) this.#lives.delete(node)
  }
}
