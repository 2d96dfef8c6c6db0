/**
 * Planned hand-off: for how long an account is without an answer while its owner leaves, or a node joins and takes it over.
 *
 * One node of four leaves and comes back on its data, again and again. Callers at the three that stay have an account each: some of those
 * that move with it, and some of the others, whose owner may change all the same (no node may own too much), or the replicas of which change.
 * The longest time between two answers to a caller, less what a call usually takes, is its gap: too long by a caller's pause at most, never too short.
 * What was between the two answers around the change of an account's owner, less the same, is its move: without what a process that starts does to
 * callers by taking a core.
 * `nothing moves` is the same without a move, for as long: what this machine does to callers by itself.
 */
import { type AccountKind, accountKinds } from './support/accounts.ts'
import type { BenchContext, Benchmark } from './support/benchmark.ts'
import { BenchCluster } from './support/cluster.ts'
import { pause } from './support/monotonic.ts'
import type { PacedCalls } from './support/paced-callers.ts'
import { latencies, quantile } from './support/statistics.ts'
import type { WorkerProcess } from './support/worker-process.ts'

const nodes = 4
const pauseMs = 10
const modes: readonly { mode: string; kind: AccountKind }[] = [
  { mode: 'merge', kind: 'account' },
  { mode: 'lease', kind: 'leased-account' }
]

export const handOff: Benchmark = {
  name: 'hand-off',
  about: 'for how long callers of an account have no answer while its owner leaves gracefully, and while a node joins',
  async run(context) {
    const wanted = modes.filter(({ mode }) => context.wants(mode))
    if (wanted.length === 0) return
    await using cluster = await BenchCluster.start(context, { nodes, leases: true })
    for (const { kind } of wanted) await cluster.node(0).ask('payAll', { kind, accounts: context.size(300, 60) })
    for (let run = 0; run < context.runs; run++)
      for (const { mode, kind } of wanted) {
        context.say(`run ${run + 1}, ${mode}`)
        await measure(context, cluster, mode, kind)
      }
  }
}

async function measure(context: BenchContext, cluster: BenchCluster, mode: string, kind: AccountKind): Promise<void> {
  const mover = cluster.node(nodes - 1)
  const callers = cluster.nodes.filter(node => node !== mover)
  const quietMs = context.size(500, 300)
  const gaps = new Map<string, Gaps>()
  for (let turn = 0; turn < context.size(5, 1); turn++) {
    const { moving, staying } = await chosen(context, cluster, kind, mover)
    const watched = async (what: string, move: () => Promise<unknown>) => {
      const calls = await callsDuring(callers, kind, [...moving, ...staying], quietMs, move)
      const isMoving = new Set(moving)
      note(
        gaps,
        `${mode}: ${what}`,
        calls.filter(({ name }) => isMoving.has(name))
      )
      note(
        gaps,
        `${mode}: ${what}, accounts of the others`,
        calls.filter(({ name }) => !isMoving.has(name))
      )
    }
    const { addresses } = cluster.node(0).ready
    await watched('nothing moves', () => pause(quietMs))
    await watched('the owner leaves', () => mover.leave())
    await watched('a node joins', async () => {
      await mover.start(addresses)
      await cluster.settled()
      // By then its claims are granted: each of these accounts has answered from it.
      await cluster.node(0).ask('balances', { kind, names: moving })
    })
  }
  for (const [name, each] of gaps) context.add(name, figuresOf(each))
}

/** Accounts that the mover owns, and as many of others. */
async function chosen(context: BenchContext, cluster: BenchCluster, kind: AccountKind, mover: WorkerProcess) {
  const owners = await cluster.node(0).ask('ownersOf', { kind, accounts: context.size(300, 60) })
  const of = (isMovers: boolean) =>
    context.random.shuffle(
      owners.filter(({ owner }) => (owner === mover.ready.id) === isMovers).map(({ name }) => name)
    )
  const [moving, staying] = [of(true).slice(0, context.size(6, 2)), of(false).slice(0, context.size(6, 2))]
  if (moving.length === 0) throw new Error(`${mover.name} owns no ${accountKinds[kind].kind}`)
  return { moving, staying }
}

async function callsDuring(
  callers: readonly WorkerProcess[],
  kind: AccountKind,
  names: readonly string[],
  quietMs: number,
  move: () => Promise<unknown>
): Promise<PacedCalls[]> {
  const shares = callers.map((_, i) => names.filter((_, n) => n % callers.length === i))
  await Promise.all(callers.map((node, i) => node.ask('callPaced', { kind, names: shares[i] ?? [], pauseMs })))
  await pause(quietMs)
  await move()
  await pause(quietMs)
  return (await Promise.all(callers.map(node => node.ask('pacedCalls', {})))).flat()
}

interface Gaps {
  readonly gapsMs: number[]
  readonly movesMs: number[]
  readonly tookMs: number[]
  failed: number
}

function note(gaps: Map<string, Gaps>, name: string, calls: readonly PacedCalls[]): void {
  const noted = gaps.get(name) ?? { gapsMs: [], movesMs: [], tookMs: [], failed: 0 }
  gaps.set(name, noted)
  for (const { answeredMs, tookMs, movedMs, failures, name } of calls) {
    if (answeredMs.length < 2) throw new Error(`${name} answered ${answeredMs.length} calls; ${failures[0]}`)
    const intervals = answeredMs.slice(1).map((atMs, i) => atMs - (answeredMs[i] ?? Number.NaN))
    const usualMs = quantile(tookMs, 0.5)
    noted.gapsMs.push(Math.max(0, quantile(intervals, 1) - usualMs))
    noted.movesMs.push(...movedMs.map(ms => Math.max(0, ms - usualMs)))
    noted.tookMs.push(...tookMs)
    noted.failed += failures.length
  }
}

function figuresOf({ gapsMs, movesMs, tookMs, failed }: Gaps) {
  const { p50Ms, p99Ms, maxMs } = latencies(gapsMs)
  return {
    accounts: gapsMs.length,
    gapP50Ms: p50Ms,
    gapP99Ms: p99Ms,
    gapMaxMs: maxMs,
    ...(movesMs.length === 0
      ? {}
      : { moves: movesMs.length, moveP50Ms: quantile(movesMs, 0.5), moveP99Ms: quantile(movesMs, 0.99) }),
    callP50Ms: quantile(tookMs, 0.5),
    calls: tookMs.length,
    failedCalls: failed
  }
}
