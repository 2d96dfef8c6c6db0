/**
 * Calls: exclusive actors, called from all three processes through the typed API, in a closed loop.
 *
 * One in flight is one caller, on each node in turn; 64 are spread over the three. Accounts are drawn at random, so two calls in
 * three cross to another process. `majority` is the default of exclusive kinds: the reply comes when two disks have the deposit.
 * One line goes through the HTTP door, for comparison: its client is the bench itself. The last ones are of eight processes.
 */
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { HttpCaller } from './support/http-caller.ts'
import { monotonicMs } from './support/monotonic.ts'
import { latencies } from './support/statistics.ts'
import { accountName, type CallLoad } from './support/worker-tasks.ts'

type Case = { readonly name: string; readonly inFlight: number } & Pick<CallLoad, 'method' | 'acknowledge'> & {
    readonly http?: boolean
  }

/** Of each case: calls go on getting cheaper for half a minute, while V8 finds out what is worth its while. */
const warmUpMs = 15_000
const ofThree: readonly Case[] = [1, 64].flatMap((inFlight): Case[] => [
  { name: `deposit, majority, ${inFlight} in flight`, inFlight, method: 'deposit', acknowledge: 'majority' },
  { name: `deposit, local, ${inFlight} in flight`, inFlight, method: 'deposit', acknowledge: 'local' },
  { name: `balance (a query), ${inFlight} in flight`, inFlight, method: 'balance', acknowledge: 'majority' },
  { name: `deposit over HTTP, ${inFlight} in flight`, inFlight, method: 'deposit', acknowledge: 'majority', http: true }
])

const ofEight: readonly Case[] = [
  {
    name: 'deposit, majority, eight processes, 64 in flight',
    inFlight: 64,
    method: 'deposit',
    acknowledge: 'majority'
  },
  { name: 'balance (a query), eight processes, 64 in flight', inFlight: 64, method: 'balance', acknowledge: 'majority' }
]

export const calls: Benchmark = {
  name: 'calls',
  about:
    'calls of exclusive actors per second and the time of each, over three processes and eight, from callers on all of them',
  async run(context) {
    await measureAll(context, 3, ofThree)
    await measureAll(context, 8, ofEight)
  }
}

async function measureAll(context: BenchContext, nodes: number, cases: readonly Case[]): Promise<void> {
  const wanted = cases.filter(({ name }) => context.wants(name))
  if (wanted.length === 0) return
  await using cluster = await BenchCluster.start(context, { nodes, http: true })
  const accounts = context.size(1000, 30)
  await cluster.node(0).ask('payAll', { accounts })
  for (const each of wanted)
    await measure(context, cluster, { ...each, accounts, durationMs: context.size(warmUpMs, 50) })
  for (let run = 0; run < context.runs; run++) {
    context.say(`run ${run + 1}`)
    for (const each of wanted) {
      const load = { ...each, accounts, durationMs: context.size(1500, 100) }
      context.add(each.name, await measure(context, cluster, load))
    }
  }
}

type Measured = Case & { readonly accounts: number; readonly durationMs: number }

async function measure(context: BenchContext, cluster: BenchCluster, load: Measured) {
  const before = await cluster.usage()
  const startMs = monotonicMs()
  const perNode = shares(load.inFlight, cluster.nodes.length)
  const tookMs: number[][] = []
  if (load.inFlight >= cluster.nodes.length) {
    const loads = perNode.map((inFlight, node) => callsOf(context, cluster, node, { ...load, inFlight }))
    tookMs.push(...(await Promise.all(loads)))
  } else {
    // A lone caller, on each node for its share of the time.
    const durationMs = load.durationMs / cluster.nodes.length
    for (let node = 0; node < cluster.nodes.length; node++) {
      tookMs.push(await callsOf(context, cluster, node, { ...load, durationMs }))
    }
  }
  const seconds = (monotonicMs() - startMs) / 1000
  const after = await cluster.usage()
  const all = tookMs.flat()
  return {
    callsPerSecond: all.length / seconds,
    ...latencies(all),
    cpuUsPerCall: ((after.cpuMs - before.cpuMs) / all.length) * 1000
  }
}

function callsOf(context: BenchContext, cluster: BenchCluster, node: number, load: Measured): Promise<number[]> {
  const { method, acknowledge, accounts, inFlight, durationMs, http } = load
  const seed = `${context.random.seed}/calls/${context.random.word()}`
  if (http !== true) {
    return cluster.node(node).ask('callAccounts', { method, acknowledge, accounts, inFlight, durationMs, seed })
  }
  const caller = new HttpCaller(cluster.node(node).ready.http ?? '', inFlight)
  const random = context.random.fork(seed)
  return caller.load(durationMs, inFlight, () => ({
    path: `/v1/actors/account/${accountName(random.below(accounts))}/deposit`,
    body: '{"amount":1}'
  }))
}

/** 64 over 3 is 22, 21, 21. */
function shares(total: number, parts: number): number[] {
  return Array.from({ length: parts }, (_, i) => Math.floor(total / parts) + (i < total % parts ? 1 : 0))
}
