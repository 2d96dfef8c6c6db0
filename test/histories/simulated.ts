/** Clients of a simulated cluster, with trouble of chosen kinds, and what they saw. */
import { ShoalError } from 'shoal'
import { TestCluster, type TestClusterOptions } from 'shoal/testing'
import { type LogFields, type Logger, silentLogger } from '../../src/ports/logger.ts'
import type { FaultOptions } from '../../src/simulation/fault-injector.ts'
import { SeededRandom } from '../../src/simulation/random.ts'
import { type Cell, cells, kindOf, outputOf, requestOf } from './cells.ts'
import { type ClientOptions, Clients, type World } from './clients.ts'
import type { Input, Operation, Output } from './history.ts'
import { Recorder } from './recorder.ts'

export interface SimulatedHistoryOptions
  extends Pick<TestClusterOptions, 'replicas' | 'shards' | 'replication' | 'leases' | 'ownership'> {
  readonly seed: number
  /** The kinds of actors: those of cells.ts, perhaps in another mode. @default those of cells.ts */
  readonly actors?: TestClusterOptions['actors']
  /** @default 5 */
  readonly nodes?: number
  /** Before it is started. @default nothing */
  readonly prepare?: (cluster: TestCluster) => void
  /** What happens to the cluster, in milliseconds from when the clients began. It may let time pass. @default nothing */
  readonly trouble?: (cluster: TestCluster, random: SeededRandom, clients: Clients) => Promise<void>
  readonly clients?: Omit<ClientOptions, 'seed'>
  /** How long clients call before the trouble, in milliseconds. @default 500 */
  readonly beforeMs?: number
  /** And after it. @default 1000 */
  readonly afterMs?: number
  /** Codes of errors that promise that there was no effect. @default those that do in `merge` mode */
  readonly withoutEffect?: readonly string[] | undefined
}

export interface SimulatedHistory {
  readonly history: readonly Operation[]
  readonly failures: ReadonlyMap<string, number>
  /** Members that others held for dead while they lived, or did not wait for: `merge` mode promises nothing then. */
  readonly doubted: readonly string[]
}

const deadlineMs = 5_000
/** The client of a node that dies with the call in its hands hears nothing. */
const patienceMs = deadlineMs + 1_000

export async function simulatedHistory(options: SimulatedHistoryOptions): Promise<SimulatedHistory> {
  const { seed, actors = cells, nodes = 5, trouble, shards = 16, replicas = 0, replication = {}, clients } = options
  const { leases = {}, ownership = {}, withoutEffect } = options
  const { beforeMs = 500, afterMs = 1_000 } = options
  const doubts = new Doubts()
  const logger = (node: string) => doubts.logger(node)
  await using cluster = new TestCluster({
    actors,
    nodes,
    seed,
    shards,
    replicas,
    replication,
    leases,
    ownership,
    logger
  })
  options.prepare?.(cluster)
  await cluster.start()
  doubts.cluster = cluster
  const recorder = new Recorder(() => cluster.world.time.nowUs, withoutEffect)
  const running = new Clients(worldOf(cluster, seed), recorder, { seed, ...clients })
  await cluster.run(beforeMs)
  await trouble?.(cluster, new SeededRandom(`trouble/${seed}`), running)
  await cluster.run(afterMs)
  await cluster.settle(running.stop(), 120_000)
  return { history: recorder.history(), failures: recorder.failures, doubted: doubts.found() }
}

/** What nodes say of members that they hold for dead, where that life of them goes on. */
class Doubts {
  cluster: TestCluster | undefined
  readonly #found = new Set<string>()

  logger(node: string): Logger {
    return {
      ...silentLogger,
      info: (message, fields) => {
        if (message.endsWith(' is dead')) this.#heard(node, fields)
      },
      warn: message => {
        if (message.includes('serving without its grant')) this.#found.add(`${node} served without a grant`)
      }
    }
  }

  found(): string[] {
    return [...this.#found]
  }

  #heard(node: string, { member, incarnation }: LogFields = {}): void {
    const number = this.cluster?.world.machines().findIndex(({ id }) => id === member) ?? -1
    const living = number < 0 ? undefined : this.cluster?.running(number)
    if (living === undefined || ['starting', 'stopped'].includes(living.unready() ?? '')) return
    if (living.incarnation === incarnation) this.#found.add(`${node} held ${member} for dead`)
  }
}

