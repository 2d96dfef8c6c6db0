/**
 * The machine's monotonic clock in milliseconds. On Linux all processes of a machine read the same one, so a moment noted in one
 * can be subtracted from a moment noted in another. (`performance.now` counts from each process's own start.)
 */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}

export function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
