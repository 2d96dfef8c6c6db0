/** How long cells were without an owner, as their clients saw it. */
import { byKey, isAnswered, type Operation } from './history.ts'

/** A cell that goes on at once had another owner than the one that was lost. */
const notAffectedMs = 1_000

/** By cell that stood still: the time from a moment until a call that began after it was answered, in milliseconds. */
export function takeOversMs(history: readonly Operation[], atUs: number): number[] {
  const found: number[] = []
  for (const operations of byKey(history).values()) {
    const answers = operations.filter(isAnswered).filter(({ call }) => call >= atUs)
    const first = Math.min(...answers.map(({ answer }) => answer.at))
    const ms = (first - atUs) / 1000
    if (ms >= notAffectedMs) found.push(Math.round(ms))
  }
  return found
}

export function quantile(values: readonly number[], share: number): number | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
}
