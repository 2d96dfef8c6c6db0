/** Who listens to the events of a node. What one of them throws, or what its promise is rejected with, reaches neither the node nor the next. */
import type { Logger } from './ports/logger.ts'
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
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Answers what ends it. Throws a `TypeError` where there is no such event, or the listener is no function. */
  add<E extends keyof NodeEvents>(event: E, listener: (event: NodeEvents[E]) => void): () => void {
    if (!Object.hasOwn(this.#listeners, event)) {
      throw new TypeError(
        `there is no event ${JSON.stringify(event)}; there are ${Object.keys(this.#listeners).join(', ')}`
      )
    }
    if (typeof listener !== 'function') throw new TypeError(`a listener of ${event} is a function`)
    this.#listeners[event].add(listener)
    return () => this.#listeners[event].delete(listener)
  }

  has(event: keyof NodeEvents): boolean {
    return this.#listeners[event].size > 0
  }

  tell<E extends keyof NodeEvents>(event: E, value: NodeEvents[E]): void {
    const failed = (error: unknown) => this.#logger.error('a listener has failed', { event, err: error })
    for (const listener of [...this.#listeners[event]])
      try {
        // An async function is one, too.
        const told: unknown = listener(value)
        if (told instanceof Promise) told.catch(failed)
      } catch (error) {
        failed(error)
      }
  }
}
