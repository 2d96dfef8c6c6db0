/** A numbered series of writes at one node, followed by a watch at every node. */
import type { BenchContext } from './benchmark.ts'
import type { BenchCluster } from './cluster.ts'
import type { SeriesKind } from './worker-tasks.ts'

let series = 0

/** For each write the time until all nodes had shown it, and until it was acknowledged. */
export async function followSeries(
  context: BenchContext,
  cluster: BenchCluster,
  { kind, writer, count, paceMs }: { kind: SeriesKind; writer: number; count: number; paceMs: number }
): Promise<{ visibleMs: number[]; acknowledgedMs: number[] }> {
  const id = `series-${++series}`
  const seed = `${context.random.seed}/convergence/${series}`
  await cluster.all('watch', { kind, id, count })
  const written = await cluster.node(writer).ask('writeSeries', { kind, id, count, paceMs, seed })
  const seen = await cluster.all('seen', { kind, id })
  return {
    visibleMs: written.startedMs.map(
      (startedMs, k) => Math.max(...seen.map(moments => moments[k] ?? Number.POSITIVE_INFINITY)) - startedMs
    ),
    acknowledgedMs: written.startedMs.map((startedMs, k) => (written.acknowledgedMs[k] ?? Number.NaN) - startedMs)
  }
}
