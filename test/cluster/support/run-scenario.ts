/**
 * Runs a scenario: nodes of the shipping code under its faults and its writes, then a heal, then the checks.
 *
 * What is checked: all nodes end with equal disks, within a bound; every acknowledged write is there, once; what failed for certain
 * is not; nothing is there that nobody wrote; what was removed does not come back.
 */
import { TestCluster } from 'shoal/testing'
import { noDigest } from '../../../src/cluster/set-hash.ts'
import { actorOfStateKey, readDigest } from '../../../src/cluster/storage-layout.ts'
import type { Logger } from '../../../src/ports/logger.ts'
import { CountingMetrics } from '../../../src/simulation/counting-metrics.ts'
import { SeededRandom } from '../../../src/simulation/random.ts'
import type { Sightings } from '../../../src/simulation/sightings.ts'
import { entriesBetween } from '../../../src/simulation/sorted-store.ts'
import { actors } from '../../support/shop.ts'
import { checkWrites } from './checks.ts'
import { DiskWitness } from './disk-witness.ts'
import { misplaced, shardsOf } from './placed.ts'
import { isHarmful, quickGcMs, type Scenario } from './scenario.ts'
import { Trouble } from './trouble.ts'
import { type Fate, Workload } from './workload.ts'

export interface RunReport {
  readonly seed: number
  readonly faults: readonly string[]
  readonly acknowledged: number
  readonly uncertain: number
  readonly refused: number
  readonly convergedAfterMs: number
  readonly virtualMs: number
  readonly events: number
  /** What happened how often: faults, what the network and the disks did, what the nodes counted and logged. */
  readonly sightings: Record<string, number>
  readonly trace: string
}

/** Told what goes on, so that it can be shown; it must not interfere. */
export interface Onlooker {
  started?(cluster: TestCluster, workload: Workload): void
  faultsStarted?(nowMs: number): void
  healed?(nowMs: number): void
  converged?(nowMs: number): void
  logged?(node: string, level: 'warn' | 'error', message: string): void
}

/** Heal must end in equal disks within this much virtual time. */
const convergenceBoundMs = 20_000
/** Every so often it is asked whether they are equal: to ask at each event would cost more than the run. */
const lookEveryMs = 5
const rememberIntervalMs = 50
/** What is removed, and known to be by all, is on no disk any more after so long. */
const garbageBoundMs = 5000

