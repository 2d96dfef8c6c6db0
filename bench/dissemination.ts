/**
 * Dissemination: updates sent over the links with all nodes, against publications over gossipsub, for clusters of 2 to 16 processes.
 *
 * Latency is that of convergence.ts: from the beginning of a write at one node until every node's `watch()` has shown it, at about
 * a hundred writes a second. Work is the processor time of all nodes together per update and node that stores it, under a flood.
 */
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { flood } from './support/flood.ts'
import { followSeries } from './support/series.ts'
import { latencies } from './support/statistics.ts'

const writesPerSecond = 100

export const dissemination: Benchmark = {
  name: 'dissemination',
  about: 'latency and work of updates over links and over gossipsub, for clusters of 2 to 16 processes',
  async run(context) {
    for (const nodes of context.isQuick ? [2] : [2, 3, 5, 8, 12, 16]) {
      for (const how of ['direct', 'gossip'] as const) await measureCase(context, nodes, how, 0)
    }
    if (!context.isQuick) for (const how of ['direct', 'gossip'] as const) await measureCase(context, 8, how, 0.01)
  }
}

async function measureCase(context: BenchContext, nodes: number, how: 'direct' | 'gossip', lostShare: number) {
  const name = `N=${nodes} ${how}${lostShare > 0 ? `, ${lostShare * 100} % lost` : ''}`
  if (!context.wants(name)) return
  context.say(name)
  await using cluster = await BenchCluster.start(context, { nodes, dissemination: how, lostShare })
  await measureOnce(context, cluster)
  for (let run = 0; run < context.runs; run++) context.add(name, await measureOnce(context, cluster))
}

async function measureOnce(context: BenchContext, cluster: BenchCluster) {
  const count = Math.ceil(context.size(500, 9) / cluster.nodes.length)
  const paceMs = (1000 / writesPerSecond) * cluster.nodes.length
  const before = await cluster.usage()
  // All nodes write in turn, as it happens: together about a hundred times a second.
  const outcomes = await Promise.all(
    cluster.nodes.map((_, writer) => followSeries(context, cluster, { kind: 'counter', writer, count, paceMs }))
  )
  const after = await cluster.usage()
  const deliveries = count * cluster.nodes.length * (cluster.nodes.length - 1)
  const flooded = await flood(context, cluster, { writers: 1, actors: 1024, updates: context.size(8000, 200) })
  return {
    ...latencies(outcomes.flatMap(({ visibleMs }) => visibleMs)),
    cpuUsPerDelivery: ((after.cpuMs - before.cpuMs) / deliveries) * 1000,
    floodPerSecond: flooded.storedEverywherePerSecond,
    floodCpuUsPerDelta: flooded.cpuUsPerUpdate / cluster.nodes.length
  }
}
