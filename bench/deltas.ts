/**
 * Deltas: how many updates per second a cluster takes in, stores on every disk and shows everywhere.
 *
 * Writers add to counters with many calls in flight, acknowledged when synced to their own disk. The clock stops when the
 * digests of all replicas are equal: then every update is on every disk. (Equality is looked for every few milliseconds once the
 * last write is acknowledged; a run takes a second or more.)
 */
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { monotonicMs, pause } from './support/monotonic.ts'

interface Flood {
  readonly name: string
  readonly writers: number
  readonly actors: number
  readonly updates: number
}

const nodes = 3
const inFlight = 512
const equalityDeadlineMs = 60_000

export const deltas: Benchmark = {
  name: 'deltas',
  about: 'updates per second written at one or all of three processes until all of them have stored every one',
  async run(context) {
    const updates = context.size(12_000, 300)
    const floods: Flood[] = [
      { name: '1 writer, 4096 actors', writers: 1, actors: 4096, updates },
      { name: '1 writer, 1 actor', writers: 1, actors: 1, updates },
      { name: '3 writers, 4096 actors each', writers: 3, actors: 4096, updates: updates / 3 }
    ]
    await using cluster = await BenchCluster.start(context, { nodes })
    const wanted = floods.filter(({ name }) => context.wants(name))
    for (const flood of wanted) await measure(context, cluster, { ...flood, updates: flood.updates / 4 }, 'warm-up')
    for (let run = 0; run < context.runs; run++) {
      context.say(`run ${run + 1}`)
      for (const flood of wanted) context.add(flood.name, await measure(context, cluster, flood, `run-${run}`))
    }
  }
}

async function measure(context: BenchContext, cluster: BenchCluster, flood: Flood, label: string) {
  const before = await cluster.usage()
  const writers = cluster.nodes.slice(0, flood.writers)
  const written = await Promise.all(
    writers.map((node, writer) =>
      node.ask('flood', {
        prefix: `${flood.name.replaceAll(/\W/g, '-')}-${label}-${writer}`,
        actors: flood.actors,
        updates: flood.updates,
        inFlight: context.size(inFlight, 32)
      })
    )
  )
  const equalMs = await equalAt(cluster)
  const after = await cluster.usage()
  const startedMs = Math.min(...written.map(({ startedMs }) => startedMs))
  const acknowledgedMs = Math.max(...written.map(({ acknowledgedMs }) => acknowledgedMs))
  const updates = flood.updates * flood.writers
  const used = (counter: string) => after.counter(counter) - before.counter(counter)
  return {
    storedEverywherePerSecond: (updates / (equalMs - startedMs)) * 1000,
    acknowledgedPerSecond: (updates / (acknowledgedMs - startedMs)) * 1000,
    lagMs: equalMs - acknowledgedMs,
    cpuUsPerUpdate: ((after.cpuMs - before.cpuMs) / updates) * 1000,
    pushedBytesPerUpdate: used('shoal_push_sent_bytes_total') / updates,
    updatesPerPush: updates / used('shoal_push_sent_total'),
    redundantBatches: used('shoal_push_redundant_total'),
    actorsCaughtUp: used('shoal_catch_up_joined_actors_total')
  }
}

/** The moment at which all replicas were found equal. Nobody writes any more. */
async function equalAt(cluster: BenchCluster): Promise<number> {
  const startMs = monotonicMs()
  for (;;) {
    const digests = await cluster.all('digest', {})
    const nowMs = monotonicMs()
    if (new Set(digests).size === 1) return nowMs
    if (nowMs - startMs > equalityDeadlineMs)
      throw new Error(`the replicas were not equal within ${equalityDeadlineMs} ms`)
    await pause(5)
  }
}
