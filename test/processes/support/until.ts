/**
 * Waiting for something to become true, with a deadline. Deadlines are the promises of the project, in milliseconds of a machine that
 * has time for the nodes: what other programs take of it does not count (`MachineTime`). SHOAL_SLACK=3 stretches them all where a
 * machine is slow by itself.
 */
import { MachineTime } from '../../support/machine-time.ts'

const pollMs = 10
const slack = Number(process.env['SHOAL_SLACK'] ?? 1)

/** Looks until `look` no longer throws, and answers its value and how long it took. Fails with its last reason after the deadline. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  look: () => Promise<T> | T
): Promise<{ value: T; elapsedMs: number }> {
  const startMs = performance.now()
  const time = new MachineTime()
  const mostMs = deadlineMs * slack
  for (;;) {
    try {
      const value = await look()
      const elapsedMs = performance.now() - startMs
      // All that has passed, first: to ask what was ours of it costs more.
      if (elapsedMs > mostMs && time.ms > mostMs) throw new Error(`came only after ${Math.round(elapsedMs)} ms`)
      return { value, elapsedMs }
    } catch (error) {
      const elapsedMs = performance.now() - startMs
      if (elapsedMs > mostMs && time.ms > mostMs) {
        const reason = error instanceof Error ? error.message : String(error)
        const passed = `${Math.round(elapsedMs)} ms have passed`
        throw new Error(`not within ${mostMs} ms of this machine's time (${passed}): ${what}\n${reason}`, {
          cause: error
        })
      }
    }
    await pause(pollMs)
  }
}

/** For the pace of a workload and the length of an outage; never to wait for something. */
export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
