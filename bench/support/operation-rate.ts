/**
 * The rate of an operation too short to be timed alone: batches of it, each long enough for the clock, after a warm-up.
 *
 * The median batch is what the operation costs; the slow ones hold garbage collection and what else ran on the machine.
 */
import { monotonicMs } from './monotonic.ts'
import { quantile } from './statistics.ts'

export interface RateOptions {
  readonly warmUpMs: number
  readonly batchMs: number
  readonly batches: number
}

/** `operation` answers something, so that its work cannot be optimised away. */
export function operationRate(operation: () => unknown, { warmUpMs, batchMs, batches }: RateOptions) {
  const sink: unknown[] = [undefined]
  const time = (count: number): number => {
    const startMs = monotonicMs()
    for (let i = 0; i < count; i++) sink[0] = operation()
    return monotonicMs() - startMs
  }
  const untilMs = monotonicMs() + warmUpMs
  let count = 1
  let tookMs = time(count)
  while (monotonicMs() < untilMs || tookMs < batchMs / 2) {
    if (tookMs < batchMs / 2) count *= 2
    tookMs = time(count)
  }
  globalThis.gc?.()
  const microseconds = Array.from({ length: batches }, () => (time(count) / count) * 1000)
  const p50Us = quantile(microseconds, 0.5)
  return { operationsPerSecond: 1e6 / p50Us, p50Us, p99Us: quantile(microseconds, 0.99) }
}
