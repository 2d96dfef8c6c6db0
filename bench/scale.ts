/**
 * How far one node and one cluster go: the memory and the restart of a node with a million actors, and what ten nodes cost that
 * nobody uses.
 *
 * Each actor is a counter that was written once. The restart is from the start of the process to the first answer of its node.
 */
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { monotonicMs, pause } from './support/monotonic.ts'

const mebibyte = 2 ** 20

export const scale: Benchmark = {
  name: 'scale',
  about: 'memory and restart of a node with many actors; processor time and bytes of ten idle nodes',
  async run(context) {
    if (context.wants('actors on one node')) await measureActors(context)
    if (context.wants('10 nodes, idle')) await measureIdle(context)
  }
}

async function measureActors(context: BenchContext): Promise<void> {
  const actors = context.size(1_000_000, 2000)
  await using cluster = await BenchCluster.start(context, { nodes: 1 })
  const node = cluster.node(0)
  context.say(`writing ${actors} actors`)
  const flood = await node.ask('flood', { prefix: 'many', actors, updates: actors, inFlight: 2048 })
  const filled = await node.ask('usage', {})
  context.add(`${actors} actors on one node, written`, {
    writesPerSecond: (actors / (flood.acknowledgedMs - flood.startedMs)) * 1000,
    rssMiB: filled.rssBytes / mebibyte,
    maxRssMiB: filled.maxRssBytes / mebibyte
  })
  for (let run = 0; run < context.runs; run++) {
    await node.kill()
    const startMs = monotonicMs()
    await node.start([])
    await node.ask('flood', { prefix: 'many', actors: 1, updates: 1, inFlight: 1 })
    const servesMs = monotonicMs() - startMs
    const serving = await node.ask('usage', {})
    // What is looked over after a start is looked over now.
    await pause(context.size(30_000, 10))
    const later = await node.ask('usage', {})
    context.add(`${actors} actors on one node, started again`, {
      servesMs,
      rssMiB: serving.rssBytes / mebibyte,
      rssLaterMiB: later.rssBytes / mebibyte,
      maxRssMiB: later.maxRssBytes / mebibyte,
      cpuLaterMs: later.cpuMs - serving.cpuMs
    })
  }
}

async function measureIdle(context: BenchContext): Promise<void> {
  const nodes = context.size(10, 2)
  context.say(`${nodes} idle processes`)
  await using cluster = await BenchCluster.start(context, { nodes })
  // Some state, so that there is something to compare; then quiet.
  await cluster.node(0).ask('flood', { prefix: 'idle', actors: 1000, updates: 1000, inFlight: 16 })
  await pause(context.size(10_000, 10))
  for (let run = 0; run < context.runs; run++) {
    const idleMs = context.size(20_000, 100)
    const before = await cluster.usage()
    await pause(idleMs)
    const after = await cluster.usage()
    context.add(`${nodes} nodes, idle`, {
      cpuPercentPerNode: ((after.cpuMs - before.cpuMs) / idleMs / nodes) * 100,
      bytesPerSecondPerNode: ((after.sentBytes - before.sentBytes) / idleMs / nodes) * 1000
    })
  }
}
