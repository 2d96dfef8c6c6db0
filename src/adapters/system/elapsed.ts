/**
 * Time since the process began that also counts a machine's sleep.
 *
 * Node's monotonic clock stands still on Linux while the machine is suspended (CLOCK_MONOTONIC), and there is no call for the
 * one that does not (CLOCK_BOOTTIME). So: whenever the wall clock has moved against the monotonic one by more than 50 ms since
 * the last look, /proc/uptime, which is CLOCK_BOOTTIME in hundredths of a second, says how much of that was sleep. Promised: a
 * sleep of more than 50 ms is counted, to about 20 ms, unless the wall clock was set back by just as much; a jump of the wall
 * clock alone changes nothing. Where there is no /proc/uptime (macOS, Windows) Node's clock counts sleep by itself.
 */
import { readFileSync } from 'node:fs'

const noticedMs = 50

export interface ElapsedSources {
  monotonicMs(): number
  wallMs(): number
  /** Time since the machine was started, sleep included, or nothing where the system does not say. */
  uptimeMs(): number | undefined
}

export const systemSources: ElapsedSources = {
  monotonicMs: () => performance.now(),
  wallMs: () => Date.now(),
  uptimeMs: readUptimeMs
}

export function elapsedCounter(sources: ElapsedSources = systemSources): () => number {
  const { monotonicMs, wallMs, uptimeMs } = sources
  const uptimeAtStartMs = uptimeMs()
  const startMs = monotonicMs()
  let leadMs = wallMs() - startMs
  let sleptMs = 0
  return () => {
    const awakeMs = monotonicMs() - startMs
    const nowLeadMs = wallMs() - awakeMs - startMs
    if (Math.abs(nowLeadMs - leadMs) > noticedMs) {
      leadMs = nowLeadMs
      const sinceStartMs = uptimeAtStartMs === undefined ? 0 : (uptimeMs() ?? 0) - uptimeAtStartMs
      if (sinceStartMs - awakeMs - sleptMs > noticedMs) sleptMs = sinceStartMs - awakeMs
    }
    return awakeMs + sleptMs
  }
}

function readUptimeMs(): number | undefined {
  try {
    const seconds = Number(readFileSync('/proc/uptime', 'latin1').split(' ')[0])
    return Number.isFinite(seconds) ? seconds * 1000 : undefined
  } catch {
    return undefined // no such file: not Linux
  }
}
