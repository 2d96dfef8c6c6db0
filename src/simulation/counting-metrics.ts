/** The `Metrics` of simulated nodes: sums that all of them share, so that whoever runs them can say what happened at all. */
import type { Counter, Gauge, Histogram, Metrics } from '../ports/metrics.ts'

export class CountingMetrics implements Metrics {
  readonly #sums = new Map<string, { value: number }>()

  counter(name: string): Counter {
    const sum = this.#sum(name)
    return {
      add: (amount = 1) => {
        sum.value += amount
      }
    }
  }

  /** The largest value that any node has shown. */
  gauge(name: string): Gauge {
    const peak = this.#sum(name)
    return {
      set: value => {
        peak.value = Math.max(peak.value, value)
      }
    }
  }

  /** How many were observed. */
  histogram(name: string): Histogram {
    const count = this.#sum(name)
    return {
      observe: () => {
        count.value++
      }
    }
  }

  all(): Record<string, number> {
    return Object.fromEntries(
      [...this.#sums].map(([name, { value }]) => [name, value] as const).sort(([a], [b]) => (a < b ? -1 : 1))
    )
  }

  #sum(name: string): { value: number } {
    const known = this.#sums.get(name)
    if (known !== undefined) return known
    const sum = { value: 0 }
    this.#sums.set(name, sum)
    return sum
  }
}
