/**
 * Waiting for something to become true, with a deadline. Deadlines are the promises of the project, in milliseconds;
 * SHOAL_SLACK=3 stretches them all on a machine that is busy with something else.
 */

const pollMs = 10
const slack = Number(process.env['SHOAL_SLACK'] ?? 1)

/** Looks until `look` no longer throws, and answers its value and how long it took. Fails with its last reason after the deadline. */
export async function until<T>(
  what: string,
  deadlineMs: number,
  look: () => Promise<T> | T
): Promise<{ value: T; elapsedMs: number }> {
  const startMs = performance.now()
  for (;;) {
    try {
      const value = await look()
      const elapsedMs = performance.now() - startMs
      if (elapsedMs > deadlineMs * slack) throw new Error(`came only after ${Math.round(elapsedMs)} ms`)
      return { value, elapsedMs }
    } catch (error) {
      if (performance.now() - startMs > deadlineMs * slack) {
        const reason = error instanceof Error ? error.message : String(error)
        throw new Error(`not within ${deadlineMs * slack} ms: ${what}\n${reason}`, { cause: error })
      }
    }
    await pause(pollMs)
  }
}

/** For the pace of a workload and the length of an outage; never to wait for something. */
export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
