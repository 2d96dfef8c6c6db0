/**
 * Figures about a node. Names start with `shoal_` and end with their unit (`_total`, `_seconds`, `_bytes`); a label never holds
 * the name of an actor. Asking twice for the same name answers the same figure.
 */
export interface Metrics {
  counter(name: string, help: string): Counter
  gauge(name: string, help: string): Gauge
  /** Durations in seconds. */
  histogram(name: string, help: string): Histogram
}

export interface Counter {
  add(amount?: number): void
}

export interface Gauge {
  set(value: number): void
}

export interface Histogram {
  observe(seconds: number): void
}

const nothing = { add() {}, set() {}, observe() {} }
export const noMetrics: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing }
