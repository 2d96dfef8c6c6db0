/**
 * One mailbox per actor: messages run one at a time, in the order of their coming, each to its end before the next starts.
 *
 * A handler that outlives its message's deadline is abandoned: its changes are discarded and the next message runs.
 */
export interface Job {
  /** Runs the message. A promise holds the mailbox until it settles. Never throws. */
  run(): Promise<void> | undefined
}

export class Mailbox {
  readonly #queue: Job[] = []
  readonly #limit: number
  readonly #emptied: () => void
  #running = false

  constructor(limit: number, emptied: () => void) {
    this.#limit = limit
    this.#emptied = emptied
  }

  /** Messages that wait, the running one not counted. */
  get length(): number {
    return this.#queue.length
  }

  get isRunning(): boolean {
    return this.#running
  }

  /** `false`: the mailbox is full, and the job will not run. */
  add(job: Job): boolean {
    if (this.#queue.length >= this.#limit) return false
    this.#queue.push(job)
    if (!this.#running) this.#drain()
    return true
  }

  #drain(): void {
    this.#running = true
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      const pending = job.run()
      if (pending !== undefined) {
        void pending.then(() => this.#drain())
        return
      }
    }
    this.#running = false
    this.#emptied()
  }
}

/** Those that have messages, by the name of their actor. */
export class Mailboxes {
  readonly #mailboxes = new Map<string, Mailbox>()

  has(name: string): boolean {
    return this.#mailboxes.has(name)
  }

  of(name: string, limit: number): Mailbox {
    const known = this.#mailboxes.get(name)
    if (known !== undefined) return known
    const mailbox = new Mailbox(limit, () => this.#mailboxes.delete(name))
    this.#mailboxes.set(name, mailbox)
    return mailbox
  }
}
