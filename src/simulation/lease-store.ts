/**
 * A lease store of the simulation: linearizable registers on a machine of their own, behind a network that delays and loses. A write takes
 * place when its request arrives, whatever has become of who sent it; so one that has failed for its sender may come true long after.
 */
import {
  checkRegisterKey,
  checkRegisterPrefix,
  checkRegisterValue,
  type LeaseStore,
  type Register,
  type RegisterVersion,
  storeFailed,
  type WriteOutcome
} from '../ports/lease-store.ts'
import type { SimulatedClock } from './clock.ts'
import type { SimulatedProcess } from './process.ts'
import type { SeededRandom } from './random.ts'
import type { SimulatedTime } from './time.ts'

export interface LeaseStoreConditions {
  /** One way, in milliseconds. @default { min: 0.2, max: 2 } */
  latencyMs: { min: number; max: number }
  /** Probability that a request is late by up to `spikeMs`. @default 0 */
  spikeProbability: number
  /** @default 10_000 */
  spikeMs: number
  /** Probability of either to be lost. @default 0 */
  lossProbability: number
  /** Nothing arrives. @default false */
  isDown: boolean
}

export class SimulatedLeaseRegisters {
  readonly conditions: LeaseStoreConditions = {
    latencyMs: { min: 0.2, max: 2 },
    spikeProbability: 0,
    spikeMs: 10_000,
    lossProbability: 0,
    isDown: false
  }
  /** That were ever made. */
  requests = 0
  readonly #time: SimulatedTime
  readonly #random: SeededRandom
  readonly #registers = new Map<string, Register>()
  #versions = 0

  constructor(time: SimulatedTime, random: SeededRandom) {
    this.#time = time
    this.#random = random
  }

  /** As it is at this moment, for tests. */
  register(key: string): Register | undefined {
    return this.#registers.get(key)
  }

  /** As one process reaches it. */
  open({ process, clock }: { process: SimulatedProcess; clock: SimulatedClock }): LeaseStore {
    const call = <T>(what: string, deadlineMs: number, serve: () => T) =>
      new Promise<T>((resolve, reject) => {
        this.requests++
        const timer = clock.after(Math.max(0, deadlineMs - clock.elapsed()), () =>
          reject(storeFailed(what, 'no answer'))
        )
        this.#travel(() => {
          const answer = serve()
          this.#travel(() =>
            process.schedule(0, () => {
              timer.cancel()
              resolve(answer)
            })
          )
        })
      })
    return {
      read: async (key, deadlineMs) => {
        checkRegisterKey(key)
        return call(`read of ${key}`, deadlineMs, () => this.#registers.get(key))
      },
      list: async (prefix, deadlineMs, atMost) => {
        checkRegisterPrefix(prefix)
        const all = () => [...this.#registers.values()].filter(({ key }) => key.startsWith(prefix)).slice(0, atMost)
        return call(`list of ${prefix}`, deadlineMs, all)
      },
      write: async (key, value, expected, deadlineMs) => {
        checkRegisterKey(key)
        checkRegisterValue(value)
        const copy = value.slice()
        return call(`write of ${key}`, deadlineMs, () => this.#write(key, copy, expected))
      },
      remove: async (key, version, deadlineMs) => {
        checkRegisterKey(key)
        return call(`removal of ${key}`, deadlineMs, () => {
          if (this.#registers.get(key)?.version === version) this.#registers.delete(key)
        })
      },
      close: async () => {}
    }
  }

  /** As if the store had been set up anew. */
  forget(key: string): void {
    this.#registers.delete(key)
  }

  /** As if somebody who is no node of Shoal had written there. */
  spoil(key: string): void {
    this.#registers.set(key, { key, value: new TextEncoder().encode('{}'), version: `v${++this.#versions}` })
  }

  #write(key: string, value: Uint8Array, expected: RegisterVersion | undefined): WriteOutcome {
    if (this.#registers.get(key)?.version !== expected) return 'conflict'
    const version = `v${++this.#versions}`
    this.#registers.set(key, { key, value, version })
    return { version }
  }

  #travel(arrive: () => void): void {
    const { latencyMs, spikeProbability, spikeMs, lossProbability } = this.conditions
    if (this.#random.chance(lossProbability)) return
    const spike = this.#random.chance(spikeProbability) ? this.#random.between(0, spikeMs) : 0
    const delayMs = this.#random.between(latencyMs.min, latencyMs.max) + spike
    this.#time.schedule(Math.ceil(delayMs * 1000), undefined, () => {
      if (!this.conditions.isDown) arrive()
    })
  }
}
