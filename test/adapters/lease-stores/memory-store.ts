/** The least that is a lease store: registers in a Map, for the suite to be tried on, and as the shortest reading of the contract. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../../../src/ports/clock.ts'
import { LeaseCalls, type RegisterBackend } from '../../../src/ports/lease-calls.ts'
import type { LeaseStore, Register, WriteOutcome } from '../../../src/ports/lease-store.ts'
import type { Trouble } from './trouble.ts'

export class MemoryRegisters {
  readonly registers = new Map<string, Register>()
  #versions = 0

  startAnew(version: string): void {
    this.#versions = Number(version) - 1
  }

  write(key: string, value: Uint8Array, expected: string | undefined): WriteOutcome {
    if (this.registers.get(key)?.version !== expected) return 'conflict'
    const version = String(++this.#versions)
    this.registers.set(key, { key, value, version })
    return { version }
  }
}

/** Of a deliberate mistake, that the suite must find. */
export type Mistake =
  | 'does not compare'
  | 'compares the value, not the version'
  | 'reads from a copy that lags'
  | 'says conflict when it does not know'
  | 'sends a write again when the answer is lost'
  | 'lists a part'
  | 'removes whatever is there'
  | 'gives a register that was removed its old version again'

type State = 'fine' | 'cut' | 'stalled' | 'mute'

export class MemoryStore implements RegisterBackend, Trouble {
  readonly name = 'memory'
  readonly #shared: MemoryRegisters
  readonly #mistake: Mistake | undefined
  /** What every version was, for the one who compares values. */
  readonly #values = new Map<string, string>()
  #lagging: ReadonlyMap<string, Register> = new Map()
  #state: State = 'fine'
  #waiting: (() => void)[] = []

  constructor(shared: MemoryRegisters, mistake?: Mistake) {
    this.#shared = shared
    this.#mistake = mistake
  }

  open(clock: Clock): LeaseStore {
    return new LeaseCalls(this, clock)
  }

  async read(key: string): Promise<Register | undefined> {
    return await this.#round(() => this.#seen().get(key))
  }

  async list(prefix: string): Promise<Register[]> {
    const all = await this.#round(() => [...this.#seen().values()].filter(({ key }) => key.startsWith(prefix)))
    return this.#mistake === 'lists a part' ? all.slice(0, 1000) : all
  }

  async write(key: string, value: Uint8Array, expected: string | undefined): Promise<WriteOutcome> {
    const write = () => {
      const now = this.#shared.registers.get(key)
      const comparesValue = this.#mistake === 'compares the value, not the version'
      const isSame = comparesValue && now !== undefined && this.#values.get(expected ?? '') === now.value.join()
      const outcome = this.#shared.write(
        key,
        value,
        isSame || this.#mistake === 'does not compare' ? now?.version : expected
      )
      if (outcome !== 'conflict') this.#values.set(outcome.version, value.join())
      return outcome
    }
    try {
      return await this.#round(write)
    } catch (error) {
      if (this.#mistake === 'says conflict when it does not know') return 'conflict'
      throw error
    }
  }

  async remove(key: string, version: string): Promise<void> {
    await this.#round(() => {
      const { registers } = this.#shared
      if (registers.get(key)?.version !== version && this.#mistake !== 'removes whatever is there') return
      registers.delete(key)
      if (this.#mistake === 'gives a register that was removed its old version again') this.#shared.startAnew(version)
    })
  }

  async close(): Promise<void> {}

  cut(): void {
    this.#state = 'cut'
    this.#release()
  }

  stall(): void {
    this.#state = 'stalled'
  }

  mute(): void {
    this.#state = 'mute'
  }

  heal(): void {
    this.#state = 'fine'
    this.#release()
  }

  #release(): void {
    for (const goOn of this.#waiting.splice(0)) goOn()
  }

  #seen(): ReadonlyMap<string, Register> {
    const seen = this.#lagging
    this.#lagging = new Map(this.#shared.registers)
    return this.#mistake === 'reads from a copy that lags' ? seen : this.#lagging
  }

  async #round<T>(act: () => T): Promise<T> {
    if ((await this.#passage('stalled')) === 'cut') throw new Error('nobody is there')
    const result = act()
    if ((await this.#passage('mute')) === 'cut') {
      if (this.#mistake === 'sends a write again when the answer is lost') return act()
      throw new Error('the connection ended before the answer')
    }
    return result
  }

  async #passage(stop: State): Promise<State> {
    await turn()
    if (this.#state === stop) await new Promise<void>(resolve => this.#waiting.push(resolve))
    return this.#state
  }
}
