/**
 * Measures the time from a write to its being visible everywhere.
 *
 * Twice a second it adds 1 to a counter on some running node and waits until the watch of every node that can be reached shows
 * it. Each node has a counter of its own that nothing else writes, so a watch that shows the sum the write answered, or more,
 * shows that very write, also after a cut.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { ProbeSample } from '../../admin/page-model.ts'
import { actorPath, ask, watch } from '../door-client.ts'
import type { DemoCluster } from './demo-cluster.ts'
import type { NodeProcess } from './node-process.ts'
import type { Observer } from './observer.ts'
import { ProbeLog } from './probe-log.ts'

const intervalMs = 500
/** A write that is not visible everywhere after this time is shown as a gap. */
const patienceMs = 5000
const reconnectMs = 200

interface Sighting {
  readonly reader: string
  readonly value: number
  readonly atMs: number
}

interface Probe {
  readonly writer: string
  readonly sightings: Sighting[]
  /** Something was seen, or the probe means nothing any more. */
  wake: () => void
  isAbandoned: boolean
}

export class Prober {
  readonly log: ProbeLog
  readonly #cluster: DemoCluster
  readonly #observer: Observer
  readonly #stop = new AbortController()
  #probe: Probe | undefined

  constructor(cluster: DemoCluster, observer: Observer) {
    this.log = new ProbeLog(cluster.nodes.length)
    this.#cluster = cluster
    this.#observer = observer
    cluster.onDrill(() => this.#abandon())
  }

  start(): void {
    for (const reader of this.#cluster.nodes) {
      for (const writer of this.#cluster.nodes) void this.#read(reader, writer.name)
    }
    void this.#run()
  }

  stop(): void {
    this.#stop.abort()
    this.#abandon()
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const startedMs = performance.now()
      const writers = this.#cluster.nodes.filter(node => node.state === 'running')
      const writer = writers[Math.floor(Math.random() * writers.length)]
      const sample = writer === undefined ? undefined : await this.#measure(writer)
      if (sample !== undefined) this.log.add(sample)
      const restMs = Math.max(50, startedMs + intervalMs - performance.now())
      await pause(restMs, undefined, { signal: this.#stop.signal }).catch(() => {})
    }
  }

  /** `undefined` when a drill or a failing node made the measurement void. */
  async #measure(node: NodeProcess): Promise<Omit<ProbeSample, 'number'> | undefined> {
    const door = node.ready?.http
    const atMs = Date.now()
    const readers = this.#reachableFrom(node)
    if (door === undefined) return undefined
    const probe: Probe = { writer: node.name, sightings: [], wake() {}, isAbandoned: false }
    this.#probe = probe
    const startedMs = performance.now()
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(patienceMs)])
    try {
      const path = actorPath('counter', counterOf(node.name), 'add')
      const { result } = (await ask(door, path, { method: 'POST', body: '1', signal })) as { result: number }
      const seenMs = await this.#visibleEverywhere(probe, readers, result, signal)
      if (probe.isAbandoned) return undefined
      const visibleMs = seenMs === undefined || readers.length < 2 ? null : seenMs - startedMs
      return { atMs, writer: node.name, reached: readers.length, visibleMs }
    } catch {
      // The node ended, or hangs: the page shows that of the node itself; here it is a gap.
      return probe.isAbandoned ? undefined : { atMs, writer: node.name, reached: readers.length, visibleMs: null }
    } finally {
      this.#probe = undefined
    }
  }

  /** When the last of the readers showed the value; `undefined` when that did not come. */
  async #visibleEverywhere(
    probe: Probe,
    readers: readonly string[],
    value: number,
    signal: AbortSignal
  ): Promise<number | undefined> {
    for (;;) {
      if (signal.aborted || probe.isAbandoned) return undefined
      const { promise: woken, resolve } = Promise.withResolvers<void>()
      probe.wake = resolve
      const first = readers.map(reader => probe.sightings.find(seen => seen.reader === reader && seen.value >= value))
      if (first.every(seen => seen !== undefined)) return Math.max(...first.map(seen => seen.atMs))
      signal.addEventListener('abort', () => resolve(), { once: true })
      await woken
    }
  }

  /** The running nodes that this one has a link with, and itself. */
  #reachableFrom(node: NodeProcess): string[] {
    const links = this.#observer.says(node.name)?.links ?? []
    return this.#cluster.nodes
      .filter(({ name, state }) => state === 'running' && this.#cluster.mayReach(node.name, name))
      .map(({ name }) => name)
      .filter(name => name === node.name || links.includes(name))
  }

  /** Follows one node's counter on another, connecting again whenever the reader runs. */
  async #read(reader: NodeProcess, writer: string): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      const door = reader.ready?.http
      if (reader.state === 'running' && door !== undefined) {
        try {
          for await (const state of watch(door, actorPath('counter', counterOf(writer), 'watch'), { signal })) {
            this.#saw(reader.name, writer, Number(state))
          }
        } catch {
          // Killed, or stopping. It is asked again as long as the demo runs.
        }
      }
      await pause(reconnectMs, undefined, { signal }).catch(() => {})
    }
  }

  #saw(reader: string, writer: string, value: number): void {
    const probe = this.#probe
    if (probe?.writer !== writer) return
    probe.sightings.push({ reader, value, atMs: performance.now() })
    probe.wake()
  }

  #abandon(): void {
    if (this.#probe === undefined) return
    this.#probe.isAbandoned = true
    this.#probe.wake()
  }
}

function counterOf(writer: string): string {
  return `probe-${writer}`
}
