/**
 * Convergence: the time from the beginning of a write, at one node, until every node's `watch()` has shown it.
 *
 * Each node is a process; moments are on the machine's one monotonic clock; nothing polls. Writes come one at a time at random
 * distances, so that they meet the outbox and the commit at any phase. A watch may skip states, and then the next state it shows
 * counts for the writes before it.
 */
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { pause } from './support/monotonic.ts'
import { followSeries } from './support/series.ts'
import { latencies, quantile } from './support/statistics.ts'
import type { SeriesKind } from './support/worker-tasks.ts'

export const convergence: Benchmark = {
  name: 'convergence',
  about: 'time from a write at one node until all N processes have shown it, and until it was acknowledged',
  async run(context) {
    for (const nodes of context.isQuick ? [3] : [3, 5, 8]) {
      const cases = casesOf(nodes).filter(({ name }) => context.wants(name))
      if (cases.length === 0) continue
      context.say(`${nodes} processes`)
      await using cluster = await BenchCluster.start(context, { nodes })
      await measureOne(context, cluster, 'counter', undefined)
      for (let run = 0; run < context.runs; run++) {
        for (const { name, measure } of cases) await measure(context, cluster, name)
      }
    }
  }
}

/** Mean time between two writes of one node, in milliseconds. */
const paceMs = 8

interface Case {
  readonly name: string
  measure(context: BenchContext, cluster: BenchCluster, name: string): Promise<void>
}

function casesOf(nodes: number): Case[] {
  const kinds: SeriesKind[] = nodes === 3 ? ['counter', 'cart', 'tags', 'document'] : ['counter']
  const cases: Case[] = kinds.map(kind => ({
    name: `N=${nodes} ${kind}`,
    measure: (context, cluster, name) => measureOne(context, cluster, kind, name)
  }))
  if (nodes === 3) cases.push({ name: 'N=3 counter, all nodes write', measure: measureAll })
  cases.push({ name: `N=${nodes} idle`, measure: measureIdle })
  return cases
}

/** One node after the other writes a series; without a case, to warm up. */
async function measureOne(
  context: BenchContext,
  cluster: BenchCluster,
  kind: SeriesKind,
  name: string | undefined
): Promise<void> {
  const visibleMs: number[] = []
  const acknowledgedMs: number[] = []
  const count = Math.ceil(context.size(240, 9) / cluster.nodes.length)
  for (const [writer] of cluster.nodes.entries()) {
    const outcome = await followSeries(context, cluster, { kind, writer, count, paceMs })
    visibleMs.push(...outcome.visibleMs)
    acknowledgedMs.push(...outcome.acknowledgedMs)
  }
  note(context, name, visibleMs, acknowledgedMs)
}

/** All nodes write at once, each a series of its own that all watch. */
async function measureAll(context: BenchContext, cluster: BenchCluster, name: string): Promise<void> {
  const count = context.size(120, 4)
  const outcomes = await Promise.all(
    cluster.nodes.map((_, writer) => followSeries(context, cluster, { kind: 'counter', writer, count, paceMs }))
  )
  const visibleMs = outcomes.flatMap(outcome => outcome.visibleMs)
  note(
    context,
    name,
    visibleMs,
    outcomes.flatMap(outcome => outcome.acknowledgedMs)
  )
}

/** What a cluster costs that nobody uses: probes, beacons, heartbeats. */
async function measureIdle(context: BenchContext, cluster: BenchCluster, name: string): Promise<void> {
  const idleMs = context.size(2000, 50)
  const before = await cluster.usage()
  await pause(idleMs)
  const after = await cluster.usage()
  const cores = (after.cpuMs - before.cpuMs) / idleMs
  context.add(name, { cpuPercentPerProcess: (cores / cluster.nodes.length) * 100 })
}

function note(context: BenchContext, name: string | undefined, visibleMs: number[], acknowledgedMs: number[]): void {
  if (name === undefined) return
  context.add(name, { ...latencies(visibleMs), acknowledgedP50Ms: quantile(acknowledgedMs, 0.5) })
}
