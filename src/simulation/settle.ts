/** The outcome of a promise that needs simulated time to pass; an error where it does not come. */
import type { SimulatedTime } from './time.ts'

export async function settled<Result>(
  time: SimulatedTime,
  promise: Promise<Result>,
  deadlineMs = 600_000
): Promise<Result> {
  let isSettled = false
  const settle = () => {
    isSettled = true
  }
  promise.then(settle, settle)
  const why = await time.run({ condition: () => isSettled, untilMs: time.nowMs + deadlineMs })
  if (why !== 'condition') throw new Error(`no outcome within ${deadlineMs} ms of simulated time`)
  return promise
}