export async function runScenario(scenario: Scenario, onlooker: Onlooker = {}): Promise<RunReport> {
  const metrics = new CountingMetrics()
  await using cluster = clusterOf(scenario, metrics, onlooker)
  const { world } = cluster
  const trouble = new Trouble(cluster, {
    shards: shardsOf(scenario),
    shardCount: scenario.shards,
    plan: scenario.trouble
  })
  const isHarmed = scenario.faults.some(({ kind }) => isHarmful(kind))
  const disks = new DiskWitness(cluster, scenario, isHarmed)
  const workload = new Workload(cluster, trouble, disks, scenario.actorsPerKind)
  onlooker.started?.(cluster, workload)
  bootAll(cluster, scenario)
  await until(cluster, () => cluster.isWhole(), 10_000)
  // A disk of before its node met the others takes itself for all members, and so for their majority.
  await cluster.run(2 * rememberIntervalMs)
  const faults = cluster.faults({
    schedule: scenario.faults,
    damaged: (machine, keys) => {
      trouble.spoilt()
      workload.forgiveDamage(machine, keys)
    }
  })
  const startMs = world.time.nowMs
  onlooker.faultsStarted?.(startMs)
  faults.start()
  trouble.start({
    since: backupMs => workload.forgive(backupMs),
    writtenBy: node => workload.forgiveNode(node)
  })
  for (const { atMs, luck } of scenario.steps) {
    await cluster.run(Math.max(0, startMs + atMs - world.time.nowMs))
    workload.step(new SeededRandom(`step/${luck}`))
  }
  await cluster.run(Math.max(1, startMs + faultyMsOf(scenario) - world.time.nowMs))
  faults.heal()
  cluster.heal()
  trouble.heal()
  const healedMs = world.time.nowMs
  onlooker.healed?.(healedMs)
  const isQuiet = () => cluster.isWhole() && workload.isDone && isEqual(cluster, scenario)
  await until(cluster, isQuiet, convergenceBoundMs, () => unrest(cluster, workload, scenario))
  const convergedAfterMs = world.time.nowMs - healedMs
  onlooker.converged?.(world.time.nowMs)
  await restartSpoilt(cluster, scenario)
  await until(cluster, isQuiet, convergenceBoundMs, () => unrest(cluster, workload, scenario))
  // Late arrivals must change nothing any more; only which overlaps an owner has told may be on its way just then.
  await cluster.run(2000)
  const stillEqual = () => isEqual(cluster, scenario)
  await until(
    cluster,
    stillEqual,
    2000,
    () => `equal once, and not two seconds later: ${unrest(cluster, workload, scenario)}`
  )
  trouble.assertNoPhantoms()
  if (workload.wrongReads.length > 0) throw new Error(workload.wrongReads.join('; '))
  checkFloor(scenario, trouble, metrics)
  // What two lost disks would have had to cover never goes.
  if (scenario.replication.gcIntervalMs === quickGcMs && !trouble.hasForgotten)
    await until(
      cluster,
      () => removedOnDisks(cluster) === 0,
      garbageBoundMs,
      () => `${removedOnDisks(cluster)} records of removed actors are still on disks`
    )
  workload.forgiveForgotten()
  const { writes } = workload
  await checkWrites(cluster, writes, [
    ...faults.kinds,
    ...(trouble.hasRestored ? ['old disk'] : []),
    ...(scenario.trouble.copy === undefined ? [] : ['copied disk'])
  ])
  const fates = (fate: Fate) => writes.filter(write => write.fate === fate).length
  return {
    seed: scenario.seed,
    faults: faults.kinds,
    acknowledged: fates('acknowledged'),
    uncertain: fates('uncertain'),
    refused: fates('failed'),
    convergedAfterMs,
    virtualMs: world.time.nowMs,
    events: world.time.events,
    sightings: { ...world.sightings.all(), ...counted(metrics) },
    trace: world.trace.digest()
  }
}

function clusterOf(scenario: Scenario, metrics: CountingMetrics, onlooker: Onlooker): TestCluster {
  const { nodes, seed, shards, replicas, rebalance, store, replication } = scenario
  const cluster: TestCluster = new TestCluster({
    actors,
    nodes,
    seed,
    shards,
    replicas,
    rebalance,
    store,
    replication,
    fabric: { dialTimeoutMs: 700 },
    ownership: { settleMs: 500 },
    membership: { rememberIntervalMs },
    metrics: () => metrics,
    logger: node => sightingLogger(node, () => cluster.world.sightings, onlooker)
  })
  return cluster
}

function bootAll(cluster: TestCluster, { older }: Scenario): void {
  for (let i = 0; i < cluster.size; i++) {
    const isOlder = older !== undefined && older.machine % cluster.size === i
    cluster.boot(i, isOlder ? { actors: actors.filter(({ kind }) => kind !== older.kind) } : {})
  }
}

/** Whoever is suspended is away for minutes; all else has ended by then. */
function faultyMsOf({ faults, faultyMs }: Scenario): number {
  const ends = faults.filter(({ kind }) => kind === 'suspend').map(({ atMs, lastsMs }) => atMs + 30 * lastsMs)
  return Math.max(faultyMs, ...ends)
}

export async function until(
  cluster: TestCluster,
  condition: () => boolean,
  withinMs: number,
  why: () => string = () => `${condition}`
): Promise<void> {
  const endMs = cluster.world.time.nowMs + withinMs
  while (!condition()) {
    if (cluster.world.time.nowMs >= endMs) throw new Error(`not within ${withinMs} ms of virtual time: ${why()}`)
    await cluster.run(lookEveryMs)
  }
}

