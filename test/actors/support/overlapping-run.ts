/**
 * One seed of cuts, pauses and deaths over exclusive actors of mode `merge`, and a judge from outside: what overlapped in truth.
 *
 * Each run of a handler has a number of its own, and adds it to a set in the actor's state. So the set that a run finds is what it had seen,
 * and the set at the end is what took effect; who ran it is noted when it runs. None of this asks the product what overlaps are.
 *
 * As a value the state has a count beside the set, which `merge` adds up by differences from its base: it is right at the end exactly where
 * each base was the latest state that both sides had seen.
 */
import assert from 'node:assert/strict'
import {
  type ActorOptions,
  type AnyDefinition,
  command,
  exclusive,
  gSet,
  type HandlerContext,
  isShoalError,
  type Overlap,
  value
} from 'shoal'
import { TestCluster } from 'shoal/testing'
import { z } from 'zod'
import type { Logger } from '../../../src/ports/logger.ts'
import type { FaultKind } from '../../../src/simulation/faults.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'

export interface OverlappingRunReport {
  /** Pairs of runs that overlapped: `actor: life request | life request`; and those that were told, how often. */
  readonly truth: ReadonlySet<string>
  /** Of a value: one had seen the other by a later write of the same life, which may have come before it. */
  readonly byLater: ReadonlySet<string>
  readonly told: ReadonlyMap<string, number>
  readonly reports: readonly Overlap[]
  readonly acknowledged: number
  readonly ran: number
}

interface Run {
  /** Where it ran: the node, and the life of its process. */
  readonly life: string
  readonly request: string
  readonly seen: ReadonlySet<number>
}

const kinds: readonly FaultKind[] = [
  'pause',
  'kill',
  'power loss',
  'one-way cut',
  'partition',
  'loss',
  'reset',
  'spikes'
]
/** Whoever tells may be cut off, or die, before the others hear that it has. */
const mostTimes = 2
const actorIds = ['a', 'b', 'c', 'd']
const troubledMs = 12_000
/** By then replicas are equal, and what there was to tell is told: after half a minute where the owner started anew before it told (seed 59). */
const calmMs = 45_000

const pairOf = (a: string, b: string) => [a, b].sort().join(' | ')

