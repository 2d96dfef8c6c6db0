/**
 * What was received and is not on disk yet, kept within bounds: past the limit peers have to wait until commits have caught up.
 *
 * It counts what an unsaved actor takes in memory, about, and not only the bytes that came: a delta of twenty bytes becomes an
 * object of hundreds.
 */
export interface CommitBacklogOptions {
  /** Memory that pushes may take between their arrival and their commit, estimated, in bytes. @default 16777216 */
  maxUncommittedBytes?: number
}

/** What a delta costs until it is stored, beside its bytes. */
const bytesPerDelta = 400

export class CommitBacklog {
  readonly #durable: () => Promise<void>
  readonly #hold: (isHeld: boolean) => void
  readonly #maxBytes: number
  #bytes = 0
  #isWaiting = false
  #isHeld = false

  constructor(parts: { durable(): Promise<void>; hold(isHeld: boolean): void }, options: CommitBacklogOptions = {}) {
    this.#durable = parts.durable
    this.#hold = parts.hold
    this.#maxBytes = options.maxUncommittedBytes ?? 16 * 1024 * 1024
  }

  get bytes(): number {
    return this.#bytes
  }

  get isFull(): boolean {
    return this.#isHeld
  }

  add(bytes: number, deltas: number): void {
    this.#bytes += bytes + deltas * bytesPerDelta
    if (!this.#isWaiting) void this.#untilCommitted()
    if (this.#bytes > this.#maxBytes && !this.#isHeld) this.#set(true)
  }

  async #untilCommitted(): Promise<void> {
    this.#isWaiting = true
    // What comes from here on waits for another commit.
    const bytes = this.#bytes
    try {
      await this.#durable()
    } catch {
      // The store has ended, and with it this node's part in anything.
      return
    }
    this.#isWaiting = false
    this.#bytes -= bytes
    if (this.#isHeld && this.#bytes <= this.#maxBytes / 2) this.#set(false)
    if (this.#bytes > 0) void this.#untilCommitted()
  }

  #set(isHeld: boolean): void {
    this.#isHeld = isHeld
    this.#hold(isHeld)
  }
}
