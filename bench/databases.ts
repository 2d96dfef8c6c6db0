/**
 * The same work on Shoal and on other replicated databases from npm: three processes, one map of registers, on this machine's
 * loopback. What an adapter does, and when a write counts as done with it, is in databases/.
 *
 * Bytes are those that the processes gave to their sockets. A database that is not equal again by the deadline has the deadline in
 * `equalAfterMs` and 0 in `isEqual`.
 */

import { installPackages } from './databases/packages.ts'
import { DatabaseCluster } from './databases/processes.ts'
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { monotonicMs } from './support/monotonic.ts'
import { quantile } from './support/statistics.ts'

const names = ['Shoal', 'OrbitDB', 'automerge-repo', 'delta-crdts']
const deadlineMs = 60_000

export const databases: Benchmark = {
  name: 'databases',
  about:
    'convergence, bytes, processor time and repair of Shoal, OrbitDB, automerge-repo and delta-crdts, three processes each',
  async run(context) {
    for (let run = 0; run < context.runs; run++) {
      for (const name of names) {
        if (!cases.some(({ about }) => context.wants(`${about}: ${name}`))) continue
        if (name !== 'Shoal') installPackages()
        context.say(`run ${run + 1}: ${name}`)
        for (const { about, measure } of cases) {
          if (!context.wants(`${about}: ${name}`)) continue
          await using cluster = await DatabaseCluster.start(name, context.dataDir)
          await cluster.warmUp()
          context.add(`${about}: ${name}`, await measure(context, cluster))
        }
      }
    }
  }
}

interface Case {
  readonly about: string
  measure(context: BenchContext, cluster: DatabaseCluster): Promise<Record<string, number>>
}

const cases: readonly Case[] = [
  { about: 'one write at a time', measure: measureSeries },
  { about: 'many writes', measure: measureFlood },
  { about: 'cut', measure: measureCut }
]

/** A write every 20 ms at one process; when all processes have shown it. */
async function measureSeries(context: BenchContext, cluster: DatabaseCluster) {
  const count = context.size(200, 5)
  const key = 'series'
  for (const process of cluster.processes) await process.ask('watch', { key, count })
  const before = await cluster.usage()
  const startedMs = await cluster.at(0).ask('series', { key, count, paceMs: 20 })
  const seen = await Promise.all(cluster.processes.map(process => process.ask('seen', { key, deadlineMs: 10_000 })))
  const after = await cluster.usage()
  const visibleMs: number[] = []
  for (const [k, started] of startedMs.entries()) {
    const moments = seen.map(moments => moments[k])
    if (moments.every(moment => moment !== undefined)) visibleMs.push(Math.max(...moments) - started)
  }
  return {
    visibleP50Ms: visibleMs.length === 0 ? 10_000 : quantile(visibleMs, 0.5),
    visibleP99Ms: visibleMs.length === 0 ? 10_000 : quantile(visibleMs, 0.99),
    shownOf100: (visibleMs.length / count) * 100,
    cpuUsPerWrite: ((after.cpuMs - before.cpuMs) * 1000) / count,
    bytesPerWrite: (after.sentBytes - before.sentBytes) / count
  }
}

/** Writes to 500 keys at one process as fast as it takes them, 16 at a time. */
async function measureFlood(context: BenchContext, cluster: DatabaseCluster) {
  const updates = context.size(2000, 40)
  const before = await cluster.usage()
  const flood = { prefix: 'key', keys: context.size(500, 10), updates, inFlight: 16 }
  const { startedMs, doneMs } = await cluster.at(0).ask('flood', flood)
  const equalMs = await cluster.equalAt(deadlineMs)
  const after = await cluster.usage()
  return {
    donePerSecond: (updates / (doneMs - startedMs)) * 1000,
    equalAfterMs: (equalMs ?? doneMs + deadlineMs) - startedMs,
    isEqual: equalMs === undefined ? 0 : 1,
    cpuUsPerWrite: ((after.cpuMs - before.cpuMs) * 1000) / updates,
    bytesPerWrite: (after.sentBytes - before.sentBytes) / updates
  }
}

/** One process is cut off while it and another write to keys of their own; then the links come back. */
async function measureCut(context: BenchContext, cluster: DatabaseCluster) {
  const keys = context.size(500, 10)
  const updates = context.size(1000, 20)
  await cluster.at(0).ask('flood', { prefix: 'key', keys, updates: keys, inFlight: 16 })
  await cluster.equalAt(deadlineMs)
  const last = cluster.processes.length - 1
  await cluster.at(last).ask('cut', {})
  await cluster.at(0).ask('flood', { prefix: 'left', keys, updates, inFlight: 16 })
  await cluster.at(last).ask('flood', { prefix: 'right', keys, updates, inFlight: 16 })
  const before = await cluster.usage()
  const mendMs = monotonicMs()
  await cluster.at(last).ask('mend', {})
  const equalMs = await cluster.equalAt(deadlineMs)
  const after = await cluster.usage()
  return {
    equalAfterMs: (equalMs ?? mendMs + deadlineMs) - mendMs,
    isEqual: equalMs === undefined ? 0 : 1,
    cpuMs: after.cpuMs - before.cpuMs,
    bytesPerChangedKey: (after.sentBytes - before.sentBytes) / (2 * keys)
  }
}
