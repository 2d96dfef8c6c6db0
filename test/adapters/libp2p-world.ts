/** libp2p networks on loopback for tests: real time, free ports, identities of their own. */
import { setTimeout as delay } from 'node:timers/promises'
import { generateNodeKey, Libp2pNetwork, type Libp2pNetworkOptions } from '../../src/adapters/libp2p/network.ts'
import type { Clock } from '../../src/ports/clock.ts'
import { silentLogger } from '../../src/ports/logger.ts'
import type { Metrics } from '../../src/ports/metrics.ts'
import type { NetworkWorld, NodeOptions } from '../ports/network-world.ts'

export const clock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  after(delayMs, task) {
    const timer = setTimeout(task, delayMs)
    return { cancel: () => clearTimeout(timer) }
  },
  soon: task => void setImmediate(task)
}

/** Counters that can be read back by name. */
export class CountingMetrics implements Metrics {
  readonly values = new Map<string, number>()

  counter(name: string) {
    return { add: (amount = 1) => this.#add(name, amount) }
  }

  gauge(name: string) {
    return { set: (value: number) => void this.values.set(name, value) }
  }

  histogram(name: string) {
    return { observe: () => this.#add(name, 1) }
  }

  #add(name: string, amount: number): void {
    this.values.set(name, (this.values.get(name) ?? 0) + amount)
  }
}

export const clusterKey = new Uint8Array(32).fill(7)
export const facts = { cluster: 'test', shards: 256, protocol: 1 }

/** Fails what hangs. A busy machine may take its time for all that is waited for here: how fast links are is the benchmarks' business. */
const hangMs = 120_000

export function newNetwork(options: NodeOptions & Partial<Libp2pNetworkOptions> = {}): Libp2pNetwork {
  const { clusterKey: key, facts: differing, ...rest } = options
  return new Libp2pNetwork({
    privateKey: generateNodeKey(),
    listen: ['/ip4/127.0.0.1/tcp/0'],
    clock,
    logger: silentLogger,
    metrics: new CountingMetrics(),
    dialDeadlineMs: hangMs,
    handshakeDeadlineMs: hangMs,
    // A starved node would hold others for deaf, and end links that tests count on.
    deafLimitMs: hangMs,
    admission: { clusterKey: key ?? clusterKey, facts: { ...facts, ...differing } },
    ...rest
  })
}

export async function until(condition: () => boolean): Promise<void> {
  const started = performance.now()
  while (!condition()) {
    if (performance.now() - started > hangMs) throw new Error(`not within ${hangMs} ms: ${condition}`)
    await delay(2)
  }
}

export async function libp2pWorld(): Promise<NetworkWorld> {
  return { make: newNetwork, until, dispose: async () => {} }
}
