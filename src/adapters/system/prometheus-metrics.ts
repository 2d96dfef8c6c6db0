/** Figures in Prometheus' text format, by prom-client, each set in a registry of its own; with those of the Node process. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
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
  readonly #histograms = new Map<string, port.Histogram>()

  constructor(options: PrometheusMetricsOptions = {}) {
    if (options.process ?? true) collectDefaultMetrics({ register: this.#registry })
  }

  get contentType(): string {
    return this.#registry.contentType
  }

  text(): Promise<string> {
    return this.#registry.metrics()
  }

  counter(name: string, help: string): port.Counter {
    return once(this.#counters, name, () => {
      const counter = new Counter({ name, help, registers: [this.#registry] })
      return { add: (amount = 1) => counter.inc(amount) }
    })
  }

  gauge(name: string, help: string): port.Gauge {
    return once(this.#gauges, name, () => {
      const gauge = new Gauge({ name, help, registers: [this.#registry] })
      return { set: value => gauge.set(value) }
    })
  }

  histogram(name: string, help: string): port.Histogram {
    return once(this.#histograms, name, () => {
      const histogram = new Histogram({ name, help, buckets: secondsBuckets, registers: [this.#registry] })
      return { observe: seconds => histogram.observe(seconds) }
    })
  }
}

function once<T>(made: Map<string, T>, name: string, make: () => T): T {
  const figure = made.get(name) ?? make()
  made.set(name, figure)
  return figure
}
