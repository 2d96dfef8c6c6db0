/** Time, as a node may see it. The system's clock and the simulator's virtual one keep the same contract. */
export interface Clock {
  /** Wall-clock time in milliseconds since 1970. May jump, in both directions. */
  now(): number
  /** Milliseconds since some fixed moment of this process. Never runs backwards; counts time spent suspended. */
  elapsed(): number
  /** Runs `task` once, `delayMs` or more from now. Timers that are due run in order of their time, then of their making. */
  after(delayMs: number, task: () => void): Timer
  /** Runs `task` once this turn of the event loop, promises included, is over, and before timers that are due later. */
  soon(task: () => void): void
}

export interface Timer {
  /** The task does not run any more. Harmless after it ran and when called twice. */
  cancel(): void
}
