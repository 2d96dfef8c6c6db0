/**
 * Fail-over: the time from SIGKILL of a node until its accounts answer from the others, with every acknowledged deposit, in `merge` mode and in
 * `lease` mode, where the nodes keep the lease store themselves.
 *
 * Both survivors ask for all of the dead node's accounts the moment it is killed, so the calls meet a link that is about to
 * break. Each round kills another node and then brings it back on its data.
 */
import type { AccountKind } from './support/accounts.ts'
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { monotonicMs } from './support/monotonic.ts'
import { quantile } from './support/statistics.ts'

const nodes = 3
const cases: readonly { name: string; kind: AccountKind }[] = [
  { name: 'merge: the owner is killed', kind: 'account' },
  { name: 'lease: the owner is killed', kind: 'leased-account' }
]

export const failover: Benchmark = {
  name: 'failover',
  about:
    'time from SIGKILL of the owner until its accounts answer from the other two nodes, nothing acknowledged missing',
  async run(context) {
    const wanted = cases.filter(({ name }) => context.wants(name))
    if (wanted.length === 0) return
    await using cluster = await BenchCluster.start(context, { nodes, leases: true })
    const rounds = context.isQuick ? 1 : Math.max(context.runs, 2 * nodes)
    for (let round = 0; round < rounds; round++) {
      context.say(`round ${round + 1} of ${rounds}`)
      for (const { name, kind } of wanted) context.add(name, await killOwner(context, cluster, round, kind))
    }
  }
}

async function killOwner(context: BenchContext, cluster: BenchCluster, round: number, kind: AccountKind) {
  const victim = cluster.node(round)
  const survivors = cluster.nodes.filter(node => node !== victim)
  const accounts = await cluster.node(round + 1).ask('payAll', { kind, accounts: context.size(300, 30) })
  const lost = accounts.filter(({ owner }) => owner === victim.ready.id)
  if (lost.length === 0) throw new Error(`${victim.name} owns no account`)
  const expected = new Map(lost.map(({ name, balance }) => [name, balance]))
  const { addresses } = cluster.node(round + 1).ready

  const killedMs = monotonicMs()
  const gone = victim.kill()
  const answers = await Promise.all(survivors.map(node => node.ask('balances', { kind, names: [...expected.keys()] })))
  await gone
  for (const { name, balance } of answers.flat()) {
    if (balance !== expected.get(name)) throw new Error(`${name} holds ${balance}, not ${expected.get(name)}`)
  }
  const tookMs = answers.flat().map(({ answeredMs }) => answeredMs - killedMs)

  const startMs = monotonicMs()
  await victim.start(addresses)
  await cluster.settled()
  return {
    firstAnswerMs: quantile(tookMs, 0),
    p50Ms: quantile(tookMs, 0.5),
    lastAnswerMs: quantile(tookMs, 1),
    accounts: lost.length,
    rejoinMs: monotonicMs() - startMs
  }
}
