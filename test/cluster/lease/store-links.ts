/**
 * What lies between each node and the lease store: now and then one of them is served late, loses requests or answers, or does not get
 * through at all, while others do.
 */
import type { Clock } from '../../../src/ports/clock.ts'
import { type LeaseStore, storeFailed } from '../../../src/ports/lease-store.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import type { SimulatedMachine } from '../../../src/simulation/world.ts'
import type { LeaseCluster } from './lease-cluster.ts'

const troubles = ['late', 'lossy', 'cut'] as const
type Trouble = (typeof troubles)[number]

export class StoreLinks {
  readonly #cluster: LeaseCluster
  readonly #random: SeededRandom
  readonly #troubled = new Map<SimulatedMachine, Trouble>()

  constructor(cluster: LeaseCluster) {
    this.#cluster = cluster
    this.#random = new SeededRandom(`store links/${cluster.options.seed}`)
    cluster.wrap = (store, machine, clock) => this.#wrapped(store, machine, clock)
  }

  /** One node, perhaps: its answers come late for a while, and then nothing gets through. */
  trouble(): void {
    const { machines, world, options } = this.#cluster
    if (!this.#random.chance(0.4)) return
    const machine = this.#random.pick(machines)
    const { leaseMs = 2000 } = options
    let atMs = 0
    for (const trouble of this.#random.chance(0.5) ? (['late', 'cut'] as const) : [this.#random.pick(troubles)]) {
      world.time.schedule(atMs * 1000, undefined, () => void this.#troubled.set(machine, trouble))
      atMs += this.#random.below(trouble === 'cut' ? 2 * leaseMs : leaseMs)
    }
    world.time.schedule(atMs * 1000, undefined, () => void this.#troubled.delete(machine))
  }

  heal(): void {
    this.#troubled.clear()
    this.trouble = () => {}
  }

  #wrapped(store: LeaseStore, machine: SimulatedMachine, clock: Clock): LeaseStore {
    const pass = async <T>(deadlineMs: number, call: () => Promise<T>): Promise<T> => {
      const trouble = this.#troubled.get(machine)
      if (trouble === undefined) return call()
      const [losesRequest, losesAnswer] = [this.#random.chance(0.5), this.#random.chance(0.3)]
      const never = new Promise<never>((_, reject) =>
        clock.after(Math.max(0, deadlineMs - clock.elapsed()), () => reject(storeFailed('the store', 'no answer')))
      )
      never.catch(() => {})
      if (trouble === 'cut' || (trouble === 'lossy' && losesRequest)) return never
      const answer = call()
      if (trouble === 'lossy') return losesAnswer ? Promise.race([never, answer.then(() => never)]) : answer
      const lateMs = this.#random.next() * (deadlineMs - clock.elapsed())
      return Promise.race([
        never,
        answer.then(async it => {
          await new Promise<void>(resolve => clock.after(lateMs, resolve))
          return it
        })
      ])
    }
    return {
      read: (key, deadlineMs) => pass(deadlineMs, () => store.read(key, deadlineMs)),
      list: (prefix, deadlineMs, atMost) => pass(deadlineMs, () => store.list(prefix, deadlineMs, atMost)),
      write: (key, value, expected, deadlineMs) =>
        pass(deadlineMs, () => store.write(key, value, expected, deadlineMs)),
      remove: (key, version, deadlineMs) => pass(deadlineMs, () => store.remove(key, version, deadlineMs)),
      close: () => store.close()
    }
  }
}
