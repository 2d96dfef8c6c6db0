/** Who listens to the events of a node. */
import type { NodeEvents } from './shoal-node.ts'

type Listeners = { [E in keyof NodeEvents]: Set<(event: NodeEvents[E]) => void> }

export class NodeListeners {
  readonly #listeners: Listeners = {
    members: new Set(),
    refused: new Set(),
    differ: new Set(),
    overlap: new Set(),
    failed: new Set(),
    diskFailed: new Set(),
    damaged: new Set(),
    diskRecovered: new Set()
  }

  /** Answers what ends it. */
  add<E extends keyof NodeEvents>(event: E, listener: (event: NodeEvents[E]) => void): () => void {
    this.#listeners[event].add(listener)
    return () => this.#listeners[event].delete(listener)
  }

  has(event: keyof NodeEvents): boolean {
    return this.#listeners[event].size > 0
  }

  tell<E extends keyof NodeEvents>(event: E, value: NodeEvents[E]): void {
    for (const listener of this.#listeners[event]) listener(value)
  }
}
