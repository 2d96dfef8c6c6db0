/**
 * One seed of `npm run simulate -- --leases`: a random cluster with kinds of the `lease` mode, or with the lease store on three of its nodes, under faults of all kinds
 * that harm no disk, while the store is slow, loses answers or is away, and members leave and return.
 *
 * Three judge it: what clients saw is linearizable (test/histories), what is on disks and in the lease store is as the model says after every
 * event (lease-judge.ts), and after the heal every node answers for every actor. Then lease shards alone are run under the same seed, with what a
 * whole node is too careful for: owners who are passed over while they go on, and disks that forget (faulty-lease-run.ts).
 */
import type { TestCluster } from 'shoal/testing'
import { SeededRandom } from '../../src/simulation/random.ts'
import { faultyLeaseRun } from '../cluster/lease/faulty-lease-run.ts'
import { JudgedCluster } from '../cluster/lease/judged-cluster.ts'
import { isAnswered } from '../histories/history.ts'
import { leased } from '../histories/leased.ts'
import { LeasedRegister } from '../histories/leased-cells.ts'
import { check } from '../histories/linearizability.ts'
import { simulatedHistory } from '../histories/simulated.ts'

export interface LeaseSeedReport {
  readonly nodes: number
  readonly shards: number
  readonly leaseMs: number
  readonly voters: boolean
  readonly virtualMs: number
  /** What was counted, by its name. */
  readonly counts: ReadonlyMap<string, number>
}

const steps = 12
const maxStepMs = 800
const wholeWithinMs = 60_000
const servedWithinMs = 30_000
const cellsOfEach = 2
/** So many actors are in all of the shards. */
const probes = 10
const deadlineMs = 5_000
const lookEveryMs = 5
const leavePatienceMs = 1500
/** What is to come to light then takes few calls. */
const slowness = 5

/** Of whole nodes. */
export async function clusterSeed(seed: number): Promise<LeaseSeedReport> {
  const random = new SeededRandom(`lease seed/${seed}`)
  const nodes = 3 + random.below(4)
  const shards = random.pick([1, 2, 4])
  const leaseMs = random.pick([400, 1000, 2500])
  const settleMs = random.pick([200, 2000])
  const isVoting = nodes >= 5 && random.chance(0.3)
  const counts = new Map<string, number>()
  const count = (what: string, by = 1) => void counts.set(what, (counts.get(what) ?? 0) + by)
  let judged: JudgedCluster | undefined
  let virtualMs = 0
  const { history, failures } = await simulatedHistory({
    ...leased,
    ...{ seed, nodes, shards },
    ownership: { settleMs },
    leases: { leaseMs, ...(isVoting ? { voters: 3 } : {}) },
    clients: { clients: 12, cells: cellsOfEach },
    ...{ beforeMs: 100, afterMs: 200 },
    prepare: cluster => {
      judged = new JudgedCluster(cluster, shards)
    },
    trouble: async (cluster, chance, clients) => {
      await trouble(cluster, chance, { leaseMs, count, healed: () => clients.slow(slowness) })
      virtualMs = cluster.world.time.nowMs
    }
  })
  const verdict = check(history)
  if (verdict.verdict === 'refused') throw new Error(`not linearizable: ${verdict.key}, ${JSON.stringify(verdict.at)}`)
  count(
    verdict.verdict === 'linearizable' ? 'histories that are linearizable' : 'histories that took too long to judge'
  )
  count('answers', history.filter(isAnswered).length)
  for (const [code, times] of failures) count(`calls that failed: ${code}`, times)
  count('epochs', judged?.epochs() ?? 0)
  return { nodes, shards, leaseMs, voters: isVoting, virtualMs, counts }
}

export async function leaseSeed(seed: number): Promise<LeaseSeedReport> {
  const report = await clusterSeed(seed)
  const { epochs, setAside, dropped, outcomes } = await faultyLeaseRun(seed, { drops: seed % 2 === 0 })
  const below = { 'epochs opened': epochs, 'entries set aside': setAside, 'replicas dropped': dropped, ...outcomes }
  const alone = Object.entries(below).map(([what, times]) => [`shards alone: ${what}`, times] as const)
  return { ...report, counts: new Map([...report.counts, ...alone]) }
}