/** Each client has a node, and goes to another where that one is down. */
function worldOf(cluster: TestCluster, seed: number): World {
  const random = new SeededRandom(`doors/${seed}`)
  const { time } = cluster.world
  const sleep = (ms: number) => new Promise<void>(resolve => time.schedule(Math.ceil(1000 * ms), undefined, resolve))
  const door = (client: number): number => {
    const home = client % cluster.size
    if (cluster.running(home) !== undefined) return home
    const up = Array.from({ length: cluster.size }, (_, n) => n).filter(n => cluster.running(n) !== undefined)
    return up.length === 0 ? home : random.pick(up)
  }
  const call = async (client: number, cell: Cell, input: Input): Promise<Output> => {
    const { method, argument } = requestOf(input)
    const node = cluster.running(door(client))
    if (node === undefined) throw new ShoalError('SHOAL_OVERLOADED', 'all nodes are down', { retryable: true })
    const { promise: silence, reject: giveUp } = Promise.withResolvers<never>()
    const timeout = time.schedule(patienceMs * 1000, undefined, () =>
      giveUp(new ShoalError('SHOAL_INDETERMINATE', 'no answer', { retryable: false }))
    )
    try {
      return await outputOf(Promise.race([node.call(kindOf(cell), cell.id, method, argument, { deadlineMs }), silence]))
    } finally {
      timeout.cancel()
    }
  }
  return { sleep, call }
}

type Trouble = NonNullable<SimulatedHistoryOptions['trouble']>

const troubleMs = 3_000

/** Faults of these kinds at random for a while, and then none. */
export function faultsOf(options: Partial<FaultOptions>): Trouble {
  return async cluster => {
    const faults = cluster.faults(options)
    faults.start()
    await cluster.run(troubleMs)
    faults.heal()
  }
}

/**
 * Everything that does not make members hold each other for dead while they live: kills and restarts, lost and late messages, broken
 * links, short pauses, slow disks, wrong clocks.
 */
const kindsWithoutCuts = [
  'loss',
  'duplication',
  'reordering',
  'spikes',
  'reset',
  'pause',
  'kill',
  'power loss',
  'slow disk',
  'clock jump',
  'clock drift'
] as const

export const faultsWithoutCuts = faultsOf({ kinds: kindsWithoutCuts, lastsMs: { min: 10, max: 1000 } })

/** One leaves and returns, another is killed and returns after it was held for dead. */
export const churn: Trouble = async (cluster, random) => {
  const [leaver = 0, victim = 1] = random.shuffle(Array.from({ length: cluster.size }, (_, n) => n))
  await cluster.leave(leaver)
  await cluster.run(random.between(0, 500))
  cluster.kill(victim, { isPowerLoss: random.chance(0.5) })
  await cluster.run(random.between(1_000, 3_000))
  cluster.boot(victim)
  cluster.boot(leaver)
  await cluster.until(() => cluster.isWhole(), 20_000)
}

/**
 * One leaves and returns, where nearly all publications are lost and nothing repairs them soon: what a new owner needs must come with
 * the shard.
 */
export const scarceMoves: Pick<SimulatedHistoryOptions, 'replication' | 'trouble'> = {
  replication: { dissemination: 'gossip', beaconIntervalMs: 60_000, gapTimeoutMs: 10_000 },
  trouble: async (cluster, random) => {
    cluster.world.fabric.setConditions({ publishLoss: 0.95 })
    const leaver = random.below(cluster.size)
    await cluster.leave(leaver)
    await cluster.run(random.between(500, 1_000))
    cluster.boot(leaver)
    await cluster.until(() => cluster.isWhole(), 20_000)
  }
}

/** Both sides have time to go on alone. */
export const cut: Trouble = async (cluster, random) => {
  const nodes = random.shuffle(Array.from({ length: cluster.size }, (_, n) => n))
  cluster.partition(nodes.slice(0, 2), nodes.slice(2))
  await cluster.run(5_000)
  cluster.heal()
}

/** One is stopped until the others have gone on without it. `returned` is told when it goes on. */
export function longPause(returned: (atUs: number) => void): Trouble {
  return async (cluster, random) => {
    const victim = random.below(cluster.size)
    cluster.pause(victim)
    await cluster.run(4_000)
    returned(cluster.world.time.nowUs)
    cluster.resume(victim)
  }
}
