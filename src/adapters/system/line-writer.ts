/**
 * Lines to a file descriptor that somebody else reads, or does not.
 *
 * Writes leave in order, one at a time, off the main thread. A reader that stops reading costs lines, never the process: they wait up
 * to a limit, and beyond it are dropped and counted. (pino's own destination waits for such a reader for ever when the process ends.)
 */
import { write } from 'node:fs'

export interface LineWriterOptions {
  /** Bytes that may wait, in UTF-16 units. @default 4194304 */
  readonly maxWaiting?: number
}

/** Pause before a descriptor that is full is tried again. */
const retryMs = 50

export class LineWriter {
  readonly #fd: number
  readonly #maxWaiting: number
  #waiting: string[] = []
  #waitingLength = 0
  #isWriting = false
  #isClosed = false
  #dropped = 0
  #idle: (() => void)[] = []

  constructor(fd: number, options: LineWriterOptions = {}) {
    this.#fd = fd
    this.#maxWaiting = options.maxWaiting ?? 4 * 1024 * 1024
  }

  /** Lines that nobody will read. */
  get dropped(): number {
    return this.#dropped
  }

  write(line: string): void {
    if (this.#isClosed || this.#waitingLength + line.length > this.#maxWaiting) {
      this.#dropped++
      return
    }
    this.#waiting.push(line)
    this.#waitingLength += line.length
    if (!this.#isWriting) this.#next()
  }

  /** Resolves when everything is written, or will not be, or the time is over. */
  async flush(deadlineMs: number): Promise<void> {
    if (!this.#isWriting) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#idle.push(resolve)
    const timer = setTimeout(resolve, deadlineMs)
    await promise
    clearTimeout(timer)
  }

  #next(): void {
    const bytes = Buffer.from(this.#waiting.join(''))
    this.#waiting = []
    this.#waitingLength = 0
    this.#isWriting = bytes.length > 0
    if (this.#isWriting) this.#write(bytes)
    else for (const resolve of this.#idle.splice(0)) resolve()
  }

  #write(bytes: Buffer): void {
    write(this.#fd, bytes, (error, written) => {
      if (error?.code === 'EAGAIN') setTimeout(() => this.#write(bytes), retryMs).unref()
      else if (error) this.#close()
      else if (written < bytes.length) this.#write(bytes.subarray(written))
      else this.#next()
    })
  }

  /** The reader is gone: there is nobody left to tell. */
  #close(): void {
    this.#isClosed = true
    this.#waiting = []
    this.#next()
  }
}
