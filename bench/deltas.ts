/**
 * Deltas: how many updates per second a cluster takes in, stores on every disk and shows everywhere.
 *
 * Writers add to counters with many calls in flight, acknowledged when synced to their own disk. The clock stops when the
 * digests of all replicas are equal: then every update is on every disk. (Equality is looked for every few milliseconds once the
 * last write is acknowledged; a run takes a second or more.)
 */
import type { Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { type Flood, flood } from './support/flood.ts'

const nodes = 3

export const deltas: Benchmark = {
  name: 'deltas',
  about: 'updates per second written at one or all of three processes until all of them have stored every one',
  async run(context) {
    const updates = context.size(12_000, 300)
    const floods: (Flood & { readonly name: string })[] = [
      { name: '1 writer, 4096 actors', writers: 1, actors: 4096, updates },
      { name: '1 writer, 1 actor', writers: 1, actors: 1, updates },
      { name: '3 writers, 4096 actors each', writers: 3, actors: 4096, updates: updates / 3 }
    ]
    await using cluster = await BenchCluster.start(context, { nodes })
    const wanted = floods.filter(({ name }) => context.wants(name))
    for (const each of wanted) await flood(context, cluster, { ...each, updates: each.updates / 4 })
    for (let run = 0; run < context.runs; run++) {
      context.say(`run ${run + 1}`)
      for (const each of wanted) context.add(each.name, await flood(context, cluster, each))
    }
  }
}