/** What keeps the cluster from being well again. */
function unrest(cluster: TestCluster, workload: Workload, scenario: Scenario): string {
  const down = cluster.world.machines().flatMap(({ id }, number) => {
    if (cluster.running(number) !== undefined) return []
    const error = cluster.startError(number)
    return [`${id} is down${error === undefined ? '' : ` (${error})`}`]
  })
  const unready = cluster.nodes().flatMap(node => {
    const reason = node.unready()
    const alive = node.members().members.filter(({ status }) => status === 'alive').length
    const what = reason ?? (alive === cluster.size ? undefined : `sees ${alive} of ${cluster.size} alive`)
    return what === undefined ? [] : [`${node.id}: ${what}`]
  })
  const pending = workload.writes.filter(({ fate }) => fate === 'pending').length
  const byDigest = Map.groupBy(cluster.nodes(), node => node.digest())
  const groups = [...byDigest.values()].map(nodes => nodes.map(({ id }) => id.slice('node-'.length)).join(' '))
  const lines = [...down, ...unready]
  if (scenario.replicas > 0) lines.push(...misplaced(cluster, scenario))
  if (pending > 0) lines.push(`${pending} calls unanswered`)
  if (groups.length > 1 && scenario.replicas === 0) lines.push(`disks differ: ${groups.join(' | ')}`)
  return lines.join('; ')
}

function isEqual(cluster: TestCluster, scenario: Scenario): boolean {
  if (scenario.replicas > 0) return misplaced(cluster, scenario).length === 0
  return new Set(cluster.nodes().map(node => node.digest())).size === 1
}

/** Records of actors that have nothing in them, on all disks together. */
function removedOnDisks(cluster: TestCluster): number {
  let count = 0
  for (const { disk } of cluster.world.machines()) {
    for (const { key, value } of entriesBetween(disk.root, 's', 't', Number.POSITIVE_INFINITY))
      if (readDigest(value, actorOfStateKey(key)) === noDigest) count++
  }
  return count
}

/** Where all are waited for, and no disk forgets, none is ever below the floor of another. */
function checkFloor({ replicas, replication }: Scenario, trouble: Trouble, metrics: CountingMetrics): void {
  const mayBeBelow = replicas > 0 || (replication.gcHorizonMs ?? 0) < 3_600_000 || trouble.hasForgotten
  const count = metrics.all()['shoal_floor_uncovered_total'] ?? 0
  if (!mayBeBelow && count > 0) throw new Error(`${count} times a floor had risen before all members had what is below`)
}

/** What has gone bad on a disk and was not read since shows when it is opened again. */
async function restartSpoilt(cluster: TestCluster, { faults }: Scenario): Promise<void> {
  for (const number of new Set(
    faults.filter(({ kind }) => isHarmful(kind)).map(({ machine }) => machine % cluster.size)
  )) {
    cluster.kill(number)
    cluster.boot(number)
    await cluster.run(1000)
  }
}

/** What a node warns of was seen; its words are part of no run. */
function sightingLogger(node: string, sightings: () => Sightings, onlooker: Onlooker): Logger {
  const see = (message: string) => sightings().see(`log: ${message.replace(/(member )?node-\d+/, 'a node')}`)
  const tell = (level: 'warn' | 'error', message: string) => {
    see(message)
    onlooker.logged?.(node, level, message)
  }
  return {
    debug: see,
    info: see,
    warn: message => tell('warn', message),
    error: message => tell('error', message)
  }
}

function counted(metrics: CountingMetrics): Record<string, number> {
  const entries = Object.entries(metrics.all()).filter(([name]) => name.endsWith('_total'))
  return Object.fromEntries(entries.map(([name, count]) => [`count: ${name}`, count]))
}
