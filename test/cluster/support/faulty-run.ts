/**
 * One seed: five nodes of the shipping code under random faults and a random workload, then a heal, then the checks.
 *
 * What is checked: all nodes end with equal disks; every acknowledged write is there, once; what failed for certain is not;
 * nothing is there that nobody wrote; what was removed does not come back.
 */
import { TestCluster } from 'shoal/testing'
import { SeededRandom } from '../../../src/simulation/random.ts'
import { actors } from '../../support/shop.ts'
import { Trouble } from './trouble.ts'
import { type Fate, Workload, type Write } from './workload.ts'

export interface FaultyRunOptions {
  seed: number
  /** Length of the faulty phase, in virtual milliseconds. */
  faultyMs?: number
  /** Writes that are tried. */
  writes?: number
  nodes?: number
}

export interface FaultyRunReport {
  readonly seed: number
  readonly faults: readonly string[]
  readonly acknowledged: number
  readonly uncertain: number
  readonly refused: number
  readonly convergedAfterMs: number
  readonly virtualMs: number
  readonly events: number
  readonly sightings: Record<string, number>
  readonly trace: string
}

/** Heal must end in equal disks within this much virtual time. */
const convergenceBoundMs = 20_000

export async function faultyRun(options: FaultyRunOptions): Promise<FaultyRunReport> {
  const { seed, faultyMs = 4000, writes: count = 60, nodes = 5 } = options
  const settings = new SeededRandom(`settings/${seed}`)
  // Few shards and small chunks let streams, and what breaks them off, meet more often.
  const shards = settings.pick([1, 2, 8])
  const chunkBytes = settings.pick([150, 131_072])
  await using cluster = new TestCluster({
    actors,
    nodes,
    seed,
    shards,
    store: { maxCachedActors: settings.pick([3, 10_000]) },
    replication: { chunkBytes, maxPushDeltas: settings.pick([1, 256]) },
    fabric: { dialTimeoutMs: 700 },
    ownership: { settleMs: 500 }
  })
  await cluster.start()
  const random = new SeededRandom(`workload/${seed}`)
  const faults = cluster.faults()
  // Where clocks jump back, a restored disk cannot tell that its next incarnation is a newer one.
  const trouble = new Trouble(cluster, { seed, shards, mayRestore: !faults.kinds.includes('clock jump') })
  const workload = new Workload(cluster, random, trouble)
  const { writes } = workload
  faults.start()
  trouble.planRestore(faultyMs, backupMs => workload.forgive(backupMs))
  const endMs = cluster.world.time.nowMs + faultyMs
  for (let i = 0; i < count; i++) {
    await cluster.run(random.below(Math.ceil((2 * faultyMs) / count)))
    workload.step()
  }
  await cluster.run(Math.max(1, endMs - cluster.world.time.nowMs))
  faults.heal()
  cluster.heal()
  trouble.heal()
  const healedMs = cluster.world.time.nowMs
  await cluster.until(() => cluster.isWhole() && workload.isDone && isEqual(cluster), convergenceBoundMs)
  const convergedAfterMs = cluster.world.time.nowMs - healedMs
  // Late arrivals must change nothing any more.
  await cluster.run(2000)
  if (!isEqual(cluster)) throw new Error(`seed ${seed}: equal once, and not two seconds later`)
  trouble.assertNoPhantoms()
  await check(cluster, writes, [...faults.kinds, ...(trouble.hasRestored ? ['old disk'] : [])])
  const fates = (fate: Fate) => writes.filter(write => write.fate === fate).length
  return {
    seed,
    faults: faults.kinds,
    acknowledged: fates('acknowledged'),
    uncertain: fates('uncertain'),
    refused: fates('failed'),
    convergedAfterMs,
    virtualMs: cluster.world.time.nowMs,
    events: cluster.world.time.events,
    sightings: cluster.world.sightings.all(),
    trace: cluster.world.trace.digest()
  }
}

function isEqual(cluster: TestCluster): boolean {
  return new Set(cluster.nodes().map(node => node.digest())).size === 1
}

async function check(cluster: TestCluster, writes: readonly Write[], faults: readonly string[]): Promise<void> {
  const byActor = Map.groupBy(writes, write => `${write.kind}/${write.id}`)
  for (const [name, ofActor] of byActor) {
    const slash = name.indexOf('/')
    const [kind, id] = [name.slice(0, slash), name.slice(slash + 1)]
    const views = await cluster.settle(Promise.all(cluster.nodes().map(node => node.describe(kind, id))))
    const states = views.map(view => JSON.stringify(view.state))
    if (new Set(states).size > 1) throw new Error(`${name}: replicas differ: ${states.join(' | ')}`)
    checkActor(name, ofActor, states[0] ?? '', faults)
  }
}

function checkActor(name: string, writes: readonly Write[], state: string, faults: readonly string[]): void {
  const sure = writes.filter(write => write.fate === 'acknowledged').length
  const maybe = writes.filter(write => write.fate === 'uncertain').length
  if (name.startsWith('counter') || name.startsWith('account')) {
    const value = Number(/-?\d+/.exec(state)?.[0] ?? Number.NaN)
    // In `merge` mode a retry that crosses an overlap of two owners may take effect on both sides.
    const mayDouble = name.startsWith('account') && faults.some(fault => overlapping.has(fault))
    const most = mayDouble ? writes.length * 3 : sure + maybe
    if (!(value >= sure && value <= most))
      throw new Error(`${name}: ${value}, with ${sure} acknowledged and ${maybe} uncertain`)
    return
  }
  const gone = new Set(writes.filter(write => write.removes && write.fate !== 'failed').map(write => write.what))
  const surelyGone = new Set(
    writes.filter(write => write.removes && write.fate === 'acknowledged').map(write => write.what)
  )
  for (const write of writes) {
    if (write.removes) continue
    const there = state.split(name.startsWith('document') ? `<${write.what}>` : `"${write.what}"`).length - 1
    if (there > 1) throw new Error(`${name}: ${write.what} is there ${there} times`)
    if (there === 0 && write.fate === 'acknowledged' && !gone.has(write.what))
      throw new Error(`${name}: the acknowledged ${write.what} is lost: ${state}`)
    if (there === 1 && write.fate === 'failed')
      throw new Error(`${name}: ${write.what} failed for certain, and is there`)
    if (there === 1 && surelyGone.has(write.what)) throw new Error(`${name}: the removed ${write.what} is back`)
  }
  const known = new Set(writes.map(write => write.what))
  for (const [word] of state.matchAll(/\bw\d+\b/g))
    if (!known.has(word)) throw new Error(`${name}: ${word} is there, and nobody wrote it`)
}

const overlapping = new Set([
  'one-way cut',
  'partition',
  'reset',
  'pause',
  'kill',
  'power loss',
  'full disk',
  'slow disk',
  'spikes',
  'old disk'
])