export async function overlappingRun(seed: number, form: 'set' | 'value' = 'set'): Promise<OverlappingRunReport> {
  const random = new SeededRandom(`overlaps/${seed}`)
  const runs: Run[] = []
  const reports: Overlap[] = []
  const wait = (ms: number) => new Promise<void>(resolve => cluster.world.time.schedule(ms * 1000, undefined, resolve))
  const lifeAt = (id: string) => `${id} ${cluster.nodes().find(node => node.id === id)?.incarnation}`

  const argument = z.object({ lastsMs: z.number() })
  /** Notes what the run finds, and makes its effect now or later. */
  const ran = (
    { log, request }: Pick<HandlerContext<typeof set>, 'log' | 'request'>,
    { lastsMs }: z.output<typeof argument>,
    found: Iterable<number>
  ) => {
    assert.ok(request !== undefined)
    const run = runs.push({ life: lifeAt((log as NamedLogger).node), request, seen: new Set(found) }) - 1
    return (effect: (run: number) => unknown) => {
      const add = () => {
        effect(run)
        return run
      }
      return lastsMs === 0 ? add() : wait(lastsMs).then(add)
    }
  }
  const asSet = (options: ActorOptions) => {
    const add = command(argument, (context: HandlerContext<typeof set>, call) => {
      const { runs } = context.state
      return ran(context, call, runs.values())(run => runs.add(run))
    })
    return exclusive('cell', set, { add }, options)
  }
  const asValue = (options: ActorOptions) => {
    const add = command(argument, (context: HandlerContext<typeof counted>, call) => {
      const { state } = context
      return ran(
        context,
        call,
        state.runs
      )(run => {
        state.runs.push(run)
        state.count++
      })
    })
    return exclusive('cell', counted, { add }, options)
  }
  const options: ActorOptions = {
    acknowledge: random.pick(['majority', 'majority', 'local']),
    onOverlap: overlap => reports.push(overlap)
  }
  const Cell = form === 'set' ? asSet(options) : asValue(options)
  await using cluster = new TestCluster({
    actors: [Cell],
    seed,
    nodes: random.pick([2, 3, 3, 4, 5]),
    shards: random.pick([1, 4]),
    logger: node => ({ node, debug() {}, info() {}, warn() {}, error() {} }) as NamedLogger,
    store: { maxCachedActors: random.pick([2, 1000]) }
  })
  await cluster.start()

  const acknowledged: number[] = []
  const callOne = () => {
    const node = cluster.running(random.below(cluster.size))
    const id = random.pick(actorIds)
    const lastsMs = random.chance(0.2) ? random.between(1, 300) : 0
    const deadlineMs = random.pick([500, 3000, 10_000])
    if (node === undefined || node.unready() !== undefined) return
    const told = node.actor(Cell, id).add({ lastsMs }, { deadlineMs })
    told.then(
      run => acknowledged.push(run),
      error => assert.ok(isShoalError(error), String(error))
    )
  }
  const everyMs = random.pick([25, 60, 150, 400])
  const work = async (untilMs: number) => {
    while (cluster.world.time.nowMs < untilMs) {
      await cluster.run(random.between(0.1, 2 * everyMs))
      callOne()
    }
  }
  await work(cluster.world.time.nowMs + 500)
  const faults = cluster.faults({
    kinds: [...kinds],
    everyMs: { min: 100, max: random.pick([800, 3000]) },
    lastsMs: { min: 10, max: 6000 }
  })
  if (random.chance(0.8)) faults.start()
  const endMs = cluster.world.time.nowMs + troubledMs
  while (cluster.world.time.nowMs < endMs) {
    await work(cluster.world.time.nowMs + random.between(100, 3000))
    const places = random.shuffle(Array.from({ length: cluster.size }, (_, i) => i))
    const cut = 1 + random.below(cluster.size - 1)
    if (random.chance(0.6)) cluster.partition(places.slice(0, cut), places.slice(cut))
    else cluster.heal()
  }
  faults.heal()
  cluster.heal()
  for (let number = 0; number < cluster.size; number++)
    if (cluster.machine(number).process === undefined) cluster.boot(number)
  await work(cluster.world.time.nowMs + random.pick([10, 3000]))
  await cluster.until(() => cluster.isWhole(), 60_000)
  await cluster.run(calmMs)

  const truth = new Set<string>()
  const byLater = new Set<string>()
  const nameOf = ({ life, request }: Run) => `${life} ${request}`
  let effects = 0
  const kept = new Set<number>()
  for (const id of actorIds) {
    const state = await cluster.settle(cluster.actor(0)(Cell, id).state())
    effects += state.runs.length
    if (form === 'value') await assertCounted(cluster, Cell, id)
    for (const run of state.runs) kept.add(run)
    const ofActor = state.runs.map(number => ({ number, run: runs[number] as Run }))
    for (const [i, a] of ofActor.entries())
      for (const b of ofActor.slice(i + 1)) {
        if (a.run.life === b.run.life) continue
        const pair = `${id}: ${pairOf(nameOf(a.run), nameOf(b.run))}`
        const hasSeen = (run: Run, other: { number: number; run: Run }) =>
          run.seen.has(other.number) &&
          ofActor.some(
            later => later.number > other.number && later.run.life === other.run.life && run.seen.has(later.number)
          )
        if (!a.run.seen.has(b.number) && !b.run.seen.has(a.number)) truth.add(pair)
        else if (form === 'value' && (hasSeen(a.run, b) || hasSeen(b.run, a))) byLater.add(pair)
      }
  }
  for (const run of acknowledged) assert.ok(kept.has(run), `acknowledged, and not there: run ${run}`)
  const told = new Map<string, number>()
  for (const { id, sides } of reports) {
    const [left, right] = sides.map(({ node, incarnation, commands }) =>
      commands.map(({ request, method }) => {
        assert.equal(method, 'add')
        return `${node} ${incarnation} ${request}`
      })
    )
    for (const a of left ?? [])
      for (const b of right ?? []) {
        const pair = `${id}: ${pairOf(a, b)}`
        told.set(pair, (told.get(pair) ?? 0) + 1)
      }
  }
  return { truth, byLater, told, reports, acknowledged: acknowledged.length, ran: effects }
}

const set = { runs: gSet<number>() }

const counted = value(
  { runs: [] as number[], count: 0 },
  {
    merge: (base, a, b) => ({
      runs: [...new Set([...a.runs, ...b.runs])].sort((left, right) => left - right),
      count: a.count + b.count - base.count
    })
  }
)

/** On every replica. */
async function assertCounted(cluster: TestCluster, Cell: AnyDefinition, id: string): Promise<void> {
  const states: unknown[] = []
  for (let number = 0; number < cluster.size; number++)
    states.push(await cluster.settle(cluster.actor(number)(Cell, id).state()))
  for (const state of states) {
    const { runs, count } = state as { runs: number[]; count: number }
    assert.deepEqual(state, states[0])
    assert.equal(new Set(runs).size, runs.length)
    assert.equal(count, runs.length, `${id}: a base was not the latest that both sides had seen`)
  }
}

type NamedLogger = Logger & { readonly node: string }

/** All that overlapped is told, but where it is said that there may have been more, and nothing else is. */
export function assertAllTold({ truth, byLater, told, reports }: OverlappingRunReport): void {
  for (const [pair, times] of told) {
    assert.ok(truth.has(pair) || byLater.has(pair), `told, and not so: ${pair}`)
    assert.ok(times <= mostTimes, `told ${times} times: ${pair}`)
  }
  const incomplete = new Set(reports.filter(({ isComplete }) => !isComplete).map(({ id }) => id))
  for (const pair of truth)
    assert.ok(told.has(pair) || incomplete.has(pair.slice(0, pair.indexOf(':'))), `not told: ${pair}`)
}
