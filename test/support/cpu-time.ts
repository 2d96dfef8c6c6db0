/**
 * What something costs, as the processor's time of this thread: what else the machine does meanwhile counts little, and what V8's other
 * threads do not at all. For claims of how much work is done; how long a user waits is another question.
 */

/** Answers what `run` did, and the processor's time of this thread until it was done, in milliseconds. */
export async function cpuTimed<T>(run: () => Promise<T> | T): Promise<{ value: T; cpuMs: number }> {
  const before = process.threadCpuUsage()
  const value = await run()
  const { user, system } = process.threadCpuUsage(before)
  return { value, cpuMs: (user + system) / 1000 }
}
