/**
 * Catch-up between two real processes over their link: a fresh node joins one that has many actors, and the two are cut off from each
 * other, change different actors, and meet again. The time is from the start of the fresh process, or from the end of the cut, until
 * both digests are equal; what each has is on its disk by then.
 */
import type { BenchContext, Figures } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { monotonicMs, pause } from './support/monotonic.ts'
import type { WorkerProcess } from './support/worker-process.ts'

const deadlineMs = 120_000
const inFlight = 512

export async function catchUpOfProcesses(context: BenchContext): Promise<void> {
  const actors = context.size(100_000, 400)
  const name = `${actors} counters, two processes`
  if (!context.wants(name)) return
  for (let run = 0; run < context.runs; run++) {
    context.say(`${name}, run ${run + 1}`)
    await measure(context, actors, name)
  }
}

async function measure(context: BenchContext, actors: number, name: string): Promise<void> {
  await using cluster = await BenchCluster.start(context, { nodes: 1 })
  const first = cluster.node(0)
  await first.ask('flood', { prefix: 'counter', actors, updates: actors, inFlight })
  context.add(`${name}: a fresh node`, await untilEqual(cluster, async () => void (await cluster.addNode())))
  const changed = Math.floor(actors / 10)
  await cluster.all('cut', {})
  const change = (node: WorkerProcess, from: number) =>
    node.ask('flood', { prefix: 'counter', from, actors: changed, updates: changed, inFlight })
  await Promise.all(cluster.nodes.map((node, i) => change(node, i * changed)))
  context.add(
    `${name}: after a cut, ${changed} changed on each side`,
    await untilEqual(cluster, async () => void (await cluster.all('mend', {})))
  )
}

async function untilEqual(cluster: BenchCluster, meet: () => Promise<void>): Promise<Figures> {
  const before = await cluster.usage()
  const startMs = monotonicMs()
  await meet()
  const reachedMs = monotonicMs() - startMs
  while (!(await areEqual(cluster))) {
    if (monotonicMs() - startMs > deadlineMs) throw new Error('the replicas were not equal in time')
    await pause(10)
  }
  const tookMs = monotonicMs() - startMs
  const after = await cluster.usage()
  return { tookMs, reachedMs, cpuMs: after.cpuMs - before.cpuMs, sentBytes: after.sentBytes - before.sentBytes }
}

async function areEqual(cluster: BenchCluster): Promise<boolean> {
  const [first, ...others] = await cluster.all('digest', {})
  return others.every(digest => digest === first)
}
