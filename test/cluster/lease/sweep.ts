/**
 * Every arrow of a hand-off and of an opening, with something broken exactly there: an arrow is a message between nodes of a lease shard, or
 * a write of its record. A first run without trouble tells which there are; then each is run again up to its arrow, where a victim
 * dies, stands still, or is cut off, or the lease store loses what was sent. After the heal one node must serve, all that clients were
 * told must be so, and what is on disks and in the lease store must be as lease-judge.ts has it after every event.
 */
import { TestCluster } from 'shoal/testing'
import { ownershipFrom, ownershipKey } from '../../../src/cluster/lease/lease-registers.ts'
import type { Metrics } from '../../../src/ports/metrics.ts'
import { noMetrics } from '../../../src/ports/metrics.ts'
import { JudgedCluster } from './judged-cluster.ts'
import { listOf, Marks } from './marks.ts'
import { type Mishap, mishaps, ObservedSteps, type Step } from './steps.ts'

/**
 * How the shard comes to move: by the trouble alone, if at all; its owner leaves; one returns
 * that the ring prefers, also while nothing was ever written; its owner dies.
 */
export const scenarios = ['steady', 'leave', 'return', 'return to nothing', 'fail-over'] as const
export type Scenario = (typeof scenarios)[number]

export const roles = ['old owner', 'new owner', 'replica'] as const
export type Role = (typeof roles)[number]

export const blows = ['kill', 'power loss', 'pause', 'cut', 'deaf', 'mute', 'cut with store', 'halves'] as const
export type Blow = (typeof blows)[number]

/** The step of this number, from when the trouble may begin. */
export interface Arrow {
  readonly number: number
  readonly step: Step
}

export interface Trouble {
  readonly at: number
  readonly what: { readonly blow: Blow; readonly victim: Role } | { readonly mishap: Mishap }
}

export interface SweepReport {
  /** Without trouble: all arrows up to the first effects in the new epoch. */
  readonly arrows: readonly Arrow[]
  /** Whether the trouble took place. */
  readonly isStruck: boolean
  readonly answers: number
  /** From the heal until every node answered. */
  readonly servedMs: number
  readonly epochs: number
}

const nodes = 4
const shards = 1
const leaseMs = 1_000
const slowHandlerMs = 30
/** Longer than others need to take over. */
const troubleMs = 5_000
const pauseMs = 3_000
/** Of the new epoch, after it was opened: the first effects. */
const arrowsAfterOpening = 8
/** While nothing moves. */
const steadyArrows = 12

export const servedWithinMs = 10_000

export async function sweepRun(scenario: Scenario, seed: number, trouble?: Trouble): Promise<SweepReport> {
  const openShards = new Map<string, number>()
  const List = listOf(
    () => new Promise(resolve => void cluster.world.time.schedule(slowHandlerMs * 1000, undefined, resolve))
  )
  await using cluster = new TestCluster({
    actors: [List],
    nodes,
    seed: `sweep/${seed}`,
    shards,
    leases: { leaseMs },
    metrics: node => openShardsOf(node, openShards)
  })
  const arrows: Arrow[] = []
  const epochs = new Set<number>()
  let hasBegun = false
  let isStruck = false
  let afterOpening = 0
  const parties: { oldOwner: number; newOwner: number; epoch: number } = { oldOwner: -1, newOwner: -1, epoch: 0 }
  /** Entries that owners send all the time are arrows from when the owner knows that it is to let go. */
  const isArrow = (step: Step) =>
    hasBegun &&
    (step.epoch > parties.epoch ||
      step.name === 'release' ||
      scenario === 'leave' ||
      (scenario === 'steady' && arrows.length < steadyArrows) ||
      cluster.running(parties.oldOwner)?.owner(List, 'a') !== cluster.machine(parties.oldOwner).id)
  const step = (step: Step) => {
    if (step.name === 'open' && step.phase === 'arrived') epochs.add(step.epoch)
    if (!isArrow(step) || afterOpening > arrowsAfterOpening) return
    if (step.name === 'claim' && parties.newOwner < 0) parties.newOwner = step.from
    if (afterOpening > 0 || (step.name === 'open' && step.phase === 'arrived')) afterOpening++
    arrows.push({ number: arrows.length, step })
    if (trouble === undefined || isStruck || arrows.length - 1 !== trouble.at) return
    isStruck = true
    const { what } = trouble
    if ('blow' in what)
      cluster.world.time.schedule(0, undefined, () => {
        strike(cluster, observed, what.blow, partyOf(what.victim))
      })
  }
  const mishap = (step: Step): Mishap | undefined =>
    trouble !== undefined && 'mishap' in trouble.what && isArrow(step) && arrows.length === trouble.at
      ? trouble.what.mishap
      : undefined
  new JudgedCluster(cluster, shards)
  const observed = new ObservedSteps(cluster, { step, mishap })
  const partyOf = (role: Role): readonly number[] => {
    const { oldOwner, newOwner } = parties
    const set = replicasOf(cluster)
    const replicas = set.filter(number => number !== oldOwner && number !== newOwner)
    const one = role === 'old owner' ? oldOwner : role === 'new owner' ? newOwner : (replicas[0] ?? -1)
    return [one, ...replicas.filter(number => number !== one)]
  }

  await cluster.start()
  const marks = new Marks(cluster, seed)
  marks.onlyReads = scenario === 'return to nothing'
  const returns = scenario === 'return' || scenario === 'return to nothing'
  await cluster.until(() => marks.answers > 20)
  const preferred = numberOf(cluster, cluster.node(0).owner(List, 'a'))
  if (returns) {
    parties.newOwner = preferred
    await cluster.leave(preferred)
    const { answers } = marks
    await cluster.until(() => marks.answers > answers + 20)
    const [other = 0] = running(cluster)
    parties.oldOwner = numberOf(cluster, cluster.node(other).owner(List, 'a'))
  } else parties.oldOwner = preferred
  parties.epoch = Math.max(...epochs)
  hasBegun = true
  const leaver = scenario === 'leave' ? cluster.machine(preferred).process : undefined
  if (returns) cluster.boot(preferred)
  else if (scenario === 'leave') {
    const ended = () => {
      if (leaver?.isDead === false) cluster.kill(preferred)
    }
    cluster.node(preferred).leave().then(ended, ended)
  } else if (scenario === 'fail-over') cluster.kill(preferred)
  await cluster.run(troubleMs)
  // What follows is to be calm.
  hasBegun = false
  cluster.heal()
  observed.withoutStore.clear()
  // Whoever leaves may have to end that first.
  await cluster.until(() => leaver?.isDead !== false, 20_000)
  const healedMs = cluster.world.time.nowMs
  for (let number = 0; number < nodes; number++) if (cluster.machine(number).process === undefined) cluster.boot(number)
  await cluster.until(() => cluster.isWhole(), 20_000)
  let served = 0
  for (let tries = 0; served < nodes; tries++) {
    served = 0
    for (const number of running(cluster))
      if (await cluster.settle(marks.isServedBy(number, `end.${number}.${tries}`))) served++
    if (served < nodes && cluster.world.time.nowMs - healedMs > servedWithinMs)
      throw new Error(
        `${served} of ${nodes} serve ${Math.round(cluster.world.time.nowMs - healedMs)} ms after the heal`
      )
  }
  const servedMs = cluster.world.time.nowMs - healedMs
  marks.stop()
  await cluster.until(() => marks.isIdle)
  const open = () => [...openShards.values()].reduce((sum, count) => sum + count, 0)
  await cluster.until(() => open() === 1)
  if (marks.faults.length > 0) throw new Error(marks.faults.slice(0, 3).join('\n'))
  return { arrows, isStruck, answers: marks.answers, servedMs, epochs: epochs.size }
}

