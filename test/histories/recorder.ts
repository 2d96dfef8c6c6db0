/**
 * Notes what clients ask and are answered. A call that fails took effect or not, and nobody knows, unless its error says for certain
 * that it did not (docs/errors.md); one that is under way when the history is taken may take effect, too.
 */
import { isShoalError } from 'shoal'
import type { Input, Operation, Output } from './history.ts'

/** Had no effect, whatever became of the caller. */
const standardWithoutEffect = ['SHOAL_DEADLINE', 'SHOAL_OVERLOADED']

interface Underway {
  readonly client: number
  readonly key: string
  readonly input: Input
  readonly call: number
  lostAt?: number
}

export class Recorder {
  readonly #now: () => number
  readonly #withoutEffect: ReadonlySet<string>
  readonly #done: Operation[] = []
  readonly #underway = new Set<Underway>()
  /** How often calls failed, by code. */
  readonly failures = new Map<string, number>()

  /** `now` answers whole numbers of one clock that never goes back. */
  constructor(now: () => number, withoutEffect: readonly string[] = standardWithoutEffect) {
    this.#now = now
    this.#withoutEffect = new Set(withoutEffect)
  }

  /** Makes the call and notes it. Answers what it answered, and `undefined` where it failed. */
  async record(
    { client, key, input }: Omit<Underway, 'call' | 'lostAt'>,
    call: () => Promise<Output>
  ): Promise<Output | undefined> {
    const operation: Underway = { client, key, input, call: this.#now() }
    this.#underway.add(operation)
    try {
      const output = await call()
      this.#done.push({ ...operation, answer: { at: this.#now(), output } })
      return output
    } catch (error) {
      operation.lostAt = this.#now()
      const code = isShoalError(error) ? error.code : String(error)
      this.failures.set(code, (this.failures.get(code) ?? 0) + 1)
      if (!this.#withoutEffect.has(code) && input.op !== 'read') this.#done.push(operation)
      return undefined
    } finally {
      this.#underway.delete(operation)
    }
  }

  /** All so far. */
  history(): Operation[] {
    return [...this.#done, ...[...this.#underway].filter(({ input }) => input.op !== 'read')]
  }
}
