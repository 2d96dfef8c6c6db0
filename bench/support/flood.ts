/** Many updates at once, at one node or more, until every node has stored every one. */
import type { BenchContext } from './benchmark.ts'
import type { BenchCluster } from './cluster.ts'
import { monotonicMs, pause } from './monotonic.ts'

export interface Flood {
  readonly writers: number
  /** For each writer, counters of its own. */
  readonly actors: number
  /** For each writer. */
  readonly updates: number
}

const inFlight = 512
const equalityDeadlineMs = 60_000
let floods = 0

export async function flood(context: BenchContext, cluster: BenchCluster, load: Flood) {
  const label = `flood-${++floods}`
  const before = await cluster.usage()
  const writers = cluster.nodes.slice(0, load.writers)
  const written = await Promise.all(
    writers.map((node, writer) =>
      node.ask('flood', {
        prefix: `${label}-${writer}`,
        actors: load.actors,
        updates: load.updates,
        inFlight: context.size(inFlight, 32)
      })
    )
  )
  const equalMs = await equalAt(cluster)
  const after = await cluster.usage()
  const startedMs = Math.min(...written.map(({ startedMs }) => startedMs))
  const acknowledgedMs = Math.max(...written.map(({ acknowledgedMs }) => acknowledgedMs))
  const updates = load.updates * load.writers
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
