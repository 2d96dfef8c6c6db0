/** Order statistics of samples. The quantile is the nearest rank: a value that was measured, never one in between. */
export function quantile(samples: readonly number[], share: number): number {
  if (samples.length === 0) return Number.NaN
  const sorted = Float64Array.from(samples).sort()
  const rank = Math.ceil(share * sorted.length)
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] ?? Number.NaN
}

export interface Spread {
  readonly median: number
  readonly min: number
  readonly max: number
  /** One value per run, in their order. */
  readonly runs: readonly number[]
}

export function spreadOf(runs: readonly number[]): Spread {
  return { median: quantile(runs, 0.5), min: quantile(runs, 0), max: quantile(runs, 1), runs }
}

/** Median, 99th percentile and maximum of latencies, in milliseconds. */
export function latencies(samplesMs: readonly number[]): { p50Ms: number; p99Ms: number; maxMs: number } {
  return { p50Ms: quantile(samplesMs, 0.5), p99Ms: quantile(samplesMs, 0.99), maxMs: quantile(samplesMs, 1) }
}
