/**
 * Hands events to their listener in order, and never from inside a call into the network: from a turn of the event loop of their own, or,
 * where they come from a socket and somebody waits for them, at the end of the step that read it.
 */
import type { Clock } from '../../ports/clock.ts'
import type { Logger } from '../../ports/logger.ts'

export class EventQueue<Listener> {
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #listener: Listener
  #events: ((listener: Listener) => void)[] = []
  #isPrompt = false
  #isStopped = false

  constructor(listener: Listener, clock: Clock, logger: Logger) {
    this.#listener = listener
    this.#clock = clock
    this.#logger = logger
  }

  post(event: (listener: Listener) => void): void {
    if (this.#isStopped) return
    if (this.#events.push(event) === 1) this.#clock.soon(this.#deliver)
  }

  /** With all that was posted before it. */
  postPromptly(event: (listener: Listener) => void): void {
    if (this.#isStopped) return
    this.#events.push(event)
    if (this.#isPrompt) return
    this.#isPrompt = true
    queueMicrotask(this.#deliver)
  }

  /** Nothing is handed over any more. */
  stop(): void {
    this.#isStopped = true
    this.#events = []
  }

  readonly #deliver = (): void => {
    const events = this.#events
    this.#events = []
    this.#isPrompt = false
    for (const event of events) {
      if (this.#isStopped) return
      try {
        event(this.#listener)
      } catch (err) {
        this.#logger.error('a handler of network events threw', { err })
      }
    }
  }
}
