/**
 * Callers of one account each: a deposit, a pause of some milliseconds, the next deposit. Between two answers to one of them lies a pause and
 * a call, or as long as nobody served its account.
 */
import { isShoalError } from '../../src/ports/errors.ts'
import type { ShoalNode } from '../../src/shoal-node.ts'
import { type AccountKind, accountKinds } from './accounts.ts'
import { monotonicMs, pause } from './monotonic.ts'

export interface PacedOptions {
  readonly kind: AccountKind
  readonly names: readonly string[]
  readonly pauseMs: number
}

export interface PacedCalls {
  readonly name: string
  /** When each call was answered. */
  readonly answeredMs: readonly number[]
  /** How long each of them took. */
  readonly tookMs: readonly number[]
  /** For each change of its owner, as the caller's node sees it, the time between the answers around it, or the two after it if that was longer. */
  readonly movedMs: readonly number[]
  /** What was thrown instead of an answer. */
  readonly failures: readonly string[]
}

export class PacedCallers {
  readonly #all: Promise<PacedCalls[]>
  #isStopped = false

  constructor(node: ShoalNode, { kind, names, pauseMs }: PacedOptions) {
    this.#all = Promise.all(names.map(name => this.#run(node, kind, name, pauseMs)))
  }

  /** Resolves when each has the answer to its last call. */
  stop(): Promise<PacedCalls[]> {
    this.#isStopped = true
    return this.#all
  }

  async #run(node: ShoalNode, kind: AccountKind, name: string, pauseMs: number): Promise<PacedCalls> {
    const account = node.actor(accountKinds[kind], name)
    const answeredMs: number[] = []
    const tookMs: number[] = []
    const changes: number[] = []
    const failures: string[] = []
    const ownerNow = () => node.owner(accountKinds[kind], name)
    let owner = ownerNow()
    while (!this.#isStopped) {
      const beganMs = monotonicMs()
      try {
        await account.deposit({ amount: 1 })
        if (answeredMs.length > 0 && ownerNow() !== owner) changes.push(answeredMs.length)
        owner = ownerNow()
        answeredMs.push(monotonicMs())
        tookMs.push(monotonicMs() - beganMs)
      } catch (error) {
        failures.push(isShoalError(error) ? `${error.code} ${error.message}` : String(error))
      }
      await pause(pauseMs)
    }
    const before = (i: number) => (answeredMs[i] ?? 0) - (answeredMs[i - 1] ?? 0)
    // The old owner's last answer may come after the change.
    const movedMs = changes.map(i => Math.max(before(i), i + 1 < answeredMs.length ? before(i + 1) : 0))
    return { name, answeredMs, tookMs, movedMs, failures }
  }
}
