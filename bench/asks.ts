/**
 * Asks: calls that stay in one process, from a caller in the node to an actor of that node, and what an actor in memory takes.
 *
 * Queries touch no store; commands end with a synced batch of the disk. A turn of the event loop goes by between the asks of one
 * caller now and then, as it would where callers wait for other things too.
 */
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import type { WorkerProcess } from './support/worker-process.ts'
import type { AskLoad } from './support/worker-tasks.ts'

type Case = { readonly name: string; readonly inFlight: number } & Pick<AskLoad, 'kind' | 'method'>

const cases: readonly Case[] = [1, 64].flatMap((inFlight): Case[] => [
  { name: `exclusive: a query, ${inFlight} in flight`, inFlight, kind: 'account', method: 'query' },
  { name: `replicated: a query, ${inFlight} in flight`, inFlight, kind: 'counter', method: 'query' },
  { name: `exclusive: a command, ${inFlight} in flight`, inFlight, kind: 'account', method: 'command' },
  { name: `replicated: a command, ${inFlight} in flight`, inFlight, kind: 'counter', method: 'command' }
])

const memoryCases = [
  ['exclusive: an idle actor in memory', 'account'],
  ['replicated: an idle actor in memory', 'counter']
] as const

export const asks: Benchmark = {
  name: 'asks',
  about: 'calls per second within one process, and the memory of actors that are in it',
  async run(context) {
    const wanted = cases.filter(({ name }) => context.wants(name))
    if (wanted.length > 0) await measureAsks(context, wanted)
    await measureMemory(context)
  }
}

async function measureAsks(context: BenchContext, wanted: readonly Case[]): Promise<void> {
  await using cluster = await BenchCluster.start(context, { nodes: 1 })
  const node = cluster.node(0)
  const actors = context.size(1000, 30)
  for (const { kind } of wanted) await node.ask('fill', { kind, actors })
  for (let run = -1; run < context.runs; run++) {
    context.say(run < 0 ? 'warm-up' : `run ${run + 1}`)
    for (const { name, ...load } of wanted) {
      const figures = await measure(node, { ...load, actors, durationMs: context.size(1000, 20) })
      if (run >= 0) context.add(name, figures)
    }
  }
}

async function measure(node: WorkerProcess, load: AskLoad) {
  const { asks, tookMs, cpuMs } = await node.ask('askActors', load)
  return { asksPerSecond: (asks / tookMs) * 1000, cpuUsPerAsk: (cpuMs / asks) * 1000 }
}

/** Of actors that were read and are not used any more, beyond what the node has of them while they are only on its disk. */
async function measureMemory(context: BenchContext): Promise<void> {
  // Fewer than the node keeps in memory.
  const actors = context.size(9000, 100)
  for (const [name, kind] of memoryCases) {
    if (!context.wants(name)) continue
    await using cluster = await BenchCluster.start(context, { nodes: 1 })
    const node = cluster.node(0)
    await node.ask('fill', { kind, actors })
    for (let run = 0; run < context.runs; run++) {
      context.say(`${kind}s in memory, run ${run + 1}`)
      await node.kill()
      await node.start([])
      // What a first use makes once is none of the actors'.
      await node.ask('readAll', { kind, actors: 10 })
      const before = await node.ask('heapBytes', {})
      await node.ask('readAll', { kind, actors })
      const after = await node.ask('heapBytes', {})
      context.add(name, { bytesPerActor: Math.max(0, after - before) / actors })
    }
  }
}