/** What can befall at this arrow. */
export function troublesAt({ number, step }: Arrow): Trouble[] {
  const troubles = blows.flatMap(blow => roles.map(victim => ({ at: number, what: { blow, victim } })))
  if (step.to !== 'store' || step.phase !== 'sent') return troubles
  return [...troubles, ...mishaps.map(mishap => ({ at: number, what: { mishap } }))]
}

export function told(arrow: Arrow, { what }: Trouble): string {
  const { name, phase, from, to, epoch } = arrow.step
  const where = `${name} of ${epoch} ${phase}, ${from} to ${to}`
  return `${where}: ${'blow' in what ? `${what.blow}, ${what.victim}` : what.mishap}`
}

function strike(
  cluster: TestCluster,
  observed: ObservedSteps,
  blow: Blow,
  [victim = -1, friend]: readonly number[]
): void {
  const { fabric } = cluster.world
  if (victim < 0 || cluster.machine(victim).process === undefined) return
  const all = cluster.world.machines().map((_, number) => number)
  const others = all.filter(number => number !== victim)
  const { id } = cluster.machine(victim)
  switch (blow) {
    case 'kill':
    case 'power loss':
      cluster.kill(victim, { isPowerLoss: blow === 'power loss' })
      return
    case 'pause':
      cluster.pause(victim)
      cluster.world.time.schedule(pauseMs * 1000, undefined, () => cluster.resume(victim))
      return
    case 'deaf':
      for (const other of others) fabric.cutOneWay(cluster.machine(other).id, id)
      return
    case 'mute':
      for (const other of others) fabric.cutOneWay(id, cluster.machine(other).id)
      return
    case 'cut with store':
      observed.withoutStore.add(victim)
      cluster.partition([victim], others)
      return
    case 'cut':
      cluster.partition([victim], others)
      return
    case 'halves': {
      const near = friend === undefined ? [victim] : [victim, friend]
      cluster.partition(
        near,
        all.filter(number => !near.includes(number))
      )
      return
    }
  }
}

function running(cluster: TestCluster): number[] {
  return cluster.world.machines().flatMap((_, number) => (cluster.running(number) === undefined ? [] : [number]))
}

/** Of the epoch that was opened last. */
function replicasOf(cluster: TestCluster): number[] {
  const register = cluster.leaseStore.register(ownershipKey(0))
  return register === undefined ? [] : ownershipFrom(register).opened.set.map(peer => numberOf(cluster, peer))
}

function numberOf(cluster: TestCluster, peer: string | null | undefined): number {
  return cluster.world.machines().findIndex(({ id }) => id === peer)
}

/** How many shards each node holds, as it says last; a node that starts holds none. */
function openShardsOf(node: string, counts: Map<string, number>): Metrics {
  counts.set(node, 0)
  return {
    ...noMetrics,
    gauge: (name, help) => {
      if (name !== 'shoal_lease_open_shards') return noMetrics.gauge(name, help)
      return { set: value => void counts.set(node, value) }
    }
  }
}
