/**
 * Figures in Prometheus' text format, by prom-client, each set in a registry of its own; with those of the Node process.
 *
 * Counters and histograms are counted here, where they cost some nanoseconds in place of a look-up by labels, and told when asked for.
 */
import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type * as port from '../../ports/metrics.ts'

/** From 50 µs, less than a round trip on loopback, to 10 s, the default deadline of a call. */
const secondsBuckets = [0.00005, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]

export interface PrometheusMetricsOptions {
  /** Whether the figures of the process (memory, event loop, garbage collection) are there too. @default true */
  readonly process?: boolean
}

export class PrometheusMetrics implements port.Metrics {
  readonly #registry = new Registry()
  readonly #counters = new Map<string, port.Counter>()
  readonly #gauges = new Map<string, port.Gauge>()
  readonly #histograms = new Map<string, Histogram>()

  constructor(options: PrometheusMetricsOptions = {}) {
    if (options.process ?? true) collectDefaultMetrics({ register: this.#registry })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  async text(): Promise<string> {
    const histograms = [...this.#histograms.values()].map(histogram => `\n${histogram.text()}`)
    return (await this.#registry.metrics()) + histograms.join('')
  }

  counter(name: string, help: string): port.Counter {
    return once(this.#counters, name, () => {
      let untold = 0
      const collect = () => {
        counter.inc(untold)
        untold = 0
      }
      const counter = new Counter({ name, help, registers: [this.#registry], collect })
      return {
        add: (amount = 1) => {
          untold += amount
        }
      }
    })
  }

  gauge(name: string, help: string): port.Gauge {
    return once(this.#gauges, name, () => {
      const gauge = new Gauge({ name, help, registers: [this.#registry] })
      return { set: value => gauge.set(value) }
    })
  }

  histogram(name: string, help: string): port.Histogram {
    return once(this.#histograms, name, () => new Histogram(name, help))
  }
}

class Histogram implements port.Histogram {
  readonly #name: string
  readonly #help: string
  /** Of each bucket alone; the last one has no bound. */
  readonly #counts = new Float64Array(secondsBuckets.length + 1)
  #sum = 0

  constructor(name: string, help: string) {
    this.#name = name
    this.#help = help
  }

  observe(seconds: number): void {
    let bucket = 0
    while (seconds > (secondsBuckets[bucket] ?? Number.POSITIVE_INFINITY)) bucket++
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1
    this.#sum += seconds
  }

  text(): string {
    const name = this.#name
    const lines = [`# HELP ${name} ${this.#help}`, `# TYPE ${name} histogram`]
    let count = 0
    for (const [bucket, ofBucket] of this.#counts.entries()) {
      count += ofBucket
      lines.push(`${name}_bucket{le="${secondsBuckets[bucket] ?? '+Inf'}"} ${count}`)
    }
    lines.push(`${name}_sum ${this.#sum}`, `${name}_count ${count}`, '')
    return lines.join('\n')
  }
}

function once<T>(made: Map<string, T>, name: string, make: () => T): T {
  const figure = made.get(name) ?? make()
  made.set(name, figure)
  return figure
}