async function trouble(
  cluster: TestCluster,
  random: SeededRandom,
  { leaseMs, count, healed }: { leaseMs: number; count: (what: string) => void; healed: () => void }
): Promise<void> {
  const { conditions } = cluster.leaseStore
  const calm = { isDown: false, lossProbability: 0, spikeProbability: 0 }
  const numbers = Array.from({ length: cluster.size }, (_, number) => number)
  const faults = cluster.faults({
    everyMs: { min: 20, max: random.pick([200, 800]) },
    lastsMs: { min: 10, max: random.pick([500, 4000]) }
  })
  faults.start()
  for (let left = steps; left > 0; left--) {
    const storeTrouble = random.pick(['none', 'none', 'is away', 'loses', 'is slow'])
    Object.assign(conditions, calm)
    if (storeTrouble === 'is away') conditions.isDown = true
    else if (storeTrouble === 'loses') conditions.lossProbability = random.next() / 2
    else if (storeTrouble === 'is slow') conditions.spikeProbability = random.next() / 2
    if (storeTrouble !== 'none') count(`the lease store ${storeTrouble}`)
    if (random.chance(0.2)) leaveAndReturn(cluster, random.pick(numbers), () => count('a member leaves'))
    if (random.chance(0.4)) strikeOwner(cluster, random, leaseMs, count)
    await cluster.run(random.between(50, maxStepMs))
  }
  faults.heal()
  healed()
  Object.assign(conditions, calm)
  for (const number of numbers) if (cluster.machine(number).process === undefined) cluster.boot(number)
  endLeaving(cluster, numbers)
  await untilWhole(cluster)
  await everyoneServes(cluster, numbers)
  for (const [what, times] of Object.entries(cluster.world.sightings.all()))
    if (what.startsWith('fault: ')) for (let i = 0; i < times; i++) count(what)
}

/** Chance alone seldom hits the owner, and seldom for longer than its lease. */
function strikeOwner(cluster: TestCluster, random: SeededRandom, leaseMs: number, count: (what: string) => void): void {
  // One that has left answers nothing.
  const node = cluster.nodes().find(node => node.unready() === undefined)
  const owner = node?.owner(LeasedRegister, `probe-${random.below(probes)}`)
  const number = cluster.world.machines().findIndex(({ id }) => id === owner)
  if (cluster.running(number < 0 ? 0 : number) === undefined || number < 0) return
  const { process } = cluster.machine(number)
  const later = (task: () => void) =>
    void cluster.world.time.schedule(random.between(0, 3000 * leaseMs), undefined, task)
  if (random.chance(0.5)) {
    count('an owner stands still')
    process?.pause()
    later(() => process?.resume())
  } else {
    count('an owner dies')
    cluster.kill(number, { isPowerLoss: random.chance(0.5) })
    later(() => {
      if (cluster.machine(number).process === undefined) cluster.boot(number)
    })
  }
}

function leaveAndReturn(cluster: TestCluster, number: number, left: () => void): void {
  const { process } = cluster.machine(number)
  const node = cluster.running(number)
  if (node === undefined || process === undefined || process.isPaused) return
  left()
  const boot = () => {
    if (cluster.machine(number).process === undefined) cluster.boot(number)
  }
  const ended = () => {
    if (!process.isDead) cluster.kill(number)
    cluster.world.time.schedule(500_000, undefined, boot)
  }
  node.leave().then(ended, ended)
}

/** Asked now and then: it costs as much as an event. */
async function untilWhole(cluster: TestCluster): Promise<void> {
  const { time } = cluster.world
  let nextMs = time.nowMs
  const isWhole = () => {
    if (time.nowMs < nextMs) return false
    nextMs = time.nowMs + lookEveryMs
    return cluster.isWhole()
  }
  await cluster.until(isWhole, wholeWithinMs)
}

/** Whoever has begun to leave is killed if that takes long, as by a service manager, and is back. */
function endLeaving(cluster: TestCluster, numbers: readonly number[]): void {
  cluster.world.time.schedule(leavePatienceMs * 1000, undefined, () => {
    for (const number of numbers) {
      if (cluster.running(number)?.unready() !== 'leaving') continue
      cluster.kill(number)
      cluster.boot(number)
    }
  })
}

/** Each node answers for actors of all shards. */
async function everyoneServes(cluster: TestCluster, numbers: readonly number[]): Promise<void> {
  const { time } = cluster.world
  const untilMs = time.nowMs + servedWithinMs
  const served = async (number: number, probe: number): Promise<void> => {
    for (;;) {
      let why: unknown = 'it is down'
      try {
        const node = cluster.running(number)
        if (node !== undefined) {
          await node.call('register-cell', `probe-${probe}`, 'read', undefined, { deadlineMs })
          return
        }
      } catch (error) {
        why = error
      }
      if (time.nowMs > untilMs)
        throw new Error(`node-${number} does not answer ${servedWithinMs} ms after the heal`, { cause: why })
      await new Promise<void>(resolve => time.schedule(100_000, undefined, resolve))
    }
  }
  const all = numbers.flatMap(number => Array.from({ length: probes }, (_, probe) => served(number, probe)))
  await cluster.settle(Promise.all(all), servedWithinMs + 2 * deadlineMs)
}
