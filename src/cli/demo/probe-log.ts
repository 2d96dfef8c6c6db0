/** The last few minutes of probes, and what the last minute comes to. */
import type { ProbeSample, ProbeSnapshot } from '../../admin/page-model.ts'

/** Five minutes at two a second. */
const maxSamples = 600
const minuteMs = 60_000

export class ProbeLog {
  #samples: ProbeSample[] = []
  #numbers = 0
  readonly #nodes: number

  /** Only writes that could reach this many nodes count in the quantiles. */
  constructor(nodes: number) {
    this.#nodes = nodes
  }

  add(sample: Omit<ProbeSample, 'number'>): void {
    this.#samples.push({ ...sample, number: ++this.#numbers })
    if (this.#samples.length > maxSamples) this.#samples = this.#samples.slice(-maxSamples)
  }

  /** Samples with a number above `after`, and the quantiles of the minute before `nowMs`. */
  since(after: number, nowMs: number): ProbeSnapshot {
    const lastMinute = this.#samples
      .filter(({ atMs, reached, visibleMs }) => visibleMs !== null && reached >= this.#nodes && atMs > nowMs - minuteMs)
      .map(({ visibleMs }) => visibleMs ?? 0)
      .toSorted((one, other) => one - other)
    return {
      samples: this.#samples.filter(({ number }) => number > after),
      medianMs: quantile(lastMinute, 0.5),
      p99Ms: quantile(lastMinute, 0.99),
      count: lastMinute.length
    }
  }
}

/** The smallest value that is not below the given share of the values. */
export function quantile(sorted: readonly number[], share: number): number | null {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}
