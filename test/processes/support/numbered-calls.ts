/**
 * An open loop of calls: so many a second are due, whatever became of those before, each with a number that it notes in a book. How long one
 * took counts from the moment at which it was due.
 *
 * Callers are placed as behind a balancer that looks at readiness: each call goes to the next door in turn of those that are not at rest. Whoever
 * restarts a node lets its door rest before it says so to the node; the calls that the door has by then are to be answered like all others.
 */

import type { Book, NumberedCall } from './audit.ts'
import { ask, call } from './http.ts'
import type { NodeProcess } from './node-process.ts'
import { pause } from './until.ts'

export interface NumberedCallsOptions {
  /** Each with a command `note` and a query `calls`. */
  readonly kinds: readonly string[]
  /** Of each kind. */
  readonly books: number
  /** Begins their names, so that they are not those of other calls. */
  readonly prefix: string
  readonly callsPerSecond: number
}

export interface TimedCall extends NumberedCall {
  readonly door: string
  readonly dueMs: number
  readonly tookMs: number
  /** What the door said, or what became of the connection. */
  readonly said: string
}

const tickMs = 2
/** Above any deadline of a call: then the door has forgotten it. */
const patienceMs = 30_000
/** Callers that are so far behind are no open loop any more. */
const mostUnderWay = 20_000
const readersAtOnce = 8

export class NumberedCalls implements AsyncDisposable {
  readonly resting = new Set<NodeProcess>()
  readonly done: TimedCall[] = []
  /** How late the latest call was sent, in milliseconds: more than a little says that the callers' process is too busy. */
  latestMs = 0
  readonly #nodes: readonly NodeProcess[]
  readonly #options: NumberedCallsOptions
  readonly #startMs = performance.now()
  readonly #due: Promise<void>
  readonly #underWay = new Set<Promise<void>>()
  #isStopped = false

  constructor(nodes: readonly NodeProcess[], options: NumberedCallsOptions) {
    this.#nodes = nodes
    this.#options = options
    this.#due = this.#run()
  }

  /** Resolves when all calls are answered, or have failed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isStopped = true
    await this.#due
    await Promise.all(this.#underWay)
  }

  /** All books, as their owners show them. */
  async books(): Promise<Map<string, Book>> {
    const { kinds, books, prefix } = this.#options
    const paths = kinds.flatMap(kind => Array.from({ length: books }, (_, n) => `${kind}/${bookName(prefix, n)}`))
    const found = new Map<string, Book>()
    const read = async (_: unknown, reader: number) => {
      for (let n = reader; n < paths.length; n += readersAtOnce) {
        const [path, node] = [paths[n], this.#nodes[n % this.#nodes.length]]
        if (path !== undefined && node !== undefined) found.set(path, await call<Book>(node.http, `${path}/calls`))
      }
    }
    await Promise.all(Array.from({ length: readersAtOnce }, read))
    return found
  }

  async #run(): Promise<void> {
    const periodMs = 1_000 / this.#options.callsPerSecond
    for (let number = 0; !this.#isStopped; await pause(tickMs)) {
      const nowMs = performance.now()
      for (; this.#startMs + number * periodMs <= nowMs; number++) {
        if (this.#underWay.size >= mostUnderWay) throw new Error(`${mostUnderWay} calls have no answer`)
        const dueMs = this.#startMs + number * periodMs
        this.latestMs = Math.max(this.latestMs, performance.now() - dueMs)
        const made = this.#call(number, dueMs)
        this.#underWay.add(made)
        void made.then(() => this.#underWay.delete(made))
      }
    }
  }

  async #call(number: number, dueMs: number): Promise<void> {
    const { kinds, books, prefix } = this.#options
    const doors = this.#nodes.filter(node => !this.resting.has(node))
    const door = doors[number % doors.length]
    if (door === undefined) throw new Error('all doors are at rest')
    const book = `${kinds[number % kinds.length]}/${bookName(prefix, Math.floor(number / kinds.length) % books)}`
    const note = (failure: string | undefined, said: string) =>
      this.done.push({ number, book, failure, said, door: door.name, dueMs, tookMs: performance.now() - dueMs })
    try {
      const { status, body } = await ask('POST', door.http, `/v1/actors/${book}/note`, { call: number }, patienceMs)
      if (status === 200) note(undefined, '')
      else note((body as { code?: string } | undefined)?.code ?? `status ${status}`, JSON.stringify(body))
    } catch (error) {
      note((error as NodeJS.ErrnoException).code ?? 'no answer', String(error))
    }
  }
}

export function bookName(prefix: string, n: number): string {
  return `${prefix}-${n}`
}
